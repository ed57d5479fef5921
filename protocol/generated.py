"""Functions that read and write structures, made from the table of members at start.

Reading and writing sentences is most of what a broker does, so these are straight code without a
loop over members. One that reads raises :class:`UnreadableError` and says no more;
:mod:`protocol.reader` explains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import attrs

from protocol.errors import WireError
from protocol.members import Kind, Member, members
from protocol.reader import enum_values, read_guid, read_member, read_time
from protocol.values import format_decimal, format_time

Read = Callable[[Any], Any]
Write = Callable[[Any], dict[str, Any]]

# A canonical Guid that is not the all-zero one: the only form that needs no work.
_PLAIN_GUID: Final = re.compile(
    r"(?![0-]+\Z)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
).fullmatch


class UnreadableError(Exception):
    """A payload does not hold what it should."""


@cache
def reader_of(
    structure: type[attrs.AttrsInstance],
    required: tuple[str, ...] = (),
    null_reads: tuple[tuple[str, object], ...] = (),
) -> Read:
    """Make the function that reads a structure from a plain map.

    Args:
        structure: What to read.
        required: Wire names that must not be null.
        null_reads: Values that null members read as, by Python name.
    """
    names: dict[str, Any] = {
        "UnreadableError": UnreadableError,
        "datetime": datetime,
        "plain_guid": _PLAIN_GUID,
        "guid": _quiet(read_guid),
        "time": _quiet(read_time),
        "new": object.__new__,
        "cls": structure,
    }
    instead = dict(null_reads)
    lines = ["def read(d):", " if type(d) is not dict: raise UnreadableError", " get = d.get"]
    for member in members(structure):
        names[f"set_{member.name}"] = structure.__dict__[member.name].__set__
        lines.append(f" v_{member.name} = v = get({member.wire!r})")
        lines += [" " + line for line in _read_lines(member, names)]
        null = instead.get(member.name, member.default)
        if member.wire in required:
            lines.append(" if v is None: raise UnreadableError")
            if member.kind in (Kind.GUID, Kind.TIME):
                lines.append(f" if v_{member.name} is None: raise UnreadableError")
        elif null is not None:
            lines.append(f" if v is None: v_{member.name} = {null!r}")
    lines.append(" o = new(cls)")  # the frozen __init__ costs half as much again
    lines += [f" set_{member.name}(o, v_{member.name})" for member in members(structure)]
    lines.append(" return o")
    read: Read = _made(lines, names, "read")
    return read


def _read_lines(member: Member, names: dict[str, Any]) -> list[str]:
    """Lines that check ``v``, not nil, and bind ``v_<name>`` where it is not ``v`` itself."""
    target = f"v_{member.name}"
    match member.kind:
        case Kind.TEXT if member.longest_bytes is None:
            test = f"type(v) is not str or len(v) > {member.longest}"
            return [f"if v is not None and ({test}): raise UnreadableError"]
        case Kind.INT:
            low, high = member.span
            test = f"type(v) is not int or not {low} <= v <= {high}"
            return [f"if v is not None and ({test}): raise UnreadableError"]
        case Kind.BOOL:
            return ["if v is not None and type(v) is not bool: raise UnreadableError"]
        case Kind.GUID:
            test = "if v is not None and (type(v) is not str or not plain_guid(v)):"
            return [f"{test} {target} = guid(v, '')"]
        case Kind.TIME:
            test = "if v is not None and (type(v) is not datetime or v.year == 1):"
            return [f"{test} {target} = time(v, '')"]
        case Kind.ENUM:
            assert member.enum is not None
            names[f"enum_{member.name}"] = enum_values(member.enum)
            return [
                "if v is not None:",
                " if type(v) is not str: raise UnreadableError",
                f" {target} = enum_{member.name}.get(v)",
                f" if {target} is None: raise UnreadableError",
            ]
        case Kind.STRUCTURE:
            assert member.structure is not None
            names[f"read_{member.name}"] = reader_of(member.structure)
            return [f"if v is not None: {target} = read_{member.name}(v)"]
        case Kind.STRUCTURES:
            assert member.structure is not None
            names[f"read_{member.name}"] = reader_of(member.structure)
            return [
                "if v is not None:",
                " if type(v) is not list: raise UnreadableError",
                f" {target} = tuple([read_{member.name}(x) for x in v])",
            ]
        case _:
            # Decimals, bodies of messages and lists of peers are rare: the law itself reads them.
            names["member"] = _quiet(read_member)
            names[f"member_{member.name}"] = member
            return [f"if v is not None: {target} = member(member_{member.name}, v, '')"]


def _quiet(read: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*args: object) -> Any:
        try:
            return read(*args)
        except WireError:
            raise UnreadableError from None

    return quiet


@cache
def writer_of(structure: type[attrs.AttrsInstance], json: bool = False) -> Write:
    """Make the function that writes a structure as a plain map; None members are left out."""
    names: dict[str, Any] = {"decimal": format_decimal, "format_time": format_time}
    lines = ["def write(o):", " d = {}"]
    for member in members(structure):
        value = "v"
        match member.kind:
            case Kind.TIME if json:
                value = "format_time(v)"
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
