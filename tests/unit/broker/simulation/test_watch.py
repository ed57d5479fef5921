"""What the watch of the simulator holds against the server, and what it does not."""

from __future__ import annotations

import math

import pytest

from broker.checker.history import History, Kind
from broker.config.model import SECOND
from broker.shell.connection import ClientConnection, Phase
from broker.simulation import installation
from broker.simulation.broker_process import Host, Life
from broker.simulation.disk import Disk
from broker.simulation.faults import Faults
from broker.simulation.network import SimulatedConnection
from broker.simulation.rng import Rng
from broker.simulation.world import World


def served() -> tuple[Host, Life]:
    """A broker that serves."""
    world, rng = World(), Rng("watch")
    config = installation.build(rng, 2).config
    faults = Faults(world, rng, lambda window: None)
    host = Host(world, rng, History(), Disk(), faults, config)
    host.start()
    assert host.life is not None
    return host, host.life


def sent_away(host: Host, life: Life) -> ClientConnection:
    """Somebody who is to close, and does not."""
    wire = SimulatedConnection.make(host.world, host.rng, "stranger")
    assert host.accept(wire)
    wire.up.write(b"\0\0\0\1x")  # no hello
    host.world.run_until(host.world.now + SECOND)
    (client,) = life.sessions.clients.values()
    assert client.phase is Phase.CLOSING
    return client


def unserved(host: Host) -> list[str]:
    """For what somebody waited too long."""
    return [e.data["what"] for e in host.history.events if e.kind is Kind.UNSERVED]


@pytest.mark.parametrize("full", [True, False])
def test_who_does_not_close_is_borne_while_the_inbox_is_full(*, full: bool) -> None:
    """I-14, I-16: nobody is read then, so nobody is judged; with room the server has no excuse."""
    host, life = served()
    client = sent_away(host, life)
    client.close_by = math.inf
    if full:
        life.server.inbox_high = 0
    host.world.run_until(host.world.now + 6 * SECOND)
    assert life.server.has_room is not full
    assert unserved(host) == ([] if full else ["close"])


def test_who_does_not_close_is_borne_no_longer_once_there_is_room() -> None:
    """I-16: an inbox that was full excuses nobody for ever, and one that is full now and then nobody."""
    host, life = served()
    client = sent_away(host, life)
    life.server.inbox_high, room = 0, life.server.inbox_high
    host.world.run_until(host.world.now + 6 * SECOND)
    client.close_by = math.inf
    life.server.inbox_high = room
    for _ in range(5):
        host.world.run_until(host.world.now + SECOND)
        life.server.inbox_high = 0
        host.world.run_until(host.world.now + SECOND // 2)
        life.server.inbox_high = room
    assert unserved(host) == ["close"]
