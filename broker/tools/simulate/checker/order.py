"""I-3, I-4: Counters without gaps, sentences in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterator

from broker.tools.simulate.checker.story import Connection, Story
from broker.tools.simulate.checker.violation import Violation
from broker.tools.simulate.dump import SentenceRow
from broker.tools.simulate.history import Event, Kind
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
    senders = _senders(story)
    for connection in story.connections.values():
        yield from _order_of(story, connection, senders)


def _sentence_of(
    story: Story, connection: Connection, event: Event
) -> tuple[Guid, SentenceRow] | None:
    """The chat and the row of a numbered sentence that was sent, if the store has it."""
    p = event.frame.payload if event.frame is not None else None
    if event.kind is not Kind.SENT or not isinstance(p, ChatSentenceInfo) or p.model in SLOTS:
        return None
    chat = story.chat_of(connection, p)
    outbound = connection.role is Role.WORKPLACE
    row = story.keys.get((chat, outbound, p.id)) if chat is not None and p.id else None
    return (chat, row) if chat is not None and row is not None else None


def _senders(story: Story) -> dict[tuple[Guid, int], set[str]]:
    """On which connections each sentence was sent; with two of them either may have been first."""
    senders: dict[tuple[Guid, int], set[str]] = {}
    for event in story.events:
        if event.kind is Kind.SENT:
            sent = _sentence_of(story, story.connections[event.conn], event)
            if sent is not None:
                senders.setdefault((sent[0], sent[1].counter), set()).add(event.conn)
    return senders


def _order_of(
    story: Story, connection: Connection, senders: dict[tuple[Guid, int], set[str]]
) -> Iterator[Violation]:
    taken = _echoed(connection)
    last: dict[Guid, int] = {}
    done: set[tuple[Guid, int]] = set()
    for event in connection.events:
        sent = _sentence_of(story, connection, event)
        if sent is None or event.frame is None or event.frame.id not in taken:
            continue
        chat, row = sent
        place = (chat, row.counter)
        if len(senders[place]) > 1 or place in done:
            continue
        done.add(place)
        if row.counter < last.get(chat, 0):
            text = f"sentence {row.id} got Counter {row.counter}, an earlier one {last[chat]}"
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
