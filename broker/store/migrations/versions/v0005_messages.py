"""Messages and the conversations that they are in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; the one that others refer to comes first."""
    _conversations()
    _conversation_events()
    _conversation_offers()
    _conversation_exclusions()
    _conversation_decisions()
    _conversation_notes()
    _drafts()
    _messages()
    _message_events()
    _spam_addresses()


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("gateway", sa.String(length=36), nullable=False),
        sa.Column("pair", sa.String(length=36), nullable=False),
        sa.Column("remote_address", sa.Text(), nullable=False),
        sa.Column("remote_name", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("project", sa.String(length=36), nullable=True),
        sa.Column("language", sa.String(length=36), nullable=True),
        sa.Column("skill", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rule", sa.String(length=36), nullable=True),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("last_agent", sa.String(length=36), nullable=True),
        sa.Column("earlier", sa.String(length=36), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("enqueued_at", sa.BigInteger(), nullable=True),
        sa.Column("waited", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("is_spam", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=True),
        sa.Column("parked_until", sa.BigInteger(), nullable=True),
        sa.Column("parked_by", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_conversations")),
        sa.CheckConstraint(
            "(status = 'Closed') = (closed_at IS NOT NULL)", name=op.f("ck_conversations_closed")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_conversations_id")),
    )
    where = sa.text("closed_at IS NOT NULL")
    op.create_index(
        "ix_conversations_closed_at",
        "conversations",
        ["closed_at"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("status <> 'Closed'")
    op.create_index(
        "ix_conversations_open",
        "conversations",
        ["no"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("ix_conversations_started_at", "conversations", ["started_at"], unique=False)


def _conversation_events() -> None:
    op.create_table(
        "conversation_events",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("conversation_no", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("project", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_conversation_events")),
        sa.ForeignKeyConstraint(
            ["conversation_no"],
            ["conversations.no"],
            name=op.f("fk_conversation_events_conversation_no"),
        ),
    )
    op.create_index("ix_conversation_events_at", "conversation_events", ["at"], unique=False)
    op.create_index(
        "ix_conversation_events_conversation_no",
        "conversation_events",
        ["conversation_no"],
        unique=False,
    )


def _conversation_offers() -> None:
    op.create_table(
        "conversation_offers",
        sa.Column("offer", NUMBER, autoincrement=False, nullable=False),
        sa.Column("conversation_no", NUMBER, nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("workplace", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("by_agent", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("offer", name=op.f("pk_conversation_offers")),
        sa.ForeignKeyConstraint(
            ["conversation_no"],
            ["conversations.no"],
            name=op.f("fk_conversation_offers_conversation_no"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_conversation_offers_ended")
        ),
    )
    op.create_index("ix_conversation_offers_at", "conversation_offers", ["at"], unique=False)
    op.create_index(
        "ix_conversation_offers_conversation_no",
        "conversation_offers",
        ["conversation_no"],
        unique=False,
    )
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_conversation_offers_open",
        "conversation_offers",
        ["conversation_no"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _conversation_exclusions() -> None:
    op.create_table(
        "conversation_exclusions",
        sa.Column("conversation_no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "conversation_no", "agent", name=op.f("pk_conversation_exclusions")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_no"],
            ["conversations.no"],
            name=op.f("fk_conversation_exclusions_conversation_no"),
        ),
    )


def _conversation_decisions() -> None:
    op.create_table(
        "conversation_decisions",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("conversation_no", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_conversation_decisions")),
        sa.ForeignKeyConstraint(
            ["conversation_no"],
            ["conversations.no"],
            name=op.f("fk_conversation_decisions_conversation_no"),
        ),
    )
    op.create_index(
        "ix_conversation_decisions_conversation_no",
        "conversation_decisions",
        ["conversation_no"],
        unique=False,
    )


def _conversation_notes() -> None:
    op.create_table(
        "conversation_notes",
        sa.Column("conversation_no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_no", "counter", name=op.f("pk_conversation_notes")),
        sa.ForeignKeyConstraint(
            ["conversation_no"],
            ["conversations.no"],
            name=op.f("fk_conversation_notes_conversation_no"),
        ),
        sa.CheckConstraint("counter >= 1", name=op.f("ck_conversation_notes_counter")),
        sa.UniqueConstraint(
            "conversation_no", "id", name=op.f("uq_conversation_notes_conversation_no_id")
        ),
    )


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("conversation_no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("conversation_no", name=op.f("pk_drafts")),
        sa.ForeignKeyConstraint(
            ["conversation_no"], ["conversations.no"], name=op.f("fk_drafts_conversation_no")
        ),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_no", NUMBER, nullable=True),
        sa.Column("chat_no", NUMBER, nullable=True),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=36), nullable=False),
        sa.Column("inbound", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=True),
        sa.Column("remote_address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("body_text", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_messages")),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_messages_chat_no")),
        sa.ForeignKeyConstraint(
            ["conversation_no"], ["conversations.no"], name=op.f("fk_messages_conversation_no")
        ),
        sa.CheckConstraint(
            "conversation_no IS NULL OR chat_no IS NULL", name=op.f("ck_messages_place")
        ),
        sa.CheckConstraint("(status IS NULL) = inbound", name=op.f("ck_messages_status")),
        sa.UniqueConstraint("id", name=op.f("uq_messages_id")),
    )
    _message_indexes()


def _message_indexes() -> None:
    op.create_index("ix_messages_at", "messages", ["at"], unique=False)
    where = sa.text("chat_no IS NOT NULL")
    for name, columns in (("chat_no", ["chat_no"]), ("chats", ["remote_address", "no"])):
        op.create_index(
            f"ix_messages_{name}",
            "messages",
            columns,
            unique=False,
            sqlite_where=where,
            postgresql_where=where,
        )
    where = sa.text("conversation_no IS NULL")
    op.create_index(
        "ix_messages_moved_at",
        "messages",
        ["moved_at"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("status IN ('Queued', 'Sending', 'Retry')")
    op.create_index(
        "ix_messages_under_way",
        "messages",
        ["no"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("key IS NOT NULL")
    op.create_index(
        "uq_messages_key",
        "messages",
        ["agent", "key"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("conversation_no IS NOT NULL")
    op.create_index(
        "uq_messages_place",
        "messages",
        ["conversation_no", "counter"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("inbound")
    op.create_index(
        "uq_messages_received",
        "messages",
        ["gateway", "delivery_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _message_events() -> None:
    op.create_table(
        "message_events",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("message_no", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_message_events")),
        sa.ForeignKeyConstraint(
            ["message_no"], ["messages.no"], name=op.f("fk_message_events_message_no")
        ),
    )
    op.create_index("ix_message_events_at", "message_events", ["at"], unique=False)
    op.create_index("ix_message_events_message_no", "message_events", ["message_no"], unique=False)


def _spam_addresses() -> None:
    op.create_table(
        "spam_addresses",
        sa.Column("pair", sa.String(length=36), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_agent", sa.String(length=36), nullable=True),
        sa.Column("is_spam", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "address", name=op.f("pk_spam_addresses")),
    )
