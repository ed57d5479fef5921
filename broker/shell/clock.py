"""The time of day, for what is recorded and shown; no deadline hangs on it (B-14)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from attrs import define, field

WALKED_OFF: Final = 600_000_000
"""A clock that was put back by no more than that (microseconds) is caught up with by and by."""
_PACE: Final = 2


def wall_micros() -> int:
    """The system's clock in microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


def monotonic_micros() -> int:
    """Microseconds since some moment, untouched by whoever sets the clock."""
    return time.monotonic_ns() // 1_000


@define
class Clock:
    """Follows the system's clock, and knows how to bear its being set.

    One that is put forward is followed at once. So is one that is put back by much: what was recorded
    then lies in the future, and nobody believes that. After a small correction this clock runs at
    half its pace until both agree again, so that what is recorded keeps its order.

    Attributes:
        wall: The system's clock.
        monotonic: A clock that nobody sets.
        last: What it said last; or, at first, the latest that is recorded already.
    """

    wall: Callable[[], int] = wall_micros
    monotonic: Callable[[], int] = monotonic_micros
    last: int = 0
    _looked: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin to look."""
        self._looked = self.monotonic()

    def __call__(self) -> int:
        """Microseconds since the Unix epoch, UTC."""
        wall, now = self.wall(), self.monotonic()
        passed, self._looked = now - self._looked, now
        if self.last - WALKED_OFF < wall < self.last:
            self.last = max(wall, self.last + passed // _PACE)
        else:
            self.last = wall
        return self.last
