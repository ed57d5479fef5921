"""What a decision costs, as far as it depends on who asked: counted, not measured.

Nearly every input costs the same: some facts, some small frames for a few sessions. What stands
out are long answers (transcripts, lists, forms) and frames for very many sessions. Both can be
counted from the effects before anything is packed, so that the same inputs cost the same in the
simulator as in life.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import has

from broker.core.effects import Effect, Send
from protocol.schema import Kind, members

USUAL: Final = 10
"""What a usual input costs. One unit is one sentence in an answer: some four microseconds."""
DEAR: Final = 500
"""So much beyond the usual is enough for one batch: other inputs, sockets and pages come first."""
FEW: Final = 8
"""Receivers of a frame that cost nothing beyond the usual."""
RECEIVER: Final = 3
"""What one more costs."""
_MANY: Final = 64
_LARGE_ITEM: Final = 3
"""What one of very many structures with structures of their own costs, at a guess."""
_NESTED: Final = (Kind.STRUCTURE, Kind.STRUCTURES)


def extra_cost(effects: Sequence[Effect]) -> int:
    """What a decision costs beyond a usual one."""
    extra = 0
    for effect in effects:
        if type(effect) is Send:
            if len(effect.sessions) > FEW:
                extra += RECEIVER * (len(effect.sessions) - FEW)
            if type(effect.payload) not in _flat:
                extra += _items(effect.payload)
    return extra


def _items(value: object) -> int:
    """How many structures are in a structure or in an array of them."""
    if value is None:
        return 0
    if not isinstance(value, tuple):
        return sum([1 + _items(getattr(value, name)) for name in _nested(type(value))])
    if not value or not _nested(type(value[0])):
        return len(value)
    if len(value) > _MANY:
        return _LARGE_ITEM * len(value)
    return sum([1 + _items(item) for item in value])


_known: dict[type, tuple[str, ...]] = {}
_flat: set[type] = {type(None), str}
"""Payloads that hold nothing that costs."""


def _nested(kind: type) -> tuple[str, ...]:
    """The members of a structure that hold structures."""
    names = _known.get(kind)
    if names is None:
        found = members(kind) if has(kind) else ()
        names = tuple(member.name for member in found if member.kind in _NESTED)
        _known[kind] = names
        if not names:
            _flat.add(kind)
    return names
