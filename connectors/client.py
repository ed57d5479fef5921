"""The client library: a `Session` on a real connection, under trio or asyncio (by anyio).

    async with connect_connector("127.0.0.1:7070", ["web"], token) as client:
        chat = await client.start_chat(party_name="Jana")
        await client.send(chat, "Good morning")
        async for event in client.events():
            ...

The client reconnects and resyncs by itself; a program sees `Disconnected` and `Ready` among the events and may
go on as if nothing had happened. Leaving the block says good-bye and ends the session.

Cancellation: every `await` here may be cancelled, and what was asked for goes on. A `send` that is cancelled
has handed its sentence over: it is still sent until it is echoed, and its echo is among the events. A request that is
cancelled is done or not done; look at the chat. Nothing here needs to be called again after a cancellation.

Errors are those of `connectors.errors`.
"""

import math
import random
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import anyio
import anyio.abc
import attrs
from anyio.abc import SocketAttribute
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from connectors.book import Chat
from connectors.errors import ConnectorError, EndReason
from connectors.events import (
    ChatRef,
    Event,
    Ready,
    RequestDone,
    RequestFailed,
    SentenceEchoed,
    SentenceRefused,
)
from connectors.session import Phase, Session
from connectors.settings import (
    ConnectorSettings,
    Gateway,
    Settings,
    Tuning,
    WorkplaceSettings,
)
from protocol.agent import AgentStateInfo
from protocol.chat import ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.session import Welcome
from protocol.values import AgentState

DIAL_SECONDS = 10.0
WRITE_SECONDS = 30.0
BYE_SECONDS = 2.0
EVENTS = 10_000
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


@attrs.frozen
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
        """Reads `host:port`, `[::1]:port` for IPv6.

        Raises:
            ValueError: It is no such thing.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ValueError(f"not host:port: {text!r}")
        return cls(host.strip("[]"), int(port), tls)


class Client:
    """What connectors and workplaces have in common. Made by `connect_connector` and `connect_workplace`."""

    def __init__(self, address: Address, settings: Settings, events: int) -> None:
        self._address = address
        self._session = Session(
            settings, now=anyio.current_time(), random=random.random, new_id=_new_id
        )
        self._send_event, self._receive_event = _queue(events)
        self._wake = anyio.Event()
        self._ready = anyio.Event()
        self._stopped = anyio.Event()
        self._unread = False
        self._requests: dict[int, _Waiter[Frame]] = {}
        self._sentences: dict[tuple[ChatRef, str], _Waiter[ChatSentenceInfo]] = {}

    # --- what a program asks ---

    @property
    def ready(self) -> bool:
        """Whether there is a session with the broker, and everything is known."""
        return self._session.phase is Phase.READY

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

    async def wait_ready(self) -> None:
        """Waits for the first time that the session is ready.

        Raises:
            Ended: It will not be.
        """
        await self._ready.wait()
        if self._session.ended is not None:
            raise self._session.ended

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
    ) -> ChatSentenceInfo:
        """Sends a sentence and waits until it is durable, however long the broker is away.

        Args:
            chat: The chat.
            text: What is said.
            sentence_id: Its key, for a program that sends it again after it was itself restarted.
            party_name: Name of the sender as the conversation shows it.
            model: How it is to be read.

        Returns:
            The sentence with its counter.

        Raises:
            Refused: The broker did not take it, and it is not in the transcript.
            QueueFull: So many sentences of this chat wait already.
            Ended: The session is over.
        """
        key = self.send_soon(
            chat, text, sentence_id=sentence_id, party_name=party_name, model=model
        )
        waiter = self._sentences.setdefault((chat, key), _Waiter())
        return await waiter.wait()

    def send_soon(
        self,
        chat: ChatRef,
        text: str,
        *,
        sentence_id: str | None = None,
        party_name: str | None = None,
        model: int = 0,
    ) -> str:
        """Hands a sentence over and returns at once; `SentenceEchoed` or `SentenceRefused` tells its fate.

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
            time_sent=datetime.now(UTC),
            model=model,
        )
        self._wake.set()
        return key

    def confirm(self, chat: ChatRef, sentence_id: str) -> None:
        """Confirms a received sentence, when `Tuning.confirm` is off. Returns at once; lasts over connections.

        Raises:
            Ended: The session is over.
        """
        self._session.confirm(chat, sentence_id, self.now())
        self._wake.set()

    def typing(self, chat: ChatRef, is_typing: bool = True) -> None:
        """Tells the other side; may be called at every keystroke. Returns at once, and is forgotten while offline."""
        self._session.typing(chat, is_typing, self.now())
        self._wake.set()

    async def status(self, chat: ChatRef) -> ChatStatusInfo:
        """Asks for a fresh snapshot of a chat."""
        return await self._command("STATUS", chat)

    async def request(self, type_: str, payload: object, *, chat: ChatRef | None = None) -> Frame:
        """Asks anything that the catalogue of frames has.

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

    async def _command(self, kind: str, chat: ChatRef) -> ChatStatusInfo:
        frame = await self._answer(self._session.command(kind, chat, self.now()))
        assert isinstance(frame.payload, ChatStatusInfo)
        return frame.payload

    async def _answer(self, ticket: int) -> Frame:
        self._wake.set()
        waiter: _Waiter[Frame] = _Waiter()
        self._requests[ticket] = waiter
        try:
            return await waiter.wait()
        finally:
            self._requests.pop(ticket, None)

    # --- what happens ---

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case RequestDone(ticket, frame):
                    self._settle(self._requests.get(ticket), frame)
                    continue
                case RequestFailed(ticket, error) if ticket in self._requests:
                    self._settle(self._requests[ticket], error)
                    continue
                case SentenceEchoed(ref, sentence):
                    self._settle(self._sentences.pop((ref, sentence.id or ""), None), sentence)
                case SentenceRefused(ref, sentence, error):
                    self._settle(self._sentences.pop((ref, sentence.id or ""), None), error)
                case Ready():
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
        """Connects again and again until the session ends."""
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
            self._tell(self._session.lost(self.now(), str(error) or type(error).__name__))
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
        """Sends what is to be sent, and keeps the session's time; ends when it wants to hang up."""
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
        """Waits for a time, or until the program asks for something."""
        seconds = math.inf if when is None else max(0.0, when - self.now())
        with anyio.move_on_after(seconds):
            await self._wake.wait()
        self._wake = anyio.Event()

    def release(self) -> None:
        """Lets the queue of events go."""
        self._send_event.close()
        self._receive_event.close()

    async def bye(self) -> None:
        """Ends the session and lets the last bytes go."""
        self._tell(self._session.close(self.now()))
        self._wake.set()
        with anyio.move_on_after(BYE_SECONDS):
            await self._stopped.wait()


