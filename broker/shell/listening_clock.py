"""The clock that deadlines hang on: it counts the time in which the broker listens (B-13, B-14).

Theory of operation: a deadline is the time that somebody is given to say something, and nobody can say
anything to a broker that does not listen: one whose process or machine was frozen, or is about to end, or
whose disk is stalled so that nothing may be answered. Whoever works looks at this clock at least every
`LOOK_EVERY`; when it was not looked at for much longer than that, or when a commit is under way for that
long, the time is no time at all. Nobody can set this clock, and where the system has one that goes on
while the machine sleeps, a sleep is a gap as well and not a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from attrs import define, field

LOOK_EVERY: Final = 500_000
"""How often somebody looks at least, in microseconds, as long as all is well."""
GAP: Final = 3_000_000
"""Longer than that nobody looked: the broker did not listen."""

_SYSTEM_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady_micros() -> int:
    """Microseconds since the machine was started, its sleep included where the system tells."""
    return time.clock_gettime_ns(_SYSTEM_CLOCK) // 1_000


@define
class Attention:
    """Counts the microseconds in which the broker listens.

    Attributes:
        steady: A clock that nobody sets and that goes on whatever happens to this process.
        up: How many there were; it begins where its maker says.
        gap: How long nobody may look without its being a gap.
        deaf: How many there were in which it did not listen.
        frozen: How many of those it did nothing at all.
        commit_since: When the commit began that is under way.
        draining: Whether the process ends, and reads nobody before all that was read is answered.
    """

    steady: Callable[[], int] = steady_micros
    up: int = 0
    gap: int = GAP
    deaf: int = field(default=0, init=False)
    frozen: int = field(default=0, init=False)
    commit_since: int | None = field(default=None, init=False)
    draining: bool = field(default=False, init=False)
    _looked: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin to listen."""
        self._looked = self.steady()

    def look(self) -> int:
        """Read the clock."""
        now = self.steady()
        passed, self._looked = now - self._looked, now
        if passed > self.gap:
            self.frozen += passed
        if passed > self.gap or self.stalled:
            self.deaf += passed
        else:
            self.up += passed
        return self.up

    @property
    def stalled(self) -> bool:
        """Whether nobody is read, or a commit takes so long that nothing can be answered."""
        if self.draining:
            return True
        return self.commit_since is not None and self.up - self.commit_since > self.gap
