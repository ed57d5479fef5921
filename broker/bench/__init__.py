"""Real load over TCP: what a broker does in a second, and at what cost."""
