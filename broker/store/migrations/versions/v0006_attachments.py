"""Attachments, their pieces, and what names them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; the one that the others refer to comes first."""
    _blobs()
    _blob_pieces()
    _sentence_attachments()


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("scan", sa.Text(), nullable=True),
        sa.Column("scanned_at", sa.BigInteger(), nullable=True),
        sa.Column("attached_at", sa.BigInteger(), nullable=True),
        sa.Column("dropped_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_blobs")),
        sa.CheckConstraint(
            "(completed_at IS NULL) = (scan IS NULL)", name=op.f("ck_blobs_completed")
        ),
        sa.CheckConstraint(
            "attached_at IS NULL OR completed_at IS NOT NULL", name=op.f("ck_blobs_attached")
        ),
        sa.CheckConstraint("attached_at IS NULL OR dropped_at IS NULL", name=op.f("ck_blobs_kept")),
    )
    where = sa.text("dropped_at IS NULL")
    op.create_index(
        "uq_blobs_known",
        "blobs",
        ["id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("attached_at IS NULL AND dropped_at IS NULL")
    op.create_index(
        "ix_blobs_unnamed",
        "blobs",
        ["no"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )


def _blob_pieces() -> None:
    op.create_table(
        "blob_pieces",
        sa.Column("blob_no", NUMBER, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("blob_no", "start", name=op.f("pk_blob_pieces")),
        sa.ForeignKeyConstraint(["blob_no"], ["blobs.no"], name=op.f("fk_blob_pieces_blob_no")),
    )


def _sentence_attachments() -> None:
    op.create_table(
        "sentence_attachments",
        sa.Column("chat_no", NUMBER, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("blob_no", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("content_id", sa.Text(), nullable=True),
        sa.Column("is_inline", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chat_no", "counter", "place", name=op.f("pk_sentence_attachments")
        ),
        sa.ForeignKeyConstraint(
            ["chat_no"], ["chats.no"], name=op.f("fk_sentence_attachments_chat_no")
        ),
        sa.ForeignKeyConstraint(
            ["blob_no"], ["blobs.no"], name=op.f("fk_sentence_attachments_blob_no")
        ),
    )
    op.create_index("ix_sentence_attachments_blob_no", "sentence_attachments", ["blob_no"])
