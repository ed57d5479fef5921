"""The figures of contacts and offers, by interval and by project or gateway (B-30).

Theory of operation: every figure is a sum, a count or a maximum, or is made from these when it is
shown. So rows are added one by one and forgotten, and the figures of several intervals are
those of the intervals added up. A contact counts as a whole in the interval in which it began to
wait, an offer in the one in which it was made, a transfer in the one in which it took place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, Generic, Protocol, Self, TypeVar

from attrs import define, evolve, field, frozen

from broker.core.facts.causes import ChatCause, OfferMode, OfferOutcome
from broker.reporting.history import Contact, Handover, OfferRow, PartyRow
from broker.reporting.times import Span
from protocol.values import CloseReason


class Base(StrEnum):
    """Of which contacts the service level is a part."""

    OFFERED = "offered"
    SETTLED = "settled"
    PATIENT = "patient"


class Tally(Protocol):
    """Something that can be added up."""

    def add(self, other: Self) -> None:
        """Take the figures of another in."""


T = TypeVar("T", bound=Tally)


class Tallies(Generic[T]):
    """Tallies by interval and key."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.by_place: dict[tuple[int, str | None], T] = {}

    def at(self, place: int, key: str | None) -> T:
        """The tally of an interval and a key."""
        found = self.by_place.get((place, key))
        if found is None:
            found = self.by_place[place, key] = self._make()
        return found

    def totals(self) -> dict[str | None, T]:
        """The tallies of the whole time, by key."""
        return self._sums(lambda _place, key: key)

    def by_interval(self) -> dict[int, T]:
        """The tallies of all keys together, by interval."""
        return self._sums(lambda place, _key: place)

    def total(self) -> T:
        """Everything."""
        return self._sums(lambda _place, _key: 0).get(0) or self._make()

    def _sums(self, of: Callable[[int, str | None], K]) -> dict[K, T]:
        sums: dict[K, T] = {}
        for (place, key), tally in self.by_place.items():
            sums.setdefault(of(place, key), self._make()).add(tally)
        return sums


K = TypeVar("K")


