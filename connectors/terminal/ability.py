"""What the terminal can do at which a program runs."""

import os
import sys
from typing import TextIO


def can_draw() -> bool:
    """Whether a full screen can be drawn here; otherwise it goes line by line."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout) and _places_cursor()


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether it is one; what was closed before the start is None."""
    return stream is not None and stream.isatty()


def _places_cursor() -> bool:
    """Whether the terminal of `TERM` is known, and its cursor can be put where one likes."""
    try:
        import curses
    except ImportError:  # as on Windows, where there is no TERM either
        return True
    try:
        curses.setupterm(os.environ.get("TERM") or "dumb")
    except curses.error:
        return False
    return bool(curses.tigetstr("cup"))
