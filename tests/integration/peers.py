"""A broker of one's own on real TCP and real SQLite, and peers that talk to it frame by frame."""

from __future__ import annotations

import io
import ssl
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self

import trio
from attrs import define, field

from broker.app import Broker, ExitStatus
from broker.config.load import load
from broker.core.facts import Fact, SentenceStored
from broker.shell.http import HttpServer
from broker.shell.listening import bound, tls_of
from broker.store.store import Store
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.connection import Connection, Side, State
from protocol.encoding import MESSAGEPACK, Encoding
from protocol.frame import Frame
from protocol.session import Bye, Hello
from protocol.values import Role

INSTALLATION = """
[server]
listen = "127.0.0.1:0"
http = "127.0.0.1:0"
heartbeat = "30s"
{server}

[store]
url = "sqlite:///{directory}/parley.db"

[limits]
{limits}

[[languages]]
name = "English"
culture = "en"
[[projects]]
name = "Support"
[[gateways]]
name = "Web"
peer = "web"
token = "web-secret"
[[gateways]]
name = "Shop"
peer = "shop"
token = "shop-secret"
[[gate_rules]]
rank = 1
[[project_rules]]
rank = 1
project = "Support"
[[workplaces]]
number = "101"
max_chats = 4
[[workplaces]]
number = "102"
max_chats = 4
[[agents]]
name = "Alice"
login = "alice"
token = "alice-secret"
max_chats = 4
languages = {{ English = 100 }}
skills = {{ Support = 50 }}
{more}
"""

PATIENCE = 20.0
"""Real seconds after which a test gives up."""


@define
class Peer:
    """One connection to a broker, seen from the other side."""

    stream: trio.abc.Stream
    connection: Connection
    _came: deque[Frame] = field(factory=deque, init=False)

    @classmethod
    async def connect(
        cls,
        address: tuple[str, int],
        tls: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
        encoding: Encoding = MESSAGEPACK,
    ) -> Self:
        """Open a connection; say nothing."""
        family = trio.socket.AF_INET6 if ":" in address[0] else trio.socket.AF_INET
        sock = trio.socket.socket(family)
        if receive_buffer is not None:
            sock.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, receive_buffer)
        await sock.connect(address)
        stream: trio.abc.Stream = trio.SocketStream(sock)
        if tls is not None:
            stream = trio.SSLStream(stream, tls, server_hostname="localhost")
        return cls(stream, Connection(Side.CLIENT, now=0.0, encoding=encoding))

    async def hello(self, role: Role, peer: str, **more: Any) -> Frame:
        """Say hello; the first frame that comes back."""
        self.connection.hello(Hello(version=1, role=role, peers=(peer,), **more), "hello")
        await self.flush()
        return await self.get()

    async def flush(self) -> None:
        """Send what the connection has to say."""
        data = self.connection.data_to_send()
        if data:
            await self.stream.send_all(data)

    async def send(self, type: str, payload: object, id: int | str | None = None) -> None:
        """Send one frame."""
        headers = None if id is None else {"Id": id}
        encoding = self.connection.encoding
        await self.stream.send_all(encoding.assemble(encoding.pack(type, payload), headers))

    async def get(self, type: str | None = None) -> Frame:
        """The next frame, or the next one of a type; what comes before it is thrown away."""
        while True:
            while self._came:
                frame = self._came.popleft()
                if type is None or frame.type == type:
                    return frame
            if not await self._receive():
                raise AssertionError(f"the stream ended before {type or 'a frame'} came")

    async def rest(self) -> list[Frame]:
        """All frames until the stream ends."""
        while await self._receive():
            pass
        came = list(self._came)
        self._came.clear()
        return came

    async def _receive(self) -> bool:
        try:
            data = await self.stream.receive_some()
        except trio.BrokenResourceError:
            return False
        for event in self.connection.receive(bytes(data), 0.0) if data else ():
            assert isinstance(event, Frame), event
            self._came.append(event)
        if self.connection.state is State.OPEN:
            await self.flush()
        return bool(data)


