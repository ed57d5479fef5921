"""Sample structures and frames, made from the member table; the same each time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import AttrsInstance

from protocol.catalogue import CATALOGUE
from protocol.frame import Frame
from protocol.frame_spec import FrameSpec
from protocol.schema import Kind, Member, members

TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def guid(number: int) -> str:
    """A Guid that shows its number."""
    return f"0f8fad5b-d9cb-469f-a165-{number:012x}"


def value(member: Member, number: int) -> Any:
    """A value of a member."""
    texts: dict[Kind, Any] = {
        Kind.TEXT: f"{member.wire} č {number}",
        Kind.GUID: guid(number),
        Kind.TIME: TIME,
        Kind.INT: number,
        Kind.BOOL: True,
        Kind.DECIMAL: Decimal("-1234.50"),
        Kind.TEXTS: ("web", "shop"),
        Kind.BYTES: b"\x00\xff piece",
    }
    if member.structure is not None:
        inner = full(member.structure)
        return inner if member.kind is Kind.STRUCTURE else (inner,)
    if member.enum is not None:
        return list(member.enum)[-1]
    return texts[member.kind]


def full(structure: type[AttrsInstance]) -> Any:
    """A structure with every member filled in."""
    table = members(structure)
    return structure(**{m.name: value(m, number) for number, m in enumerate(table, 1)})


def least(spec: FrameSpec) -> Any:
    """A structure with the required members only."""
    structure: Any = spec.payload
    table = enumerate(members(structure), 1)
    instead = dict(spec.null_reads)
    filled = {m.name: value(m, number) for number, m in table if m.wire in spec.required}
    return structure(**instead | filled)


def frames() -> dict[str, Frame]:
    """Two frames of every type, full and least, by name."""
    found: dict[str, Frame] = {}
    for spec in CATALOGUE.values():
        if spec.payload is str:
            found[spec.type] = Frame(spec.type, "web")
            continue
        structure: Any = spec.payload
        every, least_one = full(structure), least(spec)
        if spec.is_array:
            found[spec.type] = Frame(spec.type, (every, least_one), {"Re": 7})
            found[f"{spec.type} empty"] = Frame(spec.type, ())
        else:
            found[spec.type] = Frame(spec.type, every, {"Id": 7})
            found[f"{spec.type} least"] = Frame(spec.type, least_one)
    return found
