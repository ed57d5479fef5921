"""The cleaning of messages in a run: it takes virtual moments, and now and then it fails."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from broker.cleaning.bodies import Bodies
from broker.cleaning.plain import plain_bodies
from broker.config.model import SECOND
from broker.shell.cleaners import CLEANERS
from broker.shell.cleaning import Cleaning, Order
from broker.simulation.rng import Rng
from broker.simulation.standstill import Standstill
from broker.simulation.world import MS, World
from protocol.errors import ErrorCode


@define(eq=False)
class LateCleaners:
    """Who cleans, as if it were processes.

    Attributes:
        guarded: Lets the broker go on, and catches what goes wrong in it.
        is_over: Whether the broker's process is gone.
    """

    cleaning: Cleaning
    world: World
    rng: Rng
    standstill: Standstill
    guarded: Callable[[Callable[[], None]], None]
    is_over: Callable[[], bool]
    _busy: int = 0

    def __attrs_post_init__(self) -> None:
        """Be told when there is something to do."""
        self.cleaning.on_order = self._begin

    def _begin(self) -> None:
        while self._busy < CLEANERS and (one := self.cleaning.take()) is not None:
            self._busy += 1
            usual = 20 * MS if self.rng.happens(0.9) else SECOND
            self.world.after(self.rng.about(usual), self._ending(one))

    def _ending(self, one: Order) -> Callable[[], None]:
        def end() -> None:
            if self.standstill.holds(end) or self.is_over():
                return
            self._busy -= 1
            self.guarded(lambda: self.cleaning.done(one, self._made(one)))
            self._begin()

        return end

    def _made(self, one: Order) -> Bodies | ErrorCode:
        refusal = self.rng.weighed(
            ((None, 17), (ErrorCode.BAD_PAYLOAD, 2), (ErrorCode.OVERLOADED, 1))
        )
        if refusal is not None:
            return refusal
        if isinstance(one.content, bytes):
            return Bodies(None, "application/pdf" if one.content[:1] == b"%" else "text/plain")
        return plain_bodies(one.content, wants_text=one.wants_text)
