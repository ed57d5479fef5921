"""The process around the service: the HTTP server, signals, the clean stop."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog
import uvicorn

from broker.reporting.figures.app import App
from broker.reporting.figures.service import Service
from broker.signals import HELD

LONGEST_HEAD: Final = 16_384
STOP_SECONDS: Final = 3
"""How long requests under way may take when the process ends."""
LISTENING: Final = "listening on "
"""How the line begins by which it says that it serves."""

_log: Any = structlog.get_logger()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is pushed, then the rest."""
        self._service.end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


def listening(addresses: Sequence[tuple[str, int]]) -> list[socket.socket]:
    """Listen.

    Raises:
        OSError: An address cannot be had.
    """
    found: list[socket.socket] = []
    try:
        for host, port in addresses:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            found.append(socket.create_server((host, port), family=family, backlog=1_024))
    except OSError:
        for listener in found:
            listener.close()
        raise
    return found


def server_of(service: Service) -> uvicorn.Server:
    """The server of a service."""
    config = uvicorn.Config(
        App(service).application(),
        loop="none",
        http="auto",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return _Server(config, service)


def run(service: Service, renew: Callable[[], None], *, guarded: bool = False) -> int:
    """Serve until a signal ends it.

    Args:
        service: The service.
        renew: Reads the configuration anew, at SIGHUP.
        guarded: Whether to end when standard input ends: whoever started the process is gone then.

    Returns:
        The exit status: 0, or 1 when it failed.
    """
    try:
        listeners = listening(service.figures.listen)
    except OSError as error:
        _log.error("not_listening", why=str(error))
        return 1
    gc.freeze()
    try:
        anyio.run(serve, service, listeners, renew, guarded, backend="asyncio")
    finally:
        service.session.close()
    return 0


async def serve(
    service: Service,
    listeners: list[socket.socket],
    renew: Callable[[], None],
    guarded: bool = False,
) -> None:
    """Serve on some sockets, which are closed at the end."""
    server = server_of(service)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_heed, server, renew)
        if guarded:
            tasks.start_soon(_watch_input, server)
        await service.look()
        service.start(tasks)
        for listener in listeners:
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"{LISTENING}http://{shown}:{port}", flush=True)
        await server.serve(listeners)
        tasks.cancel_scope.cancel()


async def _heed(server: uvicorn.Server, renew: Callable[[], None]) -> None:
    """Obey signals; the second one that ends the process ends it at once."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        if HELD.taken():  # while it began
            renew()
        async for number in signals:
            if number == signal.SIGHUP:
                renew()
                continue
            server.force_exit = server.should_exit
            server.should_exit = True


async def _watch_input(server: uvicorn.Server) -> None:
    """Stop when standard input ends."""
    while await anyio.to_thread.run_sync(sys.stdin.buffer.readline, abandon_on_cancel=True):
        pass
    server.should_exit = True
