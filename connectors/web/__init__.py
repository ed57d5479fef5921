"""The web site: browsers by HTTP and WebSocket on one side, the broker on the other. See docs/website.md."""
