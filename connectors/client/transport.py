"""What both clients are made of: a session, one connection after the other, and who waits for what.

`connectors.client` is the face of it.
"""

import math
import os
import random
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import anyio
import anyio.abc
from anyio.abc import SocketAttribute
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import frozen

from connectors.client.chats import Chat
from connectors.client.errors import ConnectorError, EndReason, Refused
from connectors.client.events import (
    ChatRef,
    Event,
    ListRefused,
    Ready,
    RequestDone,
    RequestFailed,
    SentenceEchoed,
    SentenceRefused,
)
from connectors.client.requests import SentenceKey, key_of
from connectors.client.session import Phase, Session
from connectors.client.settings import Settings
from protocol.blob import AttachmentInfo
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.session import Welcome

DIAL_SECONDS = 10.0
WRITE_SECONDS = 30.0
BYE_SECONDS = 2.0
READ_BYTES = 65_536

T = TypeVar("T")


class _Waiter(Generic[T]):
    """One result for one task that waits for it."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._result: T | ConnectorError | None = None

    def settle(self, result: T | ConnectorError) -> None:
        self._result = result
        self._event.set()

    async def wait(self) -> T:
        await self._event.wait()
        assert self._result is not None
        if isinstance(self._result, ConnectorError):
            raise self._result
        return self._result


@frozen
class Address:
    """Where the broker is.

    Attributes:
        host: Name or address.
        port: TCP port.
        tls: How TLS is spoken; None: not at all.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @classmethod
    def parse(cls, text: str, tls: ssl.SSLContext | None = None) -> "Address":
        """Read `host:port`, `[::1]:port` for IPv6.

        Raises:
            ValueError: It is no such thing.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ValueError(f"not host:port: {text!r}")
        try:
            host.encode("idna")
        except UnicodeError:
            raise ValueError(f"no name of a host: {host!r}") from None
        return cls(host.strip("[]"), int(port), tls)

    def __str__(self) -> str:
        """What `parse` reads."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Client:
    """What connectors and workplaces have in common. Made by `connect_connector` and `connect_workplace`."""

    def __init__(self, address: Address, settings: Settings, events: int) -> None:
        self._address = address
        self._session = Session(
            settings, now=anyio.current_time(), random=random.random, new_id=new_id
        )
        self._send_event, self._receive_event = event_queue(events)
        self._wake = anyio.Event()
        self._ready = anyio.Event()
        self._unlisted: Refused | None = None
        self._stopped = anyio.Event()
        self._unread = False
        self._requests: dict[int, _Waiter[Frame]] = {}
        self._sentences: dict[tuple[ChatRef, SentenceKey], _Waiter[ChatSentenceInfo]] = {}

    # --- what a program asks ---

    @property
    def address(self) -> Address:
        """Where the broker is."""
        return self._address

    @property
    def ready(self) -> bool:
        """Whether there is a session with the broker, and everything is known."""
        return self._session.phase is Phase.READY

    @property
    def dialled(self) -> bool:
        """Whether something answers there, be it a broker or not."""
        return self._session.phase not in (Phase.OFFLINE, Phase.ENDED)

    @property
    def welcome(self) -> Welcome | None:
        """The last welcome of the broker."""
        return self._session.welcome

    def now(self) -> float:
        """The clock of `Disconnected.dial_at` and `Alerted.expires_at`."""
        return anyio.current_time()

    def chats(self) -> list[Chat]:
        """The chats that are known, closed ones too for a while."""
        return [self._session.chats[ref] for ref in self._session.chats]

    def chat(self, ref: ChatRef) -> Chat | None:
        """What is known of one chat."""
        return self._session.chats.get(ref)

    def unsent(self, ref: ChatRef) -> list[ChatSentenceInfo]:
        """The sentences of a chat that have no echo yet."""
        return self._session.unsent(ref)

    def dial_now(self) -> None:
        """Try a connection that was lost at once, as when somebody at a screen does something."""
        if self._session.dial_now(self.now()):
            self._wake.set()

    async def wait_ready(self) -> None:
        """Wait for the first time that the session is ready.

        Raises:
            Ended: It will not be.
            Refused: It is not, since the broker cannot list its chats to it (`ListRefused`).
        """
        await self._ready.wait()
        if self._session.ended is not None:
            raise self._session.ended
        if self._unlisted is not None:
            raise self._unlisted

    def events(self) -> AsyncIterator[Event]:
        """What happens, in its order; ends after `SessionEnded`. For one reader.

        It is to be read while the client lives: a queue of events that is full ends the client.
        """
        return aiter(self._receive_event)

    async def send(
        self,
        chat: ChatRef,
        text: str,
        *,
        sentence_id: str | None = None,
        party_name: str | None = None,
        model: int = 0,
        time_sent: datetime | None = None,
        attachments: Sequence[AttachmentInfo] = (),
    ) -> ChatSentenceInfo:
        """Send a sentence and wait until it is durable, however long the broker is away.

        Args:
            chat: The chat.
            text: What is said.
            sentence_id: Its key, for a program that sends it again after it was itself restarted.
            party_name: Name of the sender as the conversation shows it.
            model: How it is to be read.
            time_sent: When the person sent it; by default now.
            attachments: What comes with it; it is there already (`connectors.client.blobs`).

        Returns:
            The sentence with its counter.

        Raises:
            Refused: The broker did not take it, and it is not in the transcript.
            QueueFull: So many sentences of this chat wait already.
            Ended: The session is over.
        """
        key = self.send_soon(
            chat,
            text,
            sentence_id=sentence_id,
            party_name=party_name,
            model=model,
            time_sent=time_sent,
            attachments=attachments,
        )
        named = key_of(ChatSentenceInfo(id=key, model=model))
        waiter = self._sentences.setdefault((chat, named), _Waiter())
        return await waiter.wait()

    def send_soon(
        self,
        chat: ChatRef,
        text: str,
        *,
        sentence_id: str | None = None,
        party_name: str | None = None,
        model: int = 0,
        time_sent: datetime | None = None,
        attachments: Sequence[AttachmentInfo] = (),
    ) -> str:
        """Hand a sentence over and return at once; `SentenceEchoed` or `SentenceRefused` tells its fate.

        Returns:
            Its key.

        Raises:
            QueueFull: So many sentences of this chat wait already.
            Ended: The session is over.
        """
        key = self._session.send(
            chat,
            text,
            self.now(),
            sentence_id=sentence_id,
            party_name=party_name,
            time_sent=time_sent or datetime.now(UTC),
            model=model,
            attachments=attachments,
        )
        self._wake.set()
        return key

    def confirm(self, chat: ChatRef, sentence_id: str) -> None:
        """Confirm a received sentence, when `Tuning.confirm` is off. Returns at once.

        Raises:
            Ended: The session is over.
        """
        self._session.confirm(chat, sentence_id, self.now())
        self._wake.set()

    def typing(self, chat: ChatRef, is_typing: bool = True) -> None:
        """Tell the other side; may be called at every keystroke.

        Returns at once, and is forgotten while offline.
        """
        self._session.typing(chat, is_typing, self.now())
        self._wake.set()

    async def status(self, chat: ChatRef) -> ChatStatusInfo:
        """Ask for a fresh snapshot of a chat."""
        return await self._command("STATUS", chat)

    async def request(self, type_: str, payload: object, *, chat: ChatRef | None = None) -> Frame:
        """Ask anything that the catalogue of frames has.

        Returns:
            The answer.

        Raises:
            Refused: The broker did not do it.
            NotConnected: There is no session, and this type must not be done later.
            ConnectionLost: Whether it was done is not known.
            TimedOut: There was no answer.
            QueueFull: So many requests wait already.
            Ended: The session is over.
        """
        return await self._answer(self._session.request(type_, payload, self.now(), ref=chat))

    async def _command(
        self, kind: str, chat: ChatRef, *, is_parked: bool | None = None
    ) -> ChatStatusInfo:
        request_id = self._session.command(kind, chat, self.now(), is_parked=is_parked)
        frame = await self._answer(request_id)
        assert isinstance(frame.payload, ChatStatusInfo)
        return frame.payload

    async def _answer(self, request_id: int) -> Frame:
        self._wake.set()
        waiter: _Waiter[Frame] = _Waiter()
        self._requests[request_id] = waiter
        try:
            return await waiter.wait()
        finally:
            self._requests.pop(request_id, None)

    # --- what happens ---

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case RequestDone(request_id, frame):
                    self._settle(self._requests.get(request_id), frame)
                    continue
                case RequestFailed(request_id, error) if request_id in self._requests:
                    self._settle(self._requests[request_id], error)
                    continue
                case SentenceEchoed(ref, sentence):
                    self._settle(self._sentences.pop((ref, key_of(sentence)), None), sentence)
                case SentenceRefused(ref, sentence, error):
                    self._settle(self._sentences.pop((ref, key_of(sentence)), None), error)
                case Ready():
                    self._unlisted = None
                    self._ready.set()
                case ListRefused(error) if not self._ready.is_set():
                    self._unlisted = error
                    self._ready.set()
                case _:
                    pass
            if not self._unread:
                self._queue_event(event)

    def _queue_event(self, event: Event) -> None:
        try:
            self._send_event.send_nowait(event)
        except anyio.WouldBlock:
            # A program that does not look at what happens is not served half: it is told so.
            self._unread = True
            self._tell(self._session.close(self.now(), EndReason.EVENTS_NOT_READ))

    @staticmethod
    def _settle(waiter: _Waiter[T] | None, result: T | ConnectorError) -> None:
        if waiter is not None:
            waiter.settle(result)

    # --- the connection ---

    async def run(self) -> None:
        """Connect again and again until the session ends."""
        try:
            while self._session.phase is not Phase.ENDED:
                dial_at = self._session.dial_at
                if dial_at is not None and dial_at > self.now():
                    await self._until(dial_at)
                    self._tell(self._session.tick(self.now()))
                else:
                    await self._connect()
        finally:
            self._ready.set()
            self._send_event.close()
            self._stopped.set()

    async def _connect(self) -> None:
        """One connection, from its opening to its end."""
        try:
            with anyio.fail_after(DIAL_SECONDS):
                stream = await self._dial()
        except (OSError, TimeoutError) as error:
            self._tell(self._session.lost(self.now(), _why(error)))
            return
        self._session.dialled(self.now())
        why = ["the connection was closed"]
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read, stream, tasks.cancel_scope, why)
                await self._write(stream, why)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.move_on_after(BYE_SECONDS, shield=True):
                await stream.aclose()
        self._tell(self._session.lost(self.now(), why[-1]))

    async def _dial(self) -> anyio.abc.ByteStream:
        where = self._address
        if where.tls is None:
            stream: anyio.abc.ByteStream = await anyio.connect_tcp(where.host, where.port)
        else:
            stream = await anyio.connect_tcp(
                where.host,
                where.port,
                ssl_context=where.tls,
                tls_hostname=where.host,
                tls_standard_compatible=False,
            )
        raw = stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - anyio's, no SQL
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream

    async def _read(
        self, stream: anyio.abc.ByteStream, scope: anyio.CancelScope, why: list[str]
    ) -> None:
        try:
            while True:
                data = await stream.receive(READ_BYTES)
                self._tell(self._session.receive(data, self.now()))
                self._wake.set()
        except anyio.EndOfStream:
            why.append("the broker closed the connection")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            why.append(f"the connection broke: {error.__cause__ or error}")
        scope.cancel()

    async def _write(self, stream: anyio.abc.ByteStream, why: list[str]) -> None:
        """Send what is to be sent, and keep the session's time; end when it wants to hang up."""
        try:
            while True:
                self._tell(self._session.tick(self.now()))
                if data := self._session.data_to_send():
                    with anyio.fail_after(WRITE_SECONDS):
                        await stream.send(data)
                elif self._session.hang_up:
                    return
                else:
                    await self._until(self._session.next_deadline)
        except TimeoutError:
            why.append("the broker does not read")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            why.append(f"the connection broke: {error.__cause__ or error}")

    async def _until(self, when: float | None) -> None:
        """Wait for a time, or until the program asks for something."""
        seconds = math.inf if when is None else max(0.0, when - self.now())
        with anyio.move_on_after(seconds):
            await self._wake.wait()
        self._wake = anyio.Event()

    def release(self) -> None:
        """Let the queue of events go."""
        self._send_event.close()
        self._receive_event.close()

    async def bye(self) -> None:
        """End the session and let the last bytes go."""
        self._tell(self._session.close(self.now()))
        self._wake.set()
        with anyio.move_on_after(BYE_SECONDS):
            await self._stopped.wait()


def _why(error: BaseException) -> str:
    """What kept a connection from opening: of several addresses that were tried, the first."""
    cause = error.__cause__
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(error, TimeoutError):
        return "no answer in time"
    found = cause or error
    libraries = (ssl.SSLError, socket.gaierror)  # they number their faults otherwise
    if isinstance(found, OSError) and found.errno and not isinstance(found, libraries):
        return os.strerror(found.errno)  # what the system calls it, not what a library does
    return str(found) or type(found).__name__


def event_queue(
    bound: int,
) -> tuple[MemoryObjectSendStream[Event], MemoryObjectReceiveStream[Event]]:
    """Make the queue between a session and its program."""
    return anyio.create_memory_object_stream[Event](bound)


def new_id() -> str:
    """Make a key that no other program makes."""
    return str(uuid.uuid4())
