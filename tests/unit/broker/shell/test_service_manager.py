"""What a service manager is told, and how often (the rest: tests/integration/test_signals.py)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from broker.shell import service_manager
from broker.shell.service_manager import Supervisor


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        yield sock


def told(manager: socket.socket) -> list[str]:
    """What was said since the last time."""
    found = []
    while True:
        try:
            found.append(manager.recv(4_096).decode())
        except BlockingIOError:
            return found


async def test_a_start_that_takes_long_asks_for_time_until_it_is_over(
    manager: socket.socket, autojump_clock: MockClock
) -> None:
    """Each time for longer than until it is asked again, or the manager would end the start."""
    supervisor, begun = Supervisor(manager.getsockname()), trio.current_time()
    await supervisor.plead(lambda: trio.current_time() - begun < 120)
    asked = told(manager)
    assert len(asked) == 120 / service_manager.PLEAD_EVERY
    (words,) = set(asked)
    seconds = int(words.removeprefix("EXTEND_TIMEOUT_USEC=")) / 1_000_000
    assert seconds > 2 * service_manager.PLEAD_EVERY


async def test_a_start_that_is_over_asks_for_nothing(manager: socket.socket) -> None:
    await Supervisor(manager.getsockname()).plead(lambda: False)
    assert told(manager) == []


async def test_nobody_is_asked_where_nobody_is(autojump_clock: MockClock) -> None:
    begun = trio.current_time()
    await Supervisor().plead(lambda: True)
    assert trio.current_time() == begun


def test_what_it_does_is_said_until_it_is_ready(manager: socket.socket) -> None:
    supervisor = Supervisor(manager.getsockname())
    supervisor.starting()
    supervisor.upgrading("0003", "0004")
    supervisor.ready()
    opening, upgrading, ready = told(manager)
    assert opening == "STATUS=opening the store"
    assert upgrading.startswith("STATUS=upgrading the store from schema 0003 to 0004")
    assert ready == "READY=1\nSTATUS="
