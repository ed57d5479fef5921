"""Who was what in a chat, and when, worked out from the rows of the dump alone.

A span is half open: who follows at the microsecond at which another one ends does not meet them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import define, field, frozen

from broker.checker.dump import Dump, MoveRow
from protocol.values import ChatStatus, Guid, TransferMode

OWNER, BOT, ALERTED, WRAPUP = "owner", "bot", "alerted", "wrap-up"
CONSULT, CONFERENCE = TransferMode.CONSULT.value, TransferMode.CONFERENCE.value
MONITOR = TransferMode.MONITOR.value
TALKING = frozenset({OWNER, BOT, CONSULT, CONFERENCE, MONITOR})
"""What makes an agent one of those who are in a conversation."""


@frozen
class Span:
    """What an agent was in a chat for some time.

    Attributes:
        part: One of the names above.
        end: When it ended; None: it had not.
    """

    chat: Guid
    agent: Guid
    part: str
    at: int
    end: int | None

    def covers(self, at: int) -> bool:
        """Whether it may have lasted at a moment, its first and its last included."""
        return self.at <= at and (self.end is None or at <= self.end)

    def is_inside(self, at: int) -> bool:
        """Whether it lasted just before a moment and just after it."""
        return self.at < at and (self.end is None or at < self.end)


@define
class Spans:
    """All spans of a dump.

    Attributes:
        of_agent: By agent, in no order.
        parked: When each chat was put aside, by chat and owner.
    """

    of_agent: dict[Guid, list[Span]] = field(factory=dict)
    of_chat: dict[Guid, list[Span]] = field(factory=dict)
    parked: dict[tuple[Guid, Guid], list[tuple[int, int | None]]] = field(factory=dict)

    @classmethod
    def read(cls, dump: Dump, moves: dict[Guid, list[MoveRow]]) -> Spans:
        """Work them out."""
        spans = cls()
        for span in (*_owners(moves), *_bots(dump, moves), *_others(dump)):
            spans.of_agent.setdefault(span.agent, []).append(span)
            spans.of_chat.setdefault(span.chat, []).append(span)
        for parking in dump.parkings:
            times = spans.parked.setdefault((parking.chat, parking.agent), [])
            times.append((parking.at, parking.ended_at))
        return spans

    def between(self, chat: Guid, agent: Guid | None) -> list[Span]:
        """What an agent was in a chat."""
        return [span for span in self.of_chat.get(chat, ()) if span.agent == agent]

    def heard_until(self, chat: Guid, agent: Guid | None) -> float | None:
        """Up to when an agent was in a conversation for the last time; None: never."""
        ends = [
            float("inf") if span.end is None else span.end
            for span in self.between(chat, agent)
            if span.part in TALKING
        ]
        return max(ends, default=None)

    def held(self, agent: Guid) -> list[Span]:
        """The times for which each chat held slots of an agent, joined where one follows another."""
        by_chat: dict[Guid, list[tuple[int, int | None]]] = {}
        for span in self.of_agent.get(agent, ()):
            if span.part != MONITOR:
                times = by_chat.setdefault(span.chat, [])
                aside = self.parked.get((span.chat, agent), []) if span.part == OWNER else []
                times += _without((span.at, span.end), aside)
        return [
            Span(chat, agent, "slots", start, end)
            for chat, times in by_chat.items()
            for start, end in _joined(times)
        ]


def _owners(moves: dict[Guid, list[MoveRow]]) -> Iterator[Span]:
    for chat, rows in moves.items():
        for move, after in zip(rows, [*rows[1:], None], strict=True):
            if move.status == ChatStatus.ANSWERED.value and move.agent is not None:
                yield Span(chat, move.agent, OWNER, move.at, after.at if after else None)


def _bots(dump: Dump, moves: dict[Guid, list[MoveRow]]) -> Iterator[Span]:
    """A bot has the chat from its answer to the next move."""
    for offer in dump.offers:
        if offer.mode == "bot" and offer.outcome == "answered" and offer.ended_at is not None:
            after = [move.at for move in moves[offer.chat] if move.at > offer.at]
            yield Span(offer.chat, offer.agent, BOT, offer.ended_at, after[0] if after else None)


def _others(dump: Dump) -> Iterator[Span]:
    for offer in dump.offers:
        yield Span(offer.chat, offer.agent, ALERTED, offer.at, offer.ended_at)
    for party in dump.parties:
        yield Span(party.chat, party.agent, party.mode, party.at, party.left_at)
    for wrapup in dump.wrapups:
        yield Span(wrapup.chat, wrapup.agent, WRAPUP, wrapup.at, wrapup.ended_at)


def _without(
    span: tuple[int, int | None], holes: Iterable[tuple[int, int | None]]
) -> list[tuple[int, int | None]]:
    """A time without others inside it."""
    left: list[tuple[int, int | None]] = []
    start, end = span
    for begin, until in sorted(holes, key=lambda hole: hole[0]):
        if begin < start or (end is not None and begin >= end):
            continue
        left.append((start, begin))
        if until is None:
            return left
        start = until
    if end is None or start < end:
        left.append((start, end))
    return left


def _joined(times: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """Times without overlaps: one that begins where another ends, or before, goes on with it."""
    joined: list[tuple[int, int | None]] = []
    for start, end in sorted(times, key=lambda time: (time[0], time[1] is None, time[1] or 0)):
        if joined and (joined[-1][1] is None or start <= joined[-1][1]):
            before = joined[-1][1]
            until = None if end is None or before is None else max(before, end)
            joined[-1] = (joined[-1][0], until)
        else:
            joined.append((start, end))
    return joined
