"""Answers that are good for a while, and the registers among them, which the broker tells anew (W-17)."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from protocol.frame import Frame
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Values by key, each for a period; of too many the one that was not used for longest goes."""

    def __init__(self, period: float, bound: int) -> None:
        """Make an empty one; with a period of 0 it stays empty."""
        self._period = period
        self._bound = bound
        self._kept: dict[K, tuple[V, float]] = {}

    def __iter__(self) -> Iterator[K]:
        return iter(list(self._kept))

    def get(self, key: K, now: float) -> V | None:
        """Find what is still good."""
        found = self._kept.pop(key, None)
        if found is None or now >= found[1]:
            return None
        self._kept[key] = found
        return found[0]

    def put(self, key: K, value: V, now: float) -> None:
        """Keep a value from now on."""
        self._kept.pop(key, None)
        if self._period > 0:
            self._kept[key] = (value, now + self._period)
        while len(self._kept) > self._bound:
            del self._kept[next(iter(self._kept))]

    def drop(self, key: K) -> None:
        """Forget a value."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


Question = tuple[str, str | LiteralLookupInfo]
"""A question for a register: its type and its payload."""

_ASKED_BY = {"SE_WS_ROUTING": "ES_WS_ROUTING", "SE_WS_LITERALS_INFO": "ES_WS_LITERALS_GET"}


class Registers(Cache[Question, Frame]):
    """The registers that were asked for, by question."""

    def pushed(self, frame: Frame, now: float) -> None:
        """Take a register that changed.

        Whose question it answers is not always to be seen: then each that it may answer is asked
        anew when it is wanted.
        """
        asked = _ASKED_BY.get(frame.type)
        items = frame.payload if isinstance(frame.payload, tuple) else ()
        answered = [
            key for key in self if key[0] == asked and all(_is_of(key[1], item) for item in items)
        ]
        for key in answered:
            self.drop(key)
        if len(answered) == 1:
            self.put(answered[0], frame, now)


def _is_of(question: str | LiteralLookupInfo, item: object) -> bool:
    """Whether an element of a register may stand in the answer to a question."""
    match item:
        case WebSiteRoutingInfo():
            return item.peer == question
        case LiteralLookupInfo() if isinstance(question, LiteralLookupInfo):
            asked, told = (question.literal_group, question.peer), (item.literal_group, item.peer)
            return asked == told
        case _:
            return False
