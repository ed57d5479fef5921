"""Plays the client side of a recording and checks what the broker says to it."""

from __future__ import annotations

import json
from typing import Final, Protocol

import trio
from attrs import Factory, define, field, frozen

from broker.recording.compare import Bindings, Difference
from broker.recording.format import (
    BadRecording,
    Closed,
    Directive,
    Line,
    Opened,
    Passed,
    Raw,
    Recording,
    Splitter,
    encoding_of_frame,
    read_frame,
    write_frame,
)
from broker.recording.tokens import Tokens
from protocol.codec import encode
from protocol.display import shown
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.json_codec import decode_json

LONGEST_WAIT: Final = 86_400
_LOOK_AHEAD: Final = 4
_READ_BYTES: Final = 65_536
_SECOND: Final = 1_000_000
_IMPATIENT_SECONDS: Final = 1.0


class BrokerAway(Exception):
    """No broker accepts the first connection of a replay."""

    def __init__(self, address: tuple[str, int], error: OSError) -> None:
        why = error.strerror or str(error)
        super().__init__(f"no broker answers at {address[0]}:{address[1]}: {why}")


class Host(Protocol):
    """Who carries out what a recording wants done to the broker."""

    async def do(self, directive: Directive) -> None:
        """Carry it out; return when the broker serves again."""


class NoHost:
    """Of a broker that runs elsewhere nothing can be asked but patience."""

    async def do(self, directive: Directive) -> None:
        """Wait, or refuse."""
        if (why := refusal(directive)) is not None:
            raise BadRecording(why)
        await trio.sleep(directive.arguments["seconds"])


_NEEDS_HARNESS: Final = {
    "kill": "wants the broker killed",
    "reload": "wants the broker's configuration reloaded",
    "restart": "wants the broker restarted",
}


def refusal(directive: Directive) -> str | None:
    """Why a replay against a broker that runs elsewhere cannot do this; None: it can."""
    if directive.do != "wait":
        wants = _NEEDS_HARNESS.get(directive.do, f"wants {directive.do!r} done to the broker")
        return f"{wants}: needs a harness that can do it"
    seconds: object = directive.arguments.get("seconds")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_WAIT:
        return f"do wait: seconds: {seconds!r} is not 0 to {LONGEST_WAIT}"
    return None


def unplayable(recording: Recording) -> str | None:
    """Why a whole recording cannot be played against such a broker, by its first such line."""
    asked = (refusal(line) for line in recording.lines if isinstance(line, Directive))
    return next((why for why in asked if why is not None), None)


@frozen
class Finding:
    """Something is not as recorded.

    Attributes:
        kind: `missing`, `unexpected` or `different`.
        conn: Number of the connection.
        line: Number of the event in the recording, from 1; of an unexpected one, the next.
        what: Type of the frame, or what else it is about.
        differences: The members, for `different`.
        content: The whole, for `missing` and `unexpected`.
    """

    kind: str
    conn: int
    line: int
    what: str
    differences: tuple[Difference, ...] = ()
    content: str = ""

    def __str__(self) -> str:
        lines = [f"event {self.line}, connection {self.conn}: {self.kind} {self.what}"]
        if self.content:
            lines.append(f"    {self.content}")
        for item in self.differences:
            lines.append(f"    {item.path}")
            lines += (f"      expected {item.expected!r}", f"      got      {item.got!r}")
        return "\n".join(map(shown, lines))


@define(kw_only=True)
class Pace:
    """How fast, and how patiently.

    Attributes:
        speed: 1 is the recording's own time, 2 twice as fast, 0 as fast as causality allows.
        seconds: How long an expected frame may take longer than recorded.
        settle: How long to wait at the end for what should not come.
    """

    speed: float = 0.0
    seconds: float = 10.0
    settle: float = 0.05


_Expected = Passed | Raw | Closed


@define(eq=False)
class _Connection:
    """One live connection and what is expected of it, in order."""

    number: int
    expected: list[tuple[int, _Expected]] = Factory(list)
    seen: int = 0
    stream: trio.SocketStream | None = None
    scope: trio.CancelScope = Factory(trio.CancelScope)
    ended: bool = False

    def pending(self, before: int) -> list[tuple[int, _Expected]]:
        """What was recorded before that event and has not come yet."""
        return [item for item in self.expected[self.seen :] if item[0] < before]


