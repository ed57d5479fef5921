"""Text of somebody else on a screen or in a log: it is shown, and commands nothing.

Theory of operation: what a peer says may hold escape sequences for a terminal, marks that turn the
direction of the line around, or line ends that begin a line of somebody else's. Letters, marks
and symbols stay. Of what formats text only the two joiners stay, without which some scripts and
emoji fall apart. Spaces of all kinds are spaces, what shows nothing is left out, and everything
else becomes the replacement character, so that one sees that something was there.
"""

from __future__ import annotations

import re
from typing import Final

REPLACED: Final = "\N{REPLACEMENT CHARACTER}"
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_SHOWN: Final = {
    "\t": "    ",
    "\r": "",
    "\N{SOFT HYPHEN}": "",
    "\N{ZERO WIDTH SPACE}": "",
    "\N{WORD JOINER}": "",
    "\N{ZERO WIDTH NO-BREAK SPACE}": "",
}
_PLAIN: Final = re.compile(r"[ -~]*")
_LINE_ENDS: Final = re.compile(r"[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def shown(text: str | None, *, lines: bool = False) -> str:
    """A text as it may be shown.

    Args:
        text: Whatever somebody wrote; None shows nothing.
        lines: Whether it may go over several lines; otherwise a line end becomes a space.
    """
    if not text or _PLAIN.fullmatch(text):
        return text or ""
    ends = "\n" if lines else " "
    return "".join(map(_letter, _LINE_ENDS.sub(ends, text.replace("\r\n", "\n"))))


def _letter(letter: str) -> str:
    if letter.isprintable() or letter == "\n" or letter in _JOINERS:
        return letter
    if letter in _SHOWN:
        return _SHOWN[letter]
    return " " if letter.isspace() else REPLACED
