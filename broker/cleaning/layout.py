"""HTML as a text that keeps its layout, as far as that takes no more than its time."""

from __future__ import annotations

import signal
from typing import Final

from inscriptis import get_text

CPU_SECONDS: Final = 1.0
"""What a text may take; tables within tables take their square."""


class TooSlowError(Exception):
    """The text took too long."""


def text_of(html: str, seconds: float = CPU_SECONDS) -> str:
    """Lay clean HTML out as text.

    Raises:
        TooSlowError: It took too long.
    """
    before = signal.signal(signal.SIGVTALRM, _too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        text = get_text(html)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _too_slow(_signal: int, _frame: object) -> None:
    raise TooSlowError
