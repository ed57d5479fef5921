"""An SMSC of another implementation, and one by hand that does whatever a test wants of it."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import anyio.abc
import smpp34
from anyio.streams.tls import TLSListener
from attrs import define, field

from connectors.sms.smpp_codec import Pdu, decode, encode, take_frame

Decide = Callable[["smpp34.SubmitSmEvent"], None]


@define(eq=False)
class Smsc:
    """The SMSC of `smpp34`; needs asyncio.

    Attributes:
        port: Where it listens.
        submits: What was submitted.
        decide: What is done with a submit; by default it is taken as `id-1`, `id-2`, and so on.
    """

    port: int
    submits: list[smpp34.SubmitSmEvent] = field(factory=list)
    decide: Decide | None = None
    _esme: smpp34.Esme | None = None
    _changed: anyio.Event = field(factory=anyio.Event)

    async def serve(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self._esme = event
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.submits.append(event)
                (self.decide or self._accept)(event)
            elif self._esme is not None and event.session_id == self._esme.session_id:
                self._esme = None
            self._changed.set()
            self._changed = anyio.Event()

    def _accept(self, event: smpp34.SubmitSmEvent) -> None:
        event.accept(f"id-{len(self.submits)}")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        with anyio.fail_after(20):
            while not condition():
                await self._changed.wait()

    async def esme(self) -> smpp34.Esme:
        """Who is bound, as soon as somebody is."""
        await self.until(lambda: self._esme is not None)
        assert self._esme is not None
        return self._esme

    async def deliver(self, text: bytes, **given: Any) -> int:
        """Deliver something; the status that it is answered."""
        esme = await self.esme()
        values = {"source_addr": "420603123456", "source_addr_ton": 1, **given}
        return (await esme.deliver_sm("90210", text, **values)).command_status


def free_port() -> int:
    """A port on which nobody listens just now: `smpp34` does not say which one it was given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def smsc() -> AsyncIterator[Smsc]:
    """An SMSC that listens."""
    it = Smsc(free_port())
    server = smpp34.Server("127.0.0.1", it.port, system_id="smsc")
    await server.start()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(it.serve, server)
        yield it
        tasks.cancel_scope.cancel()
    await server.stop()


@define(eq=False)
class Connection:
    """One connection to an SMSC by hand."""

    stream: anyio.abc.ByteStream
    _buffer: bytearray = field(factory=bytearray)

    async def next(self) -> Pdu:
        """What comes next."""
        while (frame := take_frame(self._buffer)) is None:
            self._buffer += await self.stream.receive()
        return decode(frame)

    async def say(self, command: str, sequence: int, status: int = 0, **members: Any) -> None:
        """Send a unit."""
        pdu = Pdu(command=command, sequence=sequence, status=status, members=members)
        await self.stream.send(encode(pdu))

    async def bind(self) -> None:
        """Take the bind."""
        pdu = await self.next()
        await self.say("bind_transceiver_resp", pdu.sequence, system_id="hand")


@asynccontextmanager
async def smsc_by_hand(
    *scripts: Callable[[Connection], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """An SMSC that does with each connection what the next script says, and then hangs up; its port."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    left = list(scripts)

    async def handle(stream: anyio.abc.ByteStream) -> None:
        script = left.pop(0) if left else scripts[-1]
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            async with stream:
                await script(Connection(stream))

    serving: Any = listener if tls is None else TLSListener(listener, tls, False)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(serving.serve, handle)
        yield listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.cancel_scope.cancel()
