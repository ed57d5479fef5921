"""What each member of a structure holds: one table, derived from the attrs classes.

The codec, the schemas and the tests all read this table, so that a type or a limit is said once.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from attrs import Attribute, AttrsInstance, fields, frozen

from protocol import limits
from protocol.structure import wire_name
from protocol.values import Guid


class Kind(Enum):
    """What a member holds."""

    TEXT = auto()
    GUID = auto()
    TIME = auto()
    INT = auto()
    BOOL = auto()
    DECIMAL = auto()
    ENUM = auto()
    STRUCTURE = auto()
    STRUCTURES = auto()
    TEXTS = auto()
    BYTES = auto()


class Blank(Enum):
    """What a text means that shows nothing."""

    TEXT = auto()
    """Itself."""
    NULL = auto()
    REFUSED = auto()


@frozen(kw_only=True)
class Member:
    """One member of a structure.

    Attributes:
        name: Its name in Python.
        wire: Its name on the wire.
        kind: What it holds.
        default: What nil and a missing member read as.
        longest: Most characters of a text.
        longest_bytes: Most bytes: of binary data, or of a text in UTF-8 where bytes are what counts.
        blank: What a text means that shows nothing.
        span: Least and greatest int.
        enum: Enumeration of its values.
        structure: Structure of its value or of its elements.
    """

    name: str
    wire: str
    kind: Kind
    default: object = None
    longest: int = 0
    longest_bytes: int | None = None
    blank: Blank = Blank.TEXT
    span: tuple[int, int] = limits.INT32
    enum: type[StrEnum] | None = None
    structure: type[AttrsInstance] | None = None


_KINDS: Final[Mapping[object, Kind]] = {
    str: Kind.TEXT,
    Guid: Kind.GUID,
    datetime: Kind.TIME,
    int: Kind.INT,
    bool: Kind.BOOL,
    bytes: Kind.BYTES,
    Decimal: Kind.DECIMAL,
}


@cache
def members(structure: type[AttrsInstance]) -> tuple[Member, ...]:
    """The members of a structure, in declared order."""
    hints = get_type_hints(structure, include_extras=True)
    return tuple(
        _member(structure.__name__, field, _not_none(hints[field.name]))
        for field in fields(structure)
    )


def _blank(structure: str, wire: str) -> Blank:
    if limits.is_among(limits.NAMES, structure, wire):
        return Blank.REFUSED
    if limits.is_among(limits.OPTIONAL_NAMES, structure, wire):
        return Blank.NULL
    return Blank.TEXT


def _not_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    return hint


def _member(structure: str, field: Attribute[Any], hint: Any) -> Member:
    wire = wire_name(field)
    span, longest, enum, nested = limits.INT32, 0, None, None
    if get_origin(hint) is Annotated:
        hint, span = int, limits.INT16
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
        kind = Kind.TEXTS if hint is str else Kind.STRUCTURES
    elif hint in _KINDS:
        kind = _KINDS[hint]
    else:
        kind = Kind.ENUM if issubclass(hint, StrEnum) else Kind.STRUCTURE
    if kind in (Kind.TEXT, Kind.TEXTS):
        longest = limits.text_length(structure, wire)
    elif kind is Kind.ENUM:
        enum = hint
    elif kind in (Kind.STRUCTURE, Kind.STRUCTURES):
        nested = hint
    return Member(
        name=field.name,
        wire=wire,
        kind=kind,
        default=field.default,
        longest=longest,
        longest_bytes=limits.DATA_BYTES if kind is Kind.BYTES else limits.BYTE_LENGTHS.get(wire),
        blank=_blank(structure, wire),
        span=span,
        enum=enum,
        structure=nested,
    )
