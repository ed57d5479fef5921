"""Long transcripts as they were shown last, kept while nothing is said or confirmed in them.

A snapshot of a long chat costs a thousand times what the question for it costs. It changes only when
somebody speaks or confirms, so it is made once for each side that asks, and whoever packs it leaves
the bytes with it. This is a memory of results and nothing else: with it and without it a decision
has the same facts and effects (I-17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from attrs import Factory, define

from protocol.chat import ChatSentenceInfo
from protocol.structure import PackedOnce

LONG: Final = 100
"""Sentences from which on a transcript is kept; a shorter one is made anew as fast."""
MOST: Final = 50_000
"""Sentences in all transcripts that are kept; each takes below a kilobyte."""

Key = tuple[object, ...]
"""The chat, and what differs between the sides that see it."""
Shown = tuple[ChatSentenceInfo, ...]


@define(eq=False)
class Transcripts:
    """The transcripts that were asked for last.

    Attributes:
        long: Sentences from which on one is kept.
        most: Sentences in all that are kept.
    """

    long: int = LONG
    most: int = MOST
    _kept: dict[Key, tuple[int, Shown]] = Factory(dict)
    _sentences: int = 0

    def shown(
        self, key: Key, edition: int, length: int, make: Callable[[], Iterable[ChatSentenceInfo]]
    ) -> Shown:
        """What was shown of this edition of a transcript, or what is made of it now."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            if kept[0] == edition:
                self._kept[key] = kept
                return kept[1]
            self._sentences -= len(kept[1])
        if length < self.long:
            return tuple(make())
        made: Shown = PackedOnce(make())
        self._kept[key] = edition, made
        self._sentences += length
        while self._sentences > self.most and len(self._kept) > 1:
            _, oldest = self._kept.pop(next(iter(self._kept)))
            self._sentences -= len(oldest)
        return made
