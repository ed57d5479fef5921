"""All randomness of a run: one seed, forked by name.

Every actor draws from a source of its own, named after it. So a draw more in one of them does not
shift what the others do, and a seed stays as close as possible to what it was when code changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

from attrs import define, field

T = TypeVar("T")


@define
class Rng:
    """A source of choices that depends on its name only.

    Attributes:
        name: The seed and the way from it to this source.
    """

    name: str
    _random: Random = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        digest = blake2b(self.name.encode(), digest_size=16).digest()
        self._random = Random(digest)  # noqa: S311 - a simulation wants rng that repeats

    def fork(self, name: str) -> Rng:
        """Another source, not disturbed by draws from this one."""
        return Rng(f"{self.name}/{name}")

    def fraction(self) -> float:
        """A number in [0, 1), as `random.random` gives."""
        return self._random.random()

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """An integer of the closed range."""
        return self._random.randint(low, high)

    def about(self, mean: int) -> int:
        """A waiting time of this mean, at most eight times as long."""
        return 1 + int(min(self._random.expovariate(1.0), 8.0) * mean)

    def choose(self, things: Sequence[T]) -> T:
        """One of the things."""
        return things[self._random.randrange(len(things))]

    def weighed(self, things: Sequence[tuple[T, int]]) -> T:
        """One of the things, by weight."""
        return self._random.choices([t for t, _ in things], [w for _, w in things])[0]

    def bytes(self, count: int) -> bytes:
        """Random bytes."""
        return self._random.randbytes(count)

    def text(self, length: int) -> str:
        """Lower-case letters and digits."""
        alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(alphabet[i % 36] for i in self._random.randbytes(length))
