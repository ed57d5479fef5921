"""What the record does not say, decided by chance that repeats.

Theory of operation: every draw has a name of its own, made of the seed and what it is about. So
the same question has the same answer in each replay, whatever else was asked before it, and two
replays differ by their configurations and not by their luck.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import groupby
from math import log
from operator import itemgetter

from attrs import frozen


def fraction(seed: int, name: str) -> float:
    """A number in [0, 1) that depends on the seed and the name only."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


@frozen
class Patience:
    """How long visitors wait for an answer before they give up.

    The survival function of Kaplan and Meier, since most visitors are answered before it shows
    how patient they are. Beyond the longest wait that ended by giving up it goes on as the
    exponential through its last point (Brown, Hollander and Korwar).

    Attributes:
        moments: After how long somebody gave up, rising.
        survival: Which part waits longer than that, falling.
    """

    moments: Sequence[int]
    survival: Sequence[float]

    @classmethod
    def estimate(cls, waits: Iterable[tuple[int, bool]]) -> Patience:
        """The estimate from waits, each with whether the visitor gave up then."""
        known = sorted(waits)
        moments: list[int] = []
        survival: list[float] = []
        part, left = 1.0, len(known)
        for length, same in groupby(known, itemgetter(0)):
            gave_up = [gone for _, gone in same]
            if any(gave_up):
                part *= 1 - sum(gave_up) / left
                moments.append(length)
                survival.append(part)
            left -= len(gave_up)
        return cls(moments, survival)

    @property
    def known(self) -> bool:
        """Whether anybody ever gave up."""
        return bool(self.moments)

    def beyond(self, length: int) -> float:
        """Which part of the visitors waits longer than a length of time."""
        place = bisect_right(self.moments, length)
        if not place:
            return 1.0
        last = self.moments[-1]
        if place == len(self.moments) and length > last > 0:
            return float(self.survival[-1] ** (length / last))
        return self.survival[place - 1]

    def draw(self, chance: float, waited: int = 0) -> int | None:
        """How long somebody waits who was seen to wait that long; None: until they are answered.

        Args:
            chance: A number in [0, 1).
            waited: How long they were still there; they go later.
        """
        if not self.moments:
            return None
        rest = self.beyond(waited) * (1 - chance)
        # The first moment whose survival is less than what is left of their own.
        place = bisect_right(self.survival, -rest, key=lambda part: -part)
        if place < len(self.moments):
            return max(waited + 1, self.moments[place])
        last, least = self.moments[-1], self.survival[-1]
        if last <= 0:
            return None
        if least <= 0 or rest <= 0:
            return max(waited + 1, last)
        return max(waited + 1, last, round(last * log(rest) / log(least)))

    @property
    def median(self) -> int | None:
        """What half of the visitors outlast, where that can be told."""
        return self.draw(0.5)
