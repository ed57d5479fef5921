"""How many frames a connection may send, and how much it may be answered (W-14 RateLimited).

Two buckets of the same size and rate. Frames fill the first; what it cannot take is refused and
fills the second, and a peer that overflows that one as well (it sent more than twice its rate for
long) is told to go. A long frame counts as many.

Questions are small and their answers are not, so what is answered has a budget of its own, which
all sessions of one token share. It is paid after the fact: whoever has anything left may ask.
"""

from __future__ import annotations

from typing import Final

from attrs import define

COUNTS_AS_ONE: Final = 4_096
"""Bytes that count as one frame, when a frame is longer."""


@define
class TokenBucket:
    """The frames of one connection.

    Attributes:
        rate: Frames a second, and how many at once.
        left: Frames that may still come.
        patience: Refusals that are still borne.
        at: When both were last filled up.
    """

    rate: int
    left: float
    patience: float
    at: float

    @classmethod
    def full(cls, rate: int, now: float) -> TokenBucket:
        """The bucket of a new connection."""
        return cls(rate, rate, rate, now)

    def take(self, frames: int, now: float, size: int = 0) -> int:
        """How many of these frames are refused, the last ones.

        Args:
            frames: Frames that came to their end.
            now: Monotonic seconds.
            size: Bytes that came.
        """
        rate, gained = self.rate, (now - self.at) * self.rate
        self.at = now
        left, patience = self.left + gained, self.patience + gained
        left = min(left, rate)
        patience = min(patience, rate)
        more = size / COUNTS_AS_ONE - frames
        if more > 0:
            left -= more
        if frames <= left:
            self.left, self.patience = left - frames, patience
            return 0
        served = max(0, int(left))
        refused = frames - served
        self.left = max(0.0, left - served)
        self.patience = patience - refused + min(0.0, left)
        return refused

    @property
    def spent(self) -> bool:
        """Whether the peer goes on far beyond its rate."""
        return self.patience < 0


@define
class Budget:
    """What a party may cost, filled up by time: bytes that it is answered, or rows that were refused.

    Attributes:
        left: What is left of it; less than none is a debt.
        at: When it was last filled up.
    """

    left: float
    at: float

    def fill(self, rate: float, most: float, now: float) -> None:
        """Add what came about since, at so much a second, up to so much."""
        self.left = min(self.left + (now - self.at) * rate, most)
        self.at = now

    def allows(self, rate: int, now: float) -> bool:
        """Whether another question is answered, at so many bytes a second."""
        self.fill(rate, rate, now)
        return self.left > 0

    def pay(self, cost: float) -> None:
        """Take what something cost."""
        self.left -= cost
