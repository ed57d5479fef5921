"""The installation's configuration file."""
