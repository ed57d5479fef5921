"""I-19: what a stored sentence, message or draft names is whole, and nobody gets what is not clean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from broker.checker.dump import BlobRow
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.violation import Violation
from protocol.blob import BlobInfo, BlobStatusInfo
from protocol.chat import ChatSentenceInfo
from protocol.values import Guid

GIVEN_OUT = ("Clean", "Off")
"""What a scanner may have said of what is given to somebody."""


def whole_attachments(story: Story) -> Iterator[Violation]:
    """I-19: what is named is there, whole; what is told of attachments is so."""
    rows = {row.no: row for row in story.dump.blobs}
    for named in story.dump.attachments:
        row = rows.get(named.blob_no)
        if row is None or not _is_whole(row):
            text = f"sentence {named.counter} names {row.id if row else named.blob_no}, not whole"
            yield Violation("I-19", text, chat=named.chat)
        elif row.attached_at is None or row.dropped_at is not None:
            text = f"sentence {named.counter} names {row.id}, which is not kept"
            yield Violation("I-19", text, chat=named.chat)
    kept = {row.id: row for row in story.dump.blobs if row.dropped_at is None}
    yield from _of_messages(story, kept)
    stored = {
        (named.counter, rows[named.blob_no].id)
        for named in story.dump.attachments
        if named.blob_no in rows
    }
    for connection in story.connections.values():
        for event in connection.events:
            if event.kind is Kind.GOT and event.frame is not None:
                for text in _told(event, kept, stored):
                    yield Violation("I-19", text, event.at, connection.name)


def _of_messages(story: Story, kept: dict[Guid, BlobRow]) -> Iterator[Violation]:
    """What messages and drafts name; a draft holds it only as long as it is there itself."""
    for letter in story.dump.messages:
        for blob in _named(letter.header):
            row = kept.get(blob)
            if row is None or not _is_whole(row) or row.attached_at is None:
                text = f"message {letter.id} names {blob}, which is not kept whole"
                yield Violation("I-19", text, letter.at, chat=letter.conversation or "")
    for draft in story.dump.drafts:
        for blob in _named(draft.content or {}):
            row = kept.get(blob)
            if row is None or not _is_whole(row):
                text = f"the draft names {blob}, which is not kept whole"
                yield Violation("I-19", text, draft.at, chat=draft.conversation)


def _named(content: Mapping[str, Any]) -> list[Guid]:
    return [Guid(one["BlobId"]) for one in content.get("Attachments") or ()]


def _told(event: Event, kept: dict[Guid, BlobRow], stored: set[tuple[int, Guid]]) -> Iterator[str]:
    """What is wrong with what a client was told of attachments."""
    assert event.frame is not None
    payload = event.frame.payload
    match payload:
        case BlobInfo() if payload.blob_id is not None:
            row, data = kept.get(payload.blob_id), payload.data or b""
            begin = payload.offset
            if row is None or row.content[begin : begin + len(data)] != data:
                yield f"{payload.blob_id} is given out from {begin} as the store does not have it"
            elif row.scan not in GIVEN_OUT:
                yield f"{payload.blob_id} is given out, and its scan says {row.scan}"
        case BlobStatusInfo() if payload.blob_id is not None and payload.is_complete:
            row = kept.get(payload.blob_id)
            if row is None or not _is_whole(row):
                yield f"{payload.blob_id} is called complete, and the store does not have it whole"
        case ChatSentenceInfo():
            for one in payload.attachments or ():
                if one.blob_id is not None and (payload.counter, one.blob_id) not in stored:
                    yield f"sentence {payload.counter} is told with {one.blob_id}, which is not stored"
        case _:
            pass


def _is_whole(row: BlobRow) -> bool:
    return (
        row.completed_at is not None
        and len(row.content) == row.size
        and sha256(row.content).hexdigest() == row.sha256
    )
