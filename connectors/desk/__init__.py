"""The desk: where agents log in and work, in a browser. See docs/desk.md."""
