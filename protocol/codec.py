"""Frames in MessagePack (W-1..W-8): the one place that knows msgpack; and what JSON shares with it.

A small frame of a flat structure (sentences, confirmations, typing: nearly all frames) is decoded
on a short way; every other one on a careful way whose work is bounded whatever the bytes are. What
the short way refuses goes the careful way, which alone says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import msgpack
from attrs import evolve

from protocol import limits
from protocol.catalogue import ALIASES, CATALOGUE
from protocol.chat import ChatStatusInfo
from protocol.codegen import Read, Write, read_all, reader_of, writer_of
from protocol.errors import ErrorCode, LocalProtocolError, WireError
from protocol.frame import Frame
from protocol.frame_spec import FrameSpec
from protocol.scalars import NUL, MemberError, mismatch, read_name, read_text
from protocol.schema import Kind, Member, members
from protocol.structure import PackedOnce
from protocol.values import FrameId, is_blank, to_micros

_SMALL: Final = 4_096
_unpackb: Final = msgpack.unpackb
_packer: Final = msgpack.Packer(datetime=True)


_NESTED: Final = frozenset({Kind.STRUCTURE, Kind.STRUCTURES, Kind.TEXTS, Kind.BYTES})
_RARE: Final = frozenset({"Attachments"})
"""Members that hardly any frame has: the short way takes those that have none."""


def _structure_reader(spec: FrameSpec) -> Read:
    structure: Any = spec.payload
    return reader_of(structure, spec.required, spec.null_reads)


def _short(spec: FrameSpec) -> _Short | None:
    """Canonical name, names of all members and reader of a frame whose payload is flat."""
    if not _is_flat(spec):
        return None
    structure: Any = spec.payload
    known = frozenset(member.wire for member in members(structure)) - _RARE
    return spec.type, known, _structure_reader(spec)


def _is_flat(spec: FrameSpec) -> bool:
    """Whether a frame carries one structure of plain values, but for what is rarely there."""
    structure: Any = spec.payload
    if spec.is_array or structure is str:
        return False
    nested = {member.wire for member in members(structure) if member.kind in _NESTED}
    return nested <= _RARE


@cache
def _payload_reader(canonical: str) -> Read:
    """Make the reader of what a frame carries, when the first one comes."""
    spec = CATALOGUE[canonical]
    if spec.payload is str:
        return lambda value: read_name(value, limits.TEXT_LENGTHS["Peer"])
    read = _structure_reader(spec)
    if not spec.is_array:
        return lambda value: read({} if value is None else value)

    def read_array(value: object) -> tuple[object, ...]:
        if type(value) is not list:
            raise mismatch("array", value)
        return read_all(read, value, "")

    return read_array


_NAMES: Final[Mapping[str, str]] = {**{name: name for name in CATALOGUE}, **ALIASES}
_BYTE_NAMES: Final[Mapping[bytes, str]] = {
    name.encode(): canonical for name, canonical in _NAMES.items()
}
_Short = tuple[str, frozenset[str], Read]


class _Shorts(dict[bytes, _Short | None]):
    """The short ways by the name of their frame, each made when the first such frame comes.

    A program decodes a few types of many. What is no name of a frame is not kept, however often it comes.
    """

    def __init__(self, *, by_client: bool) -> None:
        self._by_client = by_client

    def __missing__(self, name: bytes) -> _Short | None:
        canonical = _BYTE_NAMES.get(name)
        if canonical is None:
            return None
        spec = CATALOGUE[canonical]
        refused = self._by_client and spec.sender == "broker"
        self[name] = short = None if refused else _short(spec)
        return short


_SHORT: Final = _Shorts(by_client=False)
_SHORT_BY_CLIENT: Final = _Shorts(by_client=True)
_FIRST: Final = to_micros(datetime.min.replace(tzinfo=UTC)) // 1_000_000
_LAST: Final = to_micros(datetime.max.replace(tzinfo=UTC)) // 1_000_000
_TIME_MARKS: Final = (b"\xd6\xff", b"\xd7\xff", b"\xc7\x0c\xff")
_KNOWN_HEADERS: Final = frozenset({"Id", "Re", "traceparent"})
_ID_ALONE: Final = b"\x81\xa2Id"
_KEEPING: Final[Mapping[str, tuple[Member, ...]]] = dict.fromkeys(
    ("SE_CHAT_STATUS", "SC_CHAT_STATUS"),
    tuple(member for member in members(ChatStatusInfo) if member.kind is Kind.STRUCTURES),
)
"""Frames that may hold a transcript which was packed before, and in which members."""
_TYPE_BYTES: Final[Mapping[str, bytes]] = {name: _packer.pack(name) for name in CATALOGUE}


class _Flat(dict[str, tuple[type, Write] | None]):
    """Structure and writer of the frames whose payload is flat, each made when the first one goes out."""

    def __missing__(self, type: str) -> tuple[type, Write] | None:
        spec = CATALOGUE.get(type)
        if spec is None:
            return None
        structure: Any = spec.payload
        self[type] = flat = (structure, writer_of(structure)) if _is_flat(spec) else None
        return flat


_FLAT: Final = _Flat()


def decode(body: bytes, *, by_client: bool = False) -> Frame:
    """Decode the body of one frame.

    Args:
        body: The bytes after the length.
        by_client: Whether a client sent it; frames that only a broker sends are then refused unread.

    Raises:
        WireError: ``BadFrame``, ``UnknownType``, ``NotAllowed``, ``BadPayload`` or ``TooLong``.
    """
    if 3 <= len(body) <= _SMALL:
        end = 2 + (body[1] & 0x1F)
        short = (_SHORT_BY_CLIENT if by_client else _SHORT)[body[2:end]]
        if short is not None and body[1] >> 5 == 0b101:
            canonical, known, read = short
            try:
                # A flat payload that has known members only, so nothing nests. A repeated member shows
                # as fewer members than the map announces.
                if body[0] == 0x92:
                    payload = _unpackb(body[end:], timestamp=3, max_array_len=0)
                    if body[end] == 0x80 | len(payload) and payload.keys() <= known:
                        return Frame(canonical, read(payload))
                elif body[0] == 0x93:
                    payload, headers = _payload_and_headers(body, end)
                    if payload.keys() <= known:
                        return Frame(canonical, read(payload), headers)
            except Exception:  # noqa: BLE001, S110 - whatever it is, the careful way names it
                pass
    return frame_of(_unpack(body), by_client)


def _payload_and_headers(body: bytes, end: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take a flat payload that begins at ``end``, and the headers behind it, or raise anything."""
    # Nearly all headers are an Id alone. Whatever stands before and behind it must be one
    # value each, so a mark that is found inside of another value cannot pass for it.
    mark = body.rfind(_ID_ALONE, end)
    if mark > 0:
        payload = _unpackb(body[end:mark], timestamp=3, max_array_len=0)
        headers = {"Id": _unpackb(body[mark + 4 :], max_array_len=0, max_map_len=0)}
        is_whole = body[end] == 0x80 | len(payload)
    else:
        _, payload, headers = _unpackb(body, timestamp=3, max_array_len=3, object_pairs_hook=map_of)
        is_whole = headers.keys() <= _KNOWN_HEADERS
    if not is_whole:
        raise bad_frame("not usual")
    _check_headers(headers)
    return payload, headers


