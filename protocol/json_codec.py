"""Frames in JSON: on TCP where the hello came so, and over HTTP and WebSocket (W-9).

What a value may be and how a frame is read are `protocol.codec`'s; here are the text and its bounds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from protocol.catalogue import CATALOGUE
from protocol.codec import (
    bad_frame,
    bounded_map_of,
    frame_of,
    most_elements,
    parted,
    plain_array,
    plain_of,
)
from protocol.errors import LocalProtocolError
from protocol.frame import Frame
from protocol.schema import Member
from protocol.structure import PackedOnce

FIRST_BYTE: Final = b"["
"""What a body in JSON begins with; in MessagePack this byte is an int, and no frame is one."""

_write: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
# Possessive, and always given an end: so it takes time in proportion.
_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def decode_json(text: str, *, by_client: bool = False) -> Frame:
    """Decode one JSON text ``[Type, Payload, Headers?]``.

    Args:
        text: The text.
        by_client: Whether a client sent it; frames that only a broker sends are then refused unread.

    Raises:
        WireError: As :func:`protocol.codec.decode`.
    """
    try:
        body = text.encode()
    except UnicodeEncodeError as error:
        raise bad_frame("half a surrogate pair") from error
    return frame_of(tree_of(text, body), by_client)


def decode_json_body(body: bytes, *, by_client: bool = False) -> Frame:
    """Decode the body of one frame, which begins with the bracket of its array.

    Raises:
        WireError: As :func:`protocol.codec.decode`.
    """
    if not body.startswith(FIRST_BYTE):
        raise bad_frame("not JSON, which this connection speaks")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise bad_frame("invalid UTF-8") from error
    return frame_of(tree_of(text, body), by_client)


def tree_of(text: str, body: bytes) -> object:
    """Parse a text with bounded work, or raise ``BadFrame``."""
    size = len(body)
    most = most_elements(size) + 512 + size // 8
    if _marks(body) > most and _marks(_STRINGS.sub(b"", body + b'""')) > most:
        raise bad_frame("too many values for its length")
    try:
        tree = json.loads(text, object_pairs_hook=bounded_map_of(size), parse_constant=_no_constant)
        if _SURROGATE.search(text):
            _write(tree).encode()
    except UnicodeEncodeError as error:
        raise bad_frame("half a surrogate pair") from error
    except (ValueError, RecursionError) as error:
        raise bad_frame("not one JSON value within the limits") from error
    if _elements_of(tree) > most_elements(size):
        raise bad_frame("too many elements for its length")
    return tree


def _marks(body: bytes) -> int:
    """How many values a text may hold: each but the last of an array or map has a comma behind it."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _elements_of(tree: object) -> int:
    """How many elements the arrays of a tree have, the arrays themselves included."""
    found, left = 0, [tree]
    while left:
        node = left.pop()
        if type(node) is list:
            found += len(node) + 1
            left += node
        elif type(node) is dict:
            left += node.values()
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)


def pack_json(type: str, payload: object = None) -> bytes:
    """Write type and payload once, as :func:`protocol.codec.pack` does.

    Raises:
        LocalProtocolError: The type is not in the catalogue, or the payload is not what it carries.
    """
    try:
        bare, kept = parted(type, payload)
        text = f'["{type}",{_write(plain_of(CATALOGUE[type], bare, as_json=True))}'.encode()
        return _with_kept(text, kept) if kept else text
    except KeyError:
        raise LocalProtocolError(f"no frame {type!r}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise LocalProtocolError(f"{type}: {error}") from error


def _with_kept(text: bytes, kept: list[tuple[Member, PackedOnce]]) -> bytes:
    """Put the arrays that keep their bytes behind the other members."""
    parts = [text[:-1]]
    comma = b"" if text.endswith(b"{}") else b","
    for member, array in kept:
        if array.packed_json is None:
            array.packed_json = _write(plain_array(member, array, as_json=True)).encode()
        parts += (comma, b'"%b":' % member.wire.encode(), array.packed_json)
        comma = b","
    return b"".join((*parts, b"}"))


def assemble_json(packed: bytes, headers: Mapping[str, object] | None = None) -> bytes:
    """Make the complete frame, with its length, of what :func:`pack_json` gave."""
    tail = f",{_write(headers)}]".encode() if headers else b"]"
    return b"%b%b%b" % ((len(packed) + len(tail)).to_bytes(4, "big"), packed, tail)


def encode_json(frame: Frame) -> str:
    """Encode a frame as JSON text.

    Raises:
        LocalProtocolError: As :func:`pack_json`.
    """
    return assemble_json(pack_json(frame.type, frame.payload), frame.headers)[4:].decode()
