"""All sockets in one selector, and what is done with one of them.

The selector is never asked to wait: its own file descriptor is readable while any of its sockets
is ready, and whoever drives the server waits for that. So one wake-up serves every socket that is
ready, and no connection has a task.
"""

from __future__ import annotations

import socket
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector, SelectorKey

from attrs import define, field

from broker.config.model import Address
from broker.shell.backlog import Backlog
from broker.shell.connection import ClientConnection
from broker.shell.outbox import Outbox
from broker.shell.seams import Listener, Selector

READ_BYTES = 65_536
"""The most that one connection is read in one turn."""


def listening_socket(address: Address) -> socket.socket:
    """Listen on one address.

    Raises:
        OSError: The address is in use, unknown or not allowed.
    """
    host, port = address
    family, kind, proto, _, where = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(where)
        sock.listen(4_096)
    except BaseException:
        sock.close()
        raise
    return sock


def address_of(sock: socket.socket) -> Address:
    """Where a socket listens, with the port that the system chose for port 0."""
    host, port = sock.getsockname()[:2]
    return str(host), int(port)


def spell(address: Address) -> str:
    """An address as people write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@define
class Sockets:
    """The selector and the sockets in it.

    Attributes:
        selector: Watches them; it belongs to this object.
        backlog: What waits in all outboxes together.
    """

    selector: Selector = field(factory=DefaultSelector)
    backlog: Backlog = field(factory=Backlog, init=False)

    def ready(self) -> list[tuple[SelectorKey, int]]:
        """The sockets that are ready now, and for what."""
        return self.selector.select(0)

    def listen(self, sock: Listener) -> None:
        """Watch a listening socket; its key has no data."""
        self.selector.register(sock, EVENT_READ)

    def unlisten(self, sock: Listener) -> None:
        """Watch it no more."""
        self.selector.unregister(sock)

    def add(self, client: ClientConnection) -> None:
        """Watch a new connection."""
        self.selector.register(client.sock, client.watched, client)

    def drop(self, client: ClientConnection) -> None:
        """Close a connection, whatever was to be sent."""
        if client.watched:
            self.selector.unregister(client.sock)
        self.forget(client)
        client.sock.close()

    def forget(self, client: ClientConnection) -> None:
        """Give up what waits to be sent."""
        outbox, client.outbox = client.outbox, None
        if outbox is not None:
            self.backlog.add(client, -outbox.size)

    def shut(self, client: ClientConnection) -> None:
        """End our side of the stream; the other side may still be read.

        Raises:
            OSError: The connection failed.
        """
        client.half_closed = True
        if client.tls is not None:
            client.tls.close()
        client.sock.shutdown(socket.SHUT_WR)

    def read(self, client: ClientConnection) -> bytes:
        """Read what came, up to a bound; empty at the end of the stream.

        Raises:
            BlockingIOError: Nothing came.
            OSError: The connection failed.
        """
        if client.tls is None:
            return client.sock.recv(READ_BYTES)
        try:
            return client.tls.recv(READ_BYTES)
        finally:
            self._watch(client)

    def write(self, client: ClientConnection, data: bytes, frames: int) -> None:
        """Send what goes at once and keep the rest.

        Raises:
            OSError: The connection failed.
        """
        if client.outbox is None:
            try:
                sent = client.pipe.send(data)
            except BlockingIOError:
                sent = 0
            if sent < len(data):
                client.outbox = Outbox()
                client.outbox.put(memoryview(data)[sent:], frames)
                self.backlog.add(client, len(data) - sent)
            elif client.tls is None:
                return
        else:
            client.outbox.put(data, frames)
            self.backlog.add(client, len(data))
        self._watch(client)

    def resume(self, client: ClientConnection) -> None:
        """Go on sending what was kept.

        Raises:
            OSError: The connection failed.
        """
        if client.tls is not None:
            client.tls.push()
        outbox = client.outbox
        if outbox is not None:
            before = outbox.size
            try:
                if outbox.flush(client.pipe.send):
                    client.outbox = None
            finally:
                self.backlog.add(client, outbox.size - before)
        self._watch(client)

    def cut(self, client: ClientConnection) -> None:
        """Forget what waits, but for what may be on its way in part."""
        if client.outbox is not None:
            before = client.outbox.size
            client.outbox.cut()
            self.backlog.add(client, client.outbox.size - before)

    def pause(self, client: ClientConnection, paused: bool) -> None:
        """Read a connection no more, or again."""
        client.paused = paused
        self._watch(client)

    def _watch(self, client: ClientConnection) -> None:
        """Look for room to write exactly while something waits to be written."""
        watched = 0 if client.paused else EVENT_READ
        if client.waits:
            watched |= EVENT_WRITE
        before, client.watched = client.watched, watched
        if watched == before:
            return
        if not watched:
            self.selector.unregister(client.sock)
        elif not before:
            self.selector.register(client.sock, watched, client)
        else:
            self.selector.modify(client.sock, watched, client)

    def close(self) -> None:
        """Close the selector itself."""
        self.selector.close()
