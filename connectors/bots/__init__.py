"""What a bot is made of."""
