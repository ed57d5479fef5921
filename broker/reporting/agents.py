"""The figures of agents: offers, handlings, and what they did with their time (B-30).

Theory of operation: one sweep through time. At each moment an agent has a state and holds a
number of chats: those in their slots, which are answered ones that they have not put aside, those of others
in which they take part, and wrap-ups. Between two changes that time is added to the intervals in which it
lies. Memory holds one entry for each agent and for each chat open just then.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Final

from attrs import define, field, frozen

from broker.core.facts.causes import OfferOutcome
from broker.reporting.contacts import Tallies, part
from broker.reporting.history import (
    Contact,
    EventRow,
    MailWrapupRow,
    OfferRow,
    ParkingRow,
    PartyRow,
    StateRow,
    WrapupRow,
)
from broker.reporting.times import Span
from protocol.values import AgentState, ChatStatus

SEEN: Final = ("Consult", "Conference")
"""How somebody takes part in a chat who holds a slot for it; a monitor does not."""
OTHER: Final = "other"
COUNTED: Final[Mapping[str, str]] = {
    OfferOutcome.ANSWERED: "answered",
    OfferOutcome.MISSED: "missed",
    OfferOutcome.REJECTED: "rejected",
    OfferOutcome.WITHDRAWN: OTHER,
    OfferOutcome.LOST: OTHER,
    OfferOutcome.FORCED: OTHER,
    OfferOutcome.RESTART: OTHER,
}
"""As what the end of an offer is counted."""


@define
class Work:
    """What an agent was offered, what they did, and how their time went.

    Attributes:
        offers: Chats offered to them.
        outcomes: How they ended; `other` is withdrawn, lost, forced, or ended by a restart.
        answering: How long the answered offers took to be answered.
        handlings: Chats that they answered or took over and are done with.
        talk: Their conversations, as long as they had them.
        hold: For how long of that they had put them aside.
        wrapup: Their wrap-ups.
        mail_wrapups: How many wrap-ups of conversations they are done with; `mail_wrapup` these together.
        transfers_in: Chats that they took over from another agent.
        transfers_out: Chats that they handed over to another agent.
        returns: Chats that they gave back to the queue.
        joins: How often they joined a chat of somebody else, by how.
        opened: Chats that they began.
        states: How long they were in each state, `LogOff` left out.
        busy: How long they held at least one chat.
        load: The same, each chat counted by itself.
        available: How long they were `Ready` and held none.
    """

    offers: int = 0
    outcomes: dict[str, int] = field(factory=dict)
    answering: int = 0
    handlings: int = 0
    talk: int = 0
    hold: int = 0
    wrapup: int = 0
    mail_wrapups: int = 0
    mail_wrapup: int = 0
    transfers_in: int = 0
    transfers_out: int = 0
    returns: int = 0
    joins: dict[str, int] = field(factory=dict)
    opened: int = 0
    states: dict[str, int] = field(factory=dict)
    busy: int = 0
    load: int = 0
    available: int = 0

    def add(self, other: Work) -> None:
        """Take the figures of others in."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _MAPS:
            mine = getattr(self, name)
            for key, number in getattr(other, name).items():
                mine[key] = mine.get(key, 0) + number

    @property
    def staffed(self) -> int:
        """How long they were logged in."""
        return sum(self.states.values())

    @property
    def occupancy(self) -> float | None:
        """Which part of their time for chats they held one."""
        return part(self.busy, self.busy + self.available)


_MAPS: Final = ("outcomes", "states", "joins")
_SUMS: Final = tuple(name for name in Work.__slots__ if name not in (*_MAPS, "__weakref__"))


def count_offers(offers: Iterable[OfferRow], span: Span, tallies: Tallies[Work]) -> None:
    """Add offers up, in the interval in which they were made."""
    for offer in offers:
        place = span.index(offer.at)
        if place is None:
            continue
        work = tallies.at(place, offer.agent)
        work.offers += 1
        if offer.outcome is None or offer.ended is None:
            continue
        outcome = COUNTED.get(offer.outcome, OTHER)
        work.outcomes[outcome] = work.outcomes.get(outcome, 0) + 1
        if offer.outcome == OfferOutcome.ANSWERED:
            work.answering += offer.ended - offer.at


