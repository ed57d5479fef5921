"""`/healthz`, `/readyz` and `/metrics` of a program, served by threads beside its loop.

`/healthz` fails when the loop does not run any more: the program is to be restarted. `/readyz` says besides
what is wrong outside: no session with the broker, or a part of the far side that a channel has told of
(`Host.tell`). Requests are small, few are served at a time, and one that takes long is cut off.
"""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from connectors.channels.pulse import Pulse

REQUESTS: Final = 16
"""Requests that are served at the same time; one more is hung up on."""
SECONDS: Final = 5.0
"""How long a peer may take for each piece that it sends or reads."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Figures(Protocol):
    """How a program is doing; read by threads."""

    @property
    def pulse(self) -> Pulse:
        """Whether its loop runs."""

    @property
    def registry(self) -> CollectorRegistry:
        """What is measured."""

    @property
    def faults(self) -> list[str]:
        """Why it is not ready; nothing: it is."""


def application(figures: Figures) -> Application:
    """The WSGI application."""
    metrics: Application = make_wsgi_app(figures.registry)

    def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return _answer(start, HTTPStatus.METHOD_NOT_ALLOWED, "only GET")
        match environ.get("PATH_INFO"):
            case "/metrics":
                return metrics(environ, start)
            case "/healthz" if figures.pulse.lives:
                return _answer(start, HTTPStatus.OK, "healthy")
            case "/readyz" if figures.pulse.lives and not figures.faults:
                return _answer(start, HTTPStatus.OK, "ready")
            case "/readyz" if figures.pulse.lives:
                return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, "\n".join(figures.faults))
            case "/healthz" | "/readyz":
                return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, "the loop does not run")
            case _:
                return _answer(start, HTTPStatus.NOT_FOUND, "no such page")

    return serve


def _answer(start: Any, status: HTTPStatus, text: str) -> list[bytes]:
    body = f"{text}\n".encode()
    start(
        f"{status.value} {status.phrase}",
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]


class _Handler(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        self.address_family = listener.family
        self._room = threading.BoundedSemaphore(REQUESTS)
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        # What `server_bind` would do, without a search for the name of the host: it may take long.
        self.server_name, self.server_port = listener.getsockname()[:2]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread, if there is room."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away in the middle is no event."""


@contextmanager
def served(figures: Figures, address: str | None) -> Iterator[int | None]:
    """Serve the pages as long as a block takes.

    Args:
        figures: How the program is doing.
        address: `host:port`; None: nowhere.

    Yields:
        The port.

    Raises:
        OSError: It cannot be listened there.
    """
    if address is None:
        yield None
        return
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, int(port)), family=family)
    server = _Server(listener)
    server.set_app(application(figures))
    serve = partial(server.serve_forever, poll_interval=0.1)
    threading.Thread(target=serve, name="health", daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