@define
class Contacts:
    """What became of contacts and offers.

    Attributes:
        offered: Contacts that began to wait for an agent.
        answered: Of these, answered by an agent.
        in_time: Of these, after no longer than the threshold.
        abandoned: Offered ones that the visitor closed before an answer.
        early: Of these, after no longer than the threshold.
        lapsed: Offered ones closed before an answer, but not by the visitor.
        dismissed: Of these, by a wait rule.
        waiting: Offered ones that nobody has answered or closed yet.
        refused: Contacts that the rules closed; these were not offered.
        waited: How long the answered ones waited, all together.
        longest: The longest wait of any offered one, however it ended.
        handled: Answered ones on which nobody works any more.
        talk: The conversations of these.
        hold: For how long of that they were put aside.
        wrapup: The wrap-ups of these.
        transfers: Chats that their owners handed over.
        transfers_in: Those that came from another project by that.
        transfers_out: Those that went to another project by that.
        returns: Chats that agents gave back to the queue.
        joins: How often agents joined a chat besides its owner, by how.
        bots: Contacts that a bot had first, by what came of it: `contained` when a bot ended it,
            `bot_done` when it was handed over, `bot_silent` when it came without that; else `bot`.
        outbound: Contacts that this side began; they count nowhere above.
        unbound: Of these, those that no connector took over.
        reached: Of these, those that an agent had.
        outbound_handled: Of these, those on which nobody works any more.
        outbound_time: Conversations and wrap-ups of these.
        missed: Offers that nobody answered in time.
        rejected: Offers that were turned down.
    """

    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    early: int = 0
    lapsed: int = 0
    dismissed: int = 0
    waiting: int = 0
    refused: int = 0
    waited: int = 0
    longest: int = 0
    handled: int = 0
    talk: int = 0
    hold: int = 0
    wrapup: int = 0
    transfers: int = 0
    transfers_in: int = 0
    transfers_out: int = 0
    returns: int = 0
    joins: dict[str, int] = field(factory=dict)
    bots: dict[str, int] = field(factory=dict)
    outbound: int = 0
    unbound: int = 0
    reached: int = 0
    outbound_handled: int = 0
    outbound_time: int = 0
    missed: int = 0
    rejected: int = 0

    def add(self, other: Contacts) -> None:
        """Take the figures of others in."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)
        for mine, theirs in ((self.joins, other.joins), (self.bots, other.bots)):
            for key, number in theirs.items():
                mine[key] = mine.get(key, 0) + number

    @property
    def with_bot(self) -> int:
        """How many contacts a bot had."""
        return sum(self.bots.values())

    def service_level(self, base: Base) -> float | None:
        """Which part was answered in time; None when there was nothing to answer."""
        of = {
            Base.OFFERED: self.offered,
            Base.SETTLED: self.answered + self.abandoned,
            Base.PATIENT: self.offered - self.early,
        }
        return part(self.in_time, of[base])


_SUMS: Final = tuple(
    name for name in Contacts.__slots__ if name not in ("longest", "joins", "bots", "__weakref__")
)


@frozen
class Terms:
    """How contacts are counted.

    Attributes:
        span: The time that is asked for.
        now: Until when the store tells.
        threshold: What is answered in time.
        key: What a figure is told of: the project or the gateway.
    """

    span: Span
    now: int
    threshold: int
    key: Callable[[Contact | OfferRow | PartyRow], str | None]


def count_contacts(found: Iterable[Contact], terms: Terms, tallies: Tallies[Contacts]) -> None:
    """Add contacts up; those that began outside the time are passed over, but for transfers in it."""
    for contact in found:
        _count_passing(contact, terms, tallies)
        place = terms.span.index(contact.arrived)
        if place is None:
            continue
        if contact.outbound:
            _count_outbound(contact, tallies.at(place, terms.key(contact)))
            continue
        if contact.bot is not None:
            word = "contained" if contact.contained else contact.bot
            bots = tallies.at(place, terms.key(contact)).bots
            bots[word] = bots.get(word, 0) + 1
        if contact.queued is not None:
            _count_offered(contact, contact.queued, terms, tallies.at(place, terms.key(contact)))
        elif contact.refused:
            tallies.at(place, terms.key(contact)).refused += 1


def _count_passing(contact: Contact, terms: Terms, tallies: Tallies[Contacts]) -> None:
    """Transfers and returns, each when it took place and where it left or entered."""
    for at, _agent in contact.returns:
        place = terms.span.index(at)
        if place is not None:
            tallies.at(place, terms.key(contact)).returns += 1
    for handover in contact.handovers:
        place = terms.span.index(handover.at)
        if place is None or not handover.wanted:
            continue
        giving, taking = (tallies.at(place, key) for key in _ends(contact, handover, terms))
        giving.transfers += 1
        if handover.left != handover.entered:
            giving.transfers_out += 1
            taking.transfers_in += 1


def _ends(contact: Contact, handover: Handover, terms: Terms) -> tuple[str | None, str | None]:
    return (
        terms.key(evolve(contact, project=handover.left)),
        terms.key(evolve(contact, project=handover.entered)),
    )


def _count_outbound(contact: Contact, tally: Contacts) -> None:
    tally.outbound += 1
    tally.unbound += int(contact.cause == ChatCause.UNBOUND)
    tally.reached += int(contact.answered is not None)
    times = _times(contact)
    if contact.answered is not None and times is not None:
        tally.outbound_handled += 1
        tally.outbound_time += sum(times)


def _times(contact: Contact) -> list[int] | None:
    """How long each agent worked on a contact; None while somebody still does."""
    times = [time for handling in contact.handlings if (time := handling.time) is not None]
    done = contact.closed is not None and len(times) == len(contact.handlings)
    return times if done else None


def _count_offered(contact: Contact, queued: int, terms: Terms, tally: Contacts) -> None:
    ends = (contact.answered, contact.closed, max(terms.now, queued))
    wait = next(end for end in ends if end is not None) - queued
    in_time = int(wait <= terms.threshold)
    tally.offered += 1
    tally.longest = max(tally.longest, wait)
    if contact.answered is not None:
        tally.answered += 1
        tally.in_time += in_time
        tally.waited += wait
        _count_handled(contact, tally)
    elif contact.closed is None:
        tally.waiting += 1
    elif contact.reason == CloseReason.EXTERNAL:
        tally.abandoned += 1
        tally.early += in_time
    else:
        tally.lapsed += 1
        tally.dismissed += int(contact.cause == ChatCause.WAIT_RULE)


def _count_handled(contact: Contact, tally: Contacts) -> None:
    times = _times(contact)
    if times is None:
        return
    wrapup = sum(handling.wrapup for handling in contact.handlings)
    tally.handled += 1
    tally.wrapup += wrapup
    tally.hold += sum(handling.hold for handling in contact.handlings)
    tally.talk += sum(times) - wrapup


def count_parties(parties: Iterable[PartyRow], terms: Terms, tallies: Tallies[Contacts]) -> None:
    """Add up how often agents joined chats, in the interval in which they did."""
    for party in parties:
        place = terms.span.index(party.at)
        if place is not None:
            joins = tallies.at(place, terms.key(party)).joins
            joins[party.mode] = joins.get(party.mode, 0) + 1


def count_offers(offers: Iterable[OfferRow], terms: Terms, tallies: Tallies[Contacts]) -> None:
    """Add up the offers out of the queue that nobody took."""
    for offer in offers:
        place = terms.span.index(offer.at)
        if place is None or offer.mode != OfferMode.QUEUE:
            continue
        if offer.outcome == OfferOutcome.MISSED:
            tallies.at(place, terms.key(offer)).missed += 1
        elif offer.outcome == OfferOutcome.REJECTED:
            tallies.at(place, terms.key(offer)).rejected += 1


def part(some: float, of: float) -> float | None:
    """Which part of a whole; None of nothing."""
    return some / of if of else None