def _unpack(body: bytes) -> object:
    """Unpack any MessagePack value with bounded work, or raise ``BadFrame``."""
    # A time costs far more than its bytes. Its mark cannot stand inside a str: 0xff is no UTF-8.
    if sum(body.count(mark) for mark in _TIME_MARKS) > 64 + len(body) // 40:
        raise bad_frame("too many times for its length")
    bounds = {"max_array_len": most_elements(len(body)), "max_map_len": limits.MAP_MEMBERS}
    try:
        # Without building anything: whatever is announced must be there.
        walk = msgpack.Unpacker(**bounds, max_buffer_size=len(body) + 1)
        walk.feed(body)
        walk.skip()
        if walk.tell() != len(body):
            raise bad_frame("bytes follow the array")
    except (ValueError, msgpack.UnpackException) as error:
        raise bad_frame("not one MessagePack value within the limits") from error
    try:
        tree = msgpack.unpackb(body, timestamp=3, **bounds, **_bounded_hooks(len(body)))
    except UnicodeDecodeError as error:
        raise bad_frame("invalid UTF-8") from error
    except (ValueError, OverflowError, msgpack.UnpackException):
        tree = _unpack_with_odd_times(body, bounds)
    return tree


def _unpack_with_odd_times(body: bytes, bounds: dict[str, int]) -> object:
    """Unpack again: a time out of range spoils its member, not the whole frame."""
    hooks = _bounded_hooks(len(body))
    map_of = hooks.pop("object_pairs_hook")

    def pairs(items: list[tuple[object, object]]) -> object:
        return map_of([(key, _usual_time(value)) for key, value in items])

    try:
        return msgpack.unpackb(body, timestamp=0, object_pairs_hook=pairs, **bounds, **hooks)
    except (ValueError, OverflowError, msgpack.UnpackException) as error:
        raise bad_frame("not one MessagePack value within the limits") from error


def _usual_time(value: object) -> object:
    if isinstance(value, msgpack.Timestamp) and _FIRST <= value.seconds <= _LAST:
        return value.to_datetime()
    return value


def most_elements(size: int) -> int:
    """How many elements the arrays of a body may have: a real frame is far from it."""
    return 1_024 + size // 16


