"""Figures of a contact center, read from the store beside a running broker (B-30)."""
