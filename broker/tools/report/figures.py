"""The figures of contacts and offers, by interval and by project or gateway (B-30).

Theory of operation: every figure is a sum, a count or a maximum, or is made from these when it is
shown. So rows are added one by one and forgotten, and the figures of several intervals are
those of the intervals added up. A contact counts as a whole in the interval in which it began to
wait, an offer in the one in which it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, Generic, Protocol, Self, TypeVar

from attrs import define, frozen

from broker.tools.report.history import Contact, OfferRow
from broker.tools.report.times import Span
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


class Cells(Generic[T]):
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
        waiting: Offered ones that nobody has answered or closed yet.
        refused: Contacts that the rules closed; these were not offered.
        waited: How long the answered ones waited, all together.
        longest: The longest wait of any offered one, however it ended.
        handled: Answered ones on which nobody works any more.
        talk: The conversations of these.
        wrapup: The wrap-ups of these.
        missed: Offers that nobody answered in time.
        rejected: Offers that were turned down.
    """

    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    early: int = 0
    lapsed: int = 0
    waiting: int = 0
    refused: int = 0
    waited: int = 0
    longest: int = 0
    handled: int = 0
    talk: int = 0
    wrapup: int = 0
    missed: int = 0
    rejected: int = 0

    def add(self, other: Contacts) -> None:
        """Take the figures of others in."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)

    def service_level(self, base: Base) -> float | None:
        """Which part was answered in time; None when there was nothing to answer."""
        of = {
            Base.OFFERED: self.offered,
            Base.SETTLED: self.answered + self.abandoned,
            Base.PATIENT: self.offered - self.early,
        }
        return part(self.in_time, of[base])


_SUMS: Final = tuple(name for name in Contacts.__slots__ if name not in ("longest", "__weakref__"))


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
    key: Callable[[Contact | OfferRow], str | None]


def count_contacts(found: Iterable[Contact], terms: Terms, cells: Cells[Contacts]) -> None:
    """Add contacts up; those that began outside the time are passed over."""
    for contact in found:
        place = terms.span.index(contact.arrived)
        if place is None:
            continue
        if contact.queued is not None:
            _count_offered(contact, contact.queued, terms, cells.at(place, terms.key(contact)))
        elif contact.reason == CloseReason.RULE:
            cells.at(place, terms.key(contact)).refused += 1


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


def _count_handled(contact: Contact, tally: Contacts) -> None:
    times = [handling.time for handling in contact.handlings]
    if contact.closed is None or None in times:
        return
    wrapup = sum(handling.wrapup for handling in contact.handlings)
    tally.handled += 1
    tally.wrapup += wrapup
    tally.talk += sum(time for time in times if time is not None) - wrapup


def count_offers(offers: Iterable[OfferRow], terms: Terms, cells: Cells[Contacts]) -> None:
    """Add up the offers that nobody took."""
    for offer in offers:
        place = terms.span.index(offer.at)
        if place is None or offer.outcome not in ("missed", "rejected"):
            continue
        tally = cells.at(place, terms.key(offer))
        if offer.outcome == "missed":
            tally.missed += 1
        else:
            tally.rejected += 1


def part(some: float, of: float) -> float | None:
    """Which part of a whole; None of nothing."""
    return some / of if of else None
