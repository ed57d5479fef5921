"""Virtual time: a heap of what happens when.

Nothing waits for real. Things due at the same microsecond happen in the order in which they were
planned, so a run depends on its seed and on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

from attrs import define, field

from broker.checker.violation import DAWN
from broker.config.model import SECOND

MS: Final = 1_000


@define(eq=False)
class Plan:
    """Something planned; it can be called off."""

    call: Callable[[], None] | None

    def cancel(self) -> None:
        """It will not happen."""
        self.call = None


@define
class World:
    """The clock and what is planned.

    Attributes:
        now: Microseconds since the Unix epoch.
        steps: How many planned things have happened.
    """

    now: int = DAWN
    steps: int = 0
    _heap: list[tuple[int, int, Plan]] = field(factory=list)
    _count: int = 0

    @property
    def seconds(self) -> float:
        """Seconds since the world began: the clock of connections."""
        return (self.now - DAWN) / SECOND

    def at(self, when: int, call: Callable[[], None]) -> Plan:
        """Plan a call; one in the past happens next."""
        plan = Plan(call)
        self._count += 1
        heappush(self._heap, (max(when, self.now), self._count, plan))
        return plan

    def after(self, delay: int, call: Callable[[], None]) -> Plan:
        """Plan a call after some microseconds."""
        return self.at(self.now + delay, call)

    def micros(self, when: float) -> int:
        """A time on the clock of connections, rounded up: whoever wakes then is not too early."""
        return DAWN + int(when * SECOND) + 1

    def run_until(self, end: int) -> None:
        """Let everything happen that is due until then."""
        heap = self._heap
        while heap and heap[0][0] <= end:
            when, _, plan = heappop(heap)
            if plan.call is not None:
                self.now = when
                self.steps += 1
                plan.call()
        self.now = end
