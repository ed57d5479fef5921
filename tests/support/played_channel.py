"""A channel in memory, its frame and a played broker, all in virtual time: no socket, no thread, no disk.

The far side is two lists. What lies in `inbox` comes in, what was sent lies in `outbox`; both outlive the
program, which can be killed and started again, as its store does.
"""

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest
import trio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import define, field
from trio.testing import MockClock

from connectors.channels.channel import (
    Channel,
    Host,
    Incoming,
    NotTaken,
    Outgoing,
    Permanent,
    Sent,
    Unknown,
)
from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.conform.play import Played, play
from connectors.channels.conform.stage import Timing
from connectors.channels.conform.table import SCENARIOS
from connectors.channels.converter import Secret
from connectors.channels.figures import Figures
from connectors.channels.host import serve
from connectors.channels.pulse import Pulse
from connectors.channels.settings import Broker, Limits
from connectors.channels.stop import Stop
from connectors.channels.store import opened
from connectors.client.errors import Ended
from connectors.client.transport import Client
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.values import Channel as Kind
from protocol.values import Direction

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GATEWAYS = tuple(
    GatewayInfo(
        display_name=f"Pigeons {direction}",
        peer_address="loft",
        channel=Kind.EMAIL,
        direction=direction,
        id=derive("message_gateway", f"loft {direction}"),
    )
    for direction in (Direction.I, Direction.O)
)
INBOUND, OUTBOUND = GATEWAYS
BROKER = Broker(gateways=("loft",), token=Secret("loft-secret"))


class MemoryPipe(anyio.abc.ByteStream):
    """One end of a connection in memory."""

    def __init__(
        self,
        send: MemoryObjectSendStream[bytes],
        receive: MemoryObjectReceiveStream[bytes],
    ) -> None:
        self._send = send
        self._receive = receive
        self._rest = b""

    async def send(self, item: bytes) -> None:
        await self._send.send(item)

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        data = self._rest or await self._receive.receive()
        self._rest = data[max_bytes:]
        return data[:max_bytes]

    async def send_eof(self) -> None:
        self._send.close()

    async def aclose(self) -> None:
        self._send.close()
        self._receive.close()


def pipe() -> tuple[MemoryPipe, MemoryPipe]:
    """Both ends of a connection."""
    there, here = (anyio.create_memory_object_stream[bytes](10_000) for _ in range(2))
    return MemoryPipe(there[0], here[1]), MemoryPipe(here[0], there[1])


@define(eq=False)
class Loft:
    """The far side: what waits to come in, and what has arrived.

    Attributes:
        inbox: Texts by name.
        outbox: Texts that arrived.
        refused: Names of what the broker did not take.
        seconds: How long a flight takes.
    """

    inbox: dict[str, str] = field(factory=dict)
    outbox: list[str] = field(factory=list)
    refused: list[str] = field(factory=list)
    seconds: float = 0.1
    address: str = "anna"
    bad_address: str | None = "nobody"
    can_inject: bool = True
    can_look: bool = True
    _count: Any = field(factory=itertools.count)

    async def inject(self, text: str) -> None:
        self.inbox[f"ring-{next(self._count)}"] = text

    async def arrived(self) -> list[str]:
        return self.outbox


class Pigeons(Channel):
    """A channel that does everything right."""

    name = "pigeons"

    def __init__(self, loft: Loft) -> None:
        self.loft = loft

    async def run(self, host: Host) -> None:
        while not host.stopping:
            async with anyio.create_task_group() as tasks:
                for name in list(self.loft.inbox):
                    tasks.start_soon(self.take, host, name)
            await host.pause(0.5)

    async def take(self, host: Host, name: str) -> None:
        letter = Incoming(
            gateway="loft",
            delivery_id=name,
            remote_address="anna",
            received=WHEN,
            text=self.loft.inbox[name],
        )
        try:
            await host.receive(letter)
        except NotTaken:
            self.loft.refused.append(name)
        self.loft.inbox.pop(name, None)

    async def send(self, message: Outgoing) -> Sent:
        if message.remote_address == "nobody":
            raise Permanent("nobody lives there")
        await anyio.sleep(self.loft.seconds)
        self.loft.outbox.append(f"{message.delivery_id}: {message.text}")
        return Sent(f"ring {message.delivery_id}")

    async def find(self, message: Outgoing) -> Sent | None:
        if any(text.startswith(f"{message.delivery_id}:") for text in self.loft.outbox):
            return Sent(f"ring {message.delivery_id}")
        raise Unknown("pigeons do not tell")


