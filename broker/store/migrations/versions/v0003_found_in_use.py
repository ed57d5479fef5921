"""What real use asked for: columns and tables that were missed while people worked with it."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what was missed."""
