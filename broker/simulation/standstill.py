"""A process that is stopped for a while, as a paused machine stops it: what comes meanwhile waits."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from broker.simulation.world import World


@define(eq=False)
class Standstill:
    """Whether a process moves."""

    world: World
    _until: int = 0
    _put_off: list[Callable[[], None]] = field(factory=list)

    def begin(self, until: int) -> None:
        """Do nothing until then."""
        self._until = max(self._until, until)
        self.world.at(until, self._end)

    def holds(self, go_on: Callable[[], None]) -> bool:
        """Whether nothing moves now; then it goes on later, in the order of what came."""
        stands = self.world.now < self._until
        if stands:
            self._put_off.append(go_on)
        return stands

    def _end(self) -> None:
        put_off, self._put_off = self._put_off, []
        for go_on in put_off:
            go_on()
