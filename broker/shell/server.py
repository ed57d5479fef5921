"""The server: what is read and when, who is accepted, how a drain goes; without a task of its own.

Theory of operation: whoever drives the server (`broker.shell.server_tasks`, the simulator) calls
`turn` when a socket is ready or the time has come that the last turn said. A turn reads each socket
that is ready, looks at the deadlines (timers of the core, heartbeats, hellos that did not come) and
pumps the engine once. The sockets come before the deadlines, so that nobody is called silent whose
words lie there (B-13). Between two turns results of the store come as callbacks; they end with
`on_progress`, and `alarm` is told when the next turn is wanted then. All of it happens in one thread, so
nothing needs a lock.

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
from enum import Enum, auto
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any, cast

import structlog
from attrs import Factory, define, field

from broker.config.model import Address, Config
from broker.core.inputs import Input
from broker.shell.connection import ClientConnection
from broker.shell.engine import Engine
from broker.shell.listening_clock import Attention
from broker.shell.origins import origin_of
from broker.shell.rate import TokenBucket
from broker.shell.seams import Listener, StreamSocket
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


class Stage(Enum):
    """How far a server has come with its end.

    `SERVING` until a drain begins; `ANSWERING` while what was read is answered and nothing more is
    read; `LEAVING` while those who were told take their last words; `DRAINED` when nobody is left.
    """

    SERVING = auto()
    ANSWERING = auto()
    LEAVING = auto()
    DRAINED = auto()


def _no_alarm(_when: float) -> None:
    """There is nobody yet who could be told."""


@define(kw_only=True)
class Server:
    """Server of the connections of its listening sockets.

    Attributes:
        sessions: What is done for each connection; its `now` is the clock of the server.
        config: The configuration in force.
        listeners: The listening sockets, owned by whoever made them.
        tls: How connections are encrypted; None: not at all.
        inbox_high: Inputs that wait from which on no socket is read.
        one_too_many: Connections past the limit that are told so; further ones are just closed.
        alarm: Told between two turns that something changed, and when the next turn is wanted.
        starting: Whether it waits for its first engine.
        stage: Whether it serves, or how far its drain is.
        cut: How many connections had to be cut at the end of the drain.
    """

    sessions: Sessions
    config: Config
    listeners: Sequence[Listener]
    tls: ssl.SSLContext | None = None
    inbox_high: int = INBOX_HIGH
    one_too_many: int = ONE_TOO_MANY
    alarm: Callable[[float], None] = field(default=_no_alarm, init=False)
    engine: Engine | None = field(default=None, init=False)
    starting: bool = field(default=True, init=False)
    stage: Stage = field(default=Stage.SERVING, init=False)
    cut: int = field(default=0, init=False)
    _reads: bool = field(default=True, init=False)
    _last_number: int = field(default=0, init=False)
    _ready: deque[tuple[SelectorKey, int]] = field(factory=deque, init=False)
    _drain_by: float = field(default=math.inf, init=False)
    _frozen: int = field(default=0, init=False)
    _drain_aborted: bool = field(default=False, init=False)
    _crash: BaseException | None = field(default=None, init=False)
    _listening: bool = field(default=False, init=False)
    _accept_at: float = field(default=math.inf, init=False)
    _log: Any = Factory(lambda: structlog.get_logger())

    # -- the engine's life

    def attach(self, engine: Engine) -> None:
        """Serve with this engine from now on."""
        self.engine = self.sessions.engine = engine
        self.starting = False
        self._listen(True)
        self.wake()

    def detach(self, code: ByeCode, text: str, after: int | None = None) -> None:
        """There is no engine any more: say good-bye to everybody and take nobody in."""
        self.engine = self.sessions.engine = None
        self._listen(False)
        self.sessions.cleaning.clear()
        self.sessions.dismiss_all(code, text, after)
        self.on_progress()

    def replace(self, config: Config, tls: ssl.SSLContext | None) -> None:
        """Take another configuration; open connections keep their frame rate and encryption."""
        self.config = config
        self.tls = tls
        self.sessions.limits = config.limits
        self.sessions.checks.authentication.replace(config)
        self.sessions.greeter.expel()

    @property
    def serving(self) -> bool:
        """Whether new sessions are taken."""
        return self.engine is not None and self._listening

    @property
    def attention(self) -> Attention:
        """The clock that deadlines hang on."""
        return self.sessions.excuses.attention

    # -- turns

    @property
    def has_room(self) -> bool:
        """Whether sockets may be read; while they may not, one that is ready wants no turn."""
        if not self._reads:
            return False
        return self.engine is None or self.engine.inbox.has_room(self.inbox_high)

    def turn(self, now: float) -> float:
        """Do what is to be done for all sockets that are ready and for what is due.

        Returns:
            When the next turn is wanted at the latest.
        """
        if self._crash is not None:
            raise self._crash
        if now >= self._accept_at:
            self._accept_at = math.inf
            self._listen(self.engine is not None and self.stage is Stage.SERVING)
        if self.has_room and self._read_all(now):
            first = self.sessions.deadlines.next
            if first is not None and first <= now:
                self.sessions.tick(now)
        if self._drain_by != math.inf:
            self.attention.look()
            self._make_up()
            if now >= self._drain_by:
                self._end_drain()
        if self.engine is not None:
            self.engine.pump()
        return self._settle()

    def _read_all(self, now: float) -> bool:
        """Read what has come; False when there is no room for all of it."""
        ready = self._ready
        if not ready:
            ready.extend(self.sessions.sockets.ready())
        while ready and self.has_room:
            key, mask = ready.popleft()
            client: ClientConnection | None = key.data
            if client is None:
                self._accept(cast("Listener", key.fileobj), now)
            else:
                self._attend(client, mask, now)
        return not ready

    def _attend(self, client: ClientConnection, mask: int, now: float) -> None:
        sessions = self.sessions
        if client.number not in sessions.clients:
            return  # it was closed in the same turn
        try:
            if mask & EVENT_WRITE:
                sessions.writable(client)
                if client.number not in sessions.clients:
                    return
            if mask & EVENT_READ:
                self._read(client, now)
        except Exception:  # noqa: BLE001 - a fault in one connection ends that one only
            self._log.exception("connection_crashed", session=client.number)
            sessions.drop(client, "crashed")

    def _read(self, client: ClientConnection, now: float) -> None:
        try:
            data = self.sessions.sockets.read(client)
        except BlockingIOError:
            return
        except OSError as error:
            self.sessions.failed(client, error)
            return
        if data:
            self.sessions.received(client, data, now)
        else:
            self.sessions.ended(client)

    def _settle(self) -> float:
        """After anything: read those again who were paused, go on with a drain; when to look next."""
        self._make_up()
        self.sessions.resume()
        if self.stage is not Stage.SERVING:
            self._go_on_draining()
        return self.next_turn()

    def _make_up(self) -> None:
        """Leave the time out in which this process was frozen, once anybody has noticed that."""
        frozen = self.sessions.excuses.attention.frozen - self._frozen
        if frozen:
            self._frozen += frozen
            self._drain_by += frozen / 1_000_000
            self.sessions.excuse(self.sessions.now())

    def next_turn(self) -> float:
        """When the first deadline is, on the clock of the server."""
        when = min(self._accept_at, self._drain_by)
        first = self.sessions.deadlines.next
        if first is not None and self.has_room:
            when = min(when, first)
        engine = self.engine
        if engine is not None and engine.has_more:
            return -math.inf
        if engine is not None and engine.wake_at is not None:
            wait = engine.wake_at - self.attention.look()
            # What is due and not done yet waits for the commit, at whose end the engine goes on.
            if wait > 0 or not engine.committing:
                when = min(when, self.sessions.now() + wait / 1_000_000)
        return when

    # -- between two turns, all in one thread

    def submit(self, input: Input) -> None:
        """Hand the engine an input that came from no connection; without an engine it is lost."""
        if self.engine is not None:
            self.engine.submit(input)
            self.wake()

    def on_progress(self) -> None:
        """The engine went on: have the alarm set anew."""
        self.alarm(self._settle())

    def wake(self) -> None:
        """Have the engine pumped soon."""
        self.alarm(-math.inf)

    def crash(self, error: BaseException) -> None:
        """A fault in a callback: raised where it ends the process in good order."""
        self._crash = self._crash or error
        self.wake()

    # -- the end

    def begin_drain(self, by: float) -> None:
        """Stop in good order: nobody new, what was read is answered, everybody is told.

        Args:
            by: When everybody who is still there is cut.
        """
        self.attention.look()
        self._make_up()
        self._drain_by = by
        self.starting = False
        self._go_to(Stage.ANSWERING)
        self._listen(False)
        if self._drain_aborted:
            self._end_drain()
        self.on_progress()

    def abort_drain(self) -> None:
        """End a drain now, also one that is still to come."""
        self._drain_aborted = True
        if self.stage is not Stage.SERVING:
            self._end_drain()
            self.wake()

    def _go_to(self, stage: Stage) -> None:
        self.stage = stage
        self.attention.look()
        self.attention.draining = stage is Stage.ANSWERING
        self._reads = stage in (Stage.SERVING, Stage.LEAVING)

    def _go_on_draining(self) -> None:
        idle = self.engine is None or (self.engine.idle and not self.sessions.cleaning.lines)
        if self.stage is Stage.ANSWERING and idle:
            self._go_to(Stage.LEAVING)
            self.detach(ByeCode.SHUTDOWN, "the broker shuts down")
        if self.stage is Stage.LEAVING and not self.sessions.clients:
            self._end_drain()

    def _end_drain(self) -> None:
        if self.stage is not Stage.DRAINED:
            self._drain_by = math.inf
            self._go_to(Stage.DRAINED)
            self.cut = self._cut()

    def close(self) -> None:
        """Let all sockets go but the listening ones."""
        self._cut()
        self._listen(False)
        self.sessions.sockets.close()

    def _cut(self) -> int:
        left = list(self.sessions.clients.values())
        for client in left:
            self.sessions.drop(client, "cut")
        return len(left)

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

    def _accept(self, listener: Listener, now: float) -> None:
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

    def _welcome(self, sock: StreamSocket, remote: Address, now: float) -> None:
        limits, counters = self.config.limits, self.sessions.counters
        excess = len(self.sessions.clients) - limits.connections
        if excess >= 0:
            counters.rejected += 1
        if excess >= self.one_too_many:
            sock.close()
            return
        counters.connections += 1
        self._last_number += 1
        client = self._connect(sock, remote, now)
        self.sessions.opened(client)
        if excess >= 0:
            error = WireError(ErrorCode.OVERLOADED, "too many connections")
            self.sessions.refuse(client, error)

    def _connect(self, sock: StreamSocket, remote: Address, now: float) -> ClientConnection:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limits = self.config.limits
        tls = TlsPipe(sock, self.tls) if self.tls is not None else None
        return ClientConnection(
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
            bucket=TokenBucket.full(limits.frames_per_second, now),
            remote=spell(remote),
            origin=origin_of(remote[0]),
            opened_at=now,
        )
