"""What an SMS channel is given to work with, played: a store in memory, and a broker of few words."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from attrs import define, field

from connectors.channels.channel import (
    Incoming,
    Outgoing,
    Received,
    Report,
    Stopping,
)
from connectors.channels.store import Store, opened
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.values import Channel as Kind
from protocol.values import Direction, Guid

T = TypeVar("T")
GATEWAY = GatewayInfo(
    peer_address="sms",
    channel=Kind.SMS,
    direction=Direction.O,
    id=derive("message_gateway", "sms"),
)


@define(eq=False)
class PlayedHost:
    """The frame.

    Attributes:
        store: The store.
        received: What the broker was given.
        reports: What it was told: the report, the name of the message, and the text.
        parts: How the parts of the far side are.
        answers: What happens with a message: an exception is raised, an event is waited for.
    """

    store: Store
    received: list[Incoming] = field(factory=list)
    reports: list[tuple[str, str, str]] = field(factory=list)
    parts: dict[str, str | None] = field(factory=dict)
    answers: list[Exception | anyio.Event] = field(factory=list)
    _stop: anyio.Event = field(factory=anyio.Event)
    _changed: anyio.Event = field(factory=anyio.Event)

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    async def stopped(self) -> None:
        await self._stop.wait()

    async def pause(self, seconds: float) -> bool:
        with anyio.move_on_after(seconds):
            await self._stop.wait()
        return not self.stopping

    def gateways(self, direction: Direction | None = None) -> tuple[GatewayInfo, ...]:
        return (GATEWAY,)

    async def wait_gateways(self, kind: Kind | None = None) -> tuple[GatewayInfo, ...]:
        return (GATEWAY,)

    async def receive(self, message: Incoming) -> Received:
        if self.stopping:
            raise Stopping
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            self._note()
            await answer.wait()
        self.received.append(message)
        self._note()
        return Received(derive("message", message.delivery_id))

    async def report(
        self,
        report: Report,
        *,
        delivery_id: str | None = None,
        message_id: Guid | None = None,
        gateway: str | None = None,
        text: str = "",
    ) -> bool:
        self.reports.append((str(report), message_id or delivery_id or "", text))
        self._note()
        return delivery_id != "unknown"

    def tell(self, part: str, fault: str | None = None) -> None:
        self.parts[part] = fault
        self._note()

    def _note(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def until(self, condition: Any) -> None:
        """Wait until something is so."""
        with anyio.fail_after(20):
            while not condition():
                await self._changed.wait()


@asynccontextmanager
async def played_host() -> AsyncIterator[PlayedHost]:
    """A host with an empty store, which works without a thread: virtual time does not know of those."""
    async with opened(":memory:") as store:
        store._run = _inline  # type: ignore[method-assign]  # this one store
        yield PlayedHost(store)


async def _inline(do: Callable[[], T]) -> T:
    await anyio.lowlevel.checkpoint()
    return do()


def outgoing(text: str = "Hello", **given: Any) -> Outgoing:
    """A text that the broker sends."""
    name = given.pop("name", "m-1")
    values: dict[str, Any] = {
        "message_id": derive("message", name),
        "gateway": GATEWAY,
        "delivery_id": name,
        "remote_address": "+420603123456",
        "text": text,
        "sent": datetime(2026, 3, 1, tzinfo=UTC),
    }
    return Outgoing(**{**values, **given})
