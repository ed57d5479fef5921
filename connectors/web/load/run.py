"""The load: visitors open their chats, poll, talk; what the web process does for it is measured.

    python -m connectors.web.load --polling 5000 --connected 5000

Broker and web process are programs of their own; the visitors and agents are this one. Every visitor has
a connection, so a process needs as many open files as there are visitors (`ulimit -n`).
"""

import argparse
import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from attrs import define, field, frozen

from connectors.client import Alerted, SentenceAdded, WorkplaceClient, connect_workplace
from connectors.web.load.browsers import Connected, Poller, Refused, age, stamped
from connectors.web.load.figures import (
    MILLION,
    Figures,
    Span,
    Times,
    Usage,
    as_json,
    machine_cpu,
    shown,
)
from connectors.web.load.stage import CHATS, SECRET, Stage, metric, number_of, staged
from protocol.values import AgentState

AT_ONCE: Final = 40
"""So many visitors open their chat at a time."""
SPARE_FILES: Final = 200
LAST: Final = 30.0
"""How long what was said may take to arrive, when nothing more is said."""
IDLE: Final = 5.0


@frozen(kw_only=True)
class Load:
    """What is to be measured.

    Attributes:
        polling: Visitors who poll.
        connected: Visitors on sockets.
        seconds: How long each phase is.
        every: After how many seconds one who polls asks again.
        rate: Sentences of visitors in a second.
        settle: Seconds of quiet before a phase.
    """

    polling: int = 5_000
    connected: int = 5_000
    seconds: float = 20.0
    every: float = 5.0
    rate: float = 100.0
    settle: float = 2.0

    @property
    def agents(self) -> int:
        """How many agents that takes, with room to spare."""
        return (self.polling + self.connected) * 10 // (CHATS * 9) + 1


