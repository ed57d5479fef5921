"""Where something stands in an answer or a request: `json:/messages/0/status`, `regex:<id>(.*?)</id>`.

| written | finds |
| --- | --- |
| `json:/a/0/b` | by JSON pointer (RFC 6901); `*` is every member of a list, and then there may be several |
| `form:name` | a field of a form |
| `regex:PATTERN` | the first group of every match, or the whole match |
| `header:Name` | a header |
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qs

from attrs import field, frozen

MOST: Final = 300
"""So many things are found at the most."""


class BadLocator(ValueError):
    """It does not say where something stands."""


@frozen(kw_only=True)
class Document:
    """What is searched.

    Attributes:
        body: The octets of the body.
        headers: Its headers, their names in small letters.
    """

    body: bytes = b""
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


@frozen
class Locator:
    """A place in a document.

    Attributes:
        written: As the configuration has it.
    """

    written: str
    _find: Callable[[Document], list[str]] = field(eq=False, repr=False)

    def find(self, document: Document) -> tuple[str, ...]:
        """Everything that stands there, as text; nothing if the document is not of that kind."""
        return tuple(self._find(document)[:MOST])


def locator(written: str) -> Locator:
    """Read where something stands.

    Raises:
        BadLocator: It does not say that.
    """
    kind, colon, where = written.partition(":")
    if not colon or kind not in _KINDS:
        raise BadLocator(f"{written!r} begins with none of {', '.join(f'{it}:' for it in _KINDS)}")
    return Locator(written, _KINDS[kind](where))


def at_pointer(value: object, pointer: str) -> list[str]:
    """Find what a JSON pointer names, as text: strings as they are, numbers, `true` and `false` as JSON."""
    found = [value]
    for step in _steps(pointer):
        found = [one for before in found for one in _step(before, step)]
    return [text for text in map(_as_text, found) if text is not None]


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise BadLocator(f"the pointer {pointer!r} does not begin with a slash")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _step(value: object, step: str) -> list[object]:
    if isinstance(value, dict):
        return [value[step]] if step in value else []
    if isinstance(value, list):
        if step == "*":
            return value[:MOST]
        if step.isdecimal() and step.isascii() and int(step) < len(value):
            return [value[int(step)]]
    return []


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return None
    return json.dumps(value)


def _json(pointer: str) -> Callable[[Document], list[str]]:
    _steps(pointer)

    def find(document: Document) -> list[str]:
        try:
            value = json.loads(document.body)
        except (ValueError, RecursionError):
            return []
        return at_pointer(value, pointer)

    return find


def _form(name: str) -> Callable[[Document], list[str]]:
    def find(document: Document) -> list[str]:
        try:
            return parse_qs(document.text, keep_blank_values=True, max_num_fields=MOST).get(
                name, []
            )
        except ValueError:
            return []

    return find


def _regex(written: str) -> Callable[[Document], list[str]]:
    try:
        pattern = re.compile(written)
    except re.error as error:
        raise BadLocator(f"{written!r} is no regular expression: {error}") from None
    group = 1 if pattern.groups else 0

    def find(document: Document) -> list[str]:
        matches = pattern.finditer(document.text)
        return [match[group] for match in matches if match[group] is not None]

    return find


def _header(name: str) -> Callable[[Document], list[str]]:
    name = name.lower()

    def find(document: Document) -> list[str]:
        return [document.headers[name]] if name in document.headers else []

    return find


_KINDS: Final[Mapping[str, Callable[[str], Callable[[Document], list[str]]]]] = {
    "json": _json,
    "form": _form,
    "regex": _regex,
    "header": _header,
}
