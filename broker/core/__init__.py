"""What the broker decides: pure functions over values."""
