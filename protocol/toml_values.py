"""What the configuration files of all programs have in common: what a value is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    str: "a text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def kind_of(value: object) -> str:
    """What a value of TOML is, in words."""
    return KINDS.get(type(value), "a date or time")


def exactly(value: object, *kinds: type[T]) -> T:
    """The value, if it is of one of these types: nothing is coerced, and true is no number.

    Raises:
        ValueError: It is of none of them.
    """
    for kind in kinds:
        if type(value) is kind:
            return value
    raise ValueError(f"must be {KINDS[kinds[0]]}, not {kind_of(value)}")
