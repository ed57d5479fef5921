"""`/healthz`, `/readyz` and `/metrics`, served by threads of their own.

Each request asks the loop for a snapshot and waits for it, so there is no shared state, and the
loop does nothing for it while nobody asks. A loop that does not answer in time is not healthy.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import trio
from attrs import define
from prometheus_client import make_wsgi_app

from broker.shell.metrics import registry_of
from broker.shell.snapshot import Snapshot
from broker.shell.sockets import address_of

PATIENCE = 2.0
"""Seconds in which the loop has to answer."""
REQUESTS = 16
"""Requests that are served at the same time; one more is cut off."""

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class NotHealthyError(Exception):
    """The loop did not answer in time."""


@define
class Asker:
    """Has the loop take a snapshot, from another thread."""

    _take: Callable[[], Snapshot]
    _token: trio.lowlevel.TrioToken

    def __call__(self) -> Snapshot:
        """Ask and wait.

        Raises:
            NotHealthyError: There was no answer in time.
        """
        found: list[Snapshot] = []
        answered = threading.Event()

        def answer() -> None:
            try:
                found.append(self._take())
            finally:
                answered.set()

        try:
            self._token.run_sync_soon(answer)
        except trio.RunFinishedError as error:
            raise NotHealthyError from error
        if not answered.wait(PATIENCE) or not found:
            raise NotHealthyError
        return found[0]


def application(ask: Callable[[], Snapshot]) -> Callable[[Environ, Any], Iterable[bytes]]:
    """The WSGI application."""
    metrics: Callable[[Environ, Any], Iterable[bytes]] = make_wsgi_app(registry_of(ask))

    def serve(environ: Environ, start: Any) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO"), environ.get("REQUEST_METHOD")
        if method not in ("GET", "HEAD"):
            return _answer(start, HTTPStatus.METHOD_NOT_ALLOWED, "only GET")
        try:
            match path:
                case "/metrics":
                    return metrics(environ, start)
                case "/healthz":
                    ask()
                    return _answer(start, HTTPStatus.OK, "healthy")
                case "/readyz":
                    if ask().ready:
                        return _answer(start, HTTPStatus.OK, "ready")
                    return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, "not ready")
                case _:
                    return _answer(start, HTTPStatus.NOT_FOUND, "no such page")
        except NotHealthyError:
            return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, "the loop does not answer")

    return serve


def _answer(start: StartResponse, status: HTTPStatus, text: str) -> list[bytes]:
    body = f"{text}\n".encode()
    start(
        f"{status.value} {status.phrase}",
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]


class _Handler(WSGIRequestHandler):
    timeout = 5

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


class _Http(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._room = threading.BoundedSemaphore(REQUESTS)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without the base class's search for a name of the host, which may take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = address_of(self.socket)
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


@define
class HttpServer:
    """The listening socket and the thread that accepts on it."""

    _http: _Http
    _started: bool = False

    @classmethod
    def bind(cls, address: tuple[str, int]) -> HttpServer:
        """Listen.

        Raises:
            OSError: The address is in use, unknown or not allowed.
        """
        return cls(_Http(address))

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return address_of(self._http.socket)

    def start(self, ask: Callable[[], Snapshot]) -> None:
        """Serve from now on, in a thread."""
        self._http.set_app(application(ask))
        self._started = True
        serve = partial(self._http.serve_forever, poll_interval=0.1)
        threading.Thread(target=serve, name="http", daemon=True).start()

    def close(self) -> None:
        """Stop; requests that are being served end by themselves."""
        if self._started:
            self._http.shutdown()
        self._http.server_close()
