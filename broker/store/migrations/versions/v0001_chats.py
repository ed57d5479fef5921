"""Chats and everything that is known of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

GUID = sa.String(length=36)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make the tables."""
    _agents()
    _chats()
    _agent_events()
    _chat_events()
    _chat_slots()
    _decisions()
    _form_results()
    _offers()
    _sentences()
    _wrapups()


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("agent", GUID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_state", sa.Text(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("workplace", sa.Text(), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agents")),
    )


def _chats() -> None:
    op.create_table(
        "chats",
        sa.Column("no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", GUID, nullable=False),
        sa.Column("gateway", GUID, nullable=False),
        sa.Column("tracking_id", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("remote_address", sa.Text(), nullable=True),
        sa.Column("culture", sa.Text(), nullable=True),
        sa.Column("user_token", sa.Text(), nullable=True),
        sa.Column("ext_response", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("project", GUID, nullable=True),
        sa.Column("language", GUID, nullable=True),
        sa.Column("skill", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("rule", GUID, nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("enqueued_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("agent", GUID, nullable=True),
        sa.Column("last_agent", GUID, nullable=True),
        sa.Column("warned_for", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'Closed') = (closed_at IS NOT NULL)", name=op.f("ck_chats_closed")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_chats")),
        sa.UniqueConstraint("id", name=op.f("uq_chats_id")),
    )
    op.create_index("ix_chats_closed_at", "chats", ["closed_at"], **_where("closed_at IS NOT NULL"))
    op.create_index("ix_chats_started_at", "chats", ["started_at"])
    op.create_index(
        "uq_chats_open",
        "chats",
        ["gateway", "tracking_id"],
        unique=True,
        **_where("status <> 'Closed'"),
    )


def _agent_events() -> None:
    op.create_table(
        "agent_events",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("agent", GUID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_state", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("workplace", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["agents.agent"], name=op.f("fk_agent_events_agent")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_agent_events")),
    )
    op.create_index("ix_agent_events_agent_at", "agent_events", ["agent", "at"])
    op.create_index("ix_agent_events_at", "agent_events", ["at"])


def _chat_events() -> None:
    op.create_table(
        "chat_events",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("agent", GUID, nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_chat_events_chat_no")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_chat_events")),
    )
    op.create_index("ix_chat_events_at", "chat_events", ["at"])
    op.create_index("ix_chat_events_chat_no", "chat_events", ["chat_no"])


def _chat_slots() -> None:
    op.create_table(
        "chat_slots",
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time_sent", sa.BigInteger(), nullable=False),
        sa.Column("outbound", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", GUID, nullable=True),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_chat_slots_chat_no")),
        sa.PrimaryKeyConstraint("chat_no", "model", name=op.f("pk_chat_slots")),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent", GUID, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_decisions_chat_no")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_chat_no", "decisions", ["chat_no"])


def _form_results() -> None:
    op.create_table(
        "form_results",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("chat_no", NUMBER, nullable=True),
        sa.Column("result_id", GUID, nullable=False),
        sa.Column("scenario_id", GUID, nullable=True),
        sa.Column("activity", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_form_results_chat_no")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_form_results")),
    )
    op.create_index(
        "uq_form_results_alone",
        "form_results",
        ["result_id"],
        unique=True,
        **_where("chat_no IS NULL"),
    )
    op.create_index("uq_form_results_chat", "form_results", ["chat_no", "result_id"], unique=True)


def _offers() -> None:
    op.create_table(
        "offers",
        sa.Column("offer", NUMBER, autoincrement=False, nullable=False),
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("agent", GUID, nullable=False),
        sa.Column("workplace", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("excludes", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_offers_ended")),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_offers_chat_no")),
        sa.PrimaryKeyConstraint("offer", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_at", "offers", ["at"])
    op.create_index("ix_offers_chat_no", "offers", ["chat_no"])
    op.create_index(
        "uq_offers_open", "offers", ["chat_no"], unique=True, **_where("ended_at IS NULL")
    )


def _sentences() -> None:
    op.create_table(
        "sentences",
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time_sent", sa.BigInteger(), nullable=False),
        sa.Column("outbound", sa.Boolean(), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", GUID, nullable=True),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("counter >= 1", name=op.f("ck_sentences_counter")),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_sentences_chat_no")),
        sa.PrimaryKeyConstraint("chat_no", "counter", name=op.f("pk_sentences")),
        sa.UniqueConstraint(
            "chat_no", "outbound", "id", name=op.f("uq_sentences_chat_no_outbound_id")
        ),
    )


def _wrapups() -> None:
    op.create_table(
        "wrapups",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("agent", GUID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name=op.f("ck_wrapups_ended")),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_wrapups_chat_no")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_wrapups")),
    )
    op.create_index("ix_wrapups_at", "wrapups", ["at"])
    op.create_index(
        "uq_wrapups_open", "wrapups", ["chat_no"], unique=True, **_where("ended_at IS NULL")
    )
    # ### end Alembic commands ###
