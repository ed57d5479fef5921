"""Facts of attachments to rows; see `rows`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from broker.core.facts import (
    BlobAttached,
    BlobBegun,
    BlobCompleted,
    BlobDropped,
    BlobPieceStored,
    BlobScanned,
    SentenceStored,
)
from broker.store import blob_schema as schema
from broker.store.commands import Command
from broker.store.row import Record, Records, Row

BEGIN: Final = Command(
    table=schema.blobs,
    columns=("no", "id", "owner", "at", "name", "content_type", "size", "sha256"),
)
PIECE: Final = Command(table=schema.blob_pieces, columns=("blob_no", "start", "data"))
COMPLETE: Final = Command(table=schema.blobs, columns=("no", "completed_at", "scan"), keys=1)
ATTACH: Final = Command(
    table=schema.blobs,
    columns=("no", "attached_at"),
    keys=1,
    only="blobs.attached_at IS NULL",
    exact=False,
)
SCAN: Final = Command(table=schema.blobs, columns=("no", "scan", "scanned_at"), keys=1)
DROP: Final = Command(
    table=schema.blobs,
    columns=("no", "dropped_at"),
    keys=1,
    only="blobs.attached_at IS NULL AND blobs.dropped_at IS NULL",
)
DELETE_PIECES: Final = Command(
    table=schema.blob_pieces, columns=("blob_no",), keys=1, deletes=True, exact=False
)
NAME: Final = Command(
    table=schema.sentence_attachments,
    columns=("chat_no", "counter", "place", "blob_no", "name", "content_id", "is_inline"),
)

COMMANDS: Final = tuple(value for value in globals().values() if isinstance(value, Command))


def _key(no: int) -> str:
    return f"blob {no}"


def _begun(f: BlobBegun) -> Records:
    row = (f.no, f.blob, f.owner, f.at, f.name, f.content_type, f.size, f.sha256)
    yield Record(BEGIN, _key(f.no), row)


def _piece(f: BlobPieceStored) -> Records:
    yield Record(PIECE, _key(f.no), (f.no, f.offset, f.data))


def _completed(f: BlobCompleted) -> Records:
    yield Record(COMPLETE, _key(f.no), (f.no, f.at, f.scan.value))


def _attached(f: BlobAttached) -> Records:
    yield Record(ATTACH, _key(f.no), (f.no, f.at))


def _scanned(f: BlobScanned) -> Records:
    yield Record(SCAN, _key(f.no), (f.no, f.verdict.value, f.at))


def _dropped(f: BlobDropped) -> Records:
    yield Record(DROP, _key(f.no), (f.no, f.at))
    yield Record(DELETE_PIECES, _key(f.no), (f.no,))


def named_rows(f: SentenceStored) -> Iterator[Row]:
    """What a sentence names, which `plan` takes by itself."""
    for place, one in enumerate(f.words.attachments):
        yield (f.no, f.counter, place, one.no, one.name, one.content_id, one.is_inline)


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    BlobAttached: _attached,
    BlobBegun: _begun,
    BlobCompleted: _completed,
    BlobDropped: _dropped,
    BlobPieceStored: _piece,
    BlobScanned: _scanned,
}
