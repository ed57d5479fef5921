"""What agents do with conversations, and what they and supervisors ask about them."""
