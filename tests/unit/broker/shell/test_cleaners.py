"""The processes that clean: what becomes of one that hangs, dies, lies or does not start (B-50)."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import define, field
from trio.testing import wait_all_tasks_blocked

from broker.core.inputs import FrameArrived, InspectedFrame
from broker.shell import cleaners
from broker.shell.cleaners import COMMAND, Cleaners
from broker.shell.cleaning import Cleaning, Held
from protocol.frame import Frame
from protocol.message import MessageContentInfo

REAL = "import broker.cleaning.worker as worker; worker.main()"
FICKLE = """
import broker.cleaning.worker as worker
clean = worker.clean
def fickle(html):
    {what}
    return clean(html)
worker.clean = fickle
worker.main()
"""
"""A process that does something else where a message says so, unless it is to be read as plain text."""


@define
class Shop:
    """The tasks, and what left the lines."""

    cleaners: Cleaners
    left: list[Held] = field(factory=list)
    pids: list[int] = field(factory=list)
    changed: trio.Event = field(factory=trio.Event)

    def send(self, html: str, session: int = 1) -> None:
        frame = Frame("ES_MESSAGE_RECEIVING", MessageContentInfo(body_html=html))
        self.cleaners.cleaning.put(session, "web", frame)

    def take(self, _session: int, released: Held) -> None:
        self.left.append(released)
        self.changed.set()
        self.changed = trio.Event()

    async def until(self, count: int) -> list[Any]:
        """What left once so much has: the text, or the code of a refusal."""
        with trio.fail_after(60):
            while len(self.left) < count:
                await self.changed.wait()
        return [_text(one) for one in self.left]


def _text(released: Held) -> Any:
    assert isinstance(released, FrameArrived)
    if isinstance(released.frame, InspectedFrame) and released.frame.refused:
        return released.frame.refused
    assert isinstance(released.frame.payload, MessageContentInfo)
    return released.frame.payload.body_text


@asynccontextmanager
async def shop(
    program: str, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> AsyncIterator[Shop]:
    """Have a program clean; at the end every process of it is gone."""
    made = Shop(Cleaners(Cleaning(), command=(sys.executable, "-c", program), **options))
    made.cleaners.cleaning.release = made.take
    opened = trio.lowlevel.open_process

    async def noted(*args: Any, **more: Any) -> trio.Process:
        process = await opened(*args, **more)
        made.pids.append(process.pid)
        return process

    monkeypatch.setattr(trio.lowlevel, "open_process", noted)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.cleaners.run)
        yield made
        nursery.cancel_scope.cancel()
    for pid in made.pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_no_process_is_started_before_there_is_something_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with shop(REAL, monkeypatch) as made:
        await wait_all_tasks_blocked()
        assert made.pids == []
        for html in ("<p>a", "<p>b", "<p>c"):
            made.send(html)
            await made.until(len(made.left) + 1)
        assert await made.until(3) == ["a", "b", "c"]
        assert len(made.pids) == 1  # the second one has nothing to do
        assert made.cleaners.counters.messages["cleaned"] == 3


def test_the_usual_process_is_the_worker() -> None:
    assert COMMAND[-2:] == ("-m", "broker.cleaning.worker")


async def test_a_process_that_has_nothing_to_do_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shop(REAL, monkeypatch, idle_seconds=0.05) as made:
        made.send("<p>a")
        await made.until(1)
        with trio.fail_after(20):
            while True:
                try:
                    os.kill(made.pids[0], 0)
                except ProcessLookupError:
                    break
                await trio.sleep(0.01)  # real time: a process ends when it ends
        made.send("<p>b")
        assert await made.until(2) == ["a", "b"]
        assert len(made.pids) == 2


@pytest.mark.parametrize(
    "what",
    [
        "import os; os._exit(1) if 'evil' in html else None",
        "raise MemoryError",
        "import os; os.write(1, b'\\xff' * 20)",
    ],
)
async def test_a_message_that_a_process_dies_of_is_read_as_plain_text(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    async with shop(FICKLE.format(what=what), monkeypatch) as made:
        made.send("<p>evil")
        assert await made.until(1) == ["evil"]
        assert made.cleaners.counters.cleaners_replaced == 1
        assert made.cleaners.counters.messages["plain"] == 1


async def test_so_is_one_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    program = FICKLE.format(what="import signal; signal.pause() if 'evil' in html else None")
    async with shop(program, monkeypatch, seconds=1.0) as made:
        made.send("<p>evil", session=1)
        made.send("<p>good", session=2)
        assert sorted(await made.until(2)) == ["evil", "good"]
        assert made.cleaners.counters.cleaners_replaced == 1


async def test_one_that_nobody_can_read_is_refused_and_the_next_is_cleaned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = (
        "import os, broker.cleaning.plain as plain, broker.cleaning.worker as worker\n"
        "unseen = plain._seen\n"
        "plain._seen = lambda html: os._exit(1) if 'evil' in html else unseen(html)\n"
        "worker.clean = lambda html: os._exit(1) if 'evil' in html else html\n"
        "worker.main()"
    )
    async with shop(program, monkeypatch) as made:
        made.send("evil")
        made.send("good")
        assert await made.until(2) == ["BadPayload", "good"]
        assert made.cleaners.counters.messages["refused"] == 1
        assert made.cleaners.counters.cleaners_replaced == 2


@pytest.mark.parametrize(
    "program", ["", "print('hello', flush=True)", "import signal; signal.pause()"]
)
async def test_without_a_process_a_message_is_refused_for_now(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(cleaners, "START_SECONDS", 1.0)
    async with shop(program, monkeypatch) as made:
        made.send("<p>a")
        assert await made.until(1) == ["Overloaded"]


async def test_nor_is_there_one_where_the_program_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shop("", monkeypatch) as made:
        made.cleaners.command = ("/nowhere/at/all",)
        made.send("<p>a")
        assert await made.until(1) == ["Overloaded"]
