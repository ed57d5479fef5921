"""Who sends again and again what the database refuses (W-14 RateLimited).

Theory of operation: a refused row costs more than any question, for the batch is undone, its input
sought and the state read anew (`broker.core.rollback`). It cannot be foreseen, so it is counted after
the fact: by party, since its next connection would begin with nothing. Some are borne, one is forgiven
in a while, and who goes beyond is sent away behind the answer to what was refused.
"""

from __future__ import annotations

from typing import Final

from attrs import Factory, define

from broker.shell.rate import Budget

BORNE: Final = 8
"""Refused rows of one party that are borne at once."""
FORGIVEN_AFTER: Final = 10.0
"""Seconds in which one more is."""


@define
class Strikes:
    """How many more refused rows of each party are borne; who is not named has all of theirs."""

    _borne: dict[object, Budget] = Factory(dict)

    def strike(self, party: object, now: float) -> bool:
        """Count a refused row.

        Args:
            party: Whose it was.
            now: Monotonic seconds.

        Returns:
            Whether that is one too many.
        """
        for other, budget in list(self._borne.items()):
            budget.fill(1 / FORGIVEN_AFTER, BORNE, now)
            if budget.left == BORNE:
                del self._borne[other]
        found = self._borne.setdefault(party, Budget(BORNE, now))
        found.pay(1)
        return found.left < 0
