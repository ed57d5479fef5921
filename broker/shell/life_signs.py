"""What the store is told, now and then, of when the broker was alive (B-13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from attrs import define, field

from broker.core.heard import SEEN_EVERY
from broker.shell.listening_clock import LOOK_EVERY, Attention

JUMP: Final = 2 * LOOK_EVERY
"""Clocks that differ by more than that from one look to the next: nobody listened, or one was set."""


class Entry(NamedTuple):
    """What is to be noted.

    Attributes:
        now: All is well now.
        since: It was from this moment on, as this clock counts back: after a gap, or where it did not
            keep pace.
        until: After a gap: when it was for the last time before, by the clock that was then.
    """

    now: int
    since: int | None = None
    until: int | None = None


@define
class Diary:
    """Compares the two clocks, and says what there is to be noted.

    A clock that is walking off a correction is slow. What it says of a span is less then than was listened,
    so the span begins earlier by this clock; that the one before ends later than that does not matter.

    Attributes:
        clock: The time of day as it is recorded.
        attention: The clock of deadlines.
    """

    clock: Callable[[], int]
    attention: Attention
    _wall: int = field(init=False)
    _up: int = field(init=False)
    _noted: int = field(init=False)
    _noted_wall: int = field(init=False)
    _closed: int | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with an empty page."""
        self.begin(self.clock(), self.attention.look())

    def begin(self, now: int, up: int) -> None:
        """Turn a page: the store noted that a life begins, and what was seen before is no part of it.

        Args:
            now: Since when, as it was noted.
            up: The same on the clock of deadlines.
        """
        self._wall = self._noted_wall = now
        self._up = self._noted = up

    def close(self) -> None:
        """From now on nobody is listened to: what is left of the process is no part of its life.

        Where the clock was set since the last look that look is the end: what lies between the two by this
        clock was not listened to.
        """
        seen = self.look()
        self._closed = self._wall if seen is None or seen.until is None else seen.until

    def end(self) -> Entry:
        """What is to be noted when the process ends."""
        if self._closed is None:
            return self.look() or Entry(self._wall)
        now = self.clock()
        return Entry(now, now, self._closed)

    def look(self) -> Entry | None:
        """What is to be noted, if anything is."""
        if self._closed is not None:
            return None
        now, up = self.clock(), self.attention.look()
        passed = up - self._up
        gap = abs(now - self._wall - passed) > JUMP
        before, self._wall, self._up = self._wall, now, up
        lasted = up - self._noted
        if not gap and lasted < SEEN_EVERY:
            return None
        slow = abs(now - self._noted_wall - lasted) > JUMP
        self._noted, self._noted_wall = up, now
        if gap:
            return Entry(now, now - passed, before)
        return Entry(now, now - lasted) if slow else Entry(now)
