"""`/healthz`, `/readyz` and `/metrics`, served by threads of their own.

Who sits there without a request, sends it byte by byte or does not read the answer is cut off, and at
once when somebody else wants the place: a probe that is not answered has the broker restarted.

Each request asks the loop for a snapshot and waits for it, so there is no shared state, and the
loop does nothing for it while nobody asks. A loop that does not answer in time is not healthy.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import trio
from attrs import define
from prometheus_client import make_wsgi_app

from broker.config.model import Address
from broker.shell.metrics import registry_of
from broker.shell.sockets import address_of
from broker.shell.stats import Stats

PATIENCE = 2.0
"""Seconds in which the loop has to answer."""
REQUESTS = 64
"""Connections that are served at the same time; one more takes the place of the oldest idle one."""
SECONDS = 5.0
"""How long a connection may take as a whole."""
HEAD_BYTES = 16_384
"""The most that a request may have."""

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class NotHealthyError(Exception):
    """The loop did not answer in time."""


@define
class Asker:
    """Has the loop take a snapshot, from another thread."""

    _take: Callable[[], Stats]
    _token: trio.lowlevel.TrioToken

    def __call__(self) -> Stats:
        """Ask and wait.

        Raises:
            NotHealthyError: There was no answer in time.
        """
        found: list[Stats] = []
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


def application(ask: Callable[[], Stats]) -> Callable[[Environ, Any], Iterable[bytes]]:
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
                    return _answer(start, HTTPStatus.OK, _standing(ask(), "healthy"))
                case "/readyz":
                    found = ask()
                    if found.ready:
                        return _answer(start, HTTPStatus.OK, "ready")
                    text = _standing(found, "not ready")
                    return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, text)
                case _:
                    return _answer(start, HTTPStatus.NOT_FOUND, "no such page")
        except NotHealthyError:
            return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, "the loop does not answer")

    return serve


def _standing(found: Stats, otherwise: str) -> str:
    """What a probe is told: that the store is being opened, or else what it asked for."""
    return "starting" if found.starting else otherwise


def _answer(start: StartResponse, status: HTTPStatus, text: str) -> list[bytes]:
    body = f"{text}\n".encode()
    start(
        f"{status.value} {status.phrase}",
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]


class _Head:
    """What a peer sends, up to a bound: a request without a body is all that is served."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = HEAD_BYTES

    def readline(self, most: int) -> bytes:
        """The next line, or what is left of the bound."""
        line: bytes = self._file.readline(min(most, self._left))
        self._left -= len(line)
        return line

    def close(self) -> None:
        """Close what is read from."""
        self._file.close()


class _Handler(WSGIRequestHandler):
    timeout = SECONDS

    def setup(self) -> None:
        """Read no more than a request may have."""
        super().setup()
        self.rfile: Any = _Head(self.rfile)

    def parse_request(self) -> bool:
        """Tell the server when a request is complete."""
        good = super().parse_request()
        cast("_Http", self.server).heard(self.connection)
        return good

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


@define(eq=False)
class _Visit:
    """A connection that is being served.

    Attributes:
        until: When it is cut.
        heard: Whether its request has come; who only sits there makes room for others.
    """

    until: float
    heard: bool = False


class _Http(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        self.address_family = listener.family
        self._lock = threading.Lock()
        self._visits: dict[socket.socket, _Visit] = {}
        super().__init__(address_of(listener), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        # What `server_bind` would do, without a search for the name of the host: it may take long.
        self.server_name, self.server_port = address_of(listener)
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread, if there is room; the longest idle one makes room."""
        with self._lock:
            if len(self._visits) >= REQUESTS:
                idle = next((it for it, visit in self._visits.items() if not visit.heard), None)
                self._cut(idle or request)
            if room := len(self._visits) < REQUESTS:
                self._visits[request] = _Visit(time.monotonic() + SECONDS)
        if room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._visits.pop(request, None)

    def service_actions(self) -> None:
        """Cut who takes too long, by dribbling or by not reading; called several times a second."""
        now = time.monotonic()
        with self._lock:
            for request in [it for it, visit in self._visits.items() if visit.until < now]:
                self._cut(request)

    def heard(self, request: socket.socket) -> None:
        """A request is complete."""
        with self._lock:
            if visit := self._visits.get(request):
                visit.heard = True

    def _cut(self, request: socket.socket) -> None:
        """End a connection; its thread wakes up and closes it."""
        self._visits.pop(request, None)
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away in the middle is no event."""


@define
class HttpServer:
    """The listening sockets and the threads that accept on them."""

    _doors: tuple[_Http, ...]
    _started: bool = False

    @classmethod
    def on(cls, listeners: Iterable[socket.socket]) -> HttpServer:
        """Serve on sockets that listen already."""
        return cls(tuple(_Http(listener) for listener in listeners))

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where it listens."""
        return tuple(address_of(door.socket) for door in self._doors)

    def start(self, look: Callable[[], Stats]) -> None:
        """Serve from now on, in threads, what the loop that runs here sees."""
        answer = application(Asker(look, trio.lowlevel.current_trio_token()))
        self._started = True
        for door in self._doors:
            door.set_app(answer)
            serve = partial(door.serve_forever, poll_interval=0.1)
            threading.Thread(target=serve, name="http", daemon=True).start()

    def close(self) -> None:
        """Stop; requests that are being served end by themselves."""
        for door in self._doors:
            if self._started:
                door.shutdown()
            door.server_close()
