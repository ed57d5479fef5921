"""The way of a chat before it waits: rules, and the built-in bot."""
