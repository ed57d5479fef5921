"""The tables, as SQLAlchemy Core knows them; docs/store.md says what they tell a report.

Theory of operation: one table for each thing that a contact center asks about, and one
append-only table for each history. The rules that must never break are constraints here, so
that a bug ends in an error and not in a wrong row: a chat's counters are unique, it has one open
offer, one open invitation, one open parking and one open wrap-up at most, nobody is in it twice,
a tracking ID has one open chat, and a sentence is confirmed once.

`sentences` and `confirmations` are the hot tables. What a row costs there is the pages that it
changes: rows are appended in the order of their arrival, a confirmation under the number of its
sentence, which is seldom far from the newest one. The one index begins with the chat's sequential
number, so the pages that a sentence touches lie near those that the sentences before it touched,
however large the table is. An index over the random IDs cost as much as all that; that an ID is
stored once is the core's to see to, and recovery looks (docs/adr/0211).

Times are microseconds since the Unix epoch in UTC, Guids are text of 36 characters.
"""

from __future__ import annotations

from typing import Final

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
    Text,
    UniqueConstraint,
    false,
)

from broker.store.columns import NUMBER, guid, seq, text_, time, where
from broker.store.columns import metadata as metadata

HEAD: Final = "0009"
"""The newest migration: what a database must be at before it is used."""


def _chat(*, null: bool = False) -> Column[int]:
    return Column("chat_no", NUMBER, ForeignKey("chats.no"), nullable=null)


chats = Table(
    "chats",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    guid("gateway", null=False),
    text_("tracking_id", null=False),
    text_("party_name"),
    text_("remote_address"),
    text_("culture"),
    text_("user_token"),
    text_("ext_response"),
    text_("status", null=False),
    guid("project"),
    guid("language"),
    Column("skill", BigInteger, nullable=False),
    Column("priority", BigInteger, nullable=False),
    guid("rule"),
    time("started_at", null=False),
    time("since", null=False),
    time("enqueued_at"),
    time("answered_at"),
    time("closed_at"),
    text_("close_reason"),
    guid("agent"),
    guid("last_agent"),
    time("warned_for"),
    time("unparked_at"),
    Column("variables", JSON),
    Column("further", JSON),
    Column("wait_level", Integer, nullable=False, server_default="-1"),
    guid("scenario"),
    guid("contact"),
    text_("contact_name"),
    guid("start_form"),
    guid("default_form"),
    Column("outbound", Boolean, nullable=False, server_default=false()),
    guid("open_key"),
    time("bound_at"),
    guid("bot"),
    Column("bot_question", Integer, nullable=False, server_default="-1"),
    Column("bot_tries", Integer, nullable=False, server_default="0"),
    guid("bot_project"),
    Column("learned", JSON),
    Column("readers", JSON),
    guid("earlier"),
    time("dropped_at"),
    Column("waited", BigInteger, nullable=False, server_default="0"),
    time("waiting_since"),
    CheckConstraint("(status = 'Closed') = (closed_at IS NOT NULL)", name="closed"),
    Index(
        "uq_chats_open",
        "gateway",
        "tracking_id",
        unique=True,
        **where("status <> 'Closed'"),
    ),
    Index("ix_chats_closed_at", "closed_at", **where("closed_at IS NOT NULL")),
    Index("ix_chats_started_at", "started_at"),
)

chat_events = Table(
    "chat_events",
    metadata,
    seq(),
    _chat(),
    time("at", null=False),
    text_("status", null=False),
    text_("cause", null=False),
    guid("agent"),
    text_("close_reason"),
    guid("project"),
    Index("ix_chat_events_chat_no", "chat_no"),
    Index("ix_chat_events_at", "at"),
)

