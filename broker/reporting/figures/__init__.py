"""Live figures of a contact center, as a service beside the broker (`parley figures`)."""