class ConnectorClient(Client):
    """A program that serves gateways."""

    def __init__(self, address: Address, settings: ConnectorSettings, events: int) -> None:
        super().__init__(address, settings, events)
        self._gateway = settings.gateways[0]

    async def start_chat(
        self,
        gateway: str | Gateway | None = None,
        *,
        tracking_id: str | None = None,
        party_name: str | None = None,
        culture: str | None = None,
        user_token: str | None = None,
        remote_address: str | None = None,
        info: ChatServiceInfo | None = None,
    ) -> ChatRef:
        """Starts a chat, or comes back to the one that has this tracking ID, and waits until it is durable.

        Args:
            gateway: Where; by default the first gateway of the client.
            tracking_id: The conversation's name on this side; by default a new one.
            party_name: Name of the visitor.
            culture: Language that the visitor prefers.
            user_token: Who the visitor is in a foreign system.
            remote_address: Address of the visitor.
            info: Whatever else a start may carry; the other arguments are put into it.

        Returns:
            The name of the chat, for all other calls.

        Raises:
            Refused: The broker does not take it.
            TimedOut: It does not answer.
            QueueFull: So many requests wait already.
            Ended: The session is over.
        """
        service = self._service(
            gateway,
            info,
            tracking_id=tracking_id,
            party_name=party_name,
            preferred_culture=culture,
            user_token=user_token,
            remote_address=remote_address,
        )
        ref, ticket = self._session.start_chat(service, self.now())
        await self._answer(ticket)
        return ref

    def start_chat_soon(
        self,
        gateway: str | Gateway | None = None,
        *,
        tracking_id: str | None = None,
        party_name: str | None = None,
        info: ChatServiceInfo | None = None,
    ) -> ChatRef:
        """Starts a chat and returns at once, even without a connection.

        Sentences may be handed over already. `ChatChanged` tells that it began, `RequestFailed` that it
        did not.
        """
        service = self._service(gateway, info, tracking_id=tracking_id, party_name=party_name)
        ref, _ticket = self._session.start_chat(service, self.now())
        self._wake.set()
        return ref

    async def ask_chat(
        self, gateway: str | Gateway | None = None, info: ChatServiceInfo | None = None
    ) -> ChatServiceInfo:
        """Asks whether a chat would be taken now: `signal` and `scenario_model` of the answer (B-1)."""
        service = self._service(gateway, info, tracking_id=_new_id())
        frame = await self.request("ES_CHAT_REQUEST", service)
        assert isinstance(frame.payload, ChatServiceInfo)
        return frame.payload

    async def stop(self, chat: ChatRef) -> ChatStatusInfo:
        """Ends a chat from the visitor's side."""
        return await self._command("STOP", chat)

    def _service(
        self,
        gateway: str | Gateway | None,
        info: ChatServiceInfo | None,
        **given: str | None,
    ) -> ChatServiceInfo:
        where = Gateway(gateway) if isinstance(gateway, str) else gateway or self._gateway
        changes: dict[str, Any] = {name: it for name, it in given.items() if it is not None}
        return attrs.evolve(info or ChatServiceInfo(), peer=where.peer, port=where.port, **changes)