sentences = Table(
    "sentences",
    metadata,
    seq(),
    _chat(),
    Column("counter", Integer, nullable=False),
    text_("id", null=False),
    text_("party_name"),
    text_("text", null=False),
    time("time_sent", null=False),
    Column("outbound", Boolean, nullable=False),
    Column("model", BigInteger, nullable=False),
    time("at", null=False),
    guid("agent"),
    Column("own", Boolean, nullable=False),
    UniqueConstraint("chat_no", "counter"),
    CheckConstraint("counter >= 1", name="counter"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column(
        "sentence",
        NUMBER,
        ForeignKey("sentences.seq", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    time("at", null=False),
)

chat_slots = Table(
    "chat_slots",
    metadata,
    _chat(),
    Column("model", BigInteger, nullable=False),
    text_("id", null=False),
    text_("party_name"),
    text_("text", null=False),
    time("time_sent", null=False),
    Column("outbound", Boolean, nullable=False),
    time("at", null=False),
    guid("agent"),
    time("confirmed_at"),
    PrimaryKeyConstraint("chat_no", "outbound", "model"),
)

agents = Table(
    "agents",
    metadata,
    Column("agent", String(36), primary_key=True),
    text_("state", null=False),
    text_("reason"),
    text_("next_state"),
    time("since", null=False),
    text_("workplace"),
    Column("missed", Integer, nullable=False),
    guid("login"),
    time("seated_at"),
)

agent_events = Table(
    "agent_events",
    metadata,
    seq(),
    Column("agent", String(36), ForeignKey("agents.agent"), nullable=False),
    time("at", null=False),
    text_("state", null=False),
    text_("reason"),
    text_("next_state"),
    text_("cause", null=False),
    text_("workplace"),
    guid("by_agent"),
    Index("ix_agent_events_agent_at", "agent", "at"),
    Index("ix_agent_events_at", "at"),
)

offers = Table(
    "offers",
    metadata,
    Column("offer", NUMBER, primary_key=True, autoincrement=False),
    _chat(),
    guid("agent", null=False),
    text_("workplace", null=False),
    time("at", null=False),
    time("until", null=False),
    time("ended_at"),
    text_("outcome"),
    Column("mode", Text, nullable=False, server_default="queue"),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    Index("uq_offers_open", "chat_no", unique=True, **where("ended_at IS NULL")),
    Index("ix_offers_chat_no", "chat_no"),
    Index("ix_offers_at", "at"),
)

exclusions = Table(
    "exclusions",
    metadata,
    _chat(),
    guid("agent", null=False),
    time("at", null=False),
    PrimaryKeyConstraint("chat_no", "agent"),
)

invites = Table(
    "invites",
    metadata,
    seq(),
    _chat(),
    guid("by_agent", null=False),
    text_("mode", null=False),
    guid("agent"),
    guid("project"),
    text_("note"),
    time("at", null=False),
    time("until", null=False),
    time("ended_at"),
    text_("outcome"),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    Index("uq_invites_open", "chat_no", unique=True, **where("ended_at IS NULL")),
    Index("ix_invites_at", "at"),
)

parties = Table(
    "parties",
    metadata,
    seq(),
    _chat(),
    guid("agent", null=False),
    text_("mode", null=False),
    guid("by_agent", null=False),
    time("at", null=False),
    time("left_at"),
    text_("cause"),
    CheckConstraint("(left_at IS NULL) = (cause IS NULL)", name="left"),
    Index("uq_parties_open", "chat_no", "agent", unique=True, **where("left_at IS NULL")),
    Index("ix_parties_at", "at"),
)

parkings = Table(
    "parkings",
    metadata,
    seq(),
    _chat(),
    guid("agent", null=False),
    time("at", null=False),
    time("warned_at"),
    time("woken_at"),
    time("ended_at"),
    text_("cause"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
    Index("uq_parkings_open", "chat_no", unique=True, **where("ended_at IS NULL")),
    Index("ix_parkings_at", "at"),
)

internal_sentences = Table(
    "internal_sentences",
    metadata,
    _chat(),
    Column("counter", Integer, nullable=False),
    text_("id", null=False),
    text_("party_name"),
    text_("text", null=False),
    time("time_sent", null=False),
    time("at", null=False),
    guid("agent"),
    PrimaryKeyConstraint("chat_no", "counter"),
    UniqueConstraint("chat_no", "id"),
    CheckConstraint("counter >= 1", name="counter"),
)

wrapups = Table(
    "wrapups",
    metadata,
    seq(),
    _chat(),
    guid("agent", null=False),
    time("at", null=False),
    time("until", null=False),
    time("ended_at"),
    text_("cause"),
    text_("code"),
    text_("note"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
    Index("uq_wrapups_open", "chat_no", unique=True, **where("ended_at IS NULL")),
    Index("ix_wrapups_at", "at"),
)

lives = Table(
    "lives",
    metadata,
    seq(),
    time("started_at", null=False),
    time("seen_at", null=False),
    time("ended_at"),
    text_("cause"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
)

form_results = Table(
    "form_results",
    metadata,
    seq(),
    _chat(null=True),
    guid("result_id", null=False),
    guid("scenario_id"),
    text_("activity"),
    time("at", null=False),
    Column("result", JSON, nullable=False),
    guid("gateway"),
    Index("uq_form_results_chat", "chat_no", "result_id", unique=True),
    Index(
        "uq_form_results_alone",
        "gateway",
        "result_id",
        unique=True,
        **where("chat_no IS NULL"),
    ),
    Index("ix_form_results_alone_at", "at", **where("chat_no IS NULL")),
)

contacts = Table(
    "contacts",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    guid("id", null=False),
    guid("gateway", null=False),
    text_("name"),
    text_("external_id"),
    time("made_at", null=False),
    time("seen_at", null=False),
    time("retired_at"),
    Index("uq_contacts_known", "id", unique=True, **where("retired_at IS NULL")),
)

contact_addresses = Table(
    "contact_addresses",
    metadata,
    guid("gateway", null=False),
    text_("kind", null=False),
    text_("value", null=False),
    Column("contact_no", NUMBER, nullable=False),
    time("at", null=False),
    PrimaryKeyConstraint("gateway", "kind", "value"),
)

decisions = Table(
    "decisions",
    metadata,
    seq(),
    _chat(),
    time("at", null=False),
    text_("kind", null=False),
    guid("agent"),
    Column("detail", JSON, nullable=False),
    Index("ix_decisions_chat_no", "chat_no"),
)
