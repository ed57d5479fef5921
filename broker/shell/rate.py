"""How many frames a connection may send (W-14 RateLimited).

Two buckets of the same size and rate. Frames fill the first; what it cannot take is refused and
fills the second, and a peer that overflows that one as well (it sent more than twice its rate for
long) is told to go.
"""

from __future__ import annotations

from attrs import define


@define
class Allowance:
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
    def full(cls, rate: int, now: float) -> Allowance:
        """The allowance of a new connection."""
        return cls(rate, rate, rate, now)

    def take(self, frames: int, now: float) -> int:
        """How many of these frames are refused, the last ones."""
        gained = (now - self.at) * self.rate
        self.at = now
        left = min(self.left + gained, self.rate)
        served = min(frames, int(left))
        self.left = left - served
        refused = frames - served
        self.patience = min(self.patience + gained, self.rate) - refused
        return refused

    @property
    def spent(self) -> bool:
        """Whether the peer goes on far beyond its rate."""
        return self.patience < 0
