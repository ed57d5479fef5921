"""Sentences and their confirmations are only ever appended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = "chat_no, counter, id, party_name, text, time_sent, outbound, model, at, agent, own"


def upgrade() -> None:
    """Give each sentence a number, and each confirmation a row under that."""
    _make_room()
    _sentences()
    _confirmations()
    _fill()
    op.drop_table("sentences_before")


def _make_room() -> None:
    """Put the old table aside; on PostgreSQL the names of its indexes would still be taken."""
    op.rename_table("sentences", "sentences_before")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("pk_sentences", "sentences_before")
        op.drop_constraint("uq_sentences_chat_no_outbound_id", "sentences_before")


def _sentences() -> None:
    op.create_table(
        "sentences",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time_sent", sa.BigInteger(), nullable=False),
        sa.Column("outbound", sa.Boolean(), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sentences")),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_sentences_chat_no")),
        sa.UniqueConstraint("chat_no", "counter", name=op.f("uq_sentences_chat_no_counter")),
        sa.CheckConstraint("counter >= 1", name=op.f("ck_sentences_counter")),
    )


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("sentence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sentence", name=op.f("pk_confirmations")),
        sa.ForeignKeyConstraint(
            ["sentence"],
            ["sentences.seq"],
            name=op.f("fk_confirmations_sentence"),
            ondelete="CASCADE",
        ),
    )


def _fill() -> None:
    """In the order of the chats: whoever reads one finds its rows together."""
    op.execute(
        f"INSERT INTO sentences ({COLUMNS})"  # noqa: S608 - columns of our own
        f" SELECT {COLUMNS} FROM sentences_before ORDER BY chat_no, counter"
    )
    op.execute(
        "INSERT INTO confirmations (sentence, at) SELECT s.seq, b.confirmed_at"
        " FROM sentences AS s JOIN sentences_before AS b"
        " ON b.chat_no = s.chat_no AND b.counter = s.counter"
        " WHERE b.confirmed_at IS NOT NULL ORDER BY s.seq"
    )
