"""Who takes part in a chat, what is internal, what waits, and chats that this side begins."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

GUID = sa.String(length=36)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _chat(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f(f"fk_{table}_chat_no")),
    ]


def _seq(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    """Make the new tables and columns; what was said of exclusions moves to a table of its own."""
    _chats()
    op.add_column("chat_events", sa.Column("project", GUID, nullable=True))
    # What a chat was about earlier is not known; most have one project all their life.
    op.execute(
        "UPDATE chat_events SET project ="
        " (SELECT project FROM chats WHERE chats.no = chat_events.chat_no)"
        " WHERE status <> 'Pilot'"
    )
    op.add_column("agent_events", sa.Column("by_agent", GUID, nullable=True))
    _exclusions()
    _invites()
    _parties()
    _parkings()
    _internal_sentences()


def _chats() -> None:
    for column in (
        sa.Column("variables", sa.JSON(), nullable=True),
        sa.Column("further", sa.JSON(), nullable=True),
        sa.Column("wait_level", sa.Integer(), nullable=False, server_default="-1"),
        sa.Column("scenario", GUID, nullable=True),
        sa.Column("outbound", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("open_key", GUID, nullable=True),
        sa.Column("bound_at", sa.BigInteger(), nullable=True),
        sa.Column("bot", GUID, nullable=True),
        sa.Column("bot_question", sa.Integer(), nullable=False, server_default="-1"),
        sa.Column("bot_tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("bot_project", GUID, nullable=True),
        sa.Column("learned", sa.JSON(), nullable=True),
    ):
        op.add_column("chats", column)


def _exclusions() -> None:
    op.create_table(
        "exclusions",
        *_chat("exclusions"),
        sa.Column("agent", GUID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_no", "agent", name=op.f("pk_exclusions")),
    )
    op.execute(
        "INSERT INTO exclusions (chat_no, agent, at)"
        " SELECT chat_no, agent, max(ended_at) FROM offers"
        " WHERE excludes AND ended_at IS NOT NULL GROUP BY chat_no, agent"
    )
    op.drop_column("offers", "excludes")
    op.add_column("offers", sa.Column("mode", sa.Text(), nullable=False, server_default="queue"))


def _invites() -> None:
    op.create_table(
        "invites",
        *_seq("invites"),
        *_chat("invites"),
        sa.Column("by_agent", GUID, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("agent", GUID, nullable=True),
        sa.Column("project", GUID, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_invites_ended")),
    )
    _open_one("invites", ["chat_no"], "ended_at IS NULL")


def _parties() -> None:
    op.create_table(
        "parties",
        *_seq("parties"),
        *_chat("parties"),
        sa.Column("agent", GUID, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("by_agent", GUID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.CheckConstraint("(left_at IS NULL) = (cause IS NULL)", name=op.f("ck_parties_left")),
    )
    _open_one("parties", ["chat_no", "agent"], "left_at IS NULL")


def _parkings() -> None:
    op.create_table(
        "parkings",
        *_seq("parkings"),
        *_chat("parkings"),
        sa.Column("agent", GUID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("woken_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name=op.f("ck_parkings_ended")),
    )
    _open_one("parkings", ["chat_no"], "ended_at IS NULL")


def _open_one(table: str, columns: list[str], condition: str) -> None:
    """Only one of them may be open; and reports ask by time."""
    op.create_index(op.f(f"uq_{table}_open"), table, columns, unique=True, **_where(condition))
    op.create_index(op.f(f"ix_{table}_at"), table, ["at"], unique=False)


def _internal_sentences() -> None:
    op.create_table(
        "internal_sentences",
        *_chat("internal_sentences"),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time_sent", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", GUID, nullable=True),
        sa.PrimaryKeyConstraint("chat_no", "counter", name=op.f("pk_internal_sentences")),
        sa.UniqueConstraint("chat_no", "id", name=op.f("uq_internal_sentences_chat_no_id")),
        sa.CheckConstraint("counter >= 1", name=op.f("ck_internal_sentences_counter")),
    )
