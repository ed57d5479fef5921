"""The tables of attachments; see `schema`.

A Guid names one attachment at a time, a piece of one begins at one place, and a sentence names each once.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from broker.store.columns import NUMBER, guid, text_, time, where
from broker.store.columns import metadata as metadata


def _blob() -> Column[int]:
    return Column("blob_no", NUMBER, ForeignKey("blobs.no"), nullable=False)


blobs = Table(
    "blobs",
    metadata,
    Column("no", NUMBER, primary_key=True, autoincrement=False),
    guid("id", null=False),
    text_("owner", null=False),
    time("at", null=False),
    text_("name"),
    text_("content_type"),
    Column("size", BigInteger, nullable=False),
    text_("sha256", null=False),
    time("completed_at"),
    text_("scan"),
    time("scanned_at"),
    time("attached_at"),
    time("dropped_at"),
    CheckConstraint("(completed_at IS NULL) = (scan IS NULL)", name="completed"),
    CheckConstraint("attached_at IS NULL OR completed_at IS NOT NULL", name="attached"),
    CheckConstraint("attached_at IS NULL OR dropped_at IS NULL", name="kept"),
    Index("uq_blobs_known", "id", unique=True, **where("dropped_at IS NULL")),
    Index("ix_blobs_unnamed", "no", **where("attached_at IS NULL AND dropped_at IS NULL")),
)

blob_pieces = Table(
    "blob_pieces",
    metadata,
    _blob(),
    Column("start", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("blob_no", "start"),
)

sentence_attachments = Table(
    "sentence_attachments",
    metadata,
    Column("chat_no", NUMBER, ForeignKey("chats.no"), nullable=False),
    Column("counter", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    _blob(),
    text_("name"),
    text_("content_id"),
    Column("is_inline", Boolean, nullable=False),
    PrimaryKeyConstraint("chat_no", "counter", "place"),
    Index("ix_sentence_attachments_blob_no", "blob_no"),
)
