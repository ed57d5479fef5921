"""Timers as data: a heap of what is due when.

A timer is never cancelled: the thing that it belongs to has its own deadline, and a timer that
fires too early for it is set again or dropped. So setting one is cheap and a sentence, which
only moves a deadline further away, sets none.
"""

from __future__ import annotations

from enum import IntEnum
from heapq import heappop, heappush
from typing import Final, Protocol

from attrs import Factory, define, frozen

from protocol.values import Guid


class TimerKind(IntEnum):
    """What to look at when a timer fires."""

    OFFER = 1
    CHAT = 2
    WRAPUP = 3
    GRACE = 4
    EXCLUSION = 5
    AGENT = 6
    WAIT = 7
    INVITE = 8
    BOT = 9
    UNBOUND = 10
    PARK = 11
    CONVERSATION = 12
    CONVERSATION_OFFER = 13
    ASIDE = 14
    MESSAGE = 15
    CONVERSATION_GRACE = 16
    BLOB = 17
    CONVERSATION_WAIT = 18
    MESSAGE_GATEWAY = 19


@frozen
class Term:
    """Time that somebody is given, on the clock that deadlines hang on (`Stamp.up`).

    Attributes:
        since: When it began.
        length: How long it lasts if the broker listens all the while.
    """

    since: int
    length: int


class Resumed(Protocol):
    """Whoever knows when the broker last began to listen."""

    resumed: int


NO_TERM: Final = Term(0, 0)


@frozen
class Wrapup:
    """A wrap-up that holds slots of an agent.

    Attributes:
        until: When it was to end by itself, as its agent was told.
        term: When it does.
    """

    until: int
    term: Term


@define
class Timers:
    """A heap of `(due, number, kind, key)`; ties fire in the order in which they were set."""

    heap: list[tuple[int, int, TimerKind, Guid]] = Factory(list)
    next_number: int = 0

    def set(self, due: int, kind: TimerKind, key: Guid) -> None:
        """Ask to be woken at `due` (microseconds)."""
        heappush(self.heap, (due, self.next_number, kind, key))
        self.next_number += 1

    @property
    def due(self) -> int | None:
        """When the earliest timer fires."""
        return self.heap[0][0] if self.heap else None

    def pop(self) -> None:
        """Take the earliest timer out."""
        heappop(self.heap)