Serve = Callable[[Stop], Awaitable[None]]


@define(eq=False)
class MemoryProgram:
    """The program of a channel as a task that can be killed and started again."""

    tasks: anyio.abc.TaskGroup
    serve: Serve
    status: int | None = None
    _scope: anyio.CancelScope | None = None
    _stop: Stop = field(factory=Stop)
    _ended: anyio.Event = field(factory=anyio.Event)

    async def start(self) -> None:
        await self.kill()  # one that is being killed is over first
        self._stop, self._ended = Stop(lambda: 0.0), anyio.Event()
        self._scope, self.status = anyio.CancelScope(), None
        self.tasks.start_soon(self._run)

    async def _run(self) -> None:
        assert self._scope is not None
        with self._scope:
            try:
                await self.serve(self._stop)
                self.status = 0
            except Ended:
                self.status = 3
            except BaseExceptionGroup as group:
                if not group.split(Ended)[0]:
                    raise
                self.status = 3
        self._ended.set()

    async def kill(self) -> None:
        if self._scope is not None:
            self._scope.cancel()
            await self._ended.wait()

    async def stop(self, within: float) -> int | None:
        self._stop.begin()
        with anyio.move_on_after(within):
            await self._ended.wait()
        return self.status


def connected(
    monkeypatch: pytest.MonkeyPatch, broker: PlayedBroker, tasks: anyio.abc.TaskGroup
) -> None:
    """Have every client connect to a played broker in memory."""

    async def dial(_: Client) -> anyio.abc.ByteStream:
        here, there = pipe()
        tasks.start_soon(broker.serve, there)
        return here

    monkeypatch.setattr(Client, "_dial", dial)


def in_virtual_time(run: Callable[[], Awaitable[None]]) -> None:
    """Run something for which time passes when nothing else happens."""
    trio.run(run, clock=MockClock(autojump_threshold=0))


@define(eq=False)
class Bench:
    """What a test of the frame has.

    Attributes:
        broker: The played broker.
        loft: The far side.
        figures: How the channel is doing.
        path: The store.
        program: The program, not started.
    """

    broker: PlayedBroker
    loft: Loft
    figures: Figures
    path: Path
    program: MemoryProgram


def bench(
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
    scenario: Callable[[Bench], Awaitable[None]],
    make: Callable[[Loft], Channel] = Pigeons,
    limits: Limits | None = None,
    heartbeat: int = 30,
) -> None:
    """Play a scenario with a channel on the frame."""

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            broker = PlayedBroker(GATEWAYS, "loft-secret", heartbeat=heartbeat)
            connected(monkeypatch, broker, tasks)
            loft, figures = Loft(), Figures("pigeons", Pulse(anyio.current_time))

            async def program(stop: Stop) -> None:
                async with opened(path / "store", threaded=False) as store:
                    await serve(
                        make(loft),
                        BROKER,
                        store,
                        limits=limits,
                        figures=figures,
                        stop=stop,
                    )

            await scenario(Bench(broker, loft, figures, path, MemoryProgram(tasks, program)))
            tasks.cancel_scope.cancel()

    in_virtual_time(run)


def conforming(
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
    names: tuple[str, ...] = (),
    make: Callable[[Loft], Channel] = Pigeons,
    timing: Timing | None = None,
) -> list[Played]:
    """Hold a channel on the frame against the kit."""
    results: list[Played] = []
    chosen = [one for one in SCENARIOS if not names or one.name in names]

    async def scenario(it: Bench) -> None:
        results.extend(await play(chosen, it.broker, it.loft, it.program, timing=timing))

    bench(monkeypatch, path, scenario, make)
    return results
