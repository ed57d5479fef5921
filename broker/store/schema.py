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

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
)

HEAD: Final = "0004"
"""The newest migration: what a database must be at before it is used."""

NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A key that counts. On SQLite only the very word INTEGER makes a column the row's address."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def _guid(name: str, *, null: bool = True) -> Column[str]:
    return Column(name, String(36), nullable=null)


def _text(name: str, *, null: bool = True) -> Column[str]:
    return Column(name, Text, nullable=null)


def _time(name: str, *, null: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _chat(*, null: bool = False) -> Column[int]:
    return Column("chat_no", NUMBER, ForeignKey("chats.no"), nullable=null)


def _seq() -> Column[int]:
    return Column("seq", NUMBER, primary_key=True, autoincrement=True)


def _where(condition: str) -> dict[str, Any]:
    """Which rows an index has; `_limit_indexes` tells it to the database."""
    return {"info": {"where": condition}}


@event.listens_for(metadata, "before_create")
def _limit_indexes(_target: MetaData, connection: Connection, **_options: Any) -> None:
    # Not said when an index is declared: that would load the drivers of all databases at each start.
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        if "where" in index.info:
            options = index.dialect_options[connection.dialect.name]
            options["where"] = text(index.info["where"])


chats = Table(
    "chats",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    _guid("gateway", null=False),
    _text("tracking_id", null=False),
    _text("party_name"),
    _text("remote_address"),
    _text("culture"),
    _text("user_token"),
    _text("ext_response"),
    _text("status", null=False),
    _guid("project"),
    _guid("language"),
    Column("skill", BigInteger, nullable=False),
    Column("priority", BigInteger, nullable=False),
    _guid("rule"),
    _time("started_at", null=False),
    _time("since", null=False),
    _time("enqueued_at"),
    _time("answered_at"),
    _time("closed_at"),
    _text("close_reason"),
    _guid("agent"),
    _guid("last_agent"),
    _time("warned_for"),
    _time("unparked_at"),
    Column("variables", JSON),
    Column("further", JSON),
    Column("wait_level", Integer, nullable=False, server_default="-1"),
    _guid("scenario"),
    _guid("contact"),
    _text("contact_name"),
    _guid("start_form"),
    _guid("default_form"),
    Column("outbound", Boolean, nullable=False, server_default=false()),
    _guid("open_key"),
    _time("bound_at"),
    _guid("bot"),
    Column("bot_question", Integer, nullable=False, server_default="-1"),
    Column("bot_tries", Integer, nullable=False, server_default="0"),
    _guid("bot_project"),
    Column("learned", JSON),
    Column("readers", JSON),
    _guid("earlier"),
    _time("dropped_at"),
    Column("waited", BigInteger, nullable=False, server_default="0"),
    _time("waiting_since"),
    CheckConstraint("(status = 'Closed') = (closed_at IS NOT NULL)", name="closed"),
    Index(
        "uq_chats_open",
        "gateway",
        "tracking_id",
        unique=True,
        **_where("status <> 'Closed'"),
    ),
    Index("ix_chats_closed_at", "closed_at", **_where("closed_at IS NOT NULL")),
    Index("ix_chats_started_at", "started_at"),
)

chat_events = Table(
    "chat_events",
    metadata,
    _seq(),
    _chat(),
    _time("at", null=False),
    _text("status", null=False),
    _text("cause", null=False),
    _guid("agent"),
    _text("close_reason"),
    _guid("project"),
    Index("ix_chat_events_chat_no", "chat_no"),
    Index("ix_chat_events_at", "at"),
)

sentences = Table(
    "sentences",
    metadata,
    _seq(),
    _chat(),
    Column("counter", Integer, nullable=False),
    _text("id", null=False),
    _text("party_name"),
    _text("text", null=False),
    _time("time_sent", null=False),
    Column("outbound", Boolean, nullable=False),
    Column("model", BigInteger, nullable=False),
    _time("at", null=False),
    _guid("agent"),
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
    _time("at", null=False),
)

chat_slots = Table(
    "chat_slots",
    metadata,
    _chat(),
    Column("model", BigInteger, nullable=False),
    _text("id", null=False),
    _text("party_name"),
    _text("text", null=False),
    _time("time_sent", null=False),
    Column("outbound", Boolean, nullable=False),
    _time("at", null=False),
    _guid("agent"),
    _time("confirmed_at"),
    PrimaryKeyConstraint("chat_no", "outbound", "model"),
)

agents = Table(
    "agents",
    metadata,
    Column("agent", String(36), primary_key=True),
    _text("state", null=False),
    _text("reason"),
    _text("next_state"),
    _time("since", null=False),
    _text("workplace"),
    Column("missed", Integer, nullable=False),
    _guid("login"),
    _time("seated_at"),
)

agent_events = Table(
    "agent_events",
    metadata,
    _seq(),
    Column("agent", String(36), ForeignKey("agents.agent"), nullable=False),
    _time("at", null=False),
    _text("state", null=False),
    _text("reason"),
    _text("next_state"),
    _text("cause", null=False),
    _text("workplace"),
    _guid("by_agent"),
    Index("ix_agent_events_agent_at", "agent", "at"),
    Index("ix_agent_events_at", "at"),
)

offers = Table(
    "offers",
    metadata,
    Column("offer", NUMBER, primary_key=True, autoincrement=False),
    _chat(),
    _guid("agent", null=False),
    _text("workplace", null=False),
    _time("at", null=False),
    _time("until", null=False),
    _time("ended_at"),
    _text("outcome"),
    Column("mode", Text, nullable=False, server_default="queue"),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    Index("uq_offers_open", "chat_no", unique=True, **_where("ended_at IS NULL")),
    Index("ix_offers_chat_no", "chat_no"),
    Index("ix_offers_at", "at"),
)

exclusions = Table(
    "exclusions",
    metadata,
    _chat(),
    _guid("agent", null=False),
    _time("at", null=False),
    PrimaryKeyConstraint("chat_no", "agent"),
)

invites = Table(
    "invites",
    metadata,
    _seq(),
    _chat(),
    _guid("by_agent", null=False),
    _text("mode", null=False),
    _guid("agent"),
    _guid("project"),
    _text("note"),
    _time("at", null=False),
    _time("until", null=False),
    _time("ended_at"),
    _text("outcome"),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    Index("uq_invites_open", "chat_no", unique=True, **_where("ended_at IS NULL")),
    Index("ix_invites_at", "at"),
)

parties = Table(
    "parties",
    metadata,
    _seq(),
    _chat(),
    _guid("agent", null=False),
    _text("mode", null=False),
    _guid("by_agent", null=False),
    _time("at", null=False),
    _time("left_at"),
    _text("cause"),
    CheckConstraint("(left_at IS NULL) = (cause IS NULL)", name="left"),
    Index("uq_parties_open", "chat_no", "agent", unique=True, **_where("left_at IS NULL")),
    Index("ix_parties_at", "at"),
)

parkings = Table(
    "parkings",
    metadata,
    _seq(),
    _chat(),
    _guid("agent", null=False),
    _time("at", null=False),
    _time("warned_at"),
    _time("woken_at"),
    _time("ended_at"),
    _text("cause"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
    Index("uq_parkings_open", "chat_no", unique=True, **_where("ended_at IS NULL")),
    Index("ix_parkings_at", "at"),
)

internal_sentences = Table(
    "internal_sentences",
    metadata,
    _chat(),
    Column("counter", Integer, nullable=False),
    _text("id", null=False),
    _text("party_name"),
    _text("text", null=False),
    _time("time_sent", null=False),
    _time("at", null=False),
    _guid("agent"),
    PrimaryKeyConstraint("chat_no", "counter"),
    UniqueConstraint("chat_no", "id"),
    CheckConstraint("counter >= 1", name="counter"),
)

wrapups = Table(
    "wrapups",
    metadata,
    _seq(),
    _chat(),
    _guid("agent", null=False),
    _time("at", null=False),
    _time("until", null=False),
    _time("ended_at"),
    _text("cause"),
    _text("code"),
    _text("note"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
    Index("uq_wrapups_open", "chat_no", unique=True, **_where("ended_at IS NULL")),
    Index("ix_wrapups_at", "at"),
)

lives = Table(
    "lives",
    metadata,
    _seq(),
    _time("started_at", null=False),
    _time("seen_at", null=False),
    _time("ended_at"),
    _text("cause"),
    CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name="ended"),
)

form_results = Table(
    "form_results",
    metadata,
    _seq(),
    _chat(null=True),
    _guid("result_id", null=False),
    _guid("scenario_id"),
    _text("activity"),
    _time("at", null=False),
    Column("result", JSON, nullable=False),
    _guid("gateway"),
    Index("uq_form_results_chat", "chat_no", "result_id", unique=True),
    Index(
        "uq_form_results_alone",
        "gateway",
        "result_id",
        unique=True,
        **_where("chat_no IS NULL"),
    ),
    Index("ix_form_results_alone_at", "at", **_where("chat_no IS NULL")),
)

contacts = Table(
    "contacts",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    _guid("id", null=False),
    _guid("gateway", null=False),
    _text("name"),
    _text("external_id"),
    _time("made_at", null=False),
    _time("seen_at", null=False),
    _time("retired_at"),
    Index("uq_contacts_known", "id", unique=True, **_where("retired_at IS NULL")),
)

contact_addresses = Table(
    "contact_addresses",
    metadata,
    _guid("gateway", null=False),
    _text("kind", null=False),
    _text("value", null=False),
    Column("contact_no", NUMBER, nullable=False),
    _time("at", null=False),
    PrimaryKeyConstraint("gateway", "kind", "value"),
)

decisions = Table(
    "decisions",
    metadata,
    _seq(),
    _chat(),
    _time("at", null=False),
    _text("kind", null=False),
    _guid("agent"),
    Column("detail", JSON, nullable=False),
    Index("ix_decisions_chat_no", "chat_no"),
)
