"""The tasks that serve the connections, and their place in time.

Theory of operation: `_serve` is the one task for all sockets. It waits until any is ready, reads
each that is, and pumps the engine once. `_keep_time` sleeps until the first deadline: a timer of
the core, a heartbeat, a hello that did not come. It reads the sockets as well before it looks at the
deadlines, so that nobody is called silent whose words lie there (B-13). Results of the store come as
callbacks between the two. All of it happens in one thread, so nothing needs a lock.

While the engine has more in its inbox than the store keeps up with, no socket is read: the peers
feel it as a slow connection, and nothing grows here (I-14).
"""

from __future__ import annotations

import errno
import math
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any, cast

import structlog
import trio
from attrs import Factory, define, field

from broker.config.model import Address, Config
from broker.core.inputs import Input
from broker.shell.checks import origin_of
from broker.shell.connection import Link
from broker.shell.engine import Engine
from broker.shell.listening_clock import LOOK_EVERY, Attention
from broker.shell.rate import Allowance
from broker.shell.sessions import Sessions
from broker.shell.sockets import spell
from broker.shell.tls import TlsPipe
from protocol.connection import Connection, Side
from protocol.errors import ByeCode, ErrorCode, WireError

INBOX_HIGH = 2_048
"""Inputs that wait from which on no socket is read."""
ACCEPTS_A_TURN = 64
ONE_TOO_MANY = 256
"""Connections past the limit that are told so; further ones are just closed."""
ACCEPT_PAUSE = 1.0
NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
LAG_INTERVAL = LOOK_EVERY / 1_000_000


