"""The process around a program for browsers: the HTTP server, signals, the clean stop."""

import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol

import anyio
import uvicorn
from anyio.abc import TaskGroup
from starlette.applications import Starlette
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from connectors.web.frames import FRAME_BYTES
from connectors.web.line import ABORT, LAST_SECONDS

LONGEST_HEAD: Final = 32_768
STOP_SECONDS: Final = 5
"""How long requests under way may take when the process ends."""
GC_THRESHOLDS: Final = (50_000, 20, 100)
LISTENING: Final = "listening on "
"""How the line begins by which it says that it serves."""

_log = logging.getLogger(__name__)


class Place(Protocol):
    """Where a program listens."""

    @property
    def listen(self) -> str:
        """Address and port."""

    @property
    def path(self) -> str:
        """What stands before all its paths."""

    @property
    def proxies(self) -> Sequence[str]:
        """Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""


class Program(Protocol):
    """What is served: a web site, or a desk."""

    @property
    def place(self) -> Place:
        """Where it listens."""

    def application(self) -> Starlette:
        """What answers requests."""

    def start(self, tasks: TaskGroup) -> None:
        """Begin what it does besides."""

    def beside(self) -> AbstractContextManager[object]:
        """What it has open as long as it is served."""

    async def shut(self) -> None:
        """Say good-bye to those who are on the line."""


class _Protocol(WebSocketsSansIOProtocol):
    """A WebSocket that the application may end at once, when nobody reads at its other end."""

    def handle_connect(self, event: Any) -> None:
        """Hand the end over with the handshake."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            scope.setdefault("extensions", {})[ABORT] = self.transport.abort


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, site: Program) -> None:
        super().__init__(config)
        self._site = site

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when it listens, and where."""
        await super().startup(sockets)
        if self.should_exit:
            return
        for server in self.servers:
            for listener in server.sockets:
                host, port = listener.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                print(f"{LISTENING}http://{shown}:{port}{self._site.place.path}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say good-bye to those who are on the line, and end."""
        with anyio.move_on_after(LAST_SECONDS):
            await self._site.shut()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


def server_of(site: Program) -> uvicorn.Server:
    """The server of a program, which does not listen yet."""
    web = site.place
    host, _, port = web.listen.rpartition(":")
    config = uvicorn.Config(
        site.application(),
        host=host.strip("[]"),
        port=int(port),
        loop="none",
        http="auto",
        ws=_Protocol,
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(web.proxies),
        forwarded_allow_ips=list(web.proxies),
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_SECONDS,
        backlog=4_096,
    )
    return _Server(config, site)


def run(site: Program, *, guarded: bool = False) -> int:
    """Serve until a signal ends it.

    Args:
        site: The program.
        guarded: Whether to end when standard input ends: whoever started the process is gone then.

    Returns:
        The exit status: 0, or 1 when it failed.
    """
    _prepare_process()
    try:
        anyio.run(_serve, site, guarded, backend="asyncio")
    except OSError as error:
        _log.error("%s", error)
        return 1
    return 0


def _prepare_process() -> None:
    """Settings of the process that it is better off with: many sockets, and few looks at what stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


async def _serve(site: Program, guarded: bool) -> None:
    server = server_of(site)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_heed, server)
        if guarded:
            tasks.start_soon(_watch_input, server)
        site.start(tasks)
        try:
            with site.beside():
                await server.serve()
        except SystemExit as error:  # how uvicorn says that it cannot listen
            raise OSError(f"cannot listen on {site.place.listen}") from error
        finally:
            tasks.cancel_scope.cancel()


async def _heed(server: uvicorn.Server) -> None:
    """Obey signals; the second one ends the process at once."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            if server.should_exit:
                server.force_exit = True
            _log.info("%s: stopping", signal.Signals(number).name)
            server.should_exit = True


async def _watch_input(server: uvicorn.Server) -> None:
    """Stop when standard input ends."""
    while await anyio.to_thread.run_sync(sys.stdin.buffer.readline, abandon_on_cancel=True):
        pass
    server.should_exit = True
