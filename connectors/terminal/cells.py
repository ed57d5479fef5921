"""Text in the cells of a terminal: how wide it is, how it is cut and wrapped.

Theory of operation: the screen is drawn by differences, so the library that draws and the terminal have to
agree on how many cells each letter takes. They do not for what is composed of several letters: emoji that
are joined, coloured or told to be emoji, flags, keycaps. `steady` shows the parts of these, one beside
the other, which everybody counts alike. All other functions here expect steady text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen
from wcwidth import wcwidth

BETWEEN = "  │  "
MORE = "…"
STAND_IN = "·"
"""What stands for a letter that would change the one before it."""
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_DRESS: Final = re.compile(
    "[\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}]"
    "|(?<=[^ -~])[\U0001f3fb-\U0001f3ff]"
)
"""What changes the looks, and with some the width, of the letter before it."""
_FLAG_LETTERS: Final = {0x1F1E6 + place: chr(ord("A") + place) for place in range(26)}


def steady(text: str) -> str:
    """A text of which each letter takes the same cells everywhere."""
    if text.isascii():
        return text
    kept: list[str] = []
    for letter in _DRESS.sub("", text).translate(_FLAG_LETTERS):
        # Where a script needs the joiner it stands behind a letter or its mark.
        if letter == _JOINER and unicodedata.category(kept[-1] if kept else " ")[0] not in "LM":
            continue
        kept.append(letter)
    return "".join(kept)


def stood_in(text: str) -> str:
    """A text of as many letters, steady too: for a line that is edited, where each has its place."""
    if text.isascii():
        return text
    held = list(_DRESS.sub(STAND_IN, text).translate(_FLAG_LETTERS))
    for place, letter in enumerate(held):
        before = held[place - 1] if place else " "
        if letter == _JOINER and unicodedata.category(before)[0] not in "LM":
            held[place] = STAND_IN
    return "".join(held)


def width(text: str) -> int:
    """How many cells a text takes."""
    return len(text) if text.isascii() else sum(max(0, wcwidth(letter)) for letter in text)


def clipped(text: str, most: int) -> str:
    """A text in no more than so many cells; an ellipsis tells that it was longer."""
    if width(text) <= most:
        return text
    while text and width(text) > most - 1:
        text = text[:-1]
    return f"{text.rstrip()}{MORE}" if most > 0 else ""


def wrapped(text: str, columns: int) -> Iterator[tuple[int, int]]:
    """Where the rows of a text begin and end: at the borders of words, and inside one that is too long.

    Args:
        text: A text without line ends.
        columns: How many cells a row has.

    Yields:
        Begin and end of each row; the spaces between two rows are in neither.
    """
    start = used = 0
    gap: int | None = None
    for place, letter in enumerate(text):
        wide = width(letter)
        # Spaces may hang over the border, where nobody sees them.
        while used + wide > columns and letter != " " and place > start:
            end = place if gap is None else gap
            yield start, start + len(text[start:end].rstrip(" "))
            start, used, gap = end, width(text[end:place]), None
        used += wide
        if letter == " ":
            gap = place + 1
    yield start, len(text)


def packed(items: Sequence[str], columns: int, most: int, between: str = "   ") -> list[str]:
    """Items side by side in so many rows; an ellipsis stands for those that have no room."""
    rows: list[str] = []
    for item in items:
        if rows and width(rows[-1]) + len(between) + width(item) <= columns:
            rows[-1] += f"{between}{item}"
        elif len(rows) < most:
            rows.append(clipped(item, columns))
        else:
            if rows and width(rows[-1]) + 2 > columns:
                rows[-1] = clipped(f"{rows[-1]}{MORE}{MORE}", columns)
            elif rows:
                rows[-1] += f" {MORE}"
            break
    return rows


@frozen
class Part:
    """A part of a line that may be too long.

    Attributes:
        text: What it says; may be empty.
        rank: How much it matters: of those that have no room the lowest go first.
    """

    text: str
    rank: int


def fitted(parts: Sequence[Part], columns: int) -> str:
    """The parts that matter most, in their order, in one row."""
    kept = [part for part in parts if part.text]
    while len(kept) > 1 and width(BETWEEN.join(part.text for part in kept)) > columns:
        kept.remove(min(reversed(kept), key=lambda part: part.rank))
    return clipped(BETWEEN.join(part.text for part in kept), columns)
