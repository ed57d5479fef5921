"""What makes the HTML of messages harmless, in a process of its own, which alone has the libraries for it."""
