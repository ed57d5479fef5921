"""The model broker on a real socket, to be killed and started again on the same port."""

import ssl
from collections.abc import Awaitable, Callable

import anyio
import anyio.abc
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener

from tests.support.model_broker import Line, ModelBroker


class TcpModel:
    """A model broker that listens on loopback."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.broker = ModelBroker()
        self.port = 0
        self._streams: dict[Line, anyio.abc.ByteStream] = {}
        self.breaks_at: str | None = None
        """The connection that brings a frame of this type breaks before the answer is sent, once."""
        self.left = anyio.Event()
        """Somebody closed their connection."""
        self._lock = anyio.Lock()
        self._scope = anyio.CancelScope()
        self._stopped = anyio.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def run(
        self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen until it is killed."""
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=self.port)
        self.port = listener.extra(SocketAttribute.local_port)
        self._stopped = anyio.Event()
        async with listener:
            with anyio.CancelScope() as self._scope:
                task_status.started()
                if self._tls is None:
                    await listener.serve(self._serve)
                else:
                    await TLSListener(listener, self._tls).serve(self._serve)
        self.broker.restart()
        self._stopped.set()

    async def kill(self) -> None:
        """Every connection is gone at once, the chats stay."""
        self._scope.cancel()
        await self._stopped.wait()

    async def push(self, type_: str, payload: object) -> None:
        """The broker says something to everybody."""
        for line in list(self._streams):
            line.push(type_, payload)
        await self._flush()

    async def cut(self) -> None:
        """Every connection breaks; the broker goes on."""
        for stream in list(self._streams.values()):
            await anyio.aclose_forcefully(stream)

    async def _serve(self, stream: anyio.abc.ByteStream) -> None:
        line = self.broker.connect(0.0)
        self._streams[line] = stream
        try:
            async with stream:
                while True:
                    line.receive(await stream.receive(), 0.0)
                    if self.breaks_at in [frame.type for frame in self.broker.heard]:
                        self.breaks_at = None
                        self.broker.drop(line)
                        line.data_to_send()  # this never arrives
                        await self._flush()
                        return
                    await self._flush()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self.broker.drop(line)
            self.left.set()
            await self._flush()
        finally:
            del self._streams[line]

    async def _flush(self) -> None:
        async with self._lock:
            for line, stream in list(self._streams.items()):
                if data := line.data_to_send():
                    try:
                        await stream.send(data)
                    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                        self.broker.drop(line)


def with_model(scenario: Callable[[TcpModel], Awaitable[None]]) -> None:
    async def run() -> None:
        model = TcpModel()
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                await tasks.start(model.run)
                await scenario(model)
                tasks.cancel_scope.cancel()

    anyio.run(run, backend="trio")
