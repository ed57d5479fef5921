"""Rows to what is known of attachments, and the pieces that frames want (see `recovery`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from broker.core.blob_state import Blob
from broker.core.chat_state import Chat
from broker.core.effects import StoredKey
from broker.core.message_state import Conversation, Message
from broker.core.sentence import Attachment
from broker.store.blob_schema import blob_pieces, blobs, sentence_attachments
from protocol.values import Guid, ScanVerdict

Named = dict[int, tuple[Attachment, ...]]
"""What the sentences of a chat name, by their counters."""


def attachments_of(connection: Connection, part: Sequence[int]) -> dict[int, Named]:
    """What the sentences of some chats name, by the number of the chat."""
    b, n = blobs.c, sentence_attachments.c
    columns = (n.chat_no, n.counter, n.name, n.content_id, n.is_inline)
    rows = (
        select(*columns, b.id, b.no, b.content_type, b.size, b.sha256)
        .join(blobs, n.blob_no == b.no)
        .where(n.chat_no.in_(part))
        .order_by(n.chat_no, n.counter, n.place)
    )
    found: dict[int, Named] = {}
    for (
        no,
        counter,
        name,
        content_id,
        inline,
        blob,
        blob_no,
        kind,
        size,
        digest,
    ) in connection.execute(rows):
        one = Attachment(
            blob=Guid(blob),
            no=blob_no,
            name=name,
            content_type=kind,
            size=size,
            sha256=digest,
            content_id=content_id,
            is_inline=inline,
        )
        of_chat = found.setdefault(no, {})
        of_chat[counter] = (*of_chat.get(counter, ()), one)
    return found


def recover_blobs(
    connection: Connection,
    found: Mapping[int, Chat],
    named: Mapping[int, Named],
    letters: Iterable[Message],
    conversations: Iterable[Conversation],
) -> list[Blob]:
    """Read the attachments that nothing names, and those of some chats, messages and drafts.

    Of an incomplete one the pieces are read: only so its digest can go on.

    Args:
        connection: To the database.
        found: The chats, by their numbers.
        named: What their sentences name.
        letters: The messages.
        conversations: Those whose drafts may name some.
    """
    holders: dict[int, dict[Guid, None]] = {}
    for chat_no, of_chat in named.items():
        for those in of_chat.values():
            for one in those:
                holders.setdefault(one.no, {})[found[chat_no].id] = None
    b = blobs.c
    rows = list(
        connection.execute(select(blobs).where(b.attached_at.is_(None), b.dropped_at.is_(None)))
    )
    by_id: dict[Guid, dict[Guid, None]] = {}
    named_by = [(letter.id, letter.content) for letter in letters]
    named_by += [(one.id, one.draft.content) for one in conversations if one.draft is not None]
    for holder, content in named_by:
        for info in content.attachments or ():
            if info.blob_id is not None:
                by_id.setdefault(info.blob_id, {})[holder] = None
    for part in _parts(list(holders)):
        rows += connection.execute(select(blobs).where(b.no.in_(part)))
    for part in _parts(list(by_id)):
        rows += connection.execute(select(blobs).where(b.id.in_(part), b.attached_at.is_not(None)))
    return [
        _blob(connection, row, {**holders.get(no, {}), **by_id.get(row.id, {})})
        for no, row in sorted({row.no: row for row in rows}.items())
    ]


def _parts(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(keys), 1_000):
        yield keys[at : at + 1_000]


def next_blob(connection: Connection) -> int:
    """One more than the highest number of an attachment ever used."""
    return (connection.scalar(select(func.max(blobs.c.no))) or 0) + 1


def _blob(connection: Connection, row: Any, holders: dict[Guid, None]) -> Blob:
    blob = Blob(
        id=Guid(row.id),
        no=row.no,
        owner=row.owner,
        at=row.at,
        name=row.name,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        have=row.size,
        scan=ScanVerdict(row.scan) if row.scan else None,
        holders=holders,
        is_kept=row.attached_at is not None,
    )
    if blob.scan is None:
        blob.have = 0
        p = blob_pieces.c
        pieces = select(p.data).where(p.blob_no == row.no).order_by(p.start)
        for (data,) in connection.execute(pieces):
            blob.have += len(data)
            blob.digest.add(data)
    return blob


def read_pieces(connection: Connection, keys: Iterable[StoredKey]) -> dict[StoredKey, object]:
    """Read what frames lack of attachments: of one, from where, how many bytes."""
    found: dict[StoredKey, object] = {}
    p = blob_pieces.c
    for key in keys:
        no, offset, length = (int(number) for number in key[1:])
        end = offset + length
        begins = select(func.max(p.start)).where(p.blob_no == no, p.start <= offset)
        pieces = (
            select(p.start, p.data)
            .where(p.blob_no == no, p.start >= begins.scalar_subquery(), p.start < end)
            .order_by(p.start)
        )
        data = bytearray()
        for start, piece in connection.execute(pieces):
            data += piece[max(0, offset - start) : end - start]
        found[key] = bytes(data)
    return found