@define(kw_only=True)
class Server:
    """Serves the connections of its listening sockets.

    Attributes:
        sessions: What is done for each connection.
        config: The configuration in force.
        listeners: The listening sockets, owned by whoever made them.
        tls: How connections are encrypted; None: not at all.
    """

    sessions: Sessions
    config: Config
    listeners: Sequence[socket.socket]
    tls: ssl.SSLContext | None = None
    engine: Engine | None = field(default=None, init=False)
    _last_number: int = field(default=0, init=False)
    _ready: deque[tuple[SelectorKey, int]] = field(factory=deque, init=False)
    _nap: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _drain_scope: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _drain_by: float = field(default=math.inf, init=False)
    _frozen: int = field(default=0, init=False)
    _hurried: bool = field(default=False, init=False)
    _changed: trio.Event | None = field(default=None, init=False)
    _crash: BaseException | None = field(default=None, init=False)
    _listening: bool = field(default=False, init=False)
    _accept_at: float = field(default=math.inf, init=False)
    _reading: bool = field(default=True, init=False)
    _log: Any = Factory(lambda: structlog.get_logger())

    # -- the engine's life

    def attach(self, engine: Engine) -> None:
        """Serve with this engine from now on."""
        self.engine = self.sessions.engine = engine
        self._listen(True)
        self.wake()

    def detach(self, code: ByeCode, text: str, after: int | None = None) -> None:
        """There is no engine any more: say good-bye to everybody and take nobody in."""
        self.engine = self.sessions.engine = None
        self._listen(False)
        self.sessions.dismiss_all(code, text, after)
        self.stirred()

    def replace(self, config: Config, tls: ssl.SSLContext | None) -> None:
        """Take another configuration; open connections keep their frame rate and encryption."""
        self.config = config
        self.tls = tls
        self.sessions.limits = config.limits
        self.sessions.checks.gate.replace(config)

    @property
    def serving(self) -> bool:
        """Whether new sessions are taken."""
        return self.engine is not None and self._listening

    # -- tasks

    async def run(self) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._serve)
            nursery.start_soon(self._keep_time)
            nursery.start_soon(self._measure_lag)
            nursery.start_soon(self.sessions.checks.run)

    async def drain(self, seconds: float) -> int:
        """Stop in good order: nobody new, what was read is answered, everybody is told.

        Args:
            seconds: How long that may take.

        Returns:
            How many connections had to be cut.
        """
        self._drain_by = trio.current_time() + seconds
        with trio.CancelScope() as self._drain_scope:
            if self._hurried:
                self._drain_scope.cancel()
            self.wake()
            self._listen(False)
            self._reading = False
            await self._until(lambda: self.engine is None or self.engine.idle)
            self._reading = True
            self.detach(ByeCode.SHUTDOWN, "the broker shuts down")
            await self._until(lambda: not self.sessions.links)
        return self._cut()

    def close(self) -> None:
        """Let all sockets go but the listening ones."""
        self._cut()
        self._listen(False)
        self.sessions.sockets.close()

    def _cut(self) -> int:
        left = list(self.sessions.links.values())
        for link in left:
            self.sessions.drop(link, "cut")
        return len(left)

    def hurry(self) -> None:
        """End a drain now, also one that is still to come."""
        self._hurried = True
        self._drain_scope.cancel()

    async def _serve(self) -> None:
        while True:
            await self.sessions.sockets.wait()
            await self._until(self._has_room)
            self._turn()

    def _has_room(self) -> bool:
        return self._reading and (self.engine is None or len(self.engine.inbox) < INBOX_HIGH)

    def _turn(self) -> None:
        """Do what is to be done for all sockets that are ready, as far as there is room."""
        self._read_all(trio.current_time())
        self.pump()

    def _read_all(self, now: float) -> bool:
        """Read what has come; False when there is no room for all of it."""
        ready = self._ready
        if not ready:
            ready.extend(self.sessions.sockets.ready())
        while ready and self._has_room():
            key, mask = ready.popleft()
            link: Link | None = key.data
            if link is None:
                self._accept(cast("socket.socket", key.fileobj), now)
            else:
                self._attend(link, mask, now)
        return not ready

    def _attend(self, link: Link, mask: int, now: float) -> None:
        sessions = self.sessions
        if link.number not in sessions.links:
            return  # it was closed in the same turn
        try:
            if mask & EVENT_WRITE:
                sessions.writable(link)
                if link.number not in sessions.links:
                    return
            if mask & EVENT_READ:
                self._read(link, now)
        except Exception:  # noqa: BLE001 - a fault in one connection ends that one only
            self._log.exception("connection_crashed", session=link.number)
            sessions.drop(link, "crashed")

    def _read(self, link: Link, now: float) -> None:
        try:
            data = self.sessions.sockets.read(link)
        except BlockingIOError:
            return
        except OSError as error:
            self.sessions.failed(link, error)
            return
        if data:
            self.sessions.received(link, data, now)
        else:
            self.sessions.ended(link)

    async def _keep_time(self) -> None:
        while True:
            with trio.CancelScope(deadline=self._next_look()) as self._nap:
                await trio.sleep_forever()
            if self._crash is not None:
                raise self._crash
            now = trio.current_time()
            if now >= self._accept_at:
                self._accept_at = math.inf
                self._listen(self.engine is not None)
            if self._has_room() and self._read_all(now):
                self.sessions.tick(now)
            self._bound_drain(now)
            self.pump()

    def _bound_drain(self, now: float) -> None:
        """End a drain whose time is over, the time left out in which this process was frozen."""
        attention = self.attention
        attention.look()
        self._drain_by += (attention.frozen - self._frozen) / 1_000_000
        self._frozen = attention.frozen
        if now >= self._drain_by:
            self._drain_scope.cancel()
            self._drain_by = math.inf

    @property
    def attention(self) -> Attention:
        """The clock that deadlines hang on."""
        return self.sessions.excuses.attention

    def _next_look(self) -> float:
        """When the first deadline is, on trio's clock."""
        when = min(self._accept_at, self._drain_by)
        first = self.sessions.deadlines.next
        if first is not None and self._has_room():
            when = min(when, first)
        engine = self.engine
        if engine is not None and engine.has_more:
            return -math.inf
        if engine is not None and engine.wake_at is not None:
            wait = engine.wake_at - self.attention.look()
            # What is due and not done yet waits for the commit, at whose end the engine goes on.
            if wait > 0 or not engine.committing:
                when = min(when, trio.current_time() + wait / 1_000_000)
        return when

    async def _measure_lag(self) -> None:
        counters = self.sessions.counters
        while True:
            due = trio.current_time() + LAG_INTERVAL
            await trio.sleep_until(due)
            self.attention.look()
            counters.lag = max(counters.lag, trio.current_time() - due)

    # -- between the tasks, all in one thread

    def submit(self, input: Input) -> None:
        """Hand the engine an input that came from no connection; without an engine it is lost."""
        if self.engine is not None:
            self.engine.submit(input)
            self.wake()

    def pump(self) -> None:
        """Have the engine go on."""
        if self.engine is not None:
            self.engine.pump()
        self.stirred()

    def stirred(self) -> None:
        """The engine went on: set the alarm anew, tell who waits for it."""
        self.sessions.resume()
        when = self._next_look()
        if when < self._nap.deadline:
            self._nap.deadline = when
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    def wake(self) -> None:
        """Have the engine pumped soon."""
        self._nap.deadline = -math.inf

    def crash(self, error: BaseException) -> None:
        """A fault in a callback: raised where it ends the process in good order."""
        self._crash = self._crash or error
        self.wake()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._changed is None:
                self._changed = trio.Event()
            await self._changed.wait()

    # -- new connections

    def _listen(self, wanted: bool) -> None:
        if wanted and not self._listening and self._accept_at == math.inf:
            for listener in self.listeners:
                self.sessions.sockets.listen(listener)
            self._listening = True
        elif not wanted and self._listening:
            for listener in self.listeners:
                self.sessions.sockets.unlisten(listener)
            self._listening = False

    def _accept(self, listener: socket.socket, now: float) -> None:
        for _ in range(ACCEPTS_A_TURN):
            if not self._listening:
                return
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in NO_DESCRIPTORS:
                    self._log.error("accept_paused", reason=error.strerror)
                    self._listen(False)
                    self._accept_at = now + ACCEPT_PAUSE
                    return
                continue  # that one was gone before it was accepted
            self._welcome(sock, address[:2], now)

    def _welcome(self, sock: socket.socket, remote: Address, now: float) -> None:
        limits, counters = self.config.limits, self.sessions.counters
        crowd = len(self.sessions.links) - limits.connections
        if crowd >= 0:
            counters.turned_away += 1
        if crowd >= ONE_TOO_MANY:
            sock.close()
            return
        counters.connections += 1
        self._last_number += 1
        link = self._link(sock, remote, now)
        self.sessions.opened(link)
        if crowd >= 0:
            error = WireError(ErrorCode.OVERLOADED, "too many connections")
            self.sessions.refuse(link, error)

    def _link(self, sock: socket.socket, remote: Address, now: float) -> Link:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limits = self.config.limits
        tls = TlsPipe(sock, self.tls) if self.tls is not None else None
        return Link(
            number=self._last_number,
            sock=sock,
            pipe=tls or sock,
            tls=tls,
            connection=Connection(
                Side.SERVER,
                now=now,
                frame_bytes=limits.frame_bytes,
                hello_seconds=limits.hello / 1_000_000,
                heartbeat_seconds=self.config.server.heartbeat / 1_000_000,
            ),
            allowance=Allowance.full(limits.frames_per_second, now),
            remote=spell(remote),
            origin=origin_of(remote[0]),
            opened_at=now,
        )
