"""Messages: gateways, what comes in, what goes out, and conversations."""
