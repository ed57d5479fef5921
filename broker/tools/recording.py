"""Recordings: what passed between clients and a broker, as JSON lines.

The first line is the header, `{"parley": "recording", "version": 1, ...}`. Each other line is an
event of a connection (numbered from 1 in the order of opening), or a directive:

    {"at": 0, "conn": 1, "event": "open"}
    {"at": 1210, "conn": 1, "from": "client", "frame": ["SYS_HELLO", {"Version": 1, ...}]}
    {"at": 1544, "conn": 1, "from": "broker", "hex": "00000003...", "why": "BadFrame: ..."}
    {"at": 9000, "conn": 1, "event": "close", "from": "broker"}
    {"do": "restart"}

`at` is microseconds since the start of the recording. A frame is written in the JSON form of the
protocol (W-9). Bytes that are no good frame are written in hex, the length before the body
included, so that a recording can hold hostile bytes too. A directive says what happens to the
broker between frames; whoever replays carries it out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from attrs import Factory, field, frozen, mutable

from protocol.catalogue import ALIASES
from protocol.codec import decode, encode_json
from protocol.errors import WireError
from protocol.limits import FRAME_BYTES

VERSION: Final = 1
Side = Literal["client", "broker"]
_LENGTH_BYTES: Final = 4
_HELLO: Final = "SYS_HELLO"
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
    """A good frame passed, in the JSON form: `[Type, Payload]` or `[Type, Payload, Headers]`."""

    at: int
    conn: int
    sender: Side
    frame: list[Any]

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
        case Raw():
            value = {"at": line.at, "conn": line.conn, "from": line.sender}
            value |= {"hex": line.data.hex(), "why": line.why}
    # What some readers take for the end of a line stays inside its line.
    return json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)


def header_json(**more: object) -> str:
    """Write the first line; `more` is kept for whoever reads it, as `title`."""
    return json.dumps({"parley": "recording", "version": VERSION, **more}, ensure_ascii=False)


def _from_json(text: str) -> Line:
    value = json.loads(text)
    if "do" in value:
        return Directive(do=value.pop("do"), arguments=value)
    at, conn = value["at"], value["conn"]
    if value.get("event") == "open":
        return Opened(at=at, conn=conn)
    sender = value["from"]
    if value.get("event") == "close":
        return Closed(at=at, conn=conn, sender=sender)
    if "frame" in value:
        return Passed(at=at, conn=conn, sender=sender, frame=value["frame"])
    data = bytes.fromhex(value["hex"])
    return Raw(at=at, conn=conn, sender=sender, data=data, why=value.get("why", ""))


def parse(lines: Iterable[str], name: str = "recording") -> Recording:
    """Read a recording; empty lines are passed over.

    Raises:
        BadRecording: It is none, or of a version that is not served.
    """
    header: dict[str, Any] | None = None
    events: list[Line] = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            if header is None:
                header = json.loads(text)
                if header["parley"] != "recording" or header["version"] != VERSION:
                    raise BadRecording(f"{name}: not a recording of version {VERSION}")
            else:
                events.append(_from_json(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRecording(f"{name}, line {number}: {error!r}") from None
    if header is None:
        raise BadRecording(f"{name}: empty")
    return Recording(header, tuple(events))


def load(path: Path) -> Recording:
    """Read a recording from a file."""
    with path.open(encoding="utf-8") as file:
        return parse(file, path.name)


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
        body = whole[_LENGTH_BYTES:]
        try:
            frame = decode(body)
        except WireError as error:
            return self._raw(whole, at, f"{error.code}: {error.text}")
        for alias in ALIASES:
            if alias.encode() in body[: len(alias) + 3]:
                return self._raw(whole, at, f"alias {alias}")
        read: list[Any] = json.loads(encode_json(frame))
        return Passed(at=at, conn=self.conn, sender=self.sender, frame=read)

    def _raw(self, data: bytes, at: int, why: str) -> Raw:
        return Raw(at=at, conn=self.conn, sender=self.sender, data=data, why=why)


@frozen
class Tokens:
    """The secrets that recordings name and never hold.

    Attributes:
        by_name: Token by the name of its owner: an agent's login or a gateway's address.
    """

    by_name: Mapping[str, str] = field(factory=dict)

    def redact(self, frame: list[Any]) -> list[Any]:
        """Put the owner's name in place of a hello's token.

        A token that is not its owner's, as far as the owners' tokens are known, becomes
        `$WRONG`: it will be refused again.
        """
        payload = frame[1]
        if frame[0] != _HELLO or not payload or payload.get("Token") is None:
            return frame
        owner = payload.get("Login") or (payload.get("Peers") or [""])[0]
        known = self.by_name.get(owner)
        right = not self.by_name or payload["Token"] == known
        token = f"$TOKEN:{owner}" if right else "$WRONG"
        return [_HELLO, {**payload, "Token": token}, *frame[2:]]

    def restore(self, frame: list[Any]) -> list[Any]:
        """Put the token back that a recorded hello names.

        Raises:
            BadRecording: The token of that owner is not known.
        """
        payload = frame[1]
        if frame[0] != _HELLO or not payload or payload.get("Token") is None:
            return frame
        token = payload["Token"]
        if token.startswith("$TOKEN:"):
            owner = token.removeprefix("$TOKEN:")
            if owner not in self.by_name:
                raise BadRecording(
                    f"the token of {owner} is not known: give it or the configuration"
                )
            token = self.by_name[owner]
        return [_HELLO, {**payload, "Token": token}, *frame[2:]]
