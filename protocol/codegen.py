"""Functions that read and write structures, made from the table of members at start.

Reading and writing sentences is most of what a broker does, so these are straight code without a
loop over members. Each member is tested for its usual form first; whatever else comes goes to
:func:`protocol.scalars.read_scalar`, which reads the rarer forms and says what is wrong.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from attrs import AttrsInstance

from protocol.scalars import NUL, MemberError, mismatch, read_scalar
from protocol.schema import Blank, Kind, Member, members
from protocol.values import format_decimal, format_time, is_blank

Read = Callable[[Any], Any]
Write = Callable[[Any], dict[str, Any]]

# A canonical Guid that is not the all-zero one: the only form that needs no work.
_PLAIN_GUID: Final = re.compile(
    r"(?![0-]+\Z)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
).fullmatch


@cache
def reader_of(
    structure: type[AttrsInstance],
    required: tuple[str, ...] = (),
    null_reads: tuple[tuple[str, object], ...] = (),
) -> Read:
    """Make the function that reads a structure from a plain map; it raises ``MemberError``.

    Args:
        structure: What to read.
        required: Wire names that must not be null.
        null_reads: Values that null members read as, by Python name.
    """
    names: dict[str, Any] = {
        "datetime": datetime,
        "plain_guid": _PLAIN_GUID,
        "scalar": read_scalar,
        "is_blank": is_blank,
        "mismatch": mismatch,
        "missing": _missing,
        "new": object.__new__,
        "cls": structure,
    }
    instead = dict(null_reads)
    lines = ["def read(d):", " if type(d) is not dict: raise mismatch('map', d)", " get = d.get"]
    for member in members(structure):
        name = f"v_{member.name}"
        lines.append(f" {name} = get({member.wire!r})")
        lines += [f" {line}" for line in _read_lines(member, name, names)]
        null = instead.get(member.name, member.default)
        if member.wire in required:
            lines.append(f" if {name} is None: raise missing({member.wire!r})")
        elif null is not None:
            lines.append(f" if {name} is None: {name} = {null!r}")
    lines.append(" o = new(cls)")
    lines += [f" o.{member.name} = v_{member.name}" for member in members(structure)]
    lines.append(" return o")
    read: Read = _made(lines, names, "read")
    return read


def _read_lines(member: Member, v: str, names: dict[str, Any]) -> list[str]:
    """Lines that leave in the variable ``v`` what is read from it."""
    if member.structure is not None:
        names[f"read_{member.name}"] = _nested(member)
        return [f"if {v} is not None: {v} = read_{member.name}({v})"]
    names[f"member_{member.name}"] = member
    slowly = f"{v} = scalar(member_{member.name}, {v})"
    match member.kind:
        case Kind.TEXT if member.longest_bytes is None:
            unusual = f"type({v}) is not str or len({v}) > {member.longest} or {NUL!r} in {v}"
            if member.blank is not Blank.TEXT:
                # Nearly every name begins with a visible ASCII character.
                unusual += f" or not '!' <= {v} < '\\x7f' and is_blank({v})"
        case Kind.INT:
            low, high = member.span
            unusual = f"type({v}) is not int or not {low} <= {v} <= {high}"
        case Kind.BOOL:
            unusual = f"type({v}) is not bool"
        case Kind.GUID:
            unusual = f"type({v}) is not str or not plain_guid({v})"
        case Kind.TIME:
            unusual = f"type({v}) is not datetime or {v}.year == 1"
        case _:
            return [f"if {v} is not None: {slowly}"]
    return [f"if {v} is not None and ({unusual}): {slowly}"]


def _nested(member: Member) -> Read:
    assert member.structure is not None
    read = reader_of(member.structure)

    def one(value: object) -> object:
        try:
            return read(value)
        except MemberError as error:
            raise error.inside(member.wire) from None

    def many(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise mismatch("array", value).inside(member.wire)
        return read_all(read, value, member.wire)

    return one if member.kind is Kind.STRUCTURE else many


def read_all(read: Read, values: Iterable[object], wire: str) -> tuple[object, ...]:
    """Read every element of an array; a fault names its index."""
    found: list[object] = []
    try:
        for value in values:
            found.append(read(value))  # noqa: PERF401 - the index of a fault is what is found so far
    except MemberError as error:
        raise error.inside(f"{wire}[{len(found)}]") from None
    return tuple(found)


def _missing(wire: str) -> MemberError:
    return MemberError("must not be null", wire)


@cache
def writer_of(structure: type[AttrsInstance], json: bool = False) -> Write:
    """Make the function that writes a structure as a plain map; None members are left out."""
    names: dict[str, Any] = {
        "b64encode": b64encode,
        "decimal": format_decimal,
        "format_time": format_time,
    }
    lines = ["def write(o):", " d = {}"]
    for member in members(structure):
        value = "v"
        match member.kind:
            case Kind.TIME if json:
                value = "format_time(v)"
            case Kind.BYTES if json:
                value = "b64encode(v).decode()"
            case Kind.DECIMAL:
                value = "decimal(v)"
            case Kind.STRUCTURE:
                assert member.structure is not None
                names[f"write_{member.name}"] = writer_of(member.structure, json)
                value = f"write_{member.name}(v)"
            case Kind.STRUCTURES:
                assert member.structure is not None
                names[f"write_{member.name}"] = writer_of(member.structure, json)
                value = f"[write_{member.name}(x) for x in v]"
            case Kind.TEXTS:
                value = "list(v)"
            case _:
                pass  # written as it is
        if member.default is None:
            lines.append(f" v = o.{member.name}")
            lines.append(f" if v is not None: d[{member.wire!r}] = {value}")
        else:
            lines.append(f" d[{member.wire!r}] = o.{member.name}")
    lines.append(" return d")
    write: Write = _made(lines, names, "write")
    return write


def _made(lines: list[str], names: Mapping[str, Any], function: str) -> Any:
    """Run the source of one function; it comes from our own classes, never from a peer."""
    made: dict[str, Any] = dict(names)
    exec("\n".join(lines), made)  # noqa: S102 - our own source, see above
    return made[function]
