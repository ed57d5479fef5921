"""What a recorded time would have been like under another configuration."""
