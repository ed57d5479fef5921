"""Readers of the sections of a configuration file."""
