"""What browsers say in words: our texts, and those of a site (the literals of group 102).

A text has a name and, in each language, a wording. The language counts first: who wants German gets
German wherever it exists. Within one language the site's wording goes before ours. English, which has
them all, stands in for what no wanted language has.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from attrs import define, field

from protocol.register import LiteralLookupInfo

FOLDER: Final = Path(__file__).with_name("texts")
"""Our texts: a file for each language."""
LAST: Final = "en"
"""The language that stands in for all others."""
KEPT: Final = 64
"""For so many combinations of languages the texts are kept."""
LANGUAGE: Final = "language"
"""The text that says in which language the others are."""
TITLE: Final = "chat_title"
"""The text by whose language the whole is called."""


@cache
def ours() -> Mapping[str, Mapping[str, str]]:
    """Our texts by language and name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.json"))
    }


@define(eq=False)
class Wordings:
    """All texts, kept for the languages that were asked for: pages ask for the same few again."""

    _literals: tuple[LiteralLookupInfo, ...] = ()
    _known: dict[tuple[str | None, ...], dict[str, str]] = field(factory=dict)

    def texts(self, literals: tuple[LiteralLookupInfo, ...], *wanted: str | None) -> dict[str, str]:
        """What `texts` gives."""
        if literals is not self._literals or len(self._known) >= KEPT:
            self._literals = literals
            self._known.clear()
        if wanted not in self._known:
            self._known[wanted] = texts(literals, *wanted)
        return self._known[wanted]


def texts(literals: Iterable[LiteralLookupInfo], *wanted: str | None) -> dict[str, str]:
    """All texts by name, each in the first of the wanted languages that has it, or a wider one of it.

    Args:
        literals: Those of the site.
        wanted: Languages, the best first.
    """
    said = [one.replace("_", "-") for one in wanted if one]
    asked = {name: one for one in reversed(said) for name in wider(one)}
    order = [*(culture for one in said for culture in wider(one)), LAST]
    best: dict[str, tuple[tuple[int, bool], str]] = {}
    for place, is_ours, name, text in _known(literals, order):
        if name not in best or (place, is_ours) < best[name][0]:
            best[name] = ((place, is_ours), text)
    found = {name: text for name, (_, text) in best.items()}
    (place, _), _ = best[TITLE]
    language = order[place] if place < len(order) else LAST
    return {LANGUAGE: asked.get(language, language), **found}


def _known(
    literals: Iterable[LiteralLookupInfo], order: list[str]
) -> Iterator[tuple[int, bool, str, str]]:
    """Each wording: the place of its language, whether it is ours, its name and itself."""
    for literal in literals:
        if literal.display_name is None:
            continue
        culture = _plain(literal.culture or "")
        place = order.index(culture) if culture in order else len(order)
        name = literal.literal_text or str(literal.literal_value)
        yield place, False, name, literal.display_name
    for place, culture in enumerate(order):
        for name, text in ours().get(culture, {}).items():
            yield place, True, name, text


def wider(culture: str) -> list[str]:
    """A language and the wider ones: `en-US` and `en`."""
    parts = _plain(culture).split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _plain(culture: str) -> str:
    return culture.replace("_", "-").lower()


def preferred(accept_language: str) -> str | None:
    """The language that a browser likes best, as its header says."""
    best: tuple[float, str] | None = None
    for part in accept_language[:1_000].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            liked = float(weight) if weight else 1.0
        except ValueError:
            continue
        good = re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", name.strip())
        if good and 0 < liked <= 1 and (best is None or liked > best[0]):
            best = (liked, name.strip())
    return best[1] if best is not None else None
