"""I-3, I-4: Counters without gaps, sentences in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.dump import NoteRow, SentenceRow
from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.naive_client import INTERNAL
from broker.checker.violation import Violation
from protocol.chat import ChatSentenceInfo
from protocol.values import Guid, Role

SLOTS = (4, 6, 8)
"""Models without a place in the transcript (W-22)."""


def gapless(story: Story) -> Iterator[Violation]:
    """I-3: the Counters of a chat are 1..n, in the store and on every connection."""
    for chat, rows in story.sentences.items():
        if sorted(rows) != list(range(1, len(rows) + 1)):
            yield Violation("I-3", f"the store's Counters are {sorted(rows)}", chat=chat)
    for chat, notes in story.notes.items():
        if sorted(notes) != list(range(1, len(notes) + 1)):
            yield Violation("I-3", f"the store's notes are {sorted(notes)}", chat=chat)
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-3")


def sender_order(story: Story) -> Iterator[Violation]:
    """I-4: the sentences of one connection in one chat are numbered as they were sent."""
    senders = _senders(story)
    for connection in story.connections.values():
        yield from _order_of(story, connection, senders)


def _sentence_of(
    story: Story, connection: Connection, event: Event
) -> tuple[Guid, SentenceRow | NoteRow] | None:
    """The chat and the row of a numbered sentence or note that was sent, if the store has it."""
    p = event.frame.payload if event.frame is not None else None
    if event.kind is not Kind.SENT or not isinstance(p, ChatSentenceInfo) or p.model in SLOTS:
        return None
    chat = story.chat_of(connection, p)
    if chat is None or not p.id:
        return None
    outbound = connection.role is Role.WORKPLACE
    row: SentenceRow | NoteRow | None = story.keys.get((chat, outbound, p.id))
    if p.model == INTERNAL:
        row = story.note_keys.get((chat, p.id))
    return (chat, row) if row is not None else None


Place = tuple[Guid, bool, int]
"""A chat, whether it is a note, and its Counter."""


def _place(chat: Guid, row: SentenceRow | NoteRow) -> Place:
    return (chat, isinstance(row, NoteRow), row.counter)


def _senders(story: Story) -> dict[Place, set[str]]:
    """On which connections each sentence was sent; with two of them either may have been first."""
    senders: dict[Place, set[str]] = {}
    for event in story.events:
        if event.kind is Kind.SENT:
            sent = _sentence_of(story, story.connections[event.conn], event)
            if sent is not None:
                senders.setdefault(_place(*sent), set()).add(event.conn)
    return senders


def _order_of(
    story: Story, connection: Connection, senders: dict[Place, set[str]]
) -> Iterator[Violation]:
    taken = _echoed(connection)
    last: dict[tuple[Guid, bool], int] = {}
    done: set[Place] = set()
    for event in connection.events:
        sent = _sentence_of(story, connection, event)
        if sent is None or event.frame is None or event.frame.id not in taken:
            continue
        chat, row = sent
        place = _place(chat, row)
        if len(senders[place]) > 1 or place in done:
            continue
        done.add(place)
        before = last.get(place[:2], 0)
        if row.counter < before:
            text = f"sentence {row.id} got Counter {row.counter}, an earlier one {before}"
            yield Violation("I-4", text, event.at, connection.name, chat)
        last[place[:2]] = row.counter


def _echoed(connection: Connection) -> set[int | str]:
    """The Ids of requests that were answered by an echo."""
    return {
        event.frame.re
        for event in connection.events
        if event.kind is Kind.GOT
        and event.frame is not None
        and event.frame.re is not None
        and event.frame.type.endswith("_CHAT_SENTENCE")
    }
