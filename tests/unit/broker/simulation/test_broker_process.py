"""The broker's process in the simulated world."""

from __future__ import annotations

from broker.checker.history import History
from broker.config.model import SECOND
from broker.simulation import installation
from broker.simulation.broker_process import Host
from broker.simulation.disk import Disk
from broker.simulation.faults import Faults
from broker.simulation.rng import Rng
from broker.simulation.world import World

HOUR = 3_600 * SECOND


def test_a_clock_that_is_set_is_noted_while_a_refused_row_is_looked_for() -> None:
    """B-13, B-14: the store takes a note then, as in life; without it the next start knows no age."""
    world, rng = World(), Rng("process")
    config = installation.build(rng, 2).config
    faults = Faults(world, rng, lambda window: None)
    host = Host(world, rng, History(), Disk(), faults, config)
    host.start()
    world.run_until(world.now + 2 * SECOND)
    assert host.life is not None
    assert host.life.engine is not None
    host.life.engine.failed = True
    host.ahead = -HOUR
    world.run_until(world.now + 2 * SECOND)
    spans = host.disk.store.recover(config, world.now - HOUR).heard
    assert len(spans) == 2
    assert all(0 <= until - since < 3 * SECOND for since, until in spans)
