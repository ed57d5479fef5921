"""The time of day for the engine: close to the system's clock, and never running backwards."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import define, field

_LOOK_EVERY = 60_000_000
_SLEW = 10


def wall_micros() -> int:
    """The system's clock in microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


def monotonic_micros() -> int:
    """Microseconds since some moment, untouched by whoever sets the clock."""
    return time.monotonic_ns() // 1_000


@define
class Clock:
    """Counts monotonic time and follows the system's clock.

    When that was put forward, so is this one; when it was put back, this one loses a tenth of
    the time that passes until both agree again. So timers never stand still.
    """

    wall: Callable[[], int] = wall_micros
    monotonic: Callable[[], int] = monotonic_micros
    _offset: int = field(init=False)
    _looked: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Set it by the system's clock."""
        self._looked = self.monotonic()
        self._offset = self.wall() - self._looked

    def __call__(self) -> int:
        """Microseconds since the Unix epoch, UTC."""
        now = self.monotonic()
        passed = now - self._looked
        if passed >= _LOOK_EVERY:
            wanted = self.wall() - now
            self._offset = max(wanted, self._offset - passed // _SLEW)
            self._looked = now
        return now + self._offset
