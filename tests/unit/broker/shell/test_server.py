"""When the server looks at its deadlines."""

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
from broker.shell.server import Server
from broker.shell.sessions import Sessions
from broker.shell.sockets import Sockets


@define
class EngineOfTheTest:
    """As much of an engine as the alarm looks at."""

    wake_at: int | None = None
    committing: bool = False
    has_more: bool = False
    inbox: tuple[()] = ()


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
    assert server._next_look() - trio.current_time() == seconds
    server.close()


async def test_the_alarm_rings_for_the_first_of_all_deadlines(
    listener: socket.socket, mock_clock: trio.testing.MockClock
) -> None:
    server = server_of(listener, EngineOfTheTest(wake_at=9_000_000), now=1_000_000)
    server.sessions.deadlines.arm(1, trio.current_time() + 5)
    assert server._next_look() - trio.current_time() == 5
    server.close()
