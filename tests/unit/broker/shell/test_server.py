"""When the server looks at its deadlines, and how its drain goes."""

import math
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trio
from attrs import Factory, define

from broker.config.model import Config
from broker.shell.authentication import Authentication
from broker.shell.checks import SlowChecks
from broker.shell.graces import Excuses
from broker.shell.listening_clock import Attention
from broker.shell.server import Server, Stage
from broker.shell.sessions import CLOSE_TIMEOUT, Sessions
from broker.shell.sockets import Sockets


class EmptyInbox:
    """Nothing waits."""

    def has_room(self, _most: int) -> bool:
        return True

    def __len__(self) -> int:
        return 0

    def backlog(self, _session: int) -> int:
        """Nobody has anything there."""
        return 0


@define
class EngineOfTheTest:
    """As much of an engine as the alarm looks at."""

    wake_at: int | None = None
    committing: bool = False
    has_more: bool = False
    idle: bool = True
    inbox: EmptyInbox = Factory(EmptyInbox)
    attention: Attention | None = None

    def pump(self) -> None:
        """Look at the clock, as an engine does."""
        if self.attention is not None:
            self.attention.look()

    def submit(self, _input: object) -> None:
        """Nobody asks for anything."""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def server_of(
    listener: socket.socket, engine: Any, now: int, steady: Callable[[], int] | None = None
) -> Server:
    config = Config()
    sessions = Sessions(
        limits=config.limits,
        checks=SlowChecks(Authentication(config)),
        sockets=Sockets(),
        now=trio.current_time,
        on_progress=lambda: None,
        excuses=Excuses(Attention(steady=steady or (lambda: now), up=now)),
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
    found = (server.stage, server.has_room, server.attention.stalled)
    assert found == (Stage.ANSWERING, False, True)
    assert server.turn(trio.current_time()) == trio.current_time() + 5
    engine.idle = True
    assert server.turn(trio.current_time()) == math.inf
    assert (server.stage, server.cut, server.engine) == (Stage.DRAINED, 0, None)
    assert server.attention.stalled is False  # whoever is told has as long as ever to close
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


async def test_a_deadline_that_begins_after_a_gap_is_not_put_off_by_it(
    listener: socket.socket, mock_clock: trio.testing.MockClock
) -> None:
    """B-13: who is sent away after a pause of the machine has two seconds to close, not a minute."""

    def micros() -> int:
        return int(trio.current_time() * 1_000_000)

    server = server_of(listener, None, now=micros(), steady=micros)
    engine: Any = EngineOfTheTest(attention=server.attention)
    server.attach(engine)
    with socket.create_connection(listener.getsockname()) as client:
        listener.setblocking(False)
        server.turn(trio.current_time())
        assert len(server.sessions.clients) == 1
        mock_clock.jump(60)
        client.sendall(b"\0\0\0\1x")  # no hello
        server.turn(trio.current_time())
        (served,) = server.sessions.clients.values()
        assert served.close_by == trio.current_time() + CLOSE_TIMEOUT
        mock_clock.jump(CLOSE_TIMEOUT)
        server.turn(trio.current_time())
        assert not server.sessions.clients
    server.close()
