"""Templates and settings of a web app: files of a folder."""

import json
import logging
import re
from pathlib import Path
from typing import Final

from attrs import define, field

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
