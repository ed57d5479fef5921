"""The core in memory on a real socket, to be killed and started again on the same port.

The core's time stands still: what takes it is tested elsewhere.
"""

import ssl
from collections.abc import Awaitable, Callable

import anyio
import anyio.abc
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener

from tests.support.wired_core import INSTALLATION, Line, WiredCore

_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError)


class CoreOnSocket:
    """The core, which listens on loopback."""

    def __init__(self, tls: ssl.SSLContext | None = None, config: str = INSTALLATION) -> None:
        self._tls = tls
        self.core = WiredCore(config=config)
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
        self.core.restart()
        self._stopped.set()

    async def kill(self) -> None:
        """Every connection is gone at once, what was stored is not."""
        self._scope.cancel()
        await self._stopped.wait()

    async def push(self, type_: str, payload: object) -> None:
        """Say something to everybody that the core did not say."""
        for line in list(self._streams):
            line.push(type_, payload)
        await self.flush()

    async def cut(self) -> None:
        """Every connection breaks; the broker goes on."""
        for stream in list(self._streams.values()):
            await anyio.aclose_forcefully(stream)

    async def _serve(self, stream: anyio.abc.ByteStream) -> None:
        line = self.core.connect(0.0)
        self._streams[line] = stream
        try:
            async with stream:
                while True:
                    line.receive(await stream.receive(), 0.0)
                    if self.breaks_at in [frame.type for frame in self.core.way.heard]:
                        self.breaks_at = None
                        self.core.drop(line)
                        line.data_to_send()  # this never arrives
                        await self.flush()
                        return
                    await self.flush()
        except (anyio.EndOfStream, *_BROKEN):
            self.core.drop(line)
            self.left.set()
            await self.flush()
        finally:
            del self._streams[line]

    async def flush(self) -> None:
        """Send what the core has said, also when only time has passed."""
        async with self._lock:
            for line, stream in list(self._streams.items()):
                if data := line.data_to_send():
                    try:
                        await stream.send(data)
                    except _BROKEN:
                        self.core.drop(line)


def with_core(
    scenario: Callable[[CoreOnSocket], Awaitable[None]],
    backend: str = "trio",
    config: str = INSTALLATION,
) -> None:
    """Play a scenario against the core on a socket."""

    async def run() -> None:
        broker = CoreOnSocket(config=config)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                await tasks.start(broker.run)
                await scenario(broker)
                tasks.cancel_scope.cancel()

    anyio.run(run, backend=backend)
