"""From bytes to inputs and from effects to bytes: what the shell does for each connection.

Nothing here waits. The server calls `received`, `ended`, `failed`, `writable` and `tick` with what happened
to a socket; the engine calls `deliver` with what is durable. A sentence passes without a switch of tasks: it
is decoded, submitted, committed, encoded once for all who get it, and each connection sends once a release.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from attrs import Factory, define, field

from broker.config.model import Limits
from broker.core.effects import Dismiss, Effect, LogEntry, ScanWanted, Send
from broker.core.inputs import FrameArrived, SessionClosed
from broker.shell.backlog import ALL_OUTBOXES, PARTY_OUTBOXES
from broker.shell.checks import SlowChecks
from broker.shell.cleaning import Cleaning, Held
from broker.shell.connection import ClientConnection, Phase
from broker.shell.counters import Counters
from broker.shell.deadlines import Deadlines
from broker.shell.engine import Engine
from broker.shell.graces import Excuses
from broker.shell.greeting import Greeter
from broker.shell.packing import packed
from broker.shell.questions import HEAVY, QUESTIONS
from broker.shell.refusals import Refusals
from broker.shell.sockets import Sockets
from protocol.catalogue import CATALOGUE
from protocol.connection import Event, Failed, Refused, State
from protocol.encoding import Encoding
from protocol.errors import ByeCode, WireError
from protocol.frame import Frame
from protocol.session import Welcome
from protocol.values import FrameId

CLOSE_TIMEOUT = 2.0
"""How long, in seconds, a peer has to take our last words and to close."""
TYPING_MARK = 65_536
"""Bytes that wait from which on a reader gets no typing any more (W-23)."""
BACKLOG_HIGH = 512
"""Inputs of one token that wait from which on who sent the last of them is not read."""
BACKLOG_LOW = 256
"""So few are left when it is read again."""
_OPEN: Final = State.OPEN
VOLATILE = frozenset(spec.type for spec in CATALOGUE.values() if spec.volatile)
FIRST = frozenset({"SYS_HELLO", "SYS_LOGIN"})
"""What a connection may begin with."""


@define(kw_only=True)
class Sessions:
    """All connections, and the sessions that they carry.

    Attributes:
        clients: The connections by number.
        engine: Who gets the inputs; None while there is none.
        on_progress: Called when an input was submitted outside of a turn.
        scan: Told what the scanner is to judge.
        backlog_high: Inputs of one token that wait from which on who sent the last of them is not read.
        backlog_low: So few are left when it is read again.
    """

    limits: Limits
    checks: SlowChecks
    sockets: Sockets
    now: Callable[[], float]
    on_progress: Callable[[], None]
    excuses: Excuses = Factory(Excuses)
    counters: Counters = Factory(Counters)
    deadlines: Deadlines = Factory(Deadlines)
    clients: dict[int, ClientConnection] = Factory(dict)
    engine: Engine | None = None
    cleaning: Cleaning = Factory(Cleaning)
    scan: Callable[[ScanWanted], None] = lambda _wanted: None
    backlog_high: int = BACKLOG_HIGH
    backlog_low: int = BACKLOG_LOW
    refusals: Refusals = field(
        default=Factory(lambda self: Refusals(self.counters), takes_self=True), init=False
    )
    greeter: Greeter = field(default=Factory(Greeter, takes_self=True), init=False)
    _touched: list[ClientConnection] = field(factory=list, init=False)
    _paused: dict[int, ClientConnection] = field(factory=dict, init=False)
    _log: Any = field(factory=lambda: structlog.get_logger(), init=False)

    def __attrs_post_init__(self) -> None:
        """Be told what is clean."""
        self.cleaning.release = self._go_on

    # -- what happens to a connection

    def opened(self, client: ClientConnection) -> None:
        """There is a new connection."""
        self.clients[client.number] = client
        self.sockets.add(client)
        self.deadlines.arm(client.number, client.deadline)

    def received(self, client: ClientConnection, data: bytes, now: float) -> None:
        """Bytes came."""
        if client.phase is Phase.CLOSING:
            return
        connection = client.connection
        heard = connection.frames_heard
        events = connection.receive(data, now)
        frames = connection.frames_heard - heard
        if frames or events:
            client.frames_in += frames
            over = client.bucket.take(frames, now, len(data))
            if over or client.phase is not Phase.JOINED:
                self._take_to(client, events, len(events) - over, now)
            else:
                self._take(client, events, now)
        else:
            client.bucket.take(0, now, len(data))
        self.flush(client)
        if connection.state is State.CLOSING:
            self.finish(client, "peer_fault")

    def _take(self, client: ClientConnection, events: list[Event], now: float) -> None:
        """The events of a session that is open."""
        engine = self.engine
        assert engine is not None
        submit, number, lines = engine.submit, client.number, self.cleaning.lines
        for event in events:
            if type(event) is Frame:
                if event.type == "SYS_BYE":
                    client.cause = "bye"
                elif event.type in HEAVY or number in lines:
                    self._hold(client, event)
                elif event.type in QUESTIONS and (why := self._too_much(client, event.type, now)):
                    self.refusals.limit(client, event, why)
                else:
                    submit(FrameArrived(number, event))
            elif type(event) is Refused:
                self.refusals.note(client, event.error)
            elif type(event) is Failed:
                self.refusals.note(client, event.error)
                client.cause = event.error.code
        high, is_full = self.backlog_high, self.cleaning.is_full
        behind = engine.inbox.backlog(number) >= high or (lines and is_full(number, client.party))
        if behind and client.phase is Phase.JOINED:
            self.sockets.pause(client, True)
            self._paused[number] = client

    def _hold(self, client: ClientConnection, frame: Frame) -> None:
        """Have a message cleaned; what comes behind it waits as well."""
        try:
            at_once = self.cleaning.put(client.number, client.party, frame)
        except WireError as error:
            self.refusals.report(client, error)
        else:
            if at_once is not None and self.engine is not None:
                self.engine.submit(at_once)

    def _go_on(self, session: int, released: Held) -> None:
        """What waited for the cleaning of a message goes on; the session may be gone by now."""
        client, engine = self.clients.get(session), self.engine
        assert engine is not None
        if (
            client is not None
            and isinstance(released, FrameArrived)
            and (why := self._too_much(client, released.frame.type, self.now()))
        ):
            self.refusals.limit(client, released.frame, why)
            self.flush(client)
        else:
            engine.submit(released)
        self.on_progress()

    def _too_much(self, client: ClientConnection, type: str, now: float) -> str | None:
        """Why a frame is not taken now, if it is a question and there is a reason."""
        rate, answers = self.limits.answer_bytes_per_second, client.answers
        if self.engine is not None and not self.engine.inbox.may_ask(client.number, type):
            return f"more than {QUESTIONS[type]} of them wait"
        if type in QUESTIONS and answers is not None and not answers.allows(rate, now):
            return f"more than {rate} bytes of answers a second"
        return None

    def resume(self) -> None:
        """Read those again whose party has not much waiting any more."""
        engine, is_full = self.engine, self.cleaning.is_full
        for number, client in list(self._paused.items()):
            behind = engine is not None and engine.inbox.backlog(number) >= self.backlog_low
            if not behind and not is_full(number, client.party):
                del self._paused[number]
                self.sockets.pause(client, False)

    def _take_to(self, client: ClientConnection, events: list[Event], end: int, now: float) -> None:
        """The events of a connection before its session, or of one that sends too much."""
        for index, event in enumerate(events):
            if type(event) is Frame and event.type in FIRST:
                self.greeter.greet(client, event)
            elif index < end or type(event) is not Frame or event.type == "SYS_BYE":
                self._take(client, [event], now)
            else:
                why = f"more than {client.bucket.rate} frames a second"
                self.refusals.limit(client, event, why)
        if client.bucket.spent and client.connection.state is State.OPEN:
            client.connection.bye(ByeCode.RATE_LIMITED, "far more frames than are served")
            self.finish(client, "rate_limited")

    def ended(self, client: ClientConnection) -> None:
        """The other side ended its stream."""
        if client.phase is not Phase.CLOSING:
            client.connection.receive_eof()
        self.drop(client, "closed_by_peer")

    def failed(self, client: ClientConnection, error: OSError) -> None:
        """The socket or its encryption failed."""
        self.drop(client, f"failed: {error.strerror or error}")

    def writable(self, client: ClientConnection) -> None:
        """There is room again for what waits to be sent."""
        try:
            self.sockets.resume(client)
        except OSError as error:
            self.failed(client, error)
        else:
            if client.phase is Phase.CLOSING:
                self._end(client)

    def tick(self, now: float) -> None:
        """Do what time demands, once all is read: missing hellos, pings, silent peers, last words."""
        self.excuse(now)
        for number in self.deadlines.due(now):
            client = self.clients.get(number)
            if client is None:
                continue
            if client.close_by is not None and now >= client.close_by:
                self.drop(client, "")
                continue
            for event in client.connection.tick(now):
                if isinstance(event, Failed):
                    self.refusals.note(client, event.error)
                    client.cause = event.error.code
            self.flush(client)
            if client.connection.state is State.CLOSING:
                self.finish(client, "timeout")
            self.deadlines.arm(number, client.deadline)

    def excuse(self, now: float) -> None:
        """Give everybody the time again in which nobody listened to them."""
        if self.excuses.make(self.clients, self._paused, now):
            for number, client in self.clients.items():
                self.deadlines.arm(number, client.deadline)

    def refuse(self, client: ClientConnection, error: WireError) -> None:
        """Say a fatal error and close."""
        client.connection.refuse(error)
        self.refusals.note(client, error)
        self.finish(client, error.code)

    # -- what the engine releases

    def deliver(self, effects: list[Effect]) -> None:
        """Encode what is durable and send it; see `broker.shell.engine.Outlet`."""
        for effect in effects:
            if isinstance(effect, Send):
                self._send(effect, effect.sessions)
            elif isinstance(effect, Dismiss):
                client = self.clients.get(effect.session)
                if client is not None:
                    self.close_session(client, effect.code, effect.text)
            elif isinstance(effect, LogEntry):
                self.counters.note(effect.event, effect.fields)
                self._log.info(effect.event, **effect.fields)
            elif isinstance(effect, ScanWanted):
                self.scan(effect)
        touched = self._touched
        for client in touched:
            self.flush(client)
        touched.clear()

    def _send(self, effect: Send, sessions: Sequence[int]) -> None:
        """Send to these, packed once for all who speak as the first does, then to the others."""
        clients, touched = self.clients, self._touched
        type_, payload, answer_to = effect.type, effect.payload, effect.answer_to
        has_headers = effect.re is not None or effect.trace or effect.more
        is_volatile, is_error = type_ in VOLATILE, type_ == "SYS_ERROR"
        encoding: Encoding | None = None
        plain: bytes | None = None
        others: tuple[int, ...] = ()
        for number in sessions:
            client = clients.get(number)
            if client is None:
                continue
            connection = client.connection
            if connection.state is not _OPEN:
                self._welcome(client, payload, effect.re)
                continue
            if is_volatile and client.outbox is not None and client.outbox.size > TYPING_MARK:
                self.counters.typing_dropped += 1
                continue
            if connection.encoding is not encoding:
                if encoding is not None:
                    others += (number,)
                    continue
                # Not before there is somebody who gets it.
                encoding = connection.encoding
                body = packed(effect, encoding, clients, self.limits.frame_bytes)
                assemble = encoding.assemble
            if has_headers and number == answer_to:
                frame = assemble(body, effect.headers(effect.re))
            else:
                if plain is None:
                    plain = assemble(body, effect.headers() if effect.trace else None)
                frame = plain
            if not client.queued:
                touched.append(client)
            client.queued += 1
            connection.send(frame)
            if is_error:
                self.refusals.note_sent(client, payload)
        if others:
            self._send(effect, others)

    def _welcome(self, client: ClientConnection, welcome: object, re: FrameId) -> None:
        if not isinstance(welcome, Welcome) or client.connection.state is not State.CHECKING:
            return
        client.connection.accept(welcome, re)
        client.who |= {
            "session_id": welcome.session_id,
            "agent_id": welcome.agent_id,
            "workplace": welcome.workplace_number,
        }
        self.deadlines.arm(client.number, client.deadline)
        client.queued += 1
        self._touched.append(client)

    def close_session(
        self, client: ClientConnection, code: ByeCode, text: str, after: int | None = None
    ) -> None:
        """Say good-bye and close."""
        if client.phase is Phase.CLOSING or client.connection.state is State.CLOSING:
            return
        self.counters.byes[code] += 1
        client.connection.bye(code, text, after)
        self.finish(client, code)

    def dismiss_all(self, code: ByeCode, text: str, after: int | None = None) -> None:
        """Say good-bye to everybody."""
        for client in list(self.clients.values()):
            self.close_session(client, code, text, after)

    # -- bytes out

    def flush(self, client: ClientConnection) -> None:
        """Send what the connection has to say."""
        data = client.connection.data_to_send()
        if not data:
            return
        frames, client.queued = client.queued or 1, 0
        client.frames_out += frames
        try:
            self.sockets.write(client, data, frames)
        except OSError as error:
            self.failed(client, error)
            return
        outbox = client.outbox
        if outbox is not None and client.phase is not Phase.CLOSING:
            limits = self.limits
            if outbox.size > limits.outbox_bytes or outbox.frames > limits.outbox_frames:
                self._end_slow(client)
            self._shed(client)

    def _end_slow(self, client: ClientConnection) -> None:
        """End whoever does not read; what it misses it gets by a resync."""
        if client.phase is Phase.CLOSING or client.connection.state is State.CLOSING:
            self.drop(client, "slow_consumer")  # not even the last words are taken
            return
        self.counters.slow_consumers += 1
        self.sockets.cut(client)
        self.close_session(client, ByeCode.SLOW_CONSUMER, "what was sent is not read; resync")

    def _shed(self, client: ClientConnection) -> None:
        """Keep the bounds of what waits for a party and for all: who is most behind goes first."""
        backlog, party, most = self.sockets.backlog, client.party, self.limits.outbox_bytes
        while party is not None and backlog.of_party(party) > PARTY_OUTBOXES * most:
            self._end_slow(backlog.largest(party))
        while backlog.size > ALL_OUTBOXES * most:
            self._end_slow(backlog.largest())

    # -- the end of a connection

    def finish(self, client: ClientConnection, cause: str) -> None:
        """Close when the last words are taken, or after a while; nothing is read any more."""
        if client.phase is Phase.CLOSING or client.number not in self.clients:
            return
        self._leave(client)
        client.phase = Phase.CLOSING
        client.cause = client.cause or cause
        client.closing_since = self.now()
        client.close_by = client.closing_since + CLOSE_TIMEOUT
        self.deadlines.arm(client.number, client.close_by)
        self.flush(client)
        self._end(client)

    def _end(self, client: ClientConnection) -> None:
        """End our side of the stream once all is sent; the peer closes when it has read all."""
        if client.waits or client.half_closed or client.number not in self.clients:
            return
        try:
            self.sockets.shut(client)
        except OSError as error:
            self.failed(client, error)

    def drop(self, client: ClientConnection, cause: str) -> None:
        """Close at once."""
        if self.clients.pop(client.number, None) is None:
            return
        self._leave(client)
        client.phase = Phase.CLOSING
        self.deadlines.forget(client.number)
        self.sockets.drop(client)
        event = "session_closed" if "session_id" in client.who else "connection_closed"
        self._log.info(event, **client.record(cause, self.now()))

    def _leave(self, client: ClientConnection) -> None:
        if client.check is not None:
            self.checks.forget(client.check)
            client.check = None
        if client.phase is not Phase.JOINED:
            return
        self.greeter.left(client)
        if self._paused.pop(client.number, None) is not None:
            self.sockets.pause(client, False)  # its end is to be heard
        if self.engine is not None:
            closed = SessionClosed(client.number)
            if client.number in self.cleaning.lines:
                self.cleaning.close(closed)
            else:
                self.engine.submit(closed)
            self.on_progress()
