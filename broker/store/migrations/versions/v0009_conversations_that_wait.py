"""How long conversations have waited by what wait rules go by, and what these did for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; of what was waited so far all counts."""
    waited_up = sa.Column("waited_up", sa.BigInteger(), nullable=False, server_default="0")
    wait_level = sa.Column("wait_level", sa.Integer(), nullable=False, server_default="-1")
    for column in (waited_up, wait_level, sa.Column("further", sa.JSON(), nullable=True)):
        op.add_column("conversations", column)
    op.execute(sa.text("UPDATE conversations SET waited_up = waited"))