class WorkplaceClient(Client):
    """A program of an agent."""

    async def set_state(self, state: AgentState, reason: str | None = None) -> AgentStateInfo:
        """Asks for a state (B-28).

        Returns:
            The state that the agent has now, and in `next_state` what he will have when his chats have ended.
        """
        ticket = self._session.set_agent_state(state, self.now(), reason)
        frame = await self._answer(ticket)
        assert isinstance(frame.payload, AgentStateInfo)
        return frame.payload

    async def answer(self, chat: ChatRef) -> ChatStatusInfo:
        """Takes a chat that is offered.

        Raises:
            AlertGone: The offer ended before.
            NotConnected: There is no session now.
            ConnectionLost: Whether it was taken, `Ready` and the chat will show.
        """
        return await self._command("ANSWER", chat)

    async def hang_up(self, chat: ChatRef) -> ChatStatusInfo:
        """Rejects a chat that is offered, or ends one that is answered."""
        return await self._command("HANGUP", chat)


@asynccontextmanager
async def connect_connector(
    address: str | Address,
    gateways: Sequence[str | Gateway],
    token: str,
    *,
    tls: ssl.SSLContext | None = None,
    tuning: Tuning | None = None,
    software: str = "parley-connectors",
    wait: bool = True,
    events: int = EVENTS,
) -> AsyncIterator[ConnectorClient]:
    """Connects a program that serves gateways.

    Args:
        address: The broker, `host:port`.
        gateways: The addresses that it serves.
        token: Their secret.
        tls: How TLS is spoken, if `address` is a str; None: not at all.
        tuning: Times and bounds.
        software: What the program calls itself.
        wait: Enter the block when the session is ready; False: at once.
        events: How many events may wait to be read.

    Raises:
        Ended: The broker refused the hello (with `wait`).
    """
    settings = ConnectorSettings(
        gateways=tuple(Gateway(one) if isinstance(one, str) else one for one in gateways),
        token=token,
        software=software,
        tuning=tuning or Tuning(),
    )
    client = ConnectorClient(_address(address, tls), settings, events)
    async with _running(client, wait=wait):
        yield client


@asynccontextmanager
async def connect_workplace(
    address: str | Address,
    number: str,
    login: str,
    token: str,
    *,
    tls: ssl.SSLContext | None = None,
    tuning: Tuning | None = None,
    software: str = "parley-connectors",
    wait: bool = True,
    events: int = EVENTS,
) -> AsyncIterator[WorkplaceClient]:
    """Connects a program of an agent; as `connect_connector`, with the workplace's number and the agent's login."""
    settings = WorkplaceSettings(
        number=number, login=login, token=token, software=software, tuning=tuning or Tuning()
    )
    client = WorkplaceClient(_address(address, tls), settings, events)
    async with _running(client, wait=wait):
        yield client


@asynccontextmanager
async def _running(client: Client, *, wait: bool) -> AsyncIterator[None]:
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.run)
            if wait:
                await client.wait_ready()
            yield
            await client.bye()
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        # The program has one task here: what it raised comes out as it was raised.
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from group.exceptions[0].__cause__
        raise
    finally:
        client.release()


def _address(address: str | Address, tls: ssl.SSLContext | None) -> Address:
    return Address.parse(address, tls) if isinstance(address, str) else address


def _queue(
    bound: int,
) -> tuple[MemoryObjectSendStream[Event], MemoryObjectReceiveStream[Event]]:
    return anyio.create_memory_object_stream[Event](bound)


def _new_id() -> str:
    return str(uuid.uuid4())
