"""What is counted of contacts, and the three service levels that are made of it.

A service-level event is the first of three things that happen to a contact: it is answered, it is given up,
or the threshold passes. So the level moves when the threshold passes, and not when the contact ends.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from attrs import define, fields, frozen

from broker.reporting.contacts import part
from broker.reporting.history import Contact
from protocol.values import CloseReason


@frozen
class Terms:
    """How a contact is counted.

    Attributes:
        threshold: What is answered in time.
        short: Who gives up within this is not counted at all; less than 0: everybody is.
    """

    threshold: int
    short: int = -1


@define
class Tally:
    """Contacts that began to wait, and what became of them.

    Attributes:
        offered: All of them, without those given up shortly.
        answered: Answered by an agent.
        in_time: Of these, within the threshold.
        abandoned: Given up by the visitor before an answer.
        early: Of these, within the threshold.
        lapsed: Closed before an answer by something else.
        late_lapsed: Of these, when the threshold had passed.
        waiting: Neither answered nor closed.
        overdue: Of these, those for whom the threshold has passed.
        short: Given up shortly; they count nowhere else.
        waited: How long the answered ones waited, all together.
        handled: Answered ones on which nobody works any more.
        talk: Conversations of these, with the time in which they were put aside.
        hold: How long they were put aside.
        wrapup: Wrap-ups of these.
    """

    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    early: int = 0
    lapsed: int = 0
    late_lapsed: int = 0
    waiting: int = 0
    overdue: int = 0
    short: int = 0
    waited: int = 0
    handled: int = 0
    talk: int = 0
    hold: int = 0
    wrapup: int = 0

    def add(self, other: Tally, sign: int = 1) -> None:
        """Take others in, or out again."""
        for name, number in zip(_NAMES, _NUMBERS(other), strict=True):
            if number:
                setattr(self, name, getattr(self, name) + sign * number)

    @property
    def events(self) -> int:
        """Service-level events."""
        return self.answered + self.abandoned + self.late_lapsed + self.overdue

    @property
    def negative(self) -> float | None:
        """Service level where who gives up counts against it."""
        return part(self.in_time, self.events)

    @property
    def ignored(self) -> float | None:
        """Service level without those who gave up within the threshold."""
        return part(self.in_time, self.events - self.early)

    @property
    def positive(self) -> float | None:
        """Service level where who gives up within the threshold counts for it."""
        return part(self.in_time + self.early, self.events)

    @property
    def speed(self) -> float | None:
        """How long the answered ones waited on average, in seconds."""
        return part(self.waited / 1e6, self.answered)

    @property
    def handle_time(self) -> float | None:
        """How long the handled ones took on average, in seconds."""
        return part((self.talk + self.wrapup) / 1e6, self.handled)


_NAMES: Final = tuple(one.name for one in fields(Tally))
_NUMBERS: Final = attrgetter(*_NAMES)


def wait_of(contact: Contact, now: int) -> int:
    """How long a contact waited, or has waited by now."""
    assert contact.queued is not None
    end = contact.answered if contact.answered is not None else contact.closed
    return (max(now, contact.queued) if end is None else end) - contact.queued


def counted(contact: Contact, terms: Terms) -> Tally:
    """What a contact that began to wait counts as, but for what time alone does to it."""
    wait = wait_of(contact, 0)
    in_time = int(wait <= terms.threshold)
    if contact.answered is not None:
        tally = Tally(offered=1, answered=1, in_time=in_time, waited=wait)
        _add_handling(contact, tally)
        return tally
    if contact.closed is None:
        return Tally(offered=1, waiting=1)
    if contact.reason != CloseReason.EXTERNAL:
        return Tally(offered=1, lapsed=1, late_lapsed=1 - in_time)
    if wait <= terms.short:
        return Tally(short=1)
    return Tally(offered=1, abandoned=1, early=in_time)


def _add_handling(contact: Contact, tally: Tally) -> None:
    times = [time for handling in contact.handlings if (time := handling.time) is not None]
    if contact.closed is None or len(times) < len(contact.handlings):
        return
    tally.handled = 1
    tally.wrapup = sum(handling.wrapup for handling in contact.handlings)
    tally.hold = sum(handling.hold for handling in contact.handlings)
    tally.talk = sum(times) - tally.wrapup
