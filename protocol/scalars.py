"""Reading single values: what a member may hold, and what is said when it does not (W-5..W-8)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from protocol import limits
from protocol.errors import ErrorCode
from protocol.schema import Blank, Kind, Member
from protocol.values import ENUM_ALIASES, is_blank, parse_decimal, parse_guid, parse_time

NUL: Final = "\0"
"""The one character that no text holds: PostgreSQL stores none, and C programs stop there."""


class MemberError(Exception):
    """A member does not hold what it should.

    Attributes:
        code: ``BadPayload`` or ``TooLong``.
        text: What is wrong.
        path: Member path, grown by :meth:`inside` on the way out.
    """

    def __init__(self, text: str, path: str = "", code: ErrorCode = ErrorCode.BAD_PAYLOAD) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.path = path

    def inside(self, outer: str) -> MemberError:
        """Put the path into an outer member."""
        self.path = f"{outer}.{self.path}" if self.path else outer
        return self


def read_scalar(member: Member, value: object) -> object:
    """Read the value, not nil, of a member that holds no structure.

    Raises:
        MemberError: It is not what the member holds.
    """
    try:
        return _READ[member.kind](member, value)
    except MemberError as error:
        # Only an element of a list brings a path of its own.
        error.path = member.wire + error.path
        raise


def read_text(value: object, longest: int) -> str:
    """Read a text of at most so many characters.

    Raises:
        MemberError: It is no text, longer, or has a character that no text may have.
    """
    if not isinstance(value, str):
        raise mismatch("str", value)
    if NUL in value:
        raise MemberError("no text holds U+0000")
    if len(value) > longest:
        raise MemberError(f"longer than {longest} characters", code=ErrorCode.TOO_LONG)
    return value


def read_name(value: object, longest: int) -> str:
    """Read a text that names something.

    Raises:
        MemberError: It is no text, longer, or shows nothing.
    """
    text = read_text(value, longest)
    if is_blank(text):
        raise MemberError("must not be blank")
    return text


def mismatch(wanted: str, value: object) -> MemberError:
    """What is wrong with a value; its kind is named, never the value: it may be a secret."""
    got = _KIND_NAMES.get(type(value), type(value).__name__)
    return MemberError(f"{wanted} expected, not this {got}")


@cache
def enum_values(enum: type[StrEnum]) -> Mapping[str, StrEnum]:
    """Every spelling that is read, with its value."""
    return {**{item.value: item for item in enum}, **ENUM_ALIASES.get(enum, {})}


def _text(member: Member, value: object) -> str | None:
    if member.blank is Blank.REFUSED:
        return read_name(value, member.longest)
    if member.longest_bytes is None:
        text = read_text(value, member.longest)
        return None if member.blank is Blank.NULL and is_blank(text) else text
    text = read_text(value, member.longest_bytes)
    if len(text.encode()) > member.longest_bytes:
        raise MemberError(f"longer than {member.longest_bytes} bytes", code=ErrorCode.TOO_LONG)
    return text


def _texts(member: Member, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise mismatch("array", value)
    if len(value) > limits.PEERS:
        raise MemberError(f"longer than {limits.PEERS} elements", code=ErrorCode.TOO_LONG)
    read = read_name if member.blank is Blank.REFUSED else read_text
    found = []
    for index, item in enumerate(value):
        try:
            found.append(read(item, member.longest))
        except MemberError as error:
            error.path = f"[{index}]"
            raise
    return tuple(found)


def _int(member: Member, value: object) -> int:
    low, high = member.span
    if type(value) is not int or not low <= value <= high:
        raise mismatch("int16" if member.span == limits.INT16 else "int32", value)
    return value


def _bool(_member: Member, value: object) -> bool:
    if type(value) is not bool:
        raise mismatch("bool", value)
    return value


def _guid(_member: Member, value: object) -> object:
    if type(value) is bytes or type(value) is str:
        with suppress(ValueError):
            return parse_guid(value)
    raise mismatch("Guid", value)


def _time(_member: Member, value: object) -> object:
    if isinstance(value, datetime):
        return None if value.year == 1 else value
    if isinstance(value, str):
        with suppress(ValueError):
            return parse_time(value)
    raise mismatch("DateTime", value)


def _decimal(_member: Member, value: object) -> object:
    if isinstance(value, str):
        with suppress(ValueError):
            return parse_decimal(value)
    raise mismatch("decimal", value)


def _bytes(member: Member, value: object) -> bytes:
    if type(value) is str:
        with suppress(ValueError):
            value = b64decode(value, validate=True)
    if type(value) is not bytes:
        raise mismatch("bin", value)
    if member.longest_bytes is not None and len(value) > member.longest_bytes:
        raise MemberError(f"longer than {member.longest_bytes} bytes", code=ErrorCode.TOO_LONG)
    return value


def _enum(member: Member, value: object) -> StrEnum:
    assert member.enum is not None
    found = enum_values(member.enum).get(value) if isinstance(value, str) else None
    if found is None:
        raise mismatch(f"one of {', '.join(member.enum)}", value)
    return found


_READ: Final[Mapping[Kind, Callable[[Member, object], object]]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.INT: _int,
    Kind.BOOL: _bool,
    Kind.BYTES: _bytes,
    Kind.GUID: _guid,
    Kind.TIME: _time,
    Kind.DECIMAL: _decimal,
    Kind.ENUM: _enum,
}

_KIND_NAMES: Final[Mapping[type, str]] = {
    dict: "map",
    list: "array",
    tuple: "array",
    bytes: "bin",
    type(None): "nil",
    datetime: "timestamp",
}
