"""What stands between a browser and a web process: passes, holds, cuts, and has ideas about WebSockets."""

import socket
import threading
from contextlib import suppress
from enum import Enum, auto
from typing import Self

from attrs import define, field

from broker.child import free_port

_READ = 65_536
_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Sockets(Enum):
    """What becomes of a WebSocket that is opened from now on."""

    PASS = auto()
    REFUSED = auto()
    """The upgrade is answered by 403, as some proxies do."""
    SILENT = auto()
    """It opens and carries nothing."""


@define(eq=False)
class TcpGate:
    """A listener whose connections go on to a port, as long as it is let.

    Attributes:
        to: The port.
        port: Where it listens.
        sockets: What becomes of new WebSockets.
        opened: How many WebSockets were wished for.
    """

    to: int
    port: int = field(factory=free_port)
    sockets: Sockets = Sockets.PASS
    opened: int = 0
    _listener: socket.socket | None = None
    _live: dict[socket.socket, bool] = field(factory=dict)
    _clients: set[socket.socket] = field(factory=set)
    _lost: set[socket.socket] = field(factory=set)
    _is_silent: bool = False

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        self.cut(sockets_alone=False)

    def hush(self, *, back_alone: bool = False) -> None:
        """Let nothing pass any more, and close nothing: a network that went away without a word.

        Args:
            back_alone: What browsers send still passes; only what comes back does not.
        """
        self._is_silent = True
        self._lost.update(self._clients if back_alone else self._live)

    def heal(self) -> None:
        """Let new connections pass; what went into the old ones is gone."""
        self._is_silent = False

    def cut(self, *, sockets_alone: bool = True) -> None:
        """Break every connection, or those of WebSockets alone."""
        for one, is_socket in list(self._live.items()):
            if is_socket or not sockets_alone:
                _close(one)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Look how the connection begins, and pass it on."""
        self._clients.add(client)
        self._hold(client, is_socket=False)
        with suppress(OSError):
            begins = client.recv(_READ)
            is_socket = begins.startswith(b"GET /ws ")
            self.opened += is_socket
            self._hold(client, is_socket=is_socket)
            if is_socket and self.sockets is Sockets.REFUSED:
                client.sendall(_REFUSAL)
            else:
                is_mute = is_socket and self.sockets is Sockets.SILENT
                self._join(client, begins, is_socket=is_socket, is_mute=is_mute)
        self._release(client)

    def _hold(self, one: socket.socket, *, is_socket: bool) -> None:
        self._live[one] = is_socket
        if self._is_silent:
            self._lost.add(one)

    def _release(self, one: socket.socket) -> None:
        _close(one)
        self._live.pop(one, None)
        self._lost.discard(one)
        self._clients.discard(one)

    def _join(
        self, client: socket.socket, begins: bytes, *, is_socket: bool, is_mute: bool
    ) -> None:
        server = socket.create_connection(("127.0.0.1", self.to))
        self._hold(server, is_socket=is_socket)
        try:
            self._put(server, begins)
            if is_mute:
                client.sendall(server.recv(_READ))  # the handshake, and nothing behind it
            back = threading.Thread(target=self._pass, args=[server, client, is_mute], daemon=True)
            back.start()
            self._pass(client, server, is_mute)
            back.join()
        finally:
            self._release(server)

    def _pass(self, source: socket.socket, sink: socket.socket, is_mute: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_READ):
                if not is_mute:
                    self._put(sink, data)
        _close(source)
        _close(sink)

    def _put(self, sink: socket.socket, data: bytes) -> None:
        if sink not in self._lost:
            sink.sendall(data)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
