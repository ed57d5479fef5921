"""The figures of agents: offers, handlings, and what they did with their time (B-30).

Theory of operation: one sweep through time. At each moment an agent has a state and holds a
number of chats (answered ones and wrap-ups); between two changes that time is added to the
intervals in which it lies. Memory holds one entry for each agent and for each chat open just then.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Final

from attrs import define, field, frozen

from broker.tools.report.figures import Cells, part
from broker.tools.report.history import Contact, EventRow, OfferRow, StateRow, WrapupRow
from broker.tools.report.times import Span
from protocol.values import AgentState, ChatStatus

_OUTCOMES: Final = ("answered", "missed", "rejected")


@define
class Work:
    """What an agent was offered, what he did, and how his time went.

    Attributes:
        offers: Chats offered to him.
        outcomes: How they ended; `other` is withdrawn, lost, or ended by a restart.
        answering: How long the answered offers took to be answered.
        handlings: Chats that he answered and is done with.
        talk: Their conversations.
        wrapup: Their wrap-ups.
        states: How long he was in each state, `LogOff` left out.
        busy: How long he held at least one chat.
        load: The same, each chat counted by itself.
        available: How long he was `Ready` and held none.
    """

    offers: int = 0
    outcomes: dict[str, int] = field(factory=dict)
    answering: int = 0
    handlings: int = 0
    talk: int = 0
    wrapup: int = 0
    states: dict[str, int] = field(factory=dict)
    busy: int = 0
    load: int = 0
    available: int = 0

    def add(self, other: Work) -> None:
        """Take the figures of others in."""
        for name in ("offers", "answering", "handlings", "talk", "wrapup"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("busy", "load", "available"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.outcomes, other.outcomes), (self.states, other.states)):
            for key, number in theirs.items():
                mine[key] = mine.get(key, 0) + number

    @property
    def staffed(self) -> int:
        """How long he was logged in."""
        return sum(self.states.values())

    @property
    def occupancy(self) -> float | None:
        """Which part of his time for chats he held one."""
        return part(self.busy, self.busy + self.available)


def count_offers(offers: Iterable[OfferRow], span: Span, cells: Cells[Work]) -> None:
    """Add offers up, in the interval in which they were made."""
    for offer in offers:
        place = span.index(offer.at)
        if place is None:
            continue
        work = cells.at(place, offer.agent)
        work.offers += 1
        if offer.outcome is None or offer.ended is None:
            continue
        outcome = offer.outcome if offer.outcome in _OUTCOMES else "other"
        work.outcomes[outcome] = work.outcomes.get(outcome, 0) + 1
        if outcome == "answered":
            work.answering += offer.ended - offer.at


def count_handlings(contacts: Iterable[Contact], span: Span, cells: Cells[Work]) -> None:
    """Add up the chats that agents are done with, in the interval in which they answered."""
    for contact in contacts:
        for handling in contact.handlings:
            place, time = span.index(handling.began), handling.time
            if place is None or time is None:
                continue
            work = cells.at(place, handling.agent)
            work.handlings += 1
            work.wrapup += handling.wrapup
            work.talk += time - handling.wrapup


@frozen
class Hold:
    """An agent holds one chat more, or one less."""

    agent: str
    at: int
    change: int


def talks(events: Iterable[EventRow], holders: Mapping[int, str], start: int) -> Iterator[Hold]:
    """When agents began and ended to hold answered chats.

    Args:
        events: From `start` on, in order of time.
        holders: Who held which chat before.
        start: The first moment.
    """
    held = dict(holders)
    for agent in held.values():
        yield Hold(agent, start, 1)
    for event in events:
        before = held.get(event.no)
        after: str | None = None
        if event.status == ChatStatus.ANSWERED:
            after = event.agent
        elif event.status == ChatStatus.ALERTING:
            after = before
        if before == after:
            continue
        if before is not None:
            del held[event.no]
            yield Hold(before, event.at, -1)
        if after is not None:
            held[event.no] = after
            yield Hold(after, event.at, 1)


def wraps(wrapups: Iterable[WrapupRow]) -> Iterator[Hold]:
    """When agents began and ended wrap-ups, given in order of their beginnings."""
    ends: list[tuple[int, str]] = []
    for row in wrapups:
        while ends and ends[0][0] <= row.at:
            at, agent = heapq.heappop(ends)
            yield Hold(agent, at, -1)
        yield Hold(row.agent, row.at, 1)
        if row.ended is not None:
            heapq.heappush(ends, (row.ended, row.agent))
    while ends:
        at, agent = heapq.heappop(ends)
        yield Hold(agent, at, -1)


@define
class _Meter:
    """Where an agent stands in the sweep."""

    state: str = AgentState.LOG_OFF
    held: int = 0
    since: int = 0


def count_time(
    states: Iterable[StateRow],
    holds: Iterable[Iterable[Hold]],
    span: Span,
    now: int,
    cells: Cells[Work],
) -> None:
    """Add up what agents did with their time.

    Args:
        states: Changes of state in order of time, each agent's state at the start before them.
        holds: Changes of what agents hold, each of them in order of time.
        span: The time that is asked for.
        now: Until when the store tells.
        cells: Where it is added.
    """
    meters: dict[str, _Meter] = {}
    changes: Iterable[StateRow | Hold] = heapq.merge(states, *holds, key=attrgetter("at"))
    for change in changes:
        meter = meters.setdefault(change.agent, _Meter(since=change.at))
        _spend(meter, change.agent, change.at, span, cells)
        if isinstance(change, StateRow):
            meter.state = change.state
        else:
            meter.held += change.change
    for agent, meter in meters.items():
        _spend(meter, agent, min(now, span.end), span, cells)


def _spend(meter: _Meter, agent: str, until: int, span: Span, cells: Cells[Work]) -> None:
    start, meter.since = meter.since, max(meter.since, until)
    if meter.state == AgentState.LOG_OFF and not meter.held:
        return
    for place, time in span.cut(start, until):
        work = cells.at(place, agent)
        if meter.state != AgentState.LOG_OFF:
            work.states[meter.state] = work.states.get(meter.state, 0) + time
        if meter.held > 0:
            work.busy += time
            work.load += time * meter.held
        elif meter.state == AgentState.READY:
            work.available += time
