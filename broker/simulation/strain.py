"""How narrow the bounds of the broker's server are in a run: in life it takes thousands to meet them."""

from __future__ import annotations

from attrs import frozen

from broker.shell.server import INBOX_HIGH, ONE_TOO_MANY
from broker.shell.sessions import BACKLOG_HIGH, BACKLOG_LOW
from broker.simulation.rng import Rng


@frozen
class Strain:
    """The bounds of a run.

    Attributes:
        inbox: Inputs that wait from which on no socket is read.
        batch: The most inputs of one commit.
        backlog: Inputs of one token that wait from which on it is read no more, and again.
        connections: How many there may be; None: as many as in life.
        one_too_many: Connections past the limit that are told so.
    """

    inbox: int = INBOX_HIGH
    batch: int = 512
    backlog: tuple[int, int] = (BACKLOG_HIGH, BACKLOG_LOW)
    connections: int | None = None
    one_too_many: int = ONE_TOO_MANY

    @classmethod
    def draw(cls, rng: Rng) -> Strain:
        """Every other run has those of life."""
        if rng.happens(0.5):
            return cls()
        high = rng.choose((3, 8))
        return cls(
            inbox=rng.choose((4, 8, 16)),
            batch=rng.choose((2, 4, 8)),
            backlog=(high, high // 2),
            connections=rng.choose((None, 26)),
            one_too_many=4,
        )
