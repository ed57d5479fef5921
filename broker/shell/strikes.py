"""Who sends again and again what the database refuses (W-14 RateLimited).

Theory of operation: a refused row costs more than any question, for the batch is undone, its input
sought and the state read anew (`broker.core.rollback`). It cannot be foreseen, so it is counted after
the fact: by party, since its next connection would begin with nothing. Some are borne, one is forgiven
in a while, and who goes beyond is sent away behind the answer to what was refused.
"""

from __future__ import annotations

from typing import Final

from attrs import Factory, define

BORNE: Final = 8
"""Refused rows of one party that are borne at once."""
FORGIVEN_AFTER: Final = 10.0
"""Seconds in which one more is."""


@define
class Strikes:
    """The refused rows of each party, as a debt that time makes smaller."""

    _debts: dict[object, tuple[float, float]] = Factory(dict)
    """By party: how many, and when that was so."""

    def strike(self, party: object, now: float) -> bool:
        """Count a refused row.

        Args:
            party: Whose it was.
            now: Monotonic seconds.

        Returns:
            Whether that is one too many.
        """
        debt = self._left(party, now) + 1
        self._debts[party] = debt, now
        for other in list(self._debts):
            if not self._left(other, now):
                del self._debts[other]
        return debt > BORNE

    def _left(self, party: object, now: float) -> float:
        debt, at = self._debts.get(party, (0.0, now))
        return max(0.0, debt - (now - at) / FORGIVEN_AFTER)
