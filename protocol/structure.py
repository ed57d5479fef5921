"""What all wire structures share: the rule of their wire names."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from attrs import Attribute, AttrsInstance, fields

WIRE: Final = "wire"
"""Metadata key of a member whose wire name is not the PascalCase of its own."""


def wire_name(member: Attribute[Any]) -> str:
    """Wire name of a member: PascalCase, or what its metadata says (W-5)."""
    named: str | None = member.metadata.get(WIRE)
    return named or "".join(part.capitalize() for part in member.name.split("_"))


@cache
def wire_names(structure: type[AttrsInstance]) -> dict[str, str]:
    """Wire name by Python name of every member, in declared order."""
    return {member.name: wire_name(member) for member in fields(structure)}


class PackedOnce(tuple[Any, ...]):
    """An array of structures that keeps what was found out about it, in whichever encoding.

    Attributes:
        packed: Its bytes in MessagePack, once it was packed.
        packed_json: Its bytes in JSON, once it was.
        characters: How long its long texts are together, once they were counted.
    """

    packed: bytes | None = None
    packed_json: bytes | None = None
    characters: int | None = None
