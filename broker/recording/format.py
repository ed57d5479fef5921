"""Recordings: what passed between clients and a broker, as JSON lines; docs/recordings.md.

The first line is the header, `{"parley": "recording", "version": 1, ...}`. Each other line is an
event of a connection (numbered from 1 in the order of opening), or a directive:

    {"at": 0, "conn": 1, "event": "open"}
    {"at": 1210, "conn": 1, "from": "client", "frame": ["SYS_HELLO", {"Version": 1, ...}]}
    {"at": 1544, "conn": 1, "from": "broker", "hex": "00000003...", "why": "BadFrame: ..."}
    {"at": 9000, "conn": 1, "event": "close", "from": "broker"}
    {"do": "restart"}

`at` is microseconds since the start of the recording. A frame is written in the JSON form of the
protocol (W-9). Bytes that are no good frame are written in hex, the length before the body
included, so that a recording can hold hostile bytes too; a good frame whose bytes are not those
that this package writes for it has them beside it. A directive says what happens to the broker
between frames; whoever replays carries it out.

Theory of operation: what is read is not believed. A line that says something that nobody here
understands would otherwise be an expectation that nobody checks, and a recording of such lines
would always be as recorded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from attrs import Factory, field, frozen, mutable

from protocol.catalogue import ALIASES, CATALOGUE
from protocol.codec import encode
from protocol.encoding import MESSAGEPACK, Encoding, encoding_of
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.json_codec import decode_json, encode_json
from protocol.limits import FRAME_BYTES

VERSION: Final = 1
Side = Literal["client", "broker"]
SIDES: Final = ("client", "broker")
_LENGTH_BYTES: Final = 4
_LINE_ENDS: Final = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


class BadRecording(Exception):
    """A file is no recording that this version reads; the text says where and why."""


@frozen(kw_only=True)
class Opened:
    """A client connected."""

    at: int
    conn: int


@frozen(kw_only=True)
class Closed:
    """One side closed the connection."""

    at: int
    conn: int
    sender: Side


@frozen(kw_only=True)
class Passed:
    """A good frame passed.

    Attributes:
        frame: It, in the JSON form: `[Type, Payload]` or `[Type, Payload, Headers]`.
        data: Its bytes, the length included, where they are not those that `encode` makes of it.
        partial: Only the members that it has are expected; others may come besides.
    """

    at: int
    conn: int
    sender: Side
    frame: list[Any]
    data: bytes | None = None
    partial: bool = False

    @property
    def type(self) -> str:
        """Message type."""
        return str(self.frame[0])


@frozen(kw_only=True)
class Raw:
    """Bytes passed that are no good frame, and why they are none."""

    at: int
    conn: int
    sender: Side
    data: bytes
    why: str


@frozen(kw_only=True)
class Directive:
    """What happens to the broker, or a pause: `do` names it, the rest are its arguments."""

    do: str
    arguments: Mapping[str, Any] = field(factory=dict)


Line = Opened | Closed | Passed | Raw | Directive


@frozen
class Recording:
    """A recording as it is read from a file."""

    header: Mapping[str, Any]
    lines: tuple[Line, ...]


def to_json(line: Line) -> str:
    """Write one line."""
    match line:
        case Directive():
            value: dict[str, Any] = {"do": line.do, **line.arguments}
        case Opened():
            value = {"at": line.at, "conn": line.conn, "event": "open"}
        case Closed():
            value = {"at": line.at, "conn": line.conn, "event": "close", "from": line.sender}
        case Passed():
            value = {"at": line.at, "conn": line.conn, "from": line.sender, "frame": line.frame}
            value |= {"hex": line.data.hex()} if line.data is not None else {}
            value |= {"partial": True} if line.partial else {}
        case Raw():
            value = {"at": line.at, "conn": line.conn, "from": line.sender}
            value |= {"hex": line.data.hex(), "why": line.why}
    # What some readers take for the end of a line stays inside its line.
    return json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)


def header_json(**more: object) -> str:
    """Write the first line; `more` is kept for whoever reads it, as `title`."""
    return json.dumps({"parley": "recording", "version": VERSION, **more}, ensure_ascii=False)


_MEMBERS: Final[Mapping[str, Mapping[str, type]]] = {
    "open": {"at": int, "conn": int, "event": str},
    "close": {"at": int, "conn": int, "event": str, "from": str},
    "frame": {"at": int, "conn": int, "from": str, "frame": list, "hex": str, "partial": bool},
    "hex": {"at": int, "conn": int, "from": str, "hex": str, "why": str},
}
"""The members of each kind of line; `at` and `conn` may be left out by whoever writes by hand."""


@mutable
class _Reader:
    """Reader of lines that knows what the lines before said."""

    at: int = 0
    opened: set[int] = Factory(set)

    def read(self, text: str) -> Line:
        """Read one line.

        Raises:
            ValueError: It says something that nobody understands; the text says what.
        """
        value = json.loads(text)
        if type(value) is not dict:
            raise ValueError("an object is expected")
        if "do" in value:
            do = value.pop("do")
            if type(do) is not str:
                raise ValueError("do: a str is expected")
            return Directive(do=do, arguments=value)
        kind = value.get("event", "frame" if "frame" in value else "hex")
        if type(kind) is not str or (known := _MEMBERS.get(kind)) is None:
            raise ValueError(f"event: {kind!r} is neither open nor close")
        for name, member in value.items():
            if name not in known:
                raise ValueError(f"{name}: no such member")
            if type(member) is not known[name]:
                raise ValueError(f"{name}: {known[name].__name__} expected")
        return self._line(kind, value)

    def _line(self, kind: str, value: dict[str, Any]) -> Line:
        at, conn = value.get("at", self.at), value.get("conn", 1)
        if at < 0 or conn < 1:
            raise ValueError("at is 0 or later, and connections are counted from 1")
        self.at = at
        if kind == "open":
            if conn in self.opened:
                raise ValueError(f"connection {conn} was opened before")
            self.opened.add(conn)
            return Opened(at=at, conn=conn)
        if conn not in self.opened:
            raise ValueError(f"connection {conn} was not opened")
        sender = value.get("from")
        if sender not in SIDES:
            raise ValueError(f"from: {sender!r} is neither client nor broker")
        if kind == "close":
            return Closed(at=at, conn=conn, sender=sender)
        data = bytes.fromhex(value["hex"]) if "hex" in value else None
        if kind == "frame":
            _check_frame(sender, value["frame"])
            partial = value.get("partial", False)
            frame = value["frame"]
            return Passed(at=at, conn=conn, sender=sender, frame=frame, data=data, partial=partial)
        if not data:
            raise ValueError("a frame, hex, an event or do is expected")
        return Raw(at=at, conn=conn, sender=sender, data=data, why=value.get("why", ""))


def _check_frame(sender: Side, frame: list[Any]) -> None:
    """See that a client's frame can be sent, and that the broker's could ever come."""
    if not 2 <= len(frame) <= 3 or type(frame[0]) is not str:
        raise ValueError("frame: [Type, Payload] or [Type, Payload, Headers] is expected")
    if frame[0] not in CATALOGUE and frame[0] not in ALIASES:
        raise ValueError(f"frame: there is no type {frame[0]}")
    if sender == "broker":
        return
    try:
        decode_json(json.dumps(frame))
    except WireError as error:
        raise ValueError(f"frame: {frame[0]}: {error.text} ({error.code})") from None


def parse(lines: Iterable[str], name: str = "recording") -> Recording:
    """Read a recording; empty lines are passed over.

    Raises:
        BadRecording: It is none, of a version that is not served, or says something that nobody
            understands.
    """
    header: dict[str, Any] | None = None
    events: list[Line] = []
    reader = _Reader()
    number = 0
    try:
        for number, text in enumerate(lines, start=1):  # noqa: B007 - also told in the fault
            if not text.strip():
                continue
            if header is None:
                header = _header(text)
            else:
                events.append(reader.read(text))
    except UnicodeDecodeError:
        raise BadRecording(f"{name}, line {number + 1}: not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadRecording(f"{name}, line {number}: {error}") from None
    if header is None:
        raise BadRecording(f"{name}: is empty")
    return Recording(header, tuple(events))


def _header(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if type(value) is not dict or value.get("parley") != "recording":
        raise ValueError("not the header of a recording")
    if value.get("version") != VERSION:
        raise ValueError(f"version {value.get('version')!r}; this version reads {VERSION}")
    return value


def load(path: Path) -> Recording:
    """Read a recording from a file; `-` is standard input.

    Raises:
        BadRecording: It cannot be read, or as of `parse`.
    """
    if str(path) == "-":
        return parse(sys.stdin, "standard input")
    try:
        with path.open(encoding="utf-8-sig") as file:
            return parse(file, path.name)
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror or error}") from None


def read_frame(whole: bytes) -> Frame:
    """Read a frame from its bytes, MessagePack or JSON.

    Args:
        whole: The bytes, the length before the body included.

    Raises:
        WireError: They are no good frame.
    """
    body = whole[_LENGTH_BYTES:]
    return encoding_of(body).decode(body)


def write_frame(frame: Frame, encoding: Encoding) -> bytes:
    """The bytes of a frame, the length before the body included."""
    return encoding.assemble(encoding.pack(frame.type, frame.payload), frame.headers)


def encoding_of_frame(data: bytes | None) -> Encoding:
    """The encoding of recorded bytes; a frame without them is one that `encode` writes."""
    return MESSAGEPACK if data is None else encoding_of(data[_LENGTH_BYTES:])


@mutable
class Splitter:
    """Cuts one direction of a connection into frames, for the record: it refuses nothing.

    Attributes:
        frame_bytes: A longer announced length is no frame: what follows is taken as raw bytes.
    """

    conn: int
    sender: Side
    frame_bytes: int = FRAME_BYTES
    _rest: bytearray = Factory(bytearray)
    _lost: bool = False

    def feed(self, data: bytes, at: int) -> Iterator[Passed | Raw]:
        """Take bytes that passed, give the frames that they complete."""
        self._rest += data
        while len(self._rest) >= _LENGTH_BYTES and not self._lost:
            size = int.from_bytes(self._rest[:_LENGTH_BYTES])
            if not 1 <= size <= self.frame_bytes:
                self._lost = True
                break
            end = _LENGTH_BYTES + size
            if len(self._rest) < end:
                return
            whole = bytes(self._rest[:end])
            del self._rest[:end]
            yield self._read(whole, at)
        if self._lost and self._rest:
            yield self._raw(bytes(self._rest), at, "no frame")
            self._rest.clear()

    def end(self, at: int) -> Iterator[Raw]:
        """The direction ended: give what is left of a frame."""
        if self._rest:
            yield self._raw(bytes(self._rest), at, "cut off")
            self._rest.clear()

    def _read(self, whole: bytes, at: int) -> Passed | Raw:
        try:
            frame = read_frame(whole)
        except WireError as error:
            return self._raw(whole, at, f"{error.code}: {error.text}")
        read: list[Any] = json.loads(encode_json(frame))
        data = whole if encode(frame) != whole else None
        return Passed(at=at, conn=self.conn, sender=self.sender, frame=read, data=data)

    def _raw(self, data: bytes, at: int, why: str) -> Raw:
        return Raw(at=at, conn=self.conn, sender=self.sender, data=data, why=why)
