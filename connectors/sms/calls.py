"""A call of a webhook: its octets, and what they say once it is proved who called."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from attrs import field, frozen

FORM: Final = b"application/x-www-form-urlencoded"
JSON: Final = b"application/json"
MOST_FIELDS: Final = 300
Pairs = list[tuple[bytes, bytes]]


class Malformed(Exception):
    """What came is not what a provider sends, whoever they are."""


@frozen(kw_only=True)
class Call:
    """A call of a webhook, as it came.

    Attributes:
        method: `GET` or `POST`.
        url: As the provider knows it, up to the query.
        query: What stands behind the question mark, without it.
        headers: By name in small letters; of those that came twice the last.
        body: The octets of the body.
    """

    method: str
    url: str
    query: bytes = b""
    headers: Mapping[str, bytes] = field(factory=dict)
    body: bytes = b""

    @property
    def kind(self) -> bytes:
        """The content type without its parameters."""
        return self.headers.get("content-type", b"").split(b";", 1)[0].strip().lower()

    @property
    def full_url(self) -> bytes:
        """The URL with its query."""
        return self.url.encode() + (b"?" + self.query if self.query else b"")


def pairs(data: bytes) -> Pairs:
    """Read a form or a query as octets.

    Raises:
        Malformed: It has too many fields.
    """
    fields = data.split(b"&") if data else []
    if len(fields) > MOST_FIELDS:
        raise Malformed(f"more than {MOST_FIELDS} fields")
    found: Pairs = []
    for one in filter(None, fields):
        name, _, value = one.replace(b"+", b" ").partition(b"=")
        found.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return found


def fields_once(call: Call) -> Pairs:
    """The fields of a form, of an object of texts, or of the query if there is no body.

    Raises:
        Malformed: One is there twice, or is no text.
    """
    found = _flat(call) if call.body and call.kind == JSON else pairs(call.body or call.query)
    if len({name for name, _ in found}) != len(found):
        raise Malformed("a field is there twice")
    return found


def tree(call: Call) -> object:
    """What a call says, as JSON would have it: of a form and a query an object of texts.

    Raises:
        Malformed: It says nothing that can be read.
    """
    if call.body and call.kind == JSON:
        return _json(call.body)
    if call.body and call.kind != FORM:
        raise Malformed("a content type that is not known")
    found = pairs(call.body or call.query)
    return {_text(name): _text(value) for name, value in reversed(found)}


def _flat(call: Call) -> Pairs:
    found = _json(call.body, hook=tuple)
    if not isinstance(found, tuple):
        raise Malformed("not an object")
    if any(isinstance(value, bool) or not isinstance(value, str | int) for _, value in found):
        raise Malformed("not an object of texts")
    return [(_octets(name), _octets(str(value))) for name, value in found]


def _json(body: bytes, hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=hook, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("not valid JSON") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
