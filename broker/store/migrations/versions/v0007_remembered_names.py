"""Names and keys of messages that the core remembers no more are no rows to be refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Put indexes of the newest names and keys in the place of the unique ones."""
    op.drop_index("uq_messages_received", "messages")
    op.drop_index("uq_messages_key", "messages")
    where = sa.text("delivery_id IS NOT NULL")
    op.create_index(
        "ix_messages_known",
        "messages",
        ["gateway", "no"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("key IS NOT NULL")
    op.create_index(
        "ix_messages_keys",
        "messages",
        ["no"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
