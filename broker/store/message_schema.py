"""The tables of messages and conversations; see `schema`.

A message is in one conversation at most, and its place there is its own. That what has come in by a gateway
under one name, and what an agent wrote under one key, is there once is the core's to see: what it does not
remember any more is a message like any other, and no row that the store refuses.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
)

from broker.store.columns import NUMBER, guid, seq, text_, time, where
from broker.store.columns import metadata as metadata


def _conversation(*, null: bool = False) -> Column[int]:
    return Column("conversation_no", NUMBER, ForeignKey("conversations.no"), nullable=null)


conversations = Table(
    "conversations",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    guid("gateway", null=False),
    guid("pair", null=False),
    text_("remote_address", null=False),
    text_("remote_name"),
    text_("subject"),
    text_("status", null=False),
    guid("project"),
    guid("language"),
    Column("skill", BigInteger, nullable=False, server_default="0"),
    Column("priority", BigInteger, nullable=False, server_default="0"),
    guid("rule"),
    guid("agent"),
    guid("last_agent"),
    guid("earlier"),
    time("started_at", null=False),
    time("enqueued_at"),
    Column("waited", BigInteger, nullable=False, server_default="0"),
    Column("waited_up", BigInteger, nullable=False, server_default="0"),
    time("waiting_since"),
    Column("wait_level", Integer, nullable=False, server_default="-1"),
    Column("further", JSON),
    time("answered_at"),
    time("due_at"),
    time("closed_at"),
    text_("close_reason"),
    text_("code"),
    text_("note"),
    Column("is_spam", Boolean, nullable=False, server_default=false()),
    time("parked_at"),
    time("parked_until"),
    guid("parked_by"),
    CheckConstraint("(status = 'Closed') = (closed_at IS NOT NULL)", name="closed"),
    Index("ix_conversations_open", "no", **where("status <> 'Closed'")),
    Index("ix_conversations_closed_at", "closed_at", **where("closed_at IS NOT NULL")),
    Index("ix_conversations_started_at", "started_at"),
)

conversation_events = Table(
    "conversation_events",
    metadata,
    seq(),
    _conversation(),
    time("at", null=False),
    text_("status", null=False),
    text_("cause", null=False),
    guid("agent"),
    text_("close_reason"),
    guid("project"),
    Index("ix_conversation_events_conversation_no", "conversation_no"),
    Index("ix_conversation_events_at", "at"),
)

conversation_offers = Table(
    "conversation_offers",
    metadata,
    Column("offer", NUMBER, primary_key=True, autoincrement=False),
    _conversation(),
    guid("agent", null=False),
    text_("workplace", null=False),
    time("at", null=False),
    time("until", null=False),
    guid("by_agent"),
    text_("note"),
    time("ended_at"),
    text_("outcome"),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    Index(
        "uq_conversation_offers_open", "conversation_no", unique=True, **where("ended_at IS NULL")
    ),
    Index("ix_conversation_offers_conversation_no", "conversation_no"),
    Index("ix_conversation_offers_at", "at"),
)

conversation_wrapups = Table(
    "conversation_wrapups",
    metadata,
    seq(),
    _conversation(),
    guid("agent", null=False),
    time("at", null=False),
    time("until", null=False),
    time("ended_at"),
    text_("cause"),
    text_("code"),
    text_("note"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
    Index(
        "uq_conversation_wrapups_open", "conversation_no", unique=True, **where("ended_at IS NULL")
    ),
    Index("ix_conversation_wrapups_at", "at"),
)

conversation_exclusions = Table(
    "conversation_exclusions",
    metadata,
    _conversation(),
    guid("agent", null=False),
    time("at", null=False),
    PrimaryKeyConstraint("conversation_no", "agent"),
)

conversation_decisions = Table(
    "conversation_decisions",
    metadata,
    seq(),
    _conversation(),
    time("at", null=False),
    text_("kind", null=False),
    guid("agent"),
    Column("detail", JSON, nullable=False),
    Index("ix_conversation_decisions_conversation_no", "conversation_no"),
)

conversation_notes = Table(
    "conversation_notes",
    metadata,
    _conversation(),
    Column("counter", Integer, nullable=False),
    text_("id", null=False),
    text_("text", null=False),
    guid("agent"),
    time("at", null=False),
    PrimaryKeyConstraint("conversation_no", "counter"),
    UniqueConstraint("conversation_no", "id"),
    CheckConstraint("counter >= 1", name="counter"),
)

drafts = Table(
    "drafts",
    metadata,
    Column(
        "conversation_no",
        NUMBER,
        ForeignKey("conversations.no"),
        primary_key=True,
        autoincrement=False,
    ),
    guid("agent", null=False),
    time("at", null=False),
    Column("content", JSON),
)

messages = Table(
    "messages",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    _conversation(null=True),
    Column("chat_no", NUMBER, ForeignKey("chats.no")),
    Column("counter", Integer, nullable=False),
    guid("gateway", null=False),
    Column("inbound", Boolean, nullable=False),
    time("at", null=False),
    text_("delivery_id"),
    text_("remote_address"),
    text_("subject"),
    Column("header", JSON, nullable=False),
    text_("body_html"),
    text_("body_text"),
    Column("size", BigInteger, nullable=False),
    guid("agent"),
    text_("key"),
    text_("digest"),
    text_("status"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    time("moved_at"),
    time("sent_at"),
    time("until"),
    text_("error"),
    CheckConstraint("(status IS NULL) = inbound", name="status"),
    CheckConstraint("conversation_no IS NULL OR chat_no IS NULL", name="place"),
    Index("ix_messages_known", "gateway", "no", **where("delivery_id IS NOT NULL")),
    Index(
        "uq_messages_place",
        "conversation_no",
        "counter",
        unique=True,
        **where("conversation_no IS NOT NULL"),
    ),
    Index("ix_messages_keys", "no", **where("key IS NOT NULL")),
    Index("ix_messages_under_way", "no", **where("status IN ('Queued', 'Sending', 'Retry')")),
    Index("ix_messages_chat_no", "chat_no", **where("chat_no IS NOT NULL")),
    Index("ix_messages_chats", "remote_address", "no", **where("chat_no IS NOT NULL")),
    Index("ix_messages_moved_at", "moved_at", **where("conversation_no IS NULL")),
    Index("ix_messages_at", "at"),
)

message_events = Table(
    "message_events",
    metadata,
    seq(),
    Column("message_no", NUMBER, ForeignKey("messages.no"), nullable=False),
    time("at", null=False),
    text_("status", null=False),
    Column("attempt", Integer, nullable=False),
    text_("outcome"),
    text_("error"),
    Index("ix_message_events_message_no", "message_no"),
    Index("ix_message_events_at", "at"),
)

spam_addresses = Table(
    "spam_addresses",
    metadata,
    guid("pair", null=False),
    text_("address", null=False),
    time("at", null=False),
    guid("by_agent"),
    Column("is_spam", Boolean, nullable=False),
    PrimaryKeyConstraint("pair", "address"),
)
