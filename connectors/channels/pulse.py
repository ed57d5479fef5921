"""Whether an event loop runs, and how late it is."""

import time
from collections.abc import Callable
from typing import Final

from attrs import define, field

STALE: Final = 10.0
"""Seconds after which a loop that shows no life is not healthy."""


@define(eq=False)
class Pulse:
    """The signs of life of a loop; written by the loop, read by the threads of the health page."""

    clock: Callable[[], float] = time.monotonic
    _alive: float = field(init=False)
    _due: float | None = field(default=None, init=False)
    _lag: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._alive = self.clock()

    def beat(self, again: float | None = None) -> None:
        """Show that the loop runs.

        Args:
            again: In how many seconds the next beat is due; a later one is late.
        """
        now = self._alive = self.clock()
        if self._due is not None:
            self._lag = max(self._lag, now - self._due)
        self._due = None if again is None else now + again

    @property
    def lives(self) -> bool:
        """Whether the loop ran lately."""
        return self.clock() - self._alive < STALE

    def take_lag(self) -> float:
        """The longest lateness since this was asked for the last time, in seconds."""
        found, self._lag = self._lag, 0.0
        return found
