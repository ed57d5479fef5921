"""The widget in a real browser, before a real broker."""
