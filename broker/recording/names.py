"""Other names in a recording, so that replays run side by side and on a store that knows them.

Theory of operation: a name is a whole text somewhere in a frame: a TrackingId, a gateway's
address, a login, a workplace's number, a Guid that a client chose. It is replaced wherever it is a
whole text, in what clients say and in what is expected of the broker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from attrs import evolve

from broker.recording.format import Passed, Recording
from broker.recording.tokens import OWNED
from protocol.limits import TEXT_LENGTHS

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEYS: Final = frozenset({"BlobId", "ReturnChatId", "ScenarioResultId"})
"""Guids that a client may choose, and that the broker remembers."""
_NAMES: Final = frozenset({"DeliverySystemId", "RequestId"})
"""Texts that name a message, and that the broker remembers."""


def renamed(recording: Recording, names: Mapping[str, str]) -> Recording:
    """A recording with other names."""
    lines = tuple(
        evolve(line, frame=[line.type, *_renamed(line.frame[1:], names)])
        if isinstance(line, Passed)
        else line
        for line in recording.lines
    )
    return Recording(recording.header, lines)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        if value.startswith(OWNED):
            return OWNED + names.get(value.removeprefix(OWNED), value.removeprefix(OWNED))
        return names.get(value, value)
    if isinstance(value, dict):
        return {name: _renamed(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def fresh_names(recording: Recording, run: str) -> dict[str, str]:
    """Names that no broker has heard, for all that it would remember.

    Args:
        recording: What is to be renamed.
        run: A text of this run's own.

    Returns:
        For each visitor and each message that a client names a name that ends with `run`, for each key
        that a client chose another one.
    """
    names: dict[str, str] = {}
    heard: set[str] = set()
    for line in recording.lines:
        if not isinstance(line, Passed):
            continue
        for member, text in _texts("", line.frame[1]):
            if line.sender == "broker":
                heard.add(text)
            elif member == "TrackingId" or (text not in heard and _is_name(line.type, member)):
                longest = TEXT_LENGTHS[member] - len(run) - 1
                names.setdefault(text, f"{text[:longest]}-{run}")
            elif member in _KEYS and text not in heard and _GUID.fullmatch(text):
                names.setdefault(text, str(uuid5(NAMESPACE_OID, text + run)))
    return names


def _is_name(type: str, member: str) -> bool:
    """Whether a broker knows a text again; by the address of a message it knows who writes."""
    return member in _NAMES or (type == "ES_MESSAGE_RECEIVING" and member == "RemoteAddress")


def _texts(member: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield member, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(member, inner)