@define
class Player:
    """One replay of one recording.

    Attributes:
        recording: What was recorded.
        address: Where the broker is.
        pace: How fast.
        host: Who does to the broker what the recording says.
        tokens: The secrets that the recording names.
        partial: Whether the broker's frames may have members that were not recorded.
        findings: What was not as recorded so far.
    """

    recording: Recording
    address: tuple[str, int]
    pace: Pace = Factory(Pace)
    host: Host = Factory(NoHost)
    tokens: Tokens = Factory(Tokens)
    partial: bool = False
    findings: list[Finding] = Factory(list)
    _bindings: Bindings = Factory(Bindings)
    _connections: dict[int, _Connection] = Factory(dict)
    _progress: trio.Event = Factory(trio.Event)
    _began: float = 0.0
    _at: int = 0
    _impatient: bool = field(default=False, init=False)
    _unsent: tuple[int, _Connection, bytes] | None = field(default=None, init=False)

    async def play(self) -> list[Finding]:
        """Replay the whole recording.

        Returns:
            What was not as recorded, in the order in which it was noticed.
        """
        for index, line in enumerate(self.recording.lines):
            if not isinstance(line, Directive):
                connection = self._connections.setdefault(line.conn, _Connection(line.conn))
                if not isinstance(line, Opened) and line.sender == "broker":
                    connection.expected.append((index, line))
        try:
            await self._play()
        except BaseExceptionGroup as group:
            # One task leads, the others only listen: what it raised is what happened.
            if len(group.exceptions) == 1:
                raise group.exceptions[0] from None
            raise
        return self.findings

    async def _play(self) -> None:
        lines = self.recording.lines
        self._began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for index, line in enumerate(lines):
                await self._step(index, line, nursery)
                await self._flush(lines[index + 1] if index + 1 < len(lines) else None)
            await self._until_come(len(lines))
            await trio.sleep(self.pace.settle)
            nursery.cancel_scope.cancel()

    async def _step(self, index: int, line: Line, nursery: trio.Nursery) -> None:
        match line:
            case Directive():
                await self._until_come(index)
                await self.host.do(line)
            case Opened():
                await self._act(index, line.at)
                await self._open(self._connections[line.conn], nursery)
            case Closed(sender="client"):
                await self._act(index, line.at)
                await self._close(self._connections[line.conn])
            case Passed(sender="client"):
                await self._act(index, line.at)
                self._say(index, self._connections[line.conn], self._bytes_of(line))
            case Raw(sender="client"):
                await self._act(index, line.at)
                self._say(index, self._connections[line.conn], line.data)
            case Closed() | Passed() | Raw():
                pass

    def _bytes_of(self, line: Passed) -> bytes:
        """The recorded bytes where they still say what is to be said, else such bytes anew."""
        frame = decode_json(json.dumps(self._bindings.send(self.tokens.restore(line.frame))))
        if line.data is None:
            return encode(frame)
        data = self._bindings.live_bytes(line.data)
        if _reads_as(data, frame):
            return data
        return write_frame(frame, encoding_of_frame(line.data))

    async def _act(self, index: int, at: int) -> None:
        """Wait until it is a client's turn: what was recorded before has come, and it is time."""
        await self._until_come(index)
        self._at = at
        if self.pace.speed > 0:
            await trio.sleep_until(self._began + at / _SECOND / self.pace.speed)

    async def _until_come(self, index: int) -> None:
        while late := [item for c in self._connections.values() for item in c.pending(index)]:
            wait = max(0, max(line.at for _, line in late) - self._at) / _SECOND
            wait += _IMPATIENT_SECONDS if self._impatient else self.pace.seconds
            with trio.move_on_after(wait) as scope:
                await self._progress.wait()
            self._progress = trio.Event()
            if scope.cancelled_caught:
                # One missing frame often means many: the rest gets less time.
                self._impatient = True
                for connection in self._connections.values():
                    due = connection.pending(index)
                    self._skip(connection, len(due))

    def _skip(self, connection: _Connection, count: int) -> None:
        for index, line in connection.expected[connection.seen : connection.seen + count]:
            self._find("missing", connection, index, _name(line), content=_content(line))
        connection.seen += count

    def _find(
        self,
        kind: str,
        connection: _Connection,
        index: int,
        what: str,
        differences: tuple[Difference, ...] = (),
        content: str = "",
    ) -> None:
        self.findings.append(
            Finding(kind, connection.number, index + 1, what, differences, content)
        )

    async def _open(self, connection: _Connection, nursery: trio.Nursery) -> None:
        try:
            connection.stream = await trio.open_tcp_stream(*self.address)
        except OSError as error:
            if all(other.stream is None for other in self._connections.values()):
                raise BrokerAway(self.address, error) from None
            self._came(connection, Closed(at=0, conn=connection.number, sender="broker"))
            return
        nursery.start_soon(self._listen, connection, connection.stream)

    async def _close(self, connection: _Connection) -> None:
        connection.scope.cancel()
        if connection.stream is not None:
            await connection.stream.aclose()

    async def _flush(self, following: Line | None) -> None:
        """Send what was said; frames that follow each other at once go out as one piece."""
        if self._unsent is None:
            return
        index, connection, data = self._unsent
        if (
            self.pace.speed == 0
            and isinstance(following, Passed | Raw)
            and (following.conn, following.sender) == (connection.number, "client")
        ):
            return
        self._unsent = None
        try:
            if connection.stream is None:
                raise trio.ClosedResourceError
            await connection.stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            if not any(isinstance(line, Closed) for _, line in connection.expected):
                self._find("unexpected", connection, index, "close: a frame could not be sent")

    def _say(self, index: int, connection: _Connection, data: bytes) -> None:
        before = self._unsent[2] if self._unsent is not None else b""
        self._unsent = (index, connection, before + data)

    async def _listen(self, connection: _Connection, stream: trio.SocketStream) -> None:
        splitter = Splitter(connection.number, "broker")
        async with stream:
            with connection.scope:
                try:
                    while data := await stream.receive_some(_READ_BYTES):
                        for line in splitter.feed(bytes(data), 0):
                            if not await self._is_ping_of_now(connection, line):
                                self._came(connection, line)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    pass
                self._came(connection, Closed(at=0, conn=connection.number, sender="broker"))

    async def _is_ping_of_now(self, connection: _Connection, line: Passed | Raw) -> bool:
        """Answer a heartbeat that this run needs and the recorded one did not."""
        if not isinstance(line, Passed) or line.type != "SYS_PING":
            return False
        if any(_name(item) == "SYS_PING" for _, item in connection.expected[connection.seen :]):
            return False
        pong = decode_json(json.dumps(["SYS_PONG", line.frame[1]]))
        assert isinstance(pong, Frame)
        assert connection.stream is not None
        await connection.stream.send_all(write_frame(pong, encoding_of_frame(line.data)))
        return True

    def _came(self, connection: _Connection, line: _Expected) -> None:
        ahead = connection.expected[connection.seen :]
        mine = self._identity(line)
        known = next(
            (n for n, (_, item) in enumerate(ahead[:_LOOK_AHEAD]) if self._identity(item) == mine),
            len(ahead) - 1 if isinstance(line, Closed) and ahead and _is_close(ahead[-1]) else None,
        )
        if known is None:
            index = ahead[0][0] if ahead else len(self.recording.lines)
            self._find("unexpected", connection, index, _name(line), content=_content(line))
            return
        self._skip(connection, known)
        index, expected = connection.expected[connection.seen]
        connection.seen += 1
        if isinstance(expected, Passed) and isinstance(line, Passed):
            partial = expected.partial or self.partial
            differences = tuple(self._bindings.compare(expected.frame, line.frame, partial=partial))
            was, now = encoding_of_frame(expected.data), encoding_of_frame(line.data)
            if was is not now:
                differences += (Difference("encoding", was.name, now.name),)
            if differences:
                self._find("different", connection, index, expected.type, differences)
        self._progress.set()

    def _identity(self, line: _Expected) -> tuple[str, object]:
        """What a frame is recognised by: its type, and the key of the sentence that it is about."""
        payload = line.frame[1] if isinstance(line, Passed) else None
        key = payload.get("ID") if isinstance(payload, dict) else None
        return _name(line), key if self._bindings.was_said(key) else None


def _reads_as(data: bytes, frame: Frame) -> bool:
    try:
        return read_frame(data) == frame
    except WireError:
        return False


def _is_close(item: tuple[int, _Expected]) -> bool:
    return isinstance(item[1], Closed)


def _name(line: _Expected) -> str:
    match line:
        case Passed():
            return line.type
        case Raw():
            return "bytes that are no frame"
        case Closed():
            return "close"


def _content(line: _Expected) -> str:
    match line:
        case Passed():
            return json.dumps(line.frame[1:], ensure_ascii=False)
        case Raw():
            return line.data.hex()
        case Closed():
            return ""