def _bounded_hooks(size: int) -> dict[str, Any]:
    """Hooks that build maps and arrays until there are more than a real frame of that size has."""
    elements = most_elements(size)

    def array(items: list[object]) -> list[object]:
        nonlocal elements
        elements -= len(items) + 1
        if elements < 0:
            raise bad_frame("too many elements for its length")
        return items

    return {
        "object_pairs_hook": bounded_map_of(size),
        "list_hook": array,
        "ext_hook": _no_extension,
    }


def bounded_map_of(size: int) -> Callable[[list[tuple[Any, Any]]], dict[Any, Any]]:
    """A `map_of` that makes maps until there are more than a real frame of that size has."""
    maps = 64 + size // 40
    entries = 512 + size // 8

    def pairs(items: list[tuple[Any, Any]]) -> dict[Any, Any]:
        nonlocal maps, entries
        maps -= 1
        entries -= len(items)
        if maps < 0 or entries < 0 or len(items) > limits.MAP_MEMBERS:
            raise bad_frame("too many members for its length")
        return map_of(items)

    return pairs


def map_of(items: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """Make a map; a repeated key, and one that is no str, make a bad frame."""
    found = dict(items)
    if len(found) != len(items):
        raise bad_frame("a map has a repeated key")
    try:
        "".join(found)  # by far the cheapest way to see that all are str
    except TypeError:
        raise bad_frame("a map has a key that is no str") from None
    return found


def _no_extension(code: int, _data: bytes) -> object:
    raise bad_frame(f"extension type {code}")


def _deeper_than(tree: list[object], depth: int) -> bool:
    level: list[Any] = [tree]
    for _ in range(depth):
        level = [
            item
            for node in level
            for item in (node.values() if type(node) is dict else node)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True


def _has_bad_key(tree: object) -> bool:
    """Whether a member at any depth, known or not, has a name that no text may be."""
    left = [tree]
    while left:
        node = left.pop()
        if type(node) is dict:
            if any(type(key) is str and NUL in key for key in node):
                return True
            left += node.values()
        elif type(node) is list:
            left += [item for item in node if type(item) is dict or type(item) is list]
    return False


def frame_of(tree: object, by_client: bool = False) -> Frame:
    """Make a frame of an unpacked body."""
    if type(tree) is not list or not 2 <= len(tree) <= 3 or type(tree[0]) is not str:
        raise bad_frame("not an array of a type, a payload and headers")
    if _deeper_than(tree, limits.DEPTH):
        raise bad_frame(f"nested deeper than {limits.DEPTH}")
    name: str = tree[0]
    headers: dict[str, object] | None = None
    if len(tree) == 3 and tree[2] is not None:
        headers = tree[2]
        if type(headers) is not dict or not all(type(key) is str for key in headers):
            raise bad_frame("headers are not a map of str keys")
    try:
        for place, part in zip(("Payload", "Headers"), tree[1:], strict=False):
            if _has_bad_key(part):
                raise MemberError("no name of a member holds U+0000", place)
        if headers is not None:
            _check_headers(headers)
            _check_more(headers)
        canonical = _NAMES.get(name)
        if canonical is None:
            raise WireError(ErrorCode.UNKNOWN_TYPE, f"unknown type {name[: limits.TYPE_NAME]!r}")
        if by_client and CATALOGUE[canonical].sender == "broker":
            raise WireError(ErrorCode.NOT_ALLOWED, f"{canonical} is the broker's to send")
        return Frame(canonical, _payload_reader(canonical)(tree[1]), headers)
    except MemberError as fault:
        path = fault.path or "Payload"
        error = WireError(fault.code, f"{path}: {fault.text}", path=path)
    except WireError as fault:
        error = fault
    error.type = _NAMES.get(name, name[: limits.TYPE_NAME].replace(NUL, "\ufffd"))
    error.re = _good_id(headers)
    try:
        raise error
    finally:
        del error  # it holds this call, so this call must not hold it: a cycle that keeps the body


def _check_headers(headers: Mapping[str, object]) -> None:
    for key in ("Id", "Re"):
        value = headers.get(key)
        if type(value) is int:
            if not limits.INT64[0] <= value <= limits.INT64[1]:
                raise mismatch("int64", value).inside(f"Headers.{key}")
        elif value is not None:
            _header_text(key, value, limits.HEADER_TEXT, read_name)
    if headers.get("traceparent") is not None:
        _header_text("traceparent", headers["traceparent"], limits.TRACEPARENT, read_text)


def _check_more(headers: Mapping[str, object]) -> None:
    """Check a header that only answers have, so it is not looked for on the short way."""
    more = headers.get("More")
    if more is not None and type(more) is not int:
        raise mismatch("int", more).inside("Headers.More")


def _header_text(key: str, value: object, longest: int, read: Callable[[object, int], str]) -> None:
    try:
        read(value, longest)
    except MemberError as fault:
        raise fault.inside(f"Headers.{key}") from None


def _good_id(headers: Mapping[str, object] | None) -> FrameId:
    value = headers.get("Id") if headers else None
    if type(value) is int:
        return value if limits.INT64[0] <= value <= limits.INT64[1] else None
    if type(value) is not str or len(value) > limits.HEADER_TEXT:
        return None
    return None if NUL in value or is_blank(value) else value


def bad_frame(text: str) -> WireError:
    """The fault of a body that is no frame."""
    return WireError(ErrorCode.BAD_FRAME, text)


def pack(type: str, payload: object = None) -> bytes:
    """Pack type and payload once; :func:`assemble` makes frames of it for any number of receivers.

    One packer serves all calls, so they come from one thread.

    Raises:
        LocalProtocolError: The type is not in the catalogue, or the payload is not what it carries.
    """
    packed: bytes
    try:
        flat = _FLAT[type]
        if flat is not None and payload.__class__ is flat[0]:
            packed = _packer.pack(flat[1](payload))
            return _TYPE_BYTES[type] + packed
        spec = CATALOGUE[type]
        bare, kept = parted(type, payload)
        plain: Any = plain_of(spec, bare)
        if kept:
            return _TYPE_BYTES[type] + _with_kept(plain, kept)
        packed = _packer.pack(plain)
        return _TYPE_BYTES[type] + packed
    except KeyError:
        raise LocalProtocolError(f"no frame {type!r}") from None
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise LocalProtocolError(f"{type}: {error}") from error


def parted(type: str, payload: Any) -> tuple[object, list[tuple[Member, PackedOnce]]]:
    """Take the arrays that keep their bytes out of a payload: what is left, and they."""
    kept = [
        (member, array)
        for member in _KEEPING.get(type, ())
        if isinstance(array := getattr(payload, member.name, None), PackedOnce)
    ]
    return evolve(payload, **{member.name: None for member, _ in kept}) if kept else payload, kept


def _with_kept(plain: Mapping[str, object], kept: list[tuple[Member, PackedOnce]]) -> bytes:
    """Pack a structure, but each array that keeps its bytes only the first time."""
    parts = [_packer.pack_map_header(len(plain) + len(kept))]
    parts += [_packer.pack(part) for entry in plain.items() for part in entry]
    for member, array in kept:
        if array.packed is None:
            array.packed = _packer.pack(plain_array(member, array))
        parts += (_packer.pack(member.wire), array.packed)
    return b"".join(parts)


def plain_array(member: Member, array: tuple[Any, ...], as_json: bool = False) -> list[object]:
    """Turn an array of structures into plain values."""
    structure: Any = member.structure
    return [*map(writer_of(structure, as_json), array)]


def plain_of(spec: FrameSpec, payload: object, as_json: bool = False) -> object:
    """Check that a payload is what its frame carries, and turn it into plain values."""
    wanted: Any = spec.payload
    if wanted is str:
        if type(payload) is str:
            return payload
    else:
        write = writer_of(wanted, as_json)
        if spec.is_array:
            if isinstance(payload, tuple | list) and all(type(item) is wanted for item in payload):
                return [write(item) for item in payload]
        elif type(payload) is wanted:
            return write(payload)
    raise LocalProtocolError(f"{spec.type} carries {spec.payload_name}, not this payload")


def assemble(packed: bytes, headers: Mapping[str, object] | None = None) -> bytes:
    """Make the complete frame, with its length, of what :func:`pack` gave."""
    if not headers:
        return b"%b\x92%b" % ((len(packed) + 1).to_bytes(4, "big"), packed)
    tail: bytes = _packer.pack(headers)
    return b"%b\x93%b%b" % ((len(packed) + len(tail) + 1).to_bytes(4, "big"), packed, tail)


def encode(frame: Frame) -> bytes:
    """Encode a complete frame, with its length."""
    return assemble(pack(frame.type, frame.payload), frame.headers)


def to_wire(payload: object, *, json: bool = False) -> Any:
    """Turn a payload into plain maps, lists and values with wire names.

    Args:
        payload: A structure, a tuple of structures, or a str.
        json: Whether times become text.
    """
    if payload is None or isinstance(payload, str):
        return payload
    if isinstance(payload, tuple | list):
        return [to_wire(item, json=json) for item in payload]
    structure: Any = type(payload)
    return writer_of(structure, json)(payload)


def from_wire(type: str, value: object) -> object:
    """Read the payload of a frame type from plain maps, lists and values.

    Raises:
        WireError: ``UnknownType``, ``BadPayload`` or ``TooLong``.
    """
    return frame_of([type, value]).payload
