"""Templates and settings of a web app: files of a folder."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Generic, TypeVar

from attrs import define, field, frozen

from connectors.web.literals import LANGUAGE, LAST, Wordings, ours
from connectors.web.templates import Flaw, flaws

LONGEST: Final = 262_144
"""The longest file that is given out, in bytes."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{3,8}|[A-Za-z]+|[a-z]+\([0-9.,%/ a-z-]*\)")
_YES_NO: Final = re.compile("true|false")
SETTINGS: Final = {
    "theme": re.compile("light|dark"),
    "position": re.compile("left|right"),
    "accent": _COLOUR,
    "rating": _GUID,
    **dict.fromkeys(("sound", "emoji", "attachments", "preview"), _YES_NO),
}
"""What the settings may say that the widget knows; others are a site's own, for its templates."""
T = TypeVar("T")

_log = logging.getLogger(__name__)


class FlawsError(Exception):
    """A file cannot be taken.

    Attributes:
        flaws: All that is wrong with it.
    """

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(f"line {flaw.line}: {flaw.text}" for flaw in flaws))
        self.flaws = flaws


@frozen
class _Version(Generic[T]):
    """What a file said when it was changed last."""

    stamp: tuple[float, ...]
    content: T | None


@define(eq=False)
class Content:
    """A folder with a template (`.html`) and settings (`.json`) for each web app, read again when changed.

    Attributes:
        folder: The folder; None: there is none.
        wordings: The texts that go with it.
    """

    folder: Path | None
    wordings: Wordings = field(factory=Wordings)
    _templates: dict[Path, _Version[str]] = field(factory=dict)
    _settings: dict[Path, _Version[dict[str, str]]] = field(factory=dict)

    def template(self, app: str, named: str | None) -> str | None:
        """The template that a rule names, else that of the app."""
        for path in self._paths(app, named, ".html"):
            beside = path.with_suffix(".json")
            stamp = _stamp(path) + _stamp(beside)  # its settings say what it may name
            found = _current(self._templates, path, stamp, _template)
            if found is not None:
                return found
        return None

    def settings(self, app: str, named: str | None) -> dict[str, str] | None:
        """The settings that belong to it."""
        for path in self._paths(app, named, ".json"):
            found = _current(self._settings, path, _stamp(path), _read_settings)
            if found is not None:
                return found
        return None

    def _paths(self, app: str, named: str | None, suffix: str) -> Iterator[Path]:
        for name in (named, app):
            if self.folder is not None and name and _NAME.fullmatch(name):
                yield self.folder / f"{name}{suffix}"


def faults(folder: Path) -> Iterator[str]:
    """What is wrong in a folder: each with its file and line."""
    for path in sorted(folder.iterdir()):
        read = {".html": _template, ".json": _read_settings}.get(path.suffix)
        if read is None or not path.is_file():
            continue
        if not _NAME.fullmatch(path.stem):
            yield f"{path.name}: a name has letters, digits, _ . and -, at most 64"
        try:
            read(path)
        except FlawsError as error:
            for flaw in error.flaws:
                yield f"{path.name}, line {flaw.line}: {flaw.text}"


def _current(
    known: dict[Path, _Version[T]], path: Path, stamp: tuple[float, ...], read: Callable[[Path], T]
) -> T | None:
    """What is in a file; a change that is wrong is told once, and what was there before stays."""
    version = known.get(path)
    if version is None or version.stamp != stamp:
        content = version.content if version is not None else None
        try:
            content = read(path) if any(stamp[:2]) else None
        except FlawsError as error:
            _log.warning("%s: %s", path, error)
        version = known[path] = _Version(stamp, content)
    return version.content


def _stamp(path: Path) -> tuple[float, ...]:
    """By what a change of a file is noticed; zeros: it is not there."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime, found.st_size)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > LONGEST:
            raise FlawsError(Flaw(1, f"is longer than {LONGEST} bytes"))
        return data.decode("utf-8-sig")
    except OSError as error:
        raise FlawsError(Flaw(1, f"cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FlawsError(Flaw(line, "is not UTF-8")) from error


def _template(path: Path) -> str:
    text = _text(path)
    try:
        settings = _read_settings(path.with_suffix(".json"))
    except FlawsError:
        settings = {}  # they are not there, or are told of by themselves
    if found := flaws(text, frozenset({*settings, *ours()[LAST], LANGUAGE})):
        raise FlawsError(*found)
    return text


def _read_settings(path: Path) -> dict[str, str]:
    text = _text(path)
    try:
        found = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise FlawsError(Flaw(line, f"is not valid JSON: {error}")) from error
    if not isinstance(found, dict):
        raise FlawsError(Flaw(1, "must be an object"))
    plain = {key: _plain(value) for key, value in found.items()}
    wrong = [
        Flaw(_line(text, key), f"{key}: {why}")
        for key, value in plain.items()
        if (why := _complaint(key, value))
    ]
    if wrong:
        raise FlawsError(*wrong)
    return {key: value for key, value in plain.items() if value is not None}


def _plain(value: object) -> str | None:
    """A setting as text; None: it can be none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _complaint(key: str, value: str | None) -> str | None:
    if value is None:
        return "must be a text, a number, true or false"
    form = SETTINGS.get(key)
    return None if form is None or form.fullmatch(value) else f"{value} is not among what it may be"


def _line(text: str, key: str) -> int:
    """Where a key stands in JSON."""
    return text[: max(0, text.find(json.dumps(key, ensure_ascii=False)))].count("\n") + 1
