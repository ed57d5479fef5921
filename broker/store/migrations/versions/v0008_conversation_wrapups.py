"""The work after conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, as that of chats is."""
    op.create_table(
        "conversation_wrapups",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("conversation_no", NUMBER, nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (cause IS NULL)", name=op.f("ck_conversation_wrapups_ended")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_no"],
            ["conversations.no"],
            name=op.f("fk_conversation_wrapups_conversation_no"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_conversation_wrapups")),
    )
    op.create_index("ix_conversation_wrapups_at", "conversation_wrapups", ["at"])
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_conversation_wrapups_open",
        "conversation_wrapups",
        ["conversation_no"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
