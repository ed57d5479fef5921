"""What a row for a command is, and how values stand in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from attrs import frozen

from broker.store.commands import Command

Row = tuple[Any, ...]


@frozen
class Record:
    """A row for a command.

    Attributes:
        command: What is done.
        key: The chat's number or the agent whose rows it changes.
        row: The row, in the order of the command's columns.
    """

    command: Command
    key: int | str
    row: Row


Records = Iterator[Record]


def as_json(value: object) -> str:
    """A value for a column of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def word_of(value: StrEnum | None) -> str | None:
    """The plain text of an enumeration's member: drivers take no subclasses of str."""
    return None if value is None else str(value)