@define(eq=False)
class Run:
    """One measurement under way.

    Attributes:
        load: What is measured.
        stage: Broker and web process.
        tasks: Where visitors and agents live.
    """

    load: Load
    stage: Stage
    tasks: TaskGroup
    spans: dict[str, Span] = field(factory=dict)
    pollers: list[Poller] = field(factory=list)
    connected: list[Connected] = field(factory=list)
    answered: int = 0
    refused: int = 0
    _times: dict[str, list[int]] = field(factory=lambda: {kind: [] for kind in "vapqf"})
    """By kind of text: over a socket, of an agent, by request; and how long polls took."""

    # --- who takes part

    async def agent(self, number: int) -> None:
        """Take every chat, and answer every sentence that came over a socket."""
        name = number_of(number)
        async with connect_workplace(self.stage.broker, name, name, SECRET) as client:
            await client.set_state(AgentState.READY)
            async for event in client.events():
                match event:
                    case Alerted(ref):
                        self.tasks.start_soon(self._answer, client, ref)
                    case SentenceAdded(ref, sentence, False):
                        kind, old = age(sentence.text or "")
                        self._times[kind].append(old)
                        if kind == "v":
                            client.send_soon(ref, stamped("a"))
                    case _:
                        pass

    async def _answer(self, client: WorkplaceClient, ref: Any) -> None:
        await client.answer(ref)
        self.answered += 1

    def heard(self, text: str) -> None:
        """Note what a visitor heard."""
        kind, old = age(text)
        self._times[kind].append(old)

    def refuse(self, _why: str) -> None:
        """Count what was refused."""
        self.refused += 1

    async def open_all(self, count: int, open_one: Callable[[int], Awaitable[None]]) -> None:
        """Have so many visitors open their chats, and agents answer them."""
        room, before = anyio.CapacityLimiter(AT_ONCE), self.answered

        async def opened(number: int) -> None:
            async with room:
                await open_one(number)

        async with anyio.create_task_group() as tasks:
            for number in range(count):
                tasks.start_soon(opened, number)
        await until(lambda: self.answered - before >= count)

    async def open_poller(self, number: int) -> None:
        """One more who polls."""
        self.pollers.append(await Poller.opened(self.stage.web, number + 1))

    async def open_connected(self, number: int) -> None:
        """One more on a socket."""
        one = await Connected.opened(
            self.stage.web, number + 1_000_000, self.tasks, self.heard, self.refuse
        )
        self.connected.append(one)

    # --- phases

    @asynccontextmanager
    async def phase(self, name: str) -> AsyncIterator[None]:
        """Measure what the processes do meanwhile."""
        pids = (self.stage.web_pid, self.stage.broker_pid, os.getpid())
        before, began, whole = [Usage.of(pid).cpu for pid in pids], time.monotonic(), machine_cpu()
        yield
        web, broker, load = (Usage.of(pid).cpu - old for pid, old in zip(pids, before, strict=True))
        self.spans[name] = Span(
            seconds=time.monotonic() - began,
            web=web,
            broker=broker,
            load=load,
            others=max(0.0, machine_cpu() - whole - web - broker - load),
        )

    async def settled(self) -> int:
        """Wait until it is quiet; gives the memory of the web process."""
        await anyio.sleep(self.load.settle)
        return Usage.of(self.stage.web_pid).memory

    async def prime(self) -> None:
        """Have everybody poll once who does: the first answer has all, the next ones nothing new."""
        room = anyio.CapacityLimiter(AT_ONCE)

        async def first(poller: Poller) -> None:
            async with room:
                await poller.poll()
                await poller.poll_frames()

        async with anyio.create_task_group() as tasks:
            for poller in self.pollers:
                tasks.start_soon(first, poller)

    async def polls(self, ask: Callable[[Poller], Awaitable[int]], kind: str) -> None:
        """Have everybody poll who does, each at their own time, for the length of a phase."""
        every, end = self.load.every, time.monotonic() + self.load.seconds

        async def go_on(poller: Poller, place: int) -> None:
            due = time.monotonic() + every * place / len(self.pollers)
            while due < end:
                await anyio.sleep(max(0.0, due - time.monotonic()))
                began = time.monotonic_ns()
                try:
                    await ask(poller)
                except Refused:
                    self.refused += 1
                self._times[kind].append(time.monotonic_ns() - began)
                due += every

        async with anyio.create_task_group() as tasks:
            for place, poller in enumerate(self.pollers):
                tasks.start_soon(go_on, poller, place)

    async def talk(self, visitors: Sequence[Poller | Connected], kind: str) -> int:
        """Have visitors say something in turn for the length of a phase; gives how much was said."""
        began, said = time.monotonic(), 0
        end = began + self.load.seconds

        async def say(visitor: Poller | Connected) -> None:
            try:
                await visitor.say(stamped(kind))
            except Refused:
                self.refused += 1

        async with anyio.create_task_group() as tasks:
            while (due := began + said / self.load.rate) < end:
                await anyio.sleep(max(0.0, due - time.monotonic()))
                tasks.start_soon(say, visitors[said % len(visitors)])
                said += 1
        return said

    def times(self, kind: str) -> list[int]:
        """What was measured of a kind."""
        return self._times[kind]


async def until(condition: Callable[[], bool], seconds: float = 600.0) -> bool:
    """Wait until something is so; says whether it came to that."""
    with anyio.move_on_after(seconds):
        while not condition():  # noqa: ASYNC110 - agents and visitors have nobody to tell
            await anyio.sleep(0.02)
    return condition()


async def measured(load: Load, stage: Stage) -> Figures:
    """Measure all phases, one after the other."""
    found: list[Figures] = []
    async with anyio.create_task_group() as tasks:
        run = Run(load, stage, tasks)
        for number in range(load.agents):
            tasks.start_soon(run.agent, number)
        found.append(await _phases(run))
        for visitor in run.connected:
            visitor.cut()
        for poller in run.pollers:
            await poller.close()
        tasks.cancel_scope.cancel()
    return found[0]


