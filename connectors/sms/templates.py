"""Texts with places, `${name}`, into which values of strangers are put so that they stay values.

Theory of operation
-------------------
What goes into a place is written by the rules of what stands around it: of a URL, of a form, of JSON,
of XML, of a header. A template is checked when it is read: it is filled with values made to break out,
and what comes of it must be of the same build as with plain ones. So a place where a value would be
code is a fault of the configuration and never of a text that somebody sends. `$$` is a dollar sign.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from attrs import frozen

FORM: Final = "application/x-www-form-urlencoded"
_PLACE: Final = re.compile(r"\$(?:\$|\{([a-z][a-z0-9_]*)\})")
_PLAIN: Final = "x"
_SPOILED: Final = "1\"',}]{[&=<>/\\?#;%0a\r\nx: ]]>--"
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Values = Mapping[str, str]


class BadTemplate(ValueError):
    """A template that is not filled safely, or names what there is not."""


class BadValue(ValueError):
    """A value that cannot stand where it would have to."""


@frozen
class Template:
    """A text with places.

    Attributes:
        text: As the configuration has it.
        escape: How a value is written where this text goes.
        check: What must hold of the whole when it is filled.
    """

    text: str
    escape: Callable[[str], str]
    check: Callable[[str], None] = lambda filled: None

    @property
    def names(self) -> frozenset[str]:
        """The values that it needs."""
        return frozenset(match[1] for match in _PLACE.finditer(self.text) if match[1])

    def fill(self, values: Values) -> str:
        """Put the values into their places.

        Raises:
            BadValue: One of them must not stand there.
        """

        def value(match: re.Match[str]) -> str:
            return "$" if match[1] is None else self.escape(values[match[1]])

        filled = _PLACE.sub(value, self.text)
        self.check(filled)
        return filled


def url_template(text: str) -> Template:
    """Read the template of a URL: values may stand in its path and its query.

    Raises:
        BadTemplate: A value would say where the request goes.
    """
    template = Template(text, _quoted, _check_path)
    _known_dollars(text)
    plain, spoiled = (
        urlsplit(_filled(template, with_)) for with_ in (_PLAIN, _SPOILED.replace("/", ""))
    )
    if plain.scheme not in ("https", "http") or not plain.hostname:
        raise BadTemplate("it must begin with https:// or http:// and a host")
    if plain[:2] != spoiled[:2] or _PLACE.search(text.split("://", 1)[1].split("/", 1)[0]):
        raise BadTemplate("a value must not say where the request goes")
    if plain.fragment or "#" in text or plain.username is not None:
        raise BadTemplate("it must have neither a fragment nor a user")
    if _names(plain.query) != _names(spoiled.query):
        raise BadTemplate("a value must not be the name of a parameter")
    return template


def header_template(text: str) -> Template:
    """Read the template of a header's value.

    Raises:
        BadTemplate: It is no header's value.
    """
    template = Template(text, _header)
    _known_dollars(text)
    try:
        _header(_filled(template, _PLAIN))
    except BadValue as error:
        raise BadTemplate(str(error)) from None
    return template


def body_template(text: str, content_type: str) -> Template:
    """Read the template of a body, filled by the rules of its content type.

    Raises:
        BadTemplate: The type has no rules here, or a value would not stay a value.
    """
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind not in _BODIES:
        raise BadTemplate(f"{kind} is none of {', '.join(sorted(_BODIES))}")
    escape_, build = _BODIES[kind]
    template = Template(text, escape_)
    _known_dollars(text)
    try:
        plain, spoiled = (build(_filled(template, with_)) for with_ in (_PLAIN, _SPOILED))
    except (ValueError, ElementTree.ParseError) as error:
        raise BadTemplate(f"it is not valid {kind} when filled: {error}") from None
    if plain != spoiled:
        raise BadTemplate("a value would change what stands around it; put it where a text stands")
    return template


def _known_dollars(text: str) -> None:
    for match in re.finditer(r"\$+[^$]?", _PLACE.sub("", text)):
        raise BadTemplate(f"{match[0]!r} is neither ${{name}} nor $$")


def _filled(template: Template, value: str) -> str:
    names = template.names
    if template.escape is _header:
        value = _PLAIN
    return template.fill(dict.fromkeys(names, value))


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _check_path(url: str) -> None:
    if any(step in (".", "..") for step in urlsplit(url).path.split("/")):
        raise BadValue("a value must not walk through the path")


def _header(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise BadValue("a header takes printable ASCII alone")
    return value


def _json_part(value: str) -> str:
    return json.dumps(value)[1:-1]


def _xml_part(value: str) -> str:
    seen = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)
    return escape(seen, {'"': "&quot;", "'": "&apos;", "\r": "&#13;"})


def _names(query: str) -> list[str]:
    return [name for name, _ in parse_qsl(query, keep_blank_values=True)]


def _form_build(body: str) -> object:
    return [name for name, _ in parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body))]


def _json_build(body: str) -> object:
    return _shape(json.loads(body))


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return str if isinstance(value, str) else value


def _xml_build(body: str) -> object:
    if "<!" in body:
        raise ValueError("declarations and comments are not taken")
    root = ElementTree.fromstring(body)  # noqa: S314 - text of the configuration, without declarations
    return [(one.tag, sorted(one.attrib), len(one)) for one in root.iter()]


def _text_build(_body: str) -> object:
    return None


_BODIES: Final[Mapping[str, tuple[Callable[[str], str], Callable[[str], object]]]] = {
    FORM: (_quoted, _form_build),
    "application/json": (_json_part, _json_build),
    "application/xml": (_xml_part, _xml_build),
    "text/xml": (_xml_part, _xml_build),
    "text/plain": (str, _text_build),
}
