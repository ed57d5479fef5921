"""The scanner of attachments in a run: it takes virtual moments, and finds something now and then."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from broker.config.model import SECOND
from broker.core.effects import ScanWanted
from broker.core.inputs import Scanned
from broker.simulation.rng import Rng
from broker.simulation.standstill import Standstill
from broker.simulation.world import World
from protocol.values import ScanVerdict


@define(eq=False)
class LateScanner:
    """A scanner.

    Attributes:
        told: Told of each verdict.
        is_over: Whether the broker's process is gone.
    """

    world: World
    rng: Rng
    standstill: Standstill
    told: Callable[[Scanned], None]
    is_over: Callable[[], bool]

    def put(self, wanted: ScanWanted) -> None:
        """Have an attachment judged, by and by."""
        verdict = self.rng.weighed(
            ((ScanVerdict.CLEAN, 6), (ScanVerdict.INFECTED, 2), (ScanVerdict.FAILED, 1))
        )

        def tell() -> None:
            if not self.standstill.holds(tell) and not self.is_over():
                self.told(Scanned(blob=wanted.blob, no=wanted.no, verdict=verdict))

        self.world.after(self.rng.about(2 * SECOND), tell)
