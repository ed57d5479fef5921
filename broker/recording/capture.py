"""`parley import`: a recording of bytes that another program captured.

Theory of operation: a capture is text, a line for each piece of bytes in the order in which they
passed: an optional connection number, a mark for the direction, and the bytes in hex or base64.
How the pieces are cut does not matter: frames are found as `parley record` finds them. A capture
tells order and no time, so a millisecond passes from piece to piece.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from broker.console.output import complain, for_people
from broker.recording.format import (
    BadRecording,
    Closed,
    Line,
    Opened,
    Side,
    Splitter,
    header_json,
    to_json,
)
from broker.recording.tokens import Tokens, read_tokens
from protocol.display import shown

STEP: Final = 1_000
"""Microseconds from piece to piece."""
_LINE: Final = re.compile(r"\s*(?:(\d{1,6})\s*)?([<>])\s*(.*?)\s*$", re.DOTALL)
_SIDES: Final[dict[str, Side]] = {">": "client", "<": "broker"}


@frozen
class Piece:
    """Bytes that passed in one direction of one connection."""

    conn: int
    sender: Side
    data: bytes


def pieces(lines: Iterable[str], name: str = "capture") -> Iterator[Piece]:
    """Read a capture; empty lines and lines that begin with `#` are passed over.

    Raises:
        BadRecording: A line is none of a capture.
    """
    for number, text in enumerate(lines, start=1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        match = _LINE.match(text)
        if match is None:
            raise BadRecording(f"{name}, line {number}: must begin with `>` or `<`")
        data = _bytes(match[3])
        if data is None:
            raise BadRecording(f"{name}, line {number}: neither hex nor base64")
        yield Piece(int(match[1] or 1), _SIDES[match[2]], data)


def _bytes(text: str) -> bytes | None:
    letters = re.sub(r"\s", "", text)
    try:
        return bytes.fromhex(letters.removeprefix("0x"))
    except ValueError:
        pass
    try:
        return base64.b64decode(letters, validate=True)
    except binascii.Error:
        return None


def lines_of(found: Iterable[Piece]) -> Iterator[Line]:
    """The lines of a recording of these pieces; connections are counted in their order."""
    numbers: dict[int, int] = {}
    splitters: dict[tuple[int, Side], Splitter] = {}
    at = 0
    for piece in found:
        at += STEP
        if piece.conn not in numbers:
            numbers[piece.conn] = len(numbers) + 1
            yield Opened(at=at, conn=numbers[piece.conn])
        conn = numbers[piece.conn]
        splitter = splitters.setdefault((conn, piece.sender), Splitter(conn, piece.sender))
        yield from splitter.feed(piece.data, at)
    at += STEP
    for splitter in splitters.values():
        yield from splitter.end(at)
    for conn in numbers.values():
        yield Closed(at=at, conn=conn, sender="client")


def import_main(file: Path, out: Path, config: Path | None = None) -> int:
    """Make a recording of a capture.

    Args:
        file: The capture; `-` is standard input.
        out: The recording to write.
        config: The broker's configuration; with it wrong tokens are told from right ones.

    Returns:
        Exit status: 2 when the capture is none, or a file cannot be read or written.
    """
    try:
        tokens = read_tokens(config) if config else Tokens()
        name = "standard input" if str(file) == "-" else file.name
        lines = list(lines_of(pieces(_text_of(file, name).splitlines(), name)))
        if not lines:
            raise BadRecording(f"{name}: has no bytes")
        written = [header_json(imported=name)]
        written += [to_json(tokens.without(line)) for line in lines]
        out.write_text("\n".join(written) + "\n", encoding="utf-8")
    except BadRecording as error:
        complain("import", error)
        return 2
    except OSError as error:
        complain("import", f"{error.filename}: {error.strerror or error}")
        return 2
    for_people().write(f"{shown(str(out))}: {len(lines)} lines\n")
    return 0


def _text_of(file: Path, name: str) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadRecording(f"{name}, line {line}: not UTF-8") from None
