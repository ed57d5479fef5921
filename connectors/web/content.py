"""Templates, settings and texts of a web app: files of a folder, and the literals of the broker."""

import json
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attrs import define, field

from protocol.register import LiteralLookupInfo

LONGEST: Final = 262_144
"""The longest file that is given out, in bytes."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

_log = logging.getLogger(__name__)


@define(eq=False)
class Content:
    """A folder with a template (`.html`) and settings (`.json`) for each web app, read again when changed.

    Attributes:
        folder: The folder; None: there is none.
    """

    folder: Path | None
    _read: dict[Path, tuple[float, str | None]] = field(factory=dict)

    def template(self, app: str, named: str | None) -> str | None:
        """The template that a rule names, else that of the app."""
        for name in (named, app):
            if name and (found := self._text(name, ".html")) is not None:
                return found
        return None

    def settings(self, app: str, named: str | None) -> dict[str, str] | None:
        """The settings that belong to it."""
        for name in (named, app):
            found = self._text(name, ".json") if name else None
            if found is not None:
                return _settings(found, f"{name}.json")
        return None

    def _text(self, name: str, suffix: str) -> str | None:
        if self.folder is None or not _NAME.fullmatch(name):
            return None
        path = self.folder / f"{name}{suffix}"
        try:
            changed = path.stat().st_mtime
            known = self._read.get(path)
            if known is None or known[0] != changed:
                data = path.read_bytes()
                text = data.decode() if len(data) <= LONGEST else None
                known = self._read[path] = (changed, text)
            return known[1]
        except (OSError, UnicodeDecodeError):
            return None


def _settings(text: str, name: str) -> dict[str, str] | None:
    try:
        found = json.loads(text)
    except ValueError as error:
        _log.warning("%s is not valid JSON: %s", name, error)
        return None
    if not isinstance(found, dict):
        _log.warning("%s is no object", name)
        return None
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()
    }


def texts(literals: Iterable[LiteralLookupInfo], *wanted: str | None) -> dict[str, str]:
    """The texts by name, each in the first of the wanted languages that has it, or a wider one of it.

    Args:
        literals: All there are.
        wanted: Languages, the best first.
    """
    order = [culture for one in wanted if one for culture in wider(one)]
    best: dict[str, tuple[int, str]] = {}
    for literal in literals:
        name = literal.literal_text or str(literal.literal_value)
        culture = _plain(literal.culture or "")
        place = order.index(culture) if culture in order else len(order)
        if literal.display_name is not None and place < best.get(name, (len(order) + 1, ""))[0]:
            best[name] = (place, literal.display_name)
    return {name: text for name, (_, text) in best.items()}


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