def count_handlings(contacts: Iterable[Contact], span: Span, tallies: Tallies[Work]) -> None:
    """Add up the chats that agents are done with, in the interval in which they answered."""
    for contact in contacts:
        _count_passing(contact, span, tallies)
        for handling in contact.handlings:
            place, time = span.index(handling.began), handling.time
            if place is None or time is None:
                continue
            work = tallies.at(place, handling.agent)
            work.handlings += 1
            work.hold += handling.hold
            work.wrapup += handling.wrapup
            work.talk += time - handling.wrapup


def count_mail_wrapups(rows: Iterable[MailWrapupRow], span: Span, tallies: Tallies[Work]) -> None:
    """Add up the work after conversations, in the interval in which it began."""
    for row in rows:
        place = span.index(row.at)
        if place is not None and row.ended is not None:
            work = tallies.at(place, row.agent)
            work.mail_wrapups += 1
            work.mail_wrapup += row.ended - row.at


def _count_passing(contact: Contact, span: Span, tallies: Tallies[Work]) -> None:
    """Add up what passed from hand to hand, in the interval in which it did."""
    for at, agent in contact.returns:
        place = span.index(at)
        if place is not None:
            tallies.at(place, agent).returns += 1
    for handover in contact.handovers:
        place = span.index(handover.at)
        if place is None:
            continue
        tallies.at(place, handover.taker).transfers_in += 1
        tallies.at(place, handover.giver).transfers_out += int(handover.wanted)
    if contact.opened and (place := span.index(contact.began)) is not None:
        tallies.at(place, contact.handlings[0].agent).opened += 1


def count_parties(parties: Iterable[PartyRow], span: Span, tallies: Tallies[Work]) -> None:
    """Add up how often agents joined chats, in the interval in which they did."""
    for party in parties:
        place = span.index(party.at)
        if place is not None:
            joins = tallies.at(place, party.agent).joins
            joins[party.mode] = joins.get(party.mode, 0) + 1


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


def wraps(rows: Iterable[WrapupRow | ParkingRow | PartyRow], change: int = 1) -> Iterator[Hold]:
    """When agents began and ended wrap-ups, or took part in chats.

    Args:
        rows: In order of their beginnings.
        change: How much more an agent holds meanwhile: -1 for a chat that they put aside.
    """
    ends: list[tuple[int, str]] = []
    for row in rows:
        while ends and ends[0][0] <= row.at:
            at, agent = heapq.heappop(ends)
            yield Hold(agent, at, -change)
        yield Hold(row.agent, row.at, change)
        if row.ended is not None:
            heapq.heappush(ends, (row.ended, row.agent))
    while ends:
        at, agent = heapq.heappop(ends)
        yield Hold(agent, at, -change)


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
    tallies: Tallies[Work],
) -> None:
    """Add up what agents did with their time.

    Args:
        states: Changes of state in order of time, each agent's state at the start before them.
        holds: Changes of what agents hold, each of them in order of time.
        span: The time that is asked for.
        now: Until when the store tells.
        tallies: Where it is added.
    """
    meters: dict[str, _Meter] = {}
    changes: Iterable[StateRow | Hold] = heapq.merge(states, *holds, key=attrgetter("at"))
    for change in changes:
        meter = meters.setdefault(change.agent, _Meter(since=change.at))
        _spend(meter, change.agent, change.at, span, tallies)
        if isinstance(change, StateRow):
            meter.state = change.state
        else:
            meter.held += change.change
    for agent, meter in meters.items():
        _spend(meter, agent, min(now, span.last), span, tallies)


def _spend(meter: _Meter, agent: str, until: int, span: Span, tallies: Tallies[Work]) -> None:
    start, meter.since = meter.since, max(meter.since, until)
    if meter.state == AgentState.LOG_OFF and not meter.held:
        return
    for place, time in span.cut(start, until):
        work = tallies.at(place, agent)
        if meter.state != AgentState.LOG_OFF:
            work.states[meter.state] = work.states.get(meter.state, 0) + time
        if meter.held > 0:
            work.busy += time
            work.load += time * meter.held
        elif meter.state == AgentState.READY:
            work.available += time
