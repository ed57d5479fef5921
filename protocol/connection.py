"""One connection as a state machine, for either side, without I/O and without a clock (W-10..W-16).

The theory: bytes of the peer come in by :meth:`Connection.receive`, events for the host come out;
what is to be sent gathers in a queue that :meth:`Connection.data_to_send` drains; time is told with
every call, and :attr:`Connection.deadline` says when :meth:`Connection.tick` is wanted next.

A client chooses the encoding; a server takes that of the first body. From then on either side reads
nothing else: a body in the other one is a bad frame (W-9).

Every change of state is a row of ``TRANSITIONS``, the law; a happening without a row is somebody's
fault: a :class:`~protocol.errors.WireError` inside an event when the peer caused it, a
:class:`~protocol.errors.LocalProtocolError` when our own side did.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from protocol import limits
from protocol.encoding import MESSAGEPACK, Decode, Encoding, encoding_of
from protocol.errors import ByeCode, ErrorCode, LocalProtocolError, WireError
from protocol.frame import Frame
from protocol.framing import Framer
from protocol.session import Bye, Hello, LoginRequest, LoginResult, Ping, SysError, Welcome
from protocol.value import value
from protocol.values import FrameId

VERSION: Final = 1


class Side(Enum):
    """Which end of the connection this is."""

    SERVER = auto()
    CLIENT = auto()


class State(Enum):
    """Where a connection stands."""

    AWAITING_HELLO = auto()
    """Server: nothing good was heard yet."""
    GREETING = auto()
    """Client: our hello is not sent or not answered."""
    CHECKING = auto()
    """Server: there is a hello, the host decides on it."""
    OPEN = auto()
    CLOSING = auto()
    """Nothing is read any more; what is queued is to be sent, then the bytes end."""
    CLOSED = auto()


class Happening(Enum):
    """What moves a connection from state to state."""

    HELLO_HEARD = auto()
    HELLO_ACCEPTED = auto()
    WELCOME_HEARD = auto()
    ENDED = auto()
    """We end it: a bye, a refusal, a fatal fault of the peer, silence."""
    BYE_HEARD = auto()
    EOF = auto()


_FIRST: Final[Mapping[str, str]] = {"SYS_HELLO": "SYS_WELCOME", "SYS_LOGIN": "SYS_LOGIN_RESULT"}
"""What a client may begin with, and the answer to each."""
_END: Final = {
    Happening.ENDED: State.CLOSING,
    Happening.BYE_HEARD: State.CLOSING,
    Happening.EOF: State.CLOSED,
}
TRANSITIONS: Final[Mapping[State, Mapping[Happening, State]]] = {
    State.AWAITING_HELLO: {Happening.HELLO_HEARD: State.CHECKING, **_END},
    State.GREETING: {Happening.WELCOME_HEARD: State.OPEN, **_END},
    State.CHECKING: {Happening.HELLO_ACCEPTED: State.OPEN, **_END},
    State.OPEN: _END,
    State.CLOSING: {Happening.EOF: State.CLOSED},
    State.CLOSED: {Happening.EOF: State.CLOSED},
}


@value
class Refused:
    """A frame was refused; the peer is told, the connection goes on."""

    error: WireError


@value
class Failed:
    """The peer's fault ends the connection: flush what is queued, then close."""

    error: WireError


Event = Frame | Refused | Failed


