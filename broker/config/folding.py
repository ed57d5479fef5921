"""One way to write what people write in many: what is recognised is compared in it.

Theory of operation: the same word comes composed or with accents apart, with the apostrophe that a
telephone puts in, broken by soft hyphens, in capitals that have no small letter of their own. `tidy`
takes away what nobody sees and keeps what was written, for patterns; `fold` takes away more, for words.
Both go over the text a fixed number of times. `split` cuts a folded text where a word can begin or end:
at the borders of a run of letters and digits and, in scripts that put no spaces between words, at every
letter. A word is found where its parts are, whatever white space is between them; a Korean one with a
particle at its end as well.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from attrs import field, frozen

MOST_MARKS: Final = 30
"""The most marks on a letter; to put more in order could take long. No writing needs as many."""

_APOSTROPHES: Final = (
    "\u2018\u2019\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u00b4\u0060\u055a\u05f3\ua78c\uff07"
)
_HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u058a\u05be\ufe58\ufe63\uff0d"
_SPACES: Final = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN: Final = (
    "\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""Soft hyphens, joiners, marks of direction and of variants, fillers; the stretched line of Arabic."""
_SPACELESS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\u3005-\u3007\u3031-\u303c"
    "\u3041-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua980-\ua9ff\uaa60-\uaadf\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Tai, Balinese, Javanese, Japanese, Chinese, Yi."""


_PARTICLES: Final = tuple(
    sorted(
        (
            *("은", "는", "이", "가", "을", "를", "의", "에", "로", "와", "과", "도", "만", "요"),
            *(
                "에서",
                "에게",
                "한테",
                "으로",
                "까지",
                "부터",
                "보다",
                "처럼",
                "하고",
                "이나",
                "마다",
            ),
            *(
                "에게서",
                "한테서",
                "으로서",
                "으로써",
                "에서는",
                "에서도",
                "이라도",
                "이요",
                "이에요",
                "예요",
                "입니다",
            ),
        ),
        key=len,
        reverse=True,
    )
)
"""What Korean puts behind a noun, without a space; the longest first."""
_STEM: Final = 2
"""The fewest letters before a particle: a shorter word is the beginning of too many others."""


def _ranges(text: str) -> Iterator[range]:
    """The characters of a text like ``a-cx``."""
    at = 0
    while at < len(text):
        last = at + 2 if text[at + 1 : at + 2] == "-" else at
        yield range(ord(text[at]), ord(text[last]) + 1)
        at = last + 1


def _spread(text: str) -> Iterator[int]:
    return chain.from_iterable(_ranges(text))


_PLAIN: Final[dict[int, str | None]] = {
    **dict.fromkeys(map(ord, _APOSTROPHES), "'"),
    **dict.fromkeys(map(ord, _HYPHENS), "-"),
    **dict.fromkeys(_spread(_SPACES), " "),
    **dict.fromkeys(_spread(_UNSEEN)),
}
_FOLDED: Final[dict[int, str | None]] = {**_PLAIN, ord("\u2116"): "#", ord("\u0131"): "i"}
"""The sign for a number is no word, though its compatible form is `no`; Turkish has two letters i."""
_DOT: Final = "i\u0307"
"""What the dotted capital I of Turkish becomes."""
_BREAKS: Final = tuple(
    bound for found in _ranges(_SPACELESS) for bound in (found.start, found.stop)
)
"""Where such letters begin and end, in turn: there are 160,000 of them."""


@lru_cache(maxsize=4)
def tidy(text: str) -> str:
    """A text with plain apostrophes, hyphens and spaces, composed, without what nobody sees."""
    if text.isascii():
        return text.replace("`", "'")
    composed = unicodedata.normalize("NFC", _few_marks(text.translate(_PLAIN)))
    return composed.translate(_PLAIN)


def fold(text: str) -> str:
    """A text as words are compared: tidy, in small letters, without variants of one letter."""
    text = tidy(text)
    if text.isascii():
        return text.lower()
    # Each step can make work for another; the second time nothing is left to do.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", _few_marks(text.translate(_FOLDED)))
        text = unicodedata.normalize("NFKC", text.casefold()).replace(_DOT, "i")
    return text.translate(_FOLDED)


def _few_marks(text: str) -> str:
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def split(folded: str) -> list[str]:
    """The parts of a folded text between which a word can begin or end; white space is none."""
    parts: list[str] = []
    before = " "
    for letter in folded:
        kind = _kind(letter)
        joined = kind == "M" or (kind == "L" and before == "L")
        if joined and before != " ":
            parts[-1] += letter
        elif kind != " ":
            parts.append(letter)
        # A mark belongs to what it stands on.
        before = before if kind == "M" and before != " " else "L" if kind == "M" else kind
    return parts


@lru_cache(maxsize=8_192)
def _kind(letter: str) -> str:
    """White space, a mark, a letter or digit of a word, a letter that is its own part, or a sign."""
    if letter.isspace():
        return " "
    category = unicodedata.category(letter)[0]
    if category == "M":
        return "M"
    if bisect_right(_BREAKS, ord(letter)) % 2:
        return "W"
    return "L" if category in "LN" or letter == "_" else "S"


def stem(part: str) -> str:
    """A part of a Korean text without the particle at its end; any other part as it is."""
    if not "\uac00" <= part[-1:] <= "\ud7a3":
        return part
    found = (p for p in _PARTICLES if part.endswith(p) and len(part) >= len(p) + _STEM)
    return part.removesuffix(next(found, ""))


class _Node(dict[str, "_Node"]):
    """What may follow; `ends` when a word ends here."""

    ends = False


@frozen
class Words:
    """Words and phrases that are looked for as a whole, however they are written.

    Raises:
        ValueError: When one has nothing in it that is seen.
    """

    texts: tuple[str, ...] = ()
    _root: _Node = field(init=False, eq=False, repr=False)

    @_root.default
    def _grown(self) -> _Node:
        root = _Node()
        for text in self.texts:
            node = root
            for part in split(fold(text)):
                node = node.setdefault(part, _Node())
            node.ends = True
        if root.ends:
            raise ValueError("has nothing in it that is seen")
        return root

    def found_in(self, text: str) -> bool:
        """Whether one of them is in a text; takes as long for a thousand words as for one."""
        parts = _parts(text) if self._root else ()
        return any(self._begins(parts, start) for start in range(len(parts)))

    def _begins(self, parts: tuple[str, ...], start: int) -> bool:
        """Whether one of them begins at a part; no longer than the longest of them is looked at."""
        node: _Node | None = self._root
        while node is not None and not node.ends:
            part, start = parts[start] if start < len(parts) else "", start + 1
            node = node[part] if part in node else node.get(stem(part))
        return node is not None


@lru_cache(maxsize=4)
def _parts(text: str) -> tuple[str, ...]:
    """The parts of a text, which many lists of words may be looked for in."""
    return tuple(split(fold(text)))
