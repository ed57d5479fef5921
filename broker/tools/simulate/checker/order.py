"""I-3, I-4: Counters without gaps, sentences in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterator

from broker.tools.simulate.checker.story import Connection, Story
from broker.tools.simulate.checker.violation import Violation
from broker.tools.simulate.history import Kind
from protocol.chat import ChatSentenceInfo
from protocol.values import Guid, Role

SLOTS = (4, 6, 8)
"""Models without a place in the transcript (W-22)."""


def gapless(story: Story) -> Iterator[Violation]:
    """I-3: the Counters of a chat are 1..n, in the store and on every connection."""
    for chat, rows in story.sentences.items():
        if sorted(rows) != list(range(1, len(rows) + 1)):
            yield Violation("I-3", f"the store's Counters are {sorted(rows)}", chat=chat)
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-3")


def sender_order(story: Story) -> Iterator[Violation]:
    """I-4: the sentences of one connection in one chat are numbered as they were sent."""
    elsewhere: dict[tuple[Guid, bool, str], str] = {}
    for connection in story.connections.values():
        yield from _order_of(story, connection, elsewhere)


def _order_of(
    story: Story, connection: Connection, elsewhere: dict[tuple[Guid, bool, str], str]
) -> Iterator[Violation]:
    """One connection; `elsewhere` tells which connection sent a key first."""
    taken = _echoed(connection)
    outbound = connection.role is Role.WORKPLACE
    last: dict[Guid, int] = {}
    done: set[tuple[Guid, str]] = set()
    for event in connection.events:
        frame = event.frame
        if event.kind is not Kind.SENT or frame is None:
            continue
        p = frame.payload
        if not isinstance(p, ChatSentenceInfo) or p.id is None or p.model in SLOTS:
            continue
        chat = story.chat_of(connection, p)
        row = story.keys.get((chat, outbound, p.id)) if chat is not None else None
        if chat is None or row is None:
            continue
        first = elsewhere.setdefault((chat, outbound, p.id), connection.name)
        if first != connection.name or frame.id not in taken or (chat, p.id) in done:
            continue
        done.add((chat, p.id))
        if row.counter < last.get(chat, 0):
            text = f"sentence {p.id} got Counter {row.counter}, an earlier one {last[chat]}"
            yield Violation("I-4", text, event.at, connection.name, chat)
        last[chat] = row.counter


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
