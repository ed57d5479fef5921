"""When the server looks at its deadlines, and how its drain goes."""

import math
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from attrs import define

from broker.config.model import Config
from broker.shell.authentication import Gate
from broker.shell.checks import SlowChecks
from broker.shell.graces import Excuses
from broker.shell.listening_clock import Attention
from broker.shell.server import Server, Stage
from broker.shell.sessions import Sessions
from broker.shell.sockets import Sockets


@define
class EngineOfTheTest:
    """As much of an engine as the alarm looks at."""

    wake_at: int | None = None
    committing: bool = False
    has_more: bool = False
    idle: bool = True
    inbox: tuple[()] = ()

    def pump(self) -> None:
        """There is nothing to do."""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def server_of(listener: socket.socket, engine: Any, now: int) -> Server:
    config = Config()
    sessions = Sessions(
        limits=config.limits,
        checks=SlowChecks(Gate(config)),
        sockets=Sockets(),
        now=trio.current_time,
        stirred=lambda: None,
        excuses=Excuses(Attention(steady=lambda: now, up=now)),
    )
    server = Server(sessions=sessions, config=config, listeners=[listener])
    server.engine = engine
    return server


@pytest.mark.parametrize(
    ("engine", "seconds"),
    [
        (None, math.inf),
        (EngineOfTheTest(), math.inf),
        (EngineOfTheTest(has_more=True), -math.inf),
        (EngineOfTheTest(wake_at=3_000_000), 2.0),
        (EngineOfTheTest(wake_at=3_000_000, committing=True), 2.0),
        (EngineOfTheTest(wake_at=1_000_000), 0.0),
        # The end of the commit pumps the engine; an alarm before it would ring all the time.
        (EngineOfTheTest(wake_at=1_000_000, committing=True), math.inf),
    ],
)
async def test_the_alarm_rings_when_the_engine_can_do_something(
    listener: socket.socket,
    mock_clock: trio.testing.MockClock,
    engine: EngineOfTheTest | None,
    seconds: float,
) -> None:
    server = server_of(listener, engine, now=1_000_000)
    assert server.next_turn() - trio.current_time() == seconds
    server.close()


async def test_the_alarm_rings_for_the_first_of_all_deadlines(
    listener: socket.socket, mock_clock: trio.testing.MockClock
) -> None:
    server = server_of(listener, EngineOfTheTest(wake_at=9_000_000), now=1_000_000)
    server.sessions.deadlines.arm(1, trio.current_time() + 5)
    assert server.next_turn() - trio.current_time() == 5
    server.close()


async def test_a_drain_waits_for_answers_and_then_for_nobody(
    listener: socket.socket, mock_clock: trio.testing.MockClock
) -> None:
    engine = EngineOfTheTest(idle=False)
    server = server_of(listener, engine, now=1_000_000)
    server.begin_drain(trio.current_time() + 5)
    assert (server.stage, server.has_room) == (Stage.ANSWERING, False)
    assert server.turn(trio.current_time()) == trio.current_time() + 5
    engine.idle = True
    assert server.turn(trio.current_time()) == math.inf
    assert (server.stage, server.cut, server.engine) == (Stage.DRAINED, 0, None)
    server.close()


async def test_a_drain_ends_when_its_time_is_over_or_nobody_wants_it(
    listener: socket.socket, mock_clock: trio.testing.MockClock
) -> None:
    for aborted in (False, True):
        server = server_of(listener, EngineOfTheTest(idle=False), now=1_000_000)
        server.begin_drain(trio.current_time() + 5)
        if aborted:
            server.abort_drain()
        else:
            server.turn(trio.current_time() + 5)
        assert server.stage is Stage.DRAINED
        server.close()