async def _phases(run: Run) -> Figures:
    load = run.load
    empty = await run.settled()
    async with run.phase("open, who poll"):
        await run.open_all(load.polling, run.open_poller)
    with_pollers = await run.settled()
    async with run.phase("open, on sockets"):
        await run.open_all(load.connected, run.open_connected)
    with_all = await run.settled()
    async with run.phase("nobody does anything"):
        await anyio.sleep(min(IDLE, load.seconds))
    await run.prime()
    async with run.phase("polls"):
        await run.polls(Poller.poll, "q")
    request = run.times("q")[:]
    async with run.phase("polls of frames"):
        await run.polls(Poller.poll_frames, "f")
    run.times("q").clear()
    said = [0]
    async with run.phase("sentences over sockets, and polls"), anyio.create_task_group() as tasks:
        tasks.start_soon(run.polls, Poller.poll, "q")
        said[0] = await run.talk(run.connected, "v")
        await until(lambda: len(run.times("a")) >= said[0], LAST)
    async with run.phase("sentences by request"):
        asked = await run.talk(run.pollers, "p")
        await until(lambda: len(run.times("p")) >= asked, LAST)
    return _figures(run, request, (empty, with_pollers, with_all), said[0], asked)


def _figures(
    run: Run, request: list[int], memory: tuple[int, int, int], said: int, asked: int
) -> Figures:
    load, spans, stage = run.load, run.spans, run.stage
    idle = spans["nobody does anything"].web / spans["nobody does anything"].seconds

    def each(name: str, count: int, more: float = 0.0) -> float:
        """Microseconds of the web process for one of so many, without what it does anyway."""
        span = spans[name]
        return (span.web - idle * span.seconds - more) / max(count, 1) * MILLION

    request_us = each("polls", len(request))
    both = len(run.times("v")) + len(run.times("a"))
    polled = request_us / MILLION * len(run.times("q"))
    empty, with_pollers, with_all = memory
    return Figures(
        polling=load.polling,
        connected=load.connected,
        cores=os.cpu_count() or 1,
        polling_opened=each("open, who poll", load.polling),
        connected_opened=each("open, on sockets", load.connected),
        polling_bytes=(with_pollers - empty) / max(load.polling, 1),
        connected_bytes=(with_all - with_pollers) / max(load.connected, 1),
        idle=idle,
        request_us=request_us,
        request=Times.of(request),
        frames_us=each("polls of frames", len(run.times("f"))),
        frames=Times.of(run.times("f")),
        message_us=each("sentences over sockets, and polls", both, polled),
        to_agent=Times.of(run.times("v")),
        to_visitor=Times.of(run.times("a")),
        by_request_to_agent=Times.of(run.times("p")),
        by_request_us=each("sentences by request", asked),
        refused=run.refused,
        unheard=2 * said - both + asked - len(run.times("p")),
        counted=_counted(stage),
        spans=spans,
    )


def _counted(stage: Stage) -> dict[str, int]:
    """What the web process says that it did."""
    found = metric(stage.health, "parley_web_requests_total")
    found |= metric(stage.health, "parley_web_frames_total")
    return {labels: int(value) for labels, value in found.items()}


def may_open(files: int) -> None:
    """Have the process open so many files, and its children.

    Raises:
        OSError: It may not.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        raise OSError(f"{files} open files are needed, and {hard} allowed: see ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; gives the exit status."""
    usual = Load()
    parser = argparse.ArgumentParser(
        prog="python -m connectors.web.load",
        description="Measure one web process between a real broker and visitors who poll or have a socket.",
    )
    for name, kind, says in (
        ("polling", int, "visitors who poll"),
        ("connected", int, "visitors on sockets"),
        ("seconds", float, "length of a phase"),
        ("every", float, "seconds between two polls of one visitor"),
        ("rate", float, "sentences of visitors in a second"),
        ("settle", float, "seconds of quiet before a phase"),
    ):
        default = getattr(usual, name)
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"{says} ({default})")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = vars(parser.parse_args(argv))
    as_data = arguments.pop("json")
    load = Load(**arguments)
    try:
        may_open(load.polling + load.connected + SPARE_FILES)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    gc.set_threshold(100_000, 50, 100)
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder), load.agents) as stage:
        figures = anyio.run(partial(measured, load, stage), backend="asyncio")
    print(json.dumps(as_json(figures)) if as_data else "\n".join(shown(figures)))
    return 0
