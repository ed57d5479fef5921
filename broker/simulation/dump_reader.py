"""Read a dump out of a SQLite database by plain SQL, not by the code that recovery uses."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, TypeVar

from attrs import fields

from broker.checker.dump import (
    AgentMoveRow,
    AgentRow,
    AttachmentRow,
    BlobRow,
    ChatRow,
    DecisionRow,
    Dump,
    ExclusionRow,
    FormRow,
    InviteRow,
    MoveRow,
    NoteRow,
    OfferRow,
    ParkingRow,
    PartyRow,
    SentenceRow,
    WrapupRow,
)
from broker.checker.post import (
    ConversationDecisionRow,
    ConversationExclusionRow,
    ConversationMoveRow,
    ConversationNoteRow,
    ConversationOfferRow,
    ConversationRow,
    DraftRow,
    MessageMoveRow,
    MessageRow,
)

T = TypeVar("T")

_OF_CHAT = "SELECT c.id AS chat, t.* FROM {0} t JOIN chats c ON c.no = t.chat_no ORDER BY {1}"
_OF_CONVERSATION = (
    "SELECT c.id AS conversation, t.* FROM {0} t"
    " JOIN conversations c ON c.no = t.conversation_no ORDER BY {1}"
)
_WRAPUPS = (
    "SELECT c.id AS chat, t.* FROM conversation_wrapups t"
    " JOIN conversations c ON c.no = t.conversation_no ORDER BY t.seq"
)
_MESSAGES = (
    "SELECT m.id AS id, c.id AS conversation, h.id AS chat,"
    " json_extract(m.header, '$.RemoteAddress') AS remote_address, m.* FROM messages m"
    " LEFT JOIN conversations c ON c.no = m.conversation_no"
    " LEFT JOIN chats h ON h.no = m.chat_no ORDER BY m.no"
)
_MESSAGE_EVENTS = (
    "SELECT m.id AS message, e.* FROM message_events e"
    " JOIN messages m ON m.no = e.message_no ORDER BY e.seq"
)
_SENTENCES = (
    "SELECT c.id AS chat, s.*, k.at AS confirmed_at FROM sentences s JOIN chats c ON c.no = s.chat_no"
    " LEFT JOIN confirmations k ON k.sentence = s.seq ORDER BY s.chat_no, s.counter"
)


def dump_of(database: sqlite3.Connection) -> Dump:
    """Read everything that the checker wants to know."""
    return Dump(
        chats=_rows(database, ChatRow, "SELECT * FROM chats ORDER BY no"),
        sentences=_rows(database, SentenceRow, _SENTENCES),
        slots={
            (row["chat"], bool(row["outbound"]), row["model"]): (
                row["id"],
                row["confirmed_at"],
                row["at"],
            )
            for row in _plain(database, _OF_CHAT.format("chat_slots", "t.chat_no"))
        },
        moves=_rows(database, MoveRow, _OF_CHAT.format("chat_events", "t.seq")),
        offers=_rows(database, OfferRow, _OF_CHAT.format("offers", "t.offer")),
        agents=_rows(database, AgentRow, "SELECT * FROM agents ORDER BY agent"),
        agent_moves=_rows(database, AgentMoveRow, "SELECT * FROM agent_events ORDER BY seq"),
        wrapups=_rows(database, WrapupRow, _OF_CHAT.format("wrapups", "t.seq")),
        forms=_rows(
            database,
            FormRow,
            "SELECT c.id AS chat, f.* FROM form_results f"
            " LEFT JOIN chats c ON c.no = f.chat_no ORDER BY f.seq",
        ),
        decisions=_rows(database, DecisionRow, _OF_CHAT.format("decisions", "t.seq")),
        notes=_rows(database, NoteRow, _OF_CHAT.format("internal_sentences", "t.chat_no, counter")),
        invites=_rows(database, InviteRow, _OF_CHAT.format("invites", "t.seq")),
        parties=_rows(database, PartyRow, _OF_CHAT.format("parties", "t.seq")),
        parkings=_rows(database, ParkingRow, _OF_CHAT.format("parkings", "t.seq")),
        exclusions=_rows(
            database, ExclusionRow, _OF_CHAT.format("exclusions", "t.chat_no, t.agent")
        ),
        blobs=_blobs(database),
        attachments=_rows(
            database,
            AttachmentRow,
            _OF_CHAT.format("sentence_attachments", "t.chat_no, t.counter, t.place"),
        ),
        **_post(database),
    )


def _blobs(database: sqlite3.Connection) -> tuple[BlobRow, ...]:
    found = []
    for row in _plain(database, "SELECT *, x'' AS content FROM blobs ORDER BY no"):
        content = b""
        pieces = "SELECT start, data FROM blob_pieces WHERE blob_no = ? ORDER BY start"
        for start, data in database.execute(pieces, (row["no"],)):
            if start != len(content):
                break
            content += data
        named = {a.name for a in fields(BlobRow)}
        known = {name: value for name, value in row.items() if name in named}
        found.append(BlobRow(**{**known, "content": content}))
    return tuple(found)


def _post(database: sqlite3.Connection) -> dict[str, Any]:
    """Messages and conversations."""

    def of(cls: type[T], table: str, order: str) -> tuple[T, ...]:
        return _rows(database, cls, _OF_CONVERSATION.format(table, order))

    return {
        "conversations": _rows(
            database, ConversationRow, "SELECT * FROM conversations ORDER BY no"
        ),
        "conversation_moves": of(ConversationMoveRow, "conversation_events", "t.seq"),
        "conversation_offers": of(ConversationOfferRow, "conversation_offers", "t.offer"),
        "conversation_wrapups": _rows(database, WrapupRow, _WRAPUPS),
        "conversation_exclusions": of(
            ConversationExclusionRow, "conversation_exclusions", "t.conversation_no, t.agent"
        ),
        "conversation_decisions": of(ConversationDecisionRow, "conversation_decisions", "t.seq"),
        "conversation_notes": of(
            ConversationNoteRow, "conversation_notes", "t.conversation_no, t.counter"
        ),
        "drafts": of(DraftRow, "drafts", "t.conversation_no"),
        "messages": _rows(database, MessageRow, _MESSAGES),
        "message_moves": _rows(database, MessageMoveRow, _MESSAGE_EVENTS),
    }


def _plain(database: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    cursor = database.execute(query)
    names = [column[0] for column in cursor.description]
    found = []
    for values in cursor:
        row: dict[str, Any] = {}
        # The first column of a name wins: `chat`'s Guid, not a table's own.
        for name, value in zip(names, values, strict=True):
            row.setdefault(name, value)
        found.append(row)
    return found


def _rows(database: sqlite3.Connection, cls: type[T], query: str) -> tuple[T, ...]:
    kinds = {a.name: str(a.type) for a in cls.__attrs_attrs__}  # type: ignore[attr-defined]  # rows are attrs classes
    return tuple(
        cls(**{name: _read(kind, row[name]) for name, kind in kinds.items()})
        for row in _plain(database, query)
    )


def _read(kind: str, value: Any) -> Any:
    """A value as its row has it; SQLite knows neither bools nor JSON."""
    if kind == "bool":
        return bool(value)
    if kind.startswith("tuple"):
        return tuple(json.loads(value)) if value is not None else ()
    if kind.startswith("Mapping"):
        return json.loads(value) if value is not None else {}
    return value
