"""Signals that come before anybody can obey them.

Until a broker runs, a SIGHUP would end the process, which a supervisor takes for a good end, and
SIGTERM would end it with a status of its own. So `parley serve` takes both in hand in its first
lines, before the slow imports; this module imports nothing but `signal`.
"""

from __future__ import annotations

import signal
from types import FrameType

HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class HeldSignals:
    """Holds signals until somebody can obey them.

    A wish to reload is kept: the configuration may have been read already. A wish to end is
    granted at once, as there is nothing yet to be ended in good order; not so any more
    after `keep_all`.
    """

    def __init__(self) -> None:
        self._kept: list[signal.Signals] = []
        self._keeps_all = False

    def hold(self) -> None:
        """Take the signals in hand."""
        for number in HEEDED:
            signal.signal(number, self._heed)

    def keep_all(self) -> None:
        """Keep wishes to end as well: an event loop begins, which must not be torn in the middle."""
        self._keeps_all = True

    def taken(self) -> list[signal.Signals]:
        """What came; the wishes are handed over with it."""
        kept, self._kept = self._kept, []
        return kept

    def _heed(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP or self._keeps_all:
            self._kept.append(signal.Signals(number))
        else:
            raise SystemExit(0)


HELD = HeldSignals()
"""The one of this process: signals have but one handler."""
