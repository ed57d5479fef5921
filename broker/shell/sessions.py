"""From bytes to inputs and from effects to bytes: what the shell does for each connection.

Nothing here waits. The server calls `received`, `ended`, `failed`, `writable` and `tick` with what
happened to a socket; the engine calls `deliver` with what is durable. A sentence passes without
a switch of tasks: its bytes are decoded, submitted, committed, encoded once for all who get it,
and at the end of a release each connection sends once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, assert_never

import structlog
from attrs import Factory, define, field

from broker.config.model import Limits
from broker.core.effects import Dismiss, Effect, Note, Send
from broker.core.inputs import FrameArrived, SessionClosed, SessionOpened
from broker.shell.authentication import Claim, Verdict
from broker.shell.backlog import ALL_OUTBOXES, PARTY_OUTBOXES
from broker.shell.checks import Check, SlowChecks
from broker.shell.connection import Link, Phase
from broker.shell.counters import Counters
from broker.shell.deadlines import Deadlines
from broker.shell.engine import Engine
from broker.shell.graces import Excuses
from broker.shell.questions import ANSWERS, HEADERS, PLAIN_ANSWERS, QUESTIONS, too_long
from broker.shell.rate import Budget
from broker.shell.sockets import Sockets
from protocol.catalogue import CATALOGUE
from protocol.connection import Event, Failed, Refused, State
from protocol.encoding import MESSAGEPACK, Encoding
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Hello, SysError, Welcome
from protocol.values import Guid

LINGER = 2.0
"""How long, in seconds, a peer has to take our last words and to close."""
TYPING_MARK = 65_536
"""Bytes that wait from which on a reader gets no typing any more (W-23)."""
CROWD_HIGH = 512
"""Inputs of one token that wait from which on who sent the last of them is not read."""
CROWD_LOW = 256
"""So few are left when it is read again."""
SHORT = 1_024
"""Bytes of an answer that costs its asker nothing."""
LOGGED_REFUSALS = 100
"""Refused frames of one connection that are logged; further ones are only counted."""
VOLATILE = frozenset(spec.type for spec in CATALOGUE.values() if spec.volatile)
AUTH_FAILED = "the peers, the login or the token are not good"


@define(kw_only=True)
class Sessions:
    """All connections, and the sessions that they carry.

    Attributes:
        links: The connections by number.
        engine: Who gets the inputs; None while there is none.
        stirred: Called when an input was submitted outside of a turn.
        crowd_high: Inputs of one token that wait from which on who sent the last of them is not read.
        crowd_low: So few are left when it is read again.
    """

    limits: Limits
    checks: SlowChecks
    sockets: Sockets
    now: Callable[[], float]
    stirred: Callable[[], None]
    excuses: Excuses = Factory(Excuses)
    counters: Counters = Factory(Counters)
    deadlines: Deadlines = Factory(Deadlines)
    links: dict[int, Link] = Factory(dict)
    engine: Engine | None = None
    crowd_high: int = CROWD_HIGH
    crowd_low: int = CROWD_LOW
    _touched: list[Link] = field(factory=list, init=False)
    _paused: dict[int, Link] = field(factory=dict, init=False)
    _served: Counter[Guid] = field(factory=Counter, init=False)
    """How many sessions each gateway has."""
    _answers: dict[object, Budget] = field(factory=dict, init=False)
    """By the party that shares it; there are no more of them than names in the configuration."""
    _log: Any = field(factory=lambda: structlog.get_logger(), init=False)

    # -- what happens to a connection

    def opened(self, link: Link) -> None:
        """There is a new connection."""
        self.links[link.number] = link
        self.sockets.add(link)
        self.deadlines.arm(link.number, link.deadline)

    def received(self, link: Link, data: bytes, now: float) -> None:
        """Bytes came."""
        if link.phase is Phase.CLOSING:
            return
        connection = link.connection
        heard = connection.frames_heard
        events = connection.receive(data, now)
        frames = connection.frames_heard - heard
        if frames or events:
            link.frames_in += frames
            over = link.allowance.take(frames, now, len(data))
            if over or link.phase is not Phase.JOINED:
                self._take_some(link, events, len(events) - over, now)
            else:
                self._take(link, events, now)
        else:
            link.allowance.take(0, now, len(data))
        self.flush(link)
        if connection.state is State.CLOSING:
            self.finish(link, "peer_fault")

    def _take(self, link: Link, events: list[Event], now: float) -> None:
        """The events of a session that is open."""
        engine = self.engine
        assert engine is not None
        submit, number = engine.submit, link.number
        for event in events:
            if type(event) is Frame:
                if event.type == "SYS_BYE":
                    link.cause = "bye"
                elif event.type in QUESTIONS and (why := self._too_much(link, event.type, now)):
                    self._limit(link, event, why)
                else:
                    submit(FrameArrived(number, event))
            elif type(event) is Refused:
                self._note_refusal(link, event.error)
            elif type(event) is Failed:
                self._note_refusal(link, event.error)
                link.cause = event.error.code
        if engine.inbox.crowd(number) >= self.crowd_high and link.phase is Phase.JOINED:
            self.sockets.pause(link, True)
            self._paused[number] = link

    def _too_much(self, link: Link, question: str, now: float) -> str | None:
        """Why a question is not taken now, if so."""
        rate = self.limits.answer_bytes_per_second
        if self.engine is not None and not self.engine.inbox.may_ask(link.number, question):
            return f"more than {QUESTIONS[question]} of them wait"
        if link.answers is not None and not link.answers.allows(rate, now):
            return f"more than {rate} bytes of answers a second"
        return None

    def _limit(self, link: Link, frame: Frame, why: str) -> None:
        error = WireError(ErrorCode.RATE_LIMITED, why, type=frame.type, re=frame.id)
        link.connection.report(error)
        self._note_refusal(link, error)

    def resume(self) -> None:
        """Read those again whose party has not much waiting any more."""
        engine = self.engine
        for number, link in list(self._paused.items()):
            if engine is None or engine.inbox.crowd(number) < self.crowd_low:
                del self._paused[number]
                self.sockets.pause(link, False)

    def _take_some(self, link: Link, events: list[Event], served: int, now: float) -> None:
        """The events of a connection before its session, or of one that sends too much."""
        for index, event in enumerate(events):
            if type(event) is Frame and event.type == "SYS_HELLO":
                self._greet(link, event)
            elif index < served or type(event) is not Frame or event.type == "SYS_BYE":
                self._take(link, [event], now)
            else:
                self._limit(link, event, f"more than {link.allowance.rate} frames a second")
        if link.allowance.spent and link.connection.state is State.OPEN:
            link.connection.bye(ByeCode.RATE_LIMITED, "far more frames than are served")
            self.finish(link, "rate_limited")

    def ended(self, link: Link) -> None:
        """The other side ended its stream."""
        if link.phase is not Phase.CLOSING:
            link.connection.receive_eof()
        self.drop(link, "closed_by_peer")

    def failed(self, link: Link, error: OSError) -> None:
        """The socket or its encryption failed."""
        self.drop(link, f"failed: {error.strerror or error}")

    def writable(self, link: Link) -> None:
        """There is room again for what waits to be sent."""
        try:
            self.sockets.resume(link)
        except OSError as error:
            self.failed(link, error)
        else:
            if link.phase is Phase.CLOSING:
                self._end(link)

    def tick(self, now: float) -> None:
        """Do what time demands, once all is read: missing hellos, pings, silent peers, last words."""
        self.excuse(now)
        for number in self.deadlines.due(now):
            link = self.links.get(number)
            if link is None:
                continue
            if link.close_by is not None and now >= link.close_by:
                self.drop(link, "")
                continue
            for event in link.connection.tick(now):
                if isinstance(event, Failed):
                    self._note_refusal(link, event.error)
                    link.cause = event.error.code
            self.flush(link)
            if link.connection.state is State.CLOSING:
                self.finish(link, "timeout")
            self.deadlines.arm(number, link.deadline)

    def excuse(self, now: float) -> None:
        """Give everybody the time again in which nobody listened to them."""
        self.excuses.make(self.links, self._paused, now)

    # -- hello

    def _greet(self, link: Link, frame: Frame) -> None:
        hello = frame.payload
        if link.connection.state is not State.CHECKING or not isinstance(hello, Hello):
            return  # what came right behind it was a fault
        link.who = {"role": hello.role, "peers": hello.peers, "login": hello.login}
        if link.connection.encoding is not MESSAGEPACK:
            link.who["encoding"] = link.connection.encoding.name
        link.phase = Phase.CHECKING
        verdict = self.checks.gate.judge(hello)
        if isinstance(verdict, Claim):
            self._join(link, verdict, hello, frame.id)
        elif verdict is Verdict.REFUSED:
            self._turn_away(link, ErrorCode.AUTH_FAILED, AUTH_FAILED, frame.id)
        else:
            link.check = Check(
                hello=hello,
                origin=link.origin,
                done=lambda claim: self._decided(link, claim, hello, frame.id),
                crowded_out=lambda: self._crowd_out(link, frame.id),
            )
            if not self.checks.ask(link.check):
                self._crowd_out(link, frame.id)

    def _decided(self, link: Link, claim: Claim | None, hello: Hello, re: int | str | None) -> None:
        """A slow check came to its end; the connection may be gone by now."""
        link.check = None
        if link.phase is not Phase.CHECKING or self.links.get(link.number) is not link:
            return
        if claim is None:
            self._turn_away(link, ErrorCode.AUTH_FAILED, AUTH_FAILED, re)
        elif self.engine is None:
            self._dismiss(link, ByeCode.STORE_UNAVAILABLE, "try again")
        else:
            self._join(link, claim, hello, re)
            self.stirred()

    def _crowd_out(self, link: Link, re: int | str | None) -> None:
        self._turn_away(link, ErrorCode.OVERLOADED, "too many hellos wait", re)

    def _join(self, link: Link, claim: Claim, hello: Hello, re: int | str | None) -> None:
        assert self.engine is not None
        most = self.limits.gateway_sessions
        if any(self._served[gateway] >= most for gateway in claim.gateways):
            text = f"a gateway has {most} sessions already"
            self._turn_away(link, ErrorCode.OVERLOADED, text, re)
            return
        self._served.update(claim.gateways)
        link.gateways = claim.gateways
        link.party = party = claim.party
        link.answers = self._answers.setdefault(party, Budget(inf, self.now()))
        link.phase = Phase.JOINED
        self.engine.submit(
            SessionOpened(
                session=link.number,
                role=claim.role,
                gateways=claim.gateways,
                workplace=claim.workplace,
                agent_id=claim.agent_id,
                continues=hello.continues,
                re=re,
            )
        )

    def _turn_away(self, link: Link, code: ErrorCode, text: str, re: int | str | None) -> None:
        self.counters.hellos_refused += 1
        self.refuse(link, WireError(code, text, type="SYS_HELLO", re=re))

    def refuse(self, link: Link, error: WireError) -> None:
        """Say a fatal error and close."""
        link.connection.refuse(error)
        self._note_refusal(link, error)
        self.finish(link, error.code)

    # -- what the engine releases

    def deliver(self, effects: list[Effect]) -> None:
        """Encode what is durable and send it; see `broker.shell.engine.Outlet`."""
        for effect in effects:
            if isinstance(effect, Send):
                self._send(effect, effect.sessions)
            elif isinstance(effect, Dismiss):
                link = self.links.get(effect.session)
                if link is not None:
                    self._dismiss(link, effect.code, effect.text)
            elif isinstance(effect, Note):
                self.counters.note(effect.event, effect.fields)
                self._log.info(effect.event, **effect.fields)
            else:
                assert_never(effect)
        touched = self._touched
        for link in touched:
            self.flush(link)
        touched.clear()

    def _send(self, effect: Send, sessions: Sequence[int]) -> None:
        """Send to these, packed once for all who speak as the first does, then to the others."""
        links, touched = self.links, self._touched
        type_, payload, answer_to = effect.type, effect.payload, effect.answer_to
        is_error = type_ == "SYS_ERROR"
        encoding: Encoding | None = None
        plain: bytes | None = None
        others: tuple[int, ...] = ()
        for number in sessions:
            link = links.get(number)
            if link is None:
                continue
            if link.connection.state is not State.OPEN:
                self._welcome(link, payload, effect.re)
                continue
            if type_ in VOLATILE and link.outbox is not None and link.outbox.size > TYPING_MARK:
                self.counters.typing_dropped += 1
                continue
            if link.connection.encoding is not encoding:
                if encoding is not None:
                    others += (number,)
                    continue
                # Not before there is somebody who gets it.
                encoding = link.connection.encoding
                packed, assemble = self._packed(effect, encoding), encoding.assemble
            if number == answer_to and (effect.re is not None or effect.trace is not None):
                frame = assemble(packed, effect.headers(effect.re))
            else:
                if plain is None:
                    plain = assemble(packed, effect.headers() if effect.trace else None)
                frame = plain
            if not link.queued:
                touched.append(link)
            link.queued += 1
            link.connection.send(frame)
            if is_error:
                self._note_sent_error(link, payload)
        if others:
            self._send(effect, others)

    def _packed(self, effect: Send, encoding: Encoding) -> bytes:
        """Pack it; a long answer counts for its asker, one that no frame holds becomes a refusal."""
        packed = encoding.pack(effect.type, effect.payload)
        if len(packed) > SHORT:
            asker = None if effect.answer_to is None else self.links.get(effect.answer_to)
            if asker is not None and asker.answers is not None:
                asker.answers.pay(len(packed))
            if effect.type in ANSWERS and len(packed) > self.limits.frame_bytes - HEADERS:
                return encoding.pack("SYS_ERROR", too_long(len(packed)))
        return packed

    def _welcome(self, link: Link, welcome: object, re: int | str | None) -> None:
        if not isinstance(welcome, Welcome) or link.connection.state is not State.CHECKING:
            return
        link.connection.accept(welcome, re)
        link.who |= {
            "session_id": welcome.session_id,
            "agent_id": welcome.agent_id,
            "workplace": welcome.workplace_number,
        }
        self.deadlines.arm(link.number, link.deadline)
        link.queued += 1
        self._touched.append(link)

    def _dismiss(self, link: Link, code: ByeCode, text: str, after: int | None = None) -> None:
        if link.phase is Phase.CLOSING or link.connection.state is State.CLOSING:
            return
        self.counters.byes[code] += 1
        link.connection.bye(code, text, after)
        self.finish(link, code)

    def dismiss_all(self, code: ByeCode, text: str, after: int | None = None) -> None:
        """Say good-bye to everybody."""
        for link in list(self.links.values()):
            self._dismiss(link, code, text, after)

    # -- bytes out

    def flush(self, link: Link) -> None:
        """Send what the connection has to say."""
        data = link.connection.data_to_send()
        if not data:
            return
        frames, link.queued = link.queued or 1, 0
        link.frames_out += frames
        try:
            self.sockets.write(link, data, frames)
        except OSError as error:
            self.failed(link, error)
            return
        outbox = link.outbox
        if outbox is not None and link.phase is not Phase.CLOSING:
            limits = self.limits
            if outbox.size > limits.outbox_bytes or outbox.frames > limits.outbox_frames:
                self._end_slow(link)
            self._shed(link)

    def _end_slow(self, link: Link) -> None:
        """End whoever does not read; what it misses it gets by a resync."""
        if link.phase is Phase.CLOSING or link.connection.state is State.CLOSING:
            self.drop(link, "slow_consumer")  # not even the last words are taken
            return
        self.counters.slow_consumers += 1
        self.sockets.cut(link)
        self._dismiss(link, ByeCode.SLOW_CONSUMER, "what was sent is not read; resync")

    def _shed(self, link: Link) -> None:
        """Keep the bounds of what waits for a party and for all: who is most behind goes first."""
        backlog, party, most = self.sockets.backlog, link.party, self.limits.outbox_bytes
        while party is not None and backlog.of_party(party) > PARTY_OUTBOXES * most:
            self._end_slow(backlog.largest(party))
        while backlog.size > ALL_OUTBOXES * most:
            self._end_slow(backlog.largest())

    # -- the end of a connection

    def finish(self, link: Link, cause: str) -> None:
        """Close when the last words are taken, or after a while; nothing is read any more."""
        if link.phase is Phase.CLOSING or link.number not in self.links:
            return
        self._leave(link)
        link.phase = Phase.CLOSING
        link.cause = link.cause or cause
        link.closing_since = self.now()
        link.close_by = link.closing_since + LINGER
        self.deadlines.arm(link.number, link.close_by)
        self.flush(link)
        self._end(link)

    def _end(self, link: Link) -> None:
        """End our side of the stream once all is sent; the peer closes when it has read all."""
        if link.waits or link.half_closed or link.number not in self.links:
            return
        try:
            self.sockets.shut(link)
        except OSError as error:
            self.failed(link, error)

    def drop(self, link: Link, cause: str) -> None:
        """Close at once."""
        if self.links.pop(link.number, None) is None:
            return
        self._leave(link)
        link.phase = Phase.CLOSING
        self.deadlines.forget(link.number)
        self.sockets.drop(link)
        self._log.info(
            "session_closed" if "session_id" in link.who else "connection_closed",
            session=link.number,
            remote=link.remote,
            cause=link.cause or cause,
            seconds=round(self.now() - link.opened_at, 3),
            frames_in=link.frames_in,
            frames_out=link.frames_out,
            refused=link.refused,
            **{key: value for key, value in link.who.items() if value},
        )

    def _leave(self, link: Link) -> None:
        if link.check is not None:
            self.checks.forget(link.check)
            link.check = None
        if link.phase is not Phase.JOINED:
            return
        self._served.subtract(link.gateways)
        if self._paused.pop(link.number, None) is not None:
            self.sockets.pause(link, False)  # its end is to be heard
        if self.engine is not None:
            self.engine.submit(SessionClosed(link.number))
            self.stirred()

    # -- the log

    def _note_sent_error(self, link: Link, error: object) -> None:
        if isinstance(error, SysError) and error.code is not None:
            self._note_refusal(link, WireError(error.code, error.text or "", type=error.type))

    def _note_refusal(self, link: Link, error: WireError) -> None:
        """A line for each refused frame; never what was in it."""
        self.counters.refusals[error.code] += 1
        if (error.code, error.type) in PLAIN_ANSWERS:
            return
        link.refused += 1
        if link.refused <= LOGGED_REFUSALS:
            what = {"code": error.code, "type": error.type, "path": error.path}
            known = {name: value for name, value in what.items() if value is not None}
            self._log.info("frame_refused", session=link.number, **known)