@define
class Served:
    """A broker that serves.

    Attributes:
        status: How it ended, once it has.
    """

    broker: Broker
    address: tuple[str, int]
    out: io.StringIO
    peers: list[Peer] = field(factory=list)
    status: list[ExitStatus] = field(factory=list)
    ended: trio.Event = field(factory=trio.Event)

    async def peer(self, at: tuple[str, int] | None = None, **options: Any) -> Peer:
        """A new connection, to the first address or to another one."""
        peer = await Peer.connect(at or self.address, **options)
        self.peers.append(peer)
        return peer

    async def end(self) -> None:
        """End it all, whatever is not finished."""
        for peer in self.peers:
            await trio.aclose_forcefully(peer.stream)
        if not self.status:
            self.broker.stop()
            self.broker.stop()
            await self.ended.wait()

    async def connector(
        self, peer: str = "web", *, takes_pieces: bool | None = None, **options: Any
    ) -> Peer:
        """A connector that was welcomed."""
        found = await self.peer(**options)
        token = f"{peer}-secret"
        welcome = await found.hello(Role.CONNECTOR, peer, token=token, takes_pieces=takes_pieces)
        assert welcome.type == "SYS_WELCOME", welcome
        return found

    async def workplace(self, number: str = "101", login: str = "alice") -> Peer:
        """A workplace that was welcomed."""
        found = await self.peer()
        token = f"{login}-secret"
        welcome = await found.hello(Role.WORKPLACE, number, login=login, token=token)
        assert welcome.type == "SYS_WELCOME", welcome
        return found

    @property
    def http(self) -> tuple[str, int]:
        """Where health and metrics are."""
        assert self.broker.http is not None
        return self.broker.http.addresses[0]


def write_config(directory: Path, *, server: str = "", limits: str = "", more: str = "") -> Path:
    """Write the configuration of the tests."""
    path = directory / "parley.toml"
    path.write_text(
        INSTALLATION.format(directory=directory, server=server, limits=limits, more=more)
    )
    return path


@contextmanager
def made(path: Path, **parts: Any) -> Iterator[Broker]:
    """A broker that does not run yet."""
    config = load(path).config
    with (
        bound("server.listen", config.server.listen) as listeners,
        bound("server.http", config.server.http) as doors,
    ):
        http = HttpServer.on(doors) if doors else None
        try:
            yield Broker(
                path=path,
                config=config,
                listeners=listeners,
                http=http,
                tls=tls_of(config),
                **{"out": io.StringIO(), **parts},
            )
        finally:
            if http is not None:
                http.close()


@asynccontextmanager
async def serving(path: Path, **parts: Any) -> AsyncIterator[Served]:
    """Run a broker in this process, without its signals."""
    out = io.StringIO()
    with made(path, out=out, **parts) as broker:
        async with trio.open_nursery() as nursery:
            served = Served(broker, ("", 0), out)

            async def run(task_status: trio.TaskStatus[Any] = trio.TASK_STATUS_IGNORED) -> None:
                try:
                    served.status.append(await broker.run(task_status))
                finally:
                    served.ended.set()

            served.address = await nursery.start(run)
            try:
                yield served
            finally:
                with trio.CancelScope(shield=True):
                    await served.end()


class StuckStore(Store):
    """A store that stores no sentence before it may."""

    may = threading.Event()

    def commit(self, facts: Sequence[Fact]) -> None:
        if any(isinstance(fact, SentenceStored) for fact in facts):
            assert self.may.wait(PATIENCE)
        super().commit(facts)


def start_chat(tracking_id: str = "t1", peer: str = "web") -> ChatServiceInfo:
    """The payload of ES_CHAT_START."""
    return ChatServiceInfo(peer=peer, tracking_id=tracking_id)


def sentence(id: str, text: str, tracking_id: str = "t1", peer: str = "web") -> ChatSentenceInfo:
    """A visitor's sentence."""
    return ChatSentenceInfo(peer=peer, tracking_id=tracking_id, id=id, text=text)


def command(peer: str = "web", **more: Any) -> ChatCommandInfo:
    """Any command of a chat."""
    return ChatCommandInfo(peer=peer, **more)


async def say_until(served: Served, peer: Peer, enough: Callable[[], bool]) -> int:
    """Have a connector say long sentences until it is enough; how many there were.

    Each is stored before the next one is said, so the other sessions of its gateway are sent as
    many whatever the machine does meanwhile. No question would do: few may wait at a time.
    """
    counters = served.broker.server.sessions.counters
    before, said = counters.sentences, 0
    while not enough():
        chat = f"said-{said // 20}"
        if said % 20 == 0:
            await peer.send("ES_CHAT_START", start_chat(chat))
        await peer.send("ES_CHAT_SENTENCE", sentence(f"s{said}", "x" * 30_000, chat))
        said += 1
        while counters.sentences < before + said:
            await trio.testing.wait_all_tasks_blocked()
    return said


def bye_of(frames: list[Frame]) -> Bye:
    """The bye that ends a connection."""
    bye = frames[-1].payload
    assert isinstance(bye, Bye), frames
    return bye


def texts(status: Any) -> list[str]:
    """The texts of a transcript."""
    return [found.text for found in status.sentences]
