"""What a decision costs, as far as it depends on who asked: counted, not measured.

Nearly every input costs the same: some facts, some small frames for a few sessions. What stands
out are long answers (transcripts, lists, forms: many structures, or long texts) and frames for very
many sessions. All can be counted from the effects before anything is packed, so that the same
inputs cost the same in the simulator as in life.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen, has

from broker.core.effects import Deferred, Effect, Recall, Send
from protocol.catalogue import CATALOGUE
from protocol.schema import Kind, Member, members
from protocol.structure import PackedOnce

USUAL: Final = 10
"""What a usual input costs. One unit is one sentence in an answer: some four microseconds."""
DEAR: Final = 500
"""So much beyond the usual is enough for one batch: other inputs, sockets and pages come first."""
FEW: Final = 8
"""Receivers of a frame that cost nothing beyond the usual."""
RECEIVER: Final = 3
"""What one more costs."""
CHARACTERS: Final = 1_024
"""So many of long texts cost a unit: as JSON, which takes the longest, some four microseconds."""
BYTES: Final = 1_024
"""So many of an attachment that are to be stored cost a unit."""
_LONG: Final = 4_096
"""A member that may be so long is counted by its characters."""
_MANY: Final = 64
_LARGE_ITEM: Final = 3
"""What one of very many structures with structures of their own costs, at a guess."""
_RARE: Final = frozenset({"Attachments"})
"""A few small structures, which hardly any frame has."""
_NESTED: Final = (Kind.STRUCTURE, Kind.STRUCTURES)


def extra_cost(effects: Sequence[Effect]) -> int:
    """What a decision costs beyond a usual one."""
    extra = 0
    for effect in effects:
        if type(effect) is Send:
            if len(effect.sessions) > FEW:
                extra += RECEIVER * (len(effect.sessions) - FEW)
            if type(effect.payload) not in _FLAT:
                extra += _items(effect.payload)
        elif type(effect) is Recall:
            extra += 1
    return extra


def _items(value: object) -> int:
    """What the structures in a structure or in an array of them cost, and their texts."""
    if value is None:
        return 0
    if isinstance(value, Deferred):
        return 1 + value.size // CHARACTERS
    if not isinstance(value, tuple):
        inside = sum([1 + _items(getattr(value, name)) for name in _parts(type(value)).nested])
        return inside + _characters((value,)) // CHARACTERS
    if not value or not _parts(type(value[0])).nested:
        return len(value) + _characters(value) // CHARACTERS
    if len(value) > _MANY:
        return _LARGE_ITEM * len(value)
    return sum([1 + _items(item) for item in value])


def _characters(array: tuple[object, ...]) -> int:
    """How long the long texts of structures of one kind are; of a kept transcript it is known."""
    if type(array) is not PackedOnce:
        return _counted(array)
    if array.characters is None:
        array.characters = _counted(array)
    return array.characters


def _counted(array: tuple[object, ...]) -> int:
    names = _parts(type(array[0])).texts if array else ()
    return sum([len(getattr(item, name) or "") for name in names for item in array])


@frozen
class _Parts:
    """The members of a structure that hold structures, and those that may be long texts."""

    nested: tuple[str, ...]
    texts: tuple[str, ...]


_known: dict[type, _Parts] = {}


def _parts(kind: type) -> _Parts:
    parts = _known.get(kind)
    if parts is None:
        found = members(kind) if has(kind) else ()
        parts = _known[kind] = _Parts(
            nested=tuple(m.name for m in found if m.kind in _NESTED and m.wire not in _RARE),
            texts=tuple(member.name for member in found if _longest(member) >= _LONG),
        )
    return parts


def _longest(member: Member) -> int:
    return max(member.longest, member.longest_bytes or 0)


_FLAT: Final = {type(None), str} | {
    spec.payload
    for spec in CATALOGUE.values()
    if not spec.is_array and not _parts(spec.payload).nested
}
"""Payloads that are usual, whatever they hold."""
