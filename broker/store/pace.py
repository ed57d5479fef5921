"""Whether a commit is made in the loop itself or by the store's thread.

Theory of operation: to hand a commit of a few rows to a thread and its outcome back costs two wake-ups,
which is more than the commit itself where the disk syncs quickly. Where it does not, everybody would wait
for it. So commits begin in the thread. When enough of them in a row were quick they are made in the
loop, until one is slow; the more often that happens the longer the disk has to prove itself again.
What is long by itself, many rows or the log written into the database, is the thread's in any case.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

FEW: Final = 24
"""So few facts take no time of their own: their commit in the thread says what the disk is like."""
MOST: Final = 128
"""Facts that may be committed in the loop at once."""
QUICK: Final = 0.001
"""Seconds that a commit of few facts takes on a disk that proves itself."""
SLOW: Final = 0.002
"""Seconds after which a disk has to prove itself again."""
PROOF: Final = 16
"""Quick commits in a row that are asked of a disk at first."""
MOST_PROOF: Final = 4_096
TRUSTED: Final = 1_024
"""Commits in the loop after which as few are asked as at first."""


@define
class Pace:
    """What the last commits took.

    Attributes:
        in_loop: Whether the next one is made in the loop.
    """

    in_loop: bool = field(default=False, init=False)
    _quick: int = field(default=0, init=False)
    _proof: int = field(default=PROOF, init=False)

    def takes(self, facts: int, under_way: int) -> bool:
        """Whether so many facts are committed in the loop now, with so many orders under way."""
        return self.in_loop and facts <= MOST and not under_way

    def note(self, facts: int, seconds: float) -> None:
        """Take how long a commit of so many facts took, wherever it was made."""
        if facts > (MOST if self.in_loop else FEW):
            return
        if self.in_loop and seconds > SLOW:
            self.in_loop = False
            self._proof = min(2 * self._proof, MOST_PROOF)
            self._quick = 0
        elif self.in_loop:
            self._quick += 1
            if self._quick == TRUSTED:
                self._proof = PROOF
        else:
            self._quick = self._quick + 1 if seconds <= QUICK else 0
            if self._quick >= self._proof:
                self.in_loop = True
                self._quick = 0
