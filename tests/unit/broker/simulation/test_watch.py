"""What the watch of the simulator holds against the server, and what it does not."""

from __future__ import annotations

import math

import pytest
from attrs import evolve

from broker.checker.history import History, Kind
from broker.config.model import SECOND
from broker.shell.cleaning import LINE_INPUTS
from broker.shell.connection import ClientConnection, Phase
from broker.shell.sessions import Sessions
from broker.simulation import installation
from broker.simulation.broker_process import Host, Life
from broker.simulation.disk import Disk
from broker.simulation.faults import Faults
from broker.simulation.network import SimulatedConnection
from broker.simulation.rng import Rng
from broker.simulation.world import World
from protocol.chat import ChatCommandInfo
from protocol.codec import assemble, pack
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.session import Hello
from protocol.values import Role


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


def chatter(host: Host, life: Life) -> SimulatedConnection:
    """An agent whose mail waits to be cleaned, for as long as nobody does that, and who goes on asking."""
    life.cleaners.cleaning.on_order = lambda: None
    wire = SimulatedConnection.make(host.world, host.rng, "agent")
    assert host.accept(wire)
    hello = Hello(version=1, role=Role.WORKPLACE, peers=("101",), login="agent0")
    hello = evolve(hello, token=installation.token_of("agent0"))
    wire.up.write(assemble(pack("SYS_HELLO", hello)))
    host.world.run_until(host.world.now + SECOND)
    mail = MessageContentInfo(request_id="mail", body_html="<p>Good day")
    wire.up.write(assemble(pack("CS_MESSAGE_SEND", mail), {"Id": 1}))
    asked = pack("CS_CHAT_RESYNC", ChatCommandInfo(peer="101"))
    for number in range(2, LINE_INPUTS + 2):
        wire.up.write(assemble(asked, {"Id": number}))
        host.world.run_until(host.world.now + SECOND // 50)
    return wire


def test_who_waits_for_the_cleaning_of_what_they_sent_is_not_read_and_that_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """I-16, B-50: a line that is full holds its session back; once it is not, the server has no excuse."""
    host, life = served()
    wire = chatter(host, life)
    wire.up.write(assemble(pack("CS_CHAT_RESYNC", ChatCommandInfo(peer="101")), {"Id": "last"}))
    host.world.run_until(host.world.now + 3 * SECOND)
    (client,) = life.sessions.clients.values()
    assert client.paused
    assert unserved(host) == []
    monkeypatch.setattr(Sessions, "resume", lambda _self: None)  # a server that forgets who waits
    order = life.cleaners.cleaning.take()
    assert order is not None
    life.guarded(lambda: life.cleaners.cleaning.done(order, ErrorCode.OVERLOADED))
    host.world.run_until(host.world.now + 3 * SECOND)
    assert unserved(host) == ["read"]


def test_who_is_accepted_late_was_not_to_be_read_before() -> None:
    """I-16: their hello came long ago, but for want of a descriptor nobody could take them in."""
    host, life = served()
    host.lose_descriptors(2 * SECOND)
    wire = SimulatedConnection.make(host.world, host.rng, "late")
    assert host.accept(wire)
    wire.up.write(b"\0")
    came = host.world.now
    while not life.sessions.clients:
        host.world.run_until(host.world.now + 100)
        life.watch.look()
    assert host.world.now - came > SECOND
    host.world.run_until(host.world.now + SECOND)
    assert unserved(host) == []