class Connection:
    """One connection, seen from one side.

    Args:
        side: Which side.
        now: Monotonic seconds.
        frame_bytes: Longest body that is taken; a server takes less before the welcome.
        hello_seconds: How long a server waits for the hello.
        heartbeat_seconds: How long silence may last before a ping, and then after it.
        encoding: What a client speaks; a server hears it.

    Attributes:
        encoding: What this side writes.
        frames_heard: Frames that came, good or not, those that no event tells of included.
    """

    def __init__(
        self,
        side: Side,
        *,
        now: float,
        frame_bytes: int = limits.FRAME_BYTES,
        hello_seconds: float = 10.0,
        heartbeat_seconds: float = 30.0,
        encoding: Encoding = MESSAGEPACK,
    ) -> None:
        self.side = side
        self.encoding = encoding
        self.state = State.AWAITING_HELLO if side is Side.SERVER else State.GREETING
        self.frames_heard = 0
        self._frame_bytes = frame_bytes
        self._framer = Framer(
            min(frame_bytes, limits.HELLO_BYTES) if side is Side.SERVER else frame_bytes
        )
        self._outgoing: list[bytes] = []
        self._heartbeat = heartbeat_seconds
        self._hello_until = now + hello_seconds
        self._heard = now
        self._pinged: float | None = None
        self._asked = ""
        self._decode: Decode | None = None

    # -- what the peer sends

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes in any slicing; never raises for what a peer sent."""
        if self._is_over():
            return []
        self._heard = now
        self._pinged = None
        by_client = self.side is Side.SERVER
        bodies, fault = self._framer.split(data)
        self.frames_heard += len(bodies)
        events: list[Event] = []
        if bodies:
            decode = self._decode or self._settle(bodies[0])
        is_open = self.state is State.OPEN
        for body in bodies:
            try:
                frame = decode(body, by_client=by_client)
            except WireError as error:
                self._refuse_frame(error.bare(), events)
            else:
                # Nearly every frame is one for the host of an open connection.
                if is_open and not frame.type.startswith("SYS_"):
                    events.append(frame)
                    continue
                self._take(frame, events)
            is_open = self.state is State.OPEN
            if self._is_over():
                return events
        if fault is not None:
            self._fail(fault, events)
        return events

    def receive_eof(self) -> None:
        """The peer ended its bytes: nothing is heard and nothing can be said any more."""
        self._outgoing.clear()
        self._move(Happening.EOF)

    def _settle(self, first: bytes) -> Decode:
        """Take the encoding of the first body.

        To a client it comes from a broker that may not have heard yet in which one it is spoken to:
        that is then a refusal, and the last that it says.
        """
        encoding = encoding_of(first)
        if self.side is Side.SERVER:
            self.encoding = encoding
        self._decode = encoding.decode
        return encoding.decode

    def _take(self, frame: Frame, events: list[Event]) -> None:
        match self.state, frame.type:
            case State.AWAITING_HELLO, _:
                self._take_first(frame, events)
            case _, "SYS_BYE":
                events.append(frame)
                self._move(Happening.BYE_HEARD)
            case State.CHECKING, _:
                self._fail(
                    _error(ErrorCode.BAD_HELLO, "no frame before SYS_WELCOME", frame), events
                )
            case State.GREETING, answer if answer == _FIRST.get(self._asked):
                self._take_answer(frame, events)
            case _, "SYS_PING":
                self._queue("SYS_PONG", frame.payload, frame.id)
            case _, "SYS_PONG":
                pass
            case _, "SYS_ERROR" if self.side is Side.CLIENT:
                events.append(frame)
                if isinstance(frame.payload, SysError) and frame.payload.fatal:
                    self._move(Happening.BYE_HEARD)
            case State.OPEN, "SYS_ACK" if self.side is Side.CLIENT:
                events.append(frame)
            case State.GREETING, _:
                text = f"{frame.type} before SYS_WELCOME"
                self._fail(_error(ErrorCode.BAD_HELLO, text, frame), events)
            case _:
                text = f"{frame.type} has no place here"
                self._refuse_frame(_error(ErrorCode.NOT_ALLOWED, text, frame), events)

    def _take_first(self, frame: Frame, events: list[Event]) -> None:
        if not isinstance(frame.payload, Hello | LoginRequest):
            self._fail(_error(ErrorCode.BAD_HELLO, "SYS_HELLO comes first", frame), events)
            return
        version = frame.payload.version
        if version != VERSION:
            text = f"version {version}; served is {VERSION}"
            self._fail(_error(ErrorCode.VERSION_NOT_SERVED, text, frame), events)
            return
        if isinstance(frame.payload, Hello) and not frame.payload.peers:
            self._fail(_error(ErrorCode.BAD_HELLO, "Peers: none is named", frame), events)
            return
        self._move(Happening.HELLO_HEARD)
        events.append(frame)

    def _take_answer(self, frame: Frame, events: list[Event]) -> None:
        if not isinstance(frame.payload, Welcome):  # to a login, and that is all
            self._move(Happening.BYE_HEARD)
            events.append(frame)
            return
        self._heartbeat = frame.payload.heartbeat_seconds or self._heartbeat
        # A broker that takes longer frames may send them, too.
        self._framer.frame_bytes = max(self._framer.frame_bytes, frame.payload.frame_bytes)
        self._move(Happening.WELCOME_HEARD)
        events.append(frame)

    def _refuse_frame(self, error: WireError, events: list[Event]) -> None:
        """Refuse one frame; before the session is open every refusal is fatal (W-10)."""
        if error.fatal or self.state is State.OPEN:
            fatal = error
        else:
            fatal = WireError(
                ErrorCode.BAD_HELLO, error.text, type=error.type, re=error.re, path=error.path
            )
        if fatal.fatal:
            self._fail(fatal, events)
        else:
            if self.side is Side.SERVER:
                self.report(error)
            events.append(Refused(error))

    def _fail(self, error: WireError, events: list[Event]) -> None:
        if self.side is Side.SERVER:
            self.refuse(error)
        else:  # a client has no SYS_ERROR
            self.bye(ByeCode.PROTOCOL_ERROR, f"{error.code}: {error.text}")
        events.append(Failed(error))

    # -- what our side says

    def hello(self, hello: Hello, id: FrameId = None) -> None:
        """Client: say hello.

        Raises:
            LocalProtocolError: It was said already, or this is the server.
        """
        self._begin("SYS_HELLO", hello, id)

    def log_in(self, request: LoginRequest, id: FrameId = None) -> None:
        """Client: ask whether somebody is an agent, in place of a hello (W-18).

        Raises:
            LocalProtocolError: Something was said already, or this is the server.
        """
        self._begin("SYS_LOGIN", request, id)

    def _begin(self, type: str, payload: object, id: FrameId) -> None:
        if self.state is not State.GREETING or self._asked:
            raise LocalProtocolError(f"no {type} in {self.state.name}")
        self._asked = type
        self._say(type, payload, None if id is None else {"Id": id})

    def accept(self, welcome: Welcome, re: FrameId = None) -> None:
        """Server: the hello is good; the session is open.

        Raises:
            LocalProtocolError: There is no hello to accept.
        """
        self._move(Happening.HELLO_ACCEPTED)
        self._heartbeat = welcome.heartbeat_seconds or self._heartbeat
        self._framer.frame_bytes = self._frame_bytes
        self._queue("SYS_WELCOME", welcome, re)

    def conclude(self, result: LoginResult, re: FrameId = None) -> None:
        """Server: answer a login, which ends the connection.

        Raises:
            LocalProtocolError: The connection is ending already.
        """
        self._move(Happening.ENDED)
        self._queue("SYS_LOGIN_RESULT", result, re)

    def refuse(self, error: WireError) -> None:
        """Server: the hello is not good, or the connection cannot go on.

        Raises:
            LocalProtocolError: The connection is ending already.
        """
        self._move(Happening.ENDED)
        self._queue("SYS_ERROR", _sys_error(error, fatal=True), error.re)

    def report(self, error: WireError) -> None:
        """Server: queue the ``SYS_ERROR`` of a frame that was refused; the connection goes on."""
        self._queue("SYS_ERROR", _sys_error(error, fatal=False), error.re)

    def send(self, data: bytes) -> None:
        """Queue the bytes of assembled frames.

        Raises:
            LocalProtocolError: The connection is not open.
        """
        if self.state is not State.OPEN:
            raise LocalProtocolError(f"nothing can be sent in {self.state.name}")
        self._outgoing.append(data)

    def bye(self, code: ByeCode, text: str = "", reconnect_after: int | None = None) -> None:
        """Announce that we close, and why.

        Raises:
            LocalProtocolError: The connection is ending already.
        """
        self._move(Happening.ENDED)
        bye = Bye(code=code, text=text or None, reconnect_after_seconds=reconnect_after)
        self._queue("SYS_BYE", bye)

    def data_to_send(self) -> bytes:
        """Drain the queue of outgoing bytes."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    # -- time

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` is wanted next; None: never."""
        match self.state:
            case State.AWAITING_HELLO | State.GREETING:
                return self._hello_until
            case State.OPEN:
                return (self._heard if self._pinged is None else self._pinged) + self._heartbeat
            case _:
                return None

    def tick(self, now: float) -> list[Event]:
        """Do what time demands: end a connection that said no hello, ping or end a silent one."""
        events: list[Event] = []
        deadline = self.deadline
        if deadline is None or now < deadline:
            return events
        if self.state is not State.OPEN:
            missed = "SYS_HELLO" if self.side is Side.SERVER else "SYS_WELCOME"
            self._fail(WireError(ErrorCode.HELLO_TIMEOUT, f"no {missed} in time"), events)
        elif self._pinged is not None:
            self.bye(ByeCode.TIMEOUT, "nothing heard")
        else:
            self._pinged = now
            self._queue("SYS_PING", Ping())
        return events

    def excuse(self, seconds: float, now: float) -> None:
        """Our side did not listen for so long: that is no silence of the peer.

        A hello has as much time again; a peer that was to answer a ping is asked once more. How long it was
        silent while our side listened counts, whenever this is called.
        """
        self._hello_until += seconds
        self._heard = min(now, self._heard + seconds)
        self._pinged = None

    def leave_unread(self, now: float) -> None:
        """Our side does not read the peer at the moment: its silence begins when it does."""
        self._heard = now
        self._pinged = None

    # -- within

    def _is_over(self) -> bool:
        return self.state in (State.CLOSING, State.CLOSED)

    def _queue(self, type: str, payload: object, re: FrameId = None) -> None:
        self._say(type, payload, None if re is None else {"Re": re})

    def _say(self, type: str, payload: object, headers: Mapping[str, object] | None) -> None:
        encoding = self.encoding
        self._outgoing.append(encoding.assemble(encoding.pack(type, payload), headers))

    def _move(self, happening: Happening) -> None:
        state = TRANSITIONS[self.state].get(happening)
        if state is None:
            raise LocalProtocolError(f"{happening.name} in {self.state.name}")
        self.state = state


def _error(code: ErrorCode, text: str, frame: Frame) -> WireError:
    return WireError(code, text, type=frame.type, re=frame.id)


def _sys_error(error: WireError, *, fatal: bool) -> SysError:
    return SysError(code=error.code, text=error.text, type=error.type, fatal=fatal)
