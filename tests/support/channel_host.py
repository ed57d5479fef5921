"""The frame of a channel, played: it keeps what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
from attrs import define, field

from connectors.channels.channel import Channel, Incoming, NotTaken, Received, Report, Stopping
from connectors.channels.store import Store, opened
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.values import Channel as Kind
from protocol.values import Direction, Guid


@define(eq=False)
class PlayedHost:
    """The frame.

    Attributes:
        store: A store of its own.
        taken: What was given and taken, in order.
        given: What was given at all.
        reports: What was reported: the kind, the name of the mail, the text.
        parts: How the parts of the far side are.
        refuses: Whether a message is refused for good.
        holds: Whether it does not answer for a message before the end.
        known: The names that were given.
        room: How many more it takes, where that is to be waited for.
    """

    store: Store
    taken: list[Incoming] = field(factory=list)
    given: list[Incoming] = field(factory=list)
    reports: list[tuple[Report, str | None, str]] = field(factory=list)
    parts: dict[str, str | None] = field(factory=dict)
    refuses: Callable[[Incoming], bool] = lambda message: False
    holds: Callable[[Incoming], bool] = lambda message: False
    known: dict[tuple[str, str], Guid] = field(factory=dict)
    room: anyio.Semaphore | None = None
    _stop: anyio.Event = field(factory=anyio.Event)
    _changed: anyio.Event = field(factory=anyio.Event)

    @property
    def stopping(self) -> bool:
        """Whether the end was announced."""
        return self._stop.is_set()

    async def stopped(self) -> None:
        """Wait for the end."""
        await self._stop.wait()

    async def pause(self, seconds: float) -> bool:
        """Wait a little; whether to go on."""
        with anyio.move_on_after(seconds):
            await self._stop.wait()
        return not self.stopping

    def gateways(self, direction: Direction | None = None) -> tuple[GatewayInfo, ...]:
        """None."""
        return ()

    async def wait_gateways(self, kind: Kind | None = None) -> tuple[GatewayInfo, ...]:
        """None."""
        return ()

    async def receive(self, message: Incoming) -> Received:
        """Take a message, unless it is to be refused."""
        if self.stopping:
            raise Stopping
        self.given.append(message)
        self._tell()
        if self.holds(message):
            await self._stop.wait()
        if self.room is not None:
            await self.room.acquire()
        if self.stopping:
            raise Stopping
        if self.refuses(message):
            raise NotTaken("refused", "TooLong")
        key = (message.gateway, message.delivery_id)
        is_known = key in self.known
        if not is_known:
            self.known[key] = derive("message", "/".join(key))
            self.taken.append(message)
        self._tell()
        return Received(self.known[key], known=is_known)

    async def report(
        self,
        report: Report,
        *,
        delivery_id: str | None = None,
        message_id: Guid | None = None,
        gateway: str | None = None,
        text: str = "",
    ) -> bool:
        """Note a report."""
        self.reports.append((report, delivery_id, text))
        self._tell()
        return True

    def tell(self, part: str, fault: str | None = None) -> None:
        """Note how a part is."""
        self.parts[part] = fault
        self._tell()

    # --- for tests

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        with anyio.fail_after(30):
            while not condition():
                await self._changed.wait()

    def stop(self) -> None:
        """Announce the end."""
        self._stop.set()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


@asynccontextmanager
async def at_work(channel: Channel, path: Path | str = ":memory:") -> AsyncIterator[PlayedHost]:
    """Run a channel with a store in a file, and stop it in good order."""
    async with opened(path) as store, anyio.create_task_group() as tasks:
        host = PlayedHost(store)
        tasks.start_soon(channel.run, host)
        await anyio.lowlevel.checkpoint()
        try:
            yield host
        finally:
            host.stop()
            tasks.cancel_scope.deadline = anyio.current_time() + 20
