"""Reading structures from plain maps, with the exact member path of what is wrong.

This is the law of what a payload may hold (W-5..W-8). The generated functions of
:mod:`protocol.generated` do the same faster and do not say why they refuse; then these are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, NoReturn

import attrs

from protocol import limits
from protocol.catalogue import FrameSpec
from protocol.errors import ErrorCode, WireError
from protocol.members import Kind, Member, members
from protocol.values import ENUM_ALIASES, parse_decimal, parse_guid, parse_time

_WHOLE: Final = "Payload"


def read_payload(spec: FrameSpec, value: object) -> object:
    """Read the payload of a frame.

    Returns:
        A structure, a tuple of structures, or a str, as the catalogue says.

    Raises:
        WireError: ``BadPayload`` or ``TooLong``, with the member path.
    """
    if spec.payload is str:
        return _text(value, limits.TEXT_LENGTHS["Peer"], _WHOLE)
    if not spec.is_array:
        return _frame_structure(spec, {} if value is None else value, "")
    if not isinstance(value, list | tuple):
        _refuse(_WHOLE, "array", value)
    return tuple(_frame_structure(spec, item, f"[{index}]") for index, item in enumerate(value))


def _frame_structure(spec: FrameSpec, value: Any, path: str) -> object:
    structure: Any = spec.payload
    found: Any = read_structure(structure, value, path)
    for member in members(structure):
        if member.wire in spec.required and (
            getattr(found, member.name) is None or value.get(member.wire) is None
        ):
            where = _join(path, member.wire)
            raise WireError(ErrorCode.BAD_PAYLOAD, f"{where}: must not be null", path=where)
    changes = {name: new for name, new in spec.null_reads if getattr(found, name) is None}
    return attrs.evolve(found, **changes)


def read_structure(
    structure: type[attrs.AttrsInstance], value: object, path: str = ""
) -> attrs.AttrsInstance:
    """Read one structure; unknown members are ignored.

    Raises:
        WireError: ``BadPayload`` or ``TooLong``, with the member path.
    """
    if not isinstance(value, dict):
        _refuse(path or _WHOLE, "map", value)
    found: dict[str, object] = {}
    for member in members(structure):
        item = value.get(member.wire)
        if item is not None:
            read = read_member(member, item, _join(path, member.wire))
            if read is not None:
                found[member.name] = read
    return structure(**found)


def read_member(member: Member, value: object, path: str) -> object:
    """Read the value, not nil, of one member.

    Raises:
        WireError: ``BadPayload`` or ``TooLong``, with the member path.
    """
    return _READ[member.kind](member, value, path)


def _int(member: Member, value: object, path: str) -> int:
    low, high = member.span
    if type(value) is not int or not low <= value <= high:
        _refuse(path, "int16" if member.span == limits.INT16 else "int32", value)
    return value


def _bool(_member: Member, value: object, path: str) -> bool:
    if type(value) is not bool:
        _refuse(path, "bool", value)
    return value


def _structure(member: Member, value: object, path: str) -> attrs.AttrsInstance:
    assert member.structure is not None
    return read_structure(member.structure, value, path)


def _structures(member: Member, value: object, path: str) -> tuple[attrs.AttrsInstance, ...]:
    items = enumerate(_array(value, path))
    return tuple(_structure(member, item, f"{path}[{index}]") for index, item in items)


def read_guid(value: object, path: str) -> str | None:
    """Read a Guid; the all-zero one is None (W-6)."""
    found: str | None = _parsed(parse_guid, value, path, "Guid", str | bytes)
    return found


def read_time(value: object, path: str) -> datetime | None:
    """Read a time; one in year 1 is None (W-7)."""
    if isinstance(value, datetime):
        return None if value.year == 1 else value
    found: datetime | None = _parsed(parse_time, value, path, "DateTime")
    return found


def _parsed(
    parse: Callable[[Any], Any], value: object, path: str, wanted: str, kinds: Any = str
) -> Any:
    try:
        if isinstance(value, kinds):
            return parse(value)
    except ValueError:
        pass
    return _refuse(path, wanted, value)


def _texts(member: Member, value: object, path: str) -> tuple[str, ...]:
    items = _array(value, path)
    if len(items) > limits.PEERS:
        _too_long(path, f"{limits.PEERS} elements")
    return tuple(_text(x, member.longest, f"{path}[{i}]") for i, x in enumerate(items))


def _array(value: object, path: str) -> list[object] | tuple[object, ...]:
    if not isinstance(value, list | tuple):
        _refuse(path, "array", value)
    return value


def _text(value: object, longest: int, path: str, longest_bytes: int | None = None) -> str:
    if not isinstance(value, str):
        _refuse(path, "str", value)
    if longest_bytes is not None:
        if len(value.encode()) > longest_bytes:
            _too_long(path, f"{longest_bytes} bytes")
    elif len(value) > longest:
        _too_long(path, f"{longest} characters")
    return value


@cache
def enum_values(enum: type[StrEnum]) -> Mapping[str, StrEnum]:
    """Every spelling that is read, with its value."""
    return {**{item.value: item for item in enum}, **ENUM_ALIASES.get(enum, {})}


def _enum(member: Member, value: object, path: str) -> StrEnum:
    enum = member.enum
    assert enum is not None
    found = enum_values(enum).get(value) if isinstance(value, str) else None
    if found is None:
        _refuse(path, f"one of {', '.join(enum)}", value)
    return found


_READ: Final[Mapping[Kind, Callable[[Member, object, str], object]]] = {
    Kind.TEXT: lambda member, value, path: _text(value, member.longest, path, member.longest_bytes),
    Kind.GUID: lambda _, value, path: read_guid(value, path),
    Kind.TIME: lambda _, value, path: read_time(value, path),
    Kind.INT: _int,
    Kind.BOOL: _bool,
    Kind.DECIMAL: lambda _, value, path: _parsed(parse_decimal, value, path, "decimal"),
    Kind.ENUM: _enum,
    Kind.STRUCTURE: _structure,
    Kind.STRUCTURES: _structures,
    Kind.TEXTS: _texts,
}

_NAMES: Final[Mapping[type, str]] = {
    dict: "map",
    list: "array",
    tuple: "array",
    bytes: "bin",
    type(None): "nil",
    datetime: "timestamp",
}


def _refuse(path: str, wanted: str, value: object) -> NoReturn:
    """Refuse a value; its kind is named, never the value: it may be a secret."""
    got = _NAMES.get(type(value), type(value).__name__)
    text = f"{path}: {wanted} expected, not this {got}"
    raise WireError(ErrorCode.BAD_PAYLOAD, text, path=path)


def _too_long(path: str, limit: str) -> NoReturn:
    raise WireError(ErrorCode.TOO_LONG, f"{path}: longer than {limit}", path=path)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
