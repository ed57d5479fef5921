"""Sockets for the broker's shell that are no sockets: its own server, over the simulated network.

The parts are those of the operating system: a listening socket with its backlog, sockets with a
receive buffer, and a selector that says which of them are ready. What is not read fills the buffer,
then the network, and in the end its sender waits.
"""

from __future__ import annotations

import errno
import sys
from collections import deque
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any, cast

from attrs import define, field

from broker.shell.authentication import Authentication, Claim, Verdict
from broker.shell.checks import Check, SlowChecks
from broker.shell.connection import ClientConnection
from broker.shell.sockets import Sockets
from broker.simulation.network import SimulatedConnection as Wire
from broker.simulation.rng import Rng
from broker.simulation.world import MS, World
from protocol.session import Hello


@define(eq=False)
class FakeSelector:
    """A selector that says which simulated sockets are ready, and tells when one becomes so.

    Attributes:
        on_ready: Told that a socket that is watched is ready.
    """

    on_ready: Callable[[], None]
    _keys: dict[WireSocket | FakeListener, SelectorKey] = field(factory=dict)

    @property
    def any_ready(self) -> bool:
        """Whether a socket is ready that is watched."""
        return any(sock.ready() & key.events for sock, key in self._keys.items())

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch a socket."""
        if fileobj in self._keys:
            raise KeyError(f"{fileobj} is watched already")
        return self._watch(fileobj, events, data)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch it for something else."""
        del self._keys[fileobj]
        return self._watch(fileobj, events, data)

    def unregister(self, fileobj: Any) -> SelectorKey:
        """Watch it no more."""
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """The sockets that are ready, in the order in which they are watched."""
        assert timeout == 0, "nobody may wait in a simulation"
        found = ((key, sock.ready() & key.events) for sock, key in self._keys.items())
        return [(key, mask) for key, mask in found if mask]

    def changed(self, sock: WireSocket | FakeListener) -> None:
        """Something happened to a socket."""
        key = self._keys.get(sock)
        if key is not None and sock.ready() & key.events:
            self.on_ready()

    def close(self) -> None:
        """Watch nothing any more."""
        self._keys.clear()

    def _watch(self, sock: Any, events: int, data: Any) -> SelectorKey:
        key = self._keys[sock] = SelectorKey(sock, 0, events, data)
        self.changed(sock)
        return key


@define(eq=False)
class WireSocket:
    """The broker's end of a connection.

    Attributes:
        on_read: Told before bytes are read.
        heard_at: When something came last, at first when it was dialled.
        unread_since: Since when something waits to be read; None: nothing does.
    """

    wire: Wire
    world: World
    selector: FakeSelector
    on_read: Callable[[WireSocket], None]
    closed: bool = False
    heard_at: int = field(init=False)
    unread_since: int | None = None
    _shut: bool = False
    _ended: bool = False
    _received: bytearray = field(factory=bytearray)

    def __attrs_post_init__(self) -> None:
        """Take what comes."""
        self.heard_at = self.world.now
        self.wire.up.read_later = True
        self.wire.up.on_data = self._came
        self.wire.up.on_end = self._end
        self.wire.down.on_room = lambda: self.selector.changed(self)

    def ready(self) -> int:
        """For what it is ready."""
        mask = EVENT_READ if self._received or self._ended else 0
        return mask | EVENT_WRITE if self.wire.down.has_room else mask

    def setblocking(self, _flag: bool) -> None:
        """No call ever waits."""

    def setsockopt(self, _level: int, _option: int, _value: int) -> None:
        """There is nothing to be set."""

    def recv(self, size: int) -> bytes:
        """Read what came."""
        if self._received:
            self.on_read(self)
            data = bytes(self._received[:size])
            del self._received[:size]
            self.unread_since = self.world.now if self._received or self._ended else None
            self.wire.up.taken(len(data))
            return data
        if not self._ended:
            raise BlockingIOError
        self.unread_since = None
        return b""

    def send(self, data: bytes | memoryview) -> int:
        """Send what goes."""
        taken = self.wire.down.write(bytes(data))
        if not taken and len(data):
            raise BlockingIOError
        return taken

    def shutdown(self, _how: int) -> None:
        """End our side of the stream."""
        if not self._shut:
            self._shut = True
            self.wire.down.close()

    def close(self) -> None:
        """Close the connection at once."""
        if not self.closed:
            self.closed = True
            self.shutdown(0)
            self.wire.up.kill()

    def _came(self, data: bytes) -> None:
        self._received += data
        self.heard_at = self.world.now
        self._mark()

    def _end(self) -> None:
        if not self.closed:
            self._ended = True
            self._mark()

    def _mark(self) -> None:
        if self.unread_since is None:
            self.unread_since = self.world.now
        self.selector.changed(self)


@define(eq=False)
class FakeListener:
    """The listening socket: connections wait here until they are accepted.

    Attributes:
        waiting: They, and when they came.
        no_descriptors: The process has no file descriptor left.
    """

    selector: FakeSelector
    waiting: deque[tuple[int, WireSocket]] = field(factory=deque)
    no_descriptors: bool = False

    def ready(self) -> int:
        """Whether somebody waits."""
        return EVENT_READ if self.waiting else 0

    def find_descriptors(self) -> None:
        """There are some again."""
        self.no_descriptors = False

    def dialled(self, sock: WireSocket) -> None:
        """Somebody dials."""
        self.waiting.append((sock.world.now, sock))
        self.selector.changed(self)

    def accept(self) -> tuple[WireSocket, tuple[str, int]]:
        """Take who came first."""
        if self.no_descriptors:
            raise OSError(errno.EMFILE, "Too many open files")
        if not self.waiting:
            raise BlockingIOError
        _, sock = self.waiting.popleft()
        return sock, (sock.wire.name, 0)


@define
class WireSockets(Sockets):
    """The shell's sockets, with a memory of which connection has which number."""

    wires: dict[int, Wire] = field(factory=dict)

    def add(self, client: ClientConnection) -> None:
        """Watch a new connection."""
        self.wires[client.number] = socket_of(client).wire
        super().add(client)


def socket_of(client: ClientConnection) -> WireSocket:
    """The simulated socket of a connection."""
    return cast("WireSocket", client.sock)


@define
class LateAuthentication(Authentication):
    """The same, and some checks take their time, as those of hashed tokens do."""

    is_late: Callable[[], bool] = field(default=lambda: False, kw_only=True)

    def judge(self, hello: Hello) -> Claim | Verdict:
        """Check at once, or not."""
        return Verdict.SLOW if self.is_late() else super().judge(hello)


@define
class LateChecks(SlowChecks):
    """Token checks that come to their end a virtual moment later."""

    world: World = field(kw_only=True)
    rng: Rng = field(kw_only=True)

    def ask(self, check: Check) -> bool:
        """Have a hello checked, by and by."""

        def decide() -> None:
            hello = check.hello
            assert isinstance(hello, Hello)  # nobody logs in at a desk here
            verdict = Authentication.judge(self.authentication, hello)
            check.done(verdict if isinstance(verdict, Claim) else None)

        self.world.after(self.rng.about(100 * MS), decide)
        return True


@define
class Silent:
    """A log that keeps nothing, and passes on what never should be in it.

    Attributes:
        on_exception: Told that a fault was caught.
    """

    on_exception: Callable[[BaseException | None], None]

    def exception(self, _event: str, **_fields: object) -> None:
        """A fault was caught."""
        self.on_exception(sys.exception())

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_fields: None
