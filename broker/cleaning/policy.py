"""What HTML of a message may hold: what a reader sees, and nothing that acts, hides or loads.

Theory of operation: tags, members and schemes are those that are named here; all else goes, and the text in
it stays. Nothing is loaded from anywhere: an image of the message itself (`cid:`) keeps its `src`, one of
the web gets it as `data-src`, so that whoever shows the message can load it when the reader wants that. No
style is kept that could make text unseen: neither colour nor size nor place.
"""

from __future__ import annotations

import re
from typing import Final

import nh3

from broker.cleaning.tags import KEPT, UNSEEN

ATTRIBUTES: Final = {
    "*": {"dir", "lang", "style", "align"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"colspan", "rowspan", "width"},
    "th": {"colspan", "rowspan", "width"},
    "col": {"span", "width"},
    "colgroup": {"span"},
}
SCHEMES: Final = frozenset(("http", "https", "mailto", "tel", "cid"))
STYLES: Final = frozenset(
    ("font-style", "font-weight", "list-style-type", "text-align", "text-decoration")
)

_SHORT: Final = re.compile(r"[1-9]\d?")
_NUMBER: Final = re.compile(r"\d{1,4}%?")
_NUMBERS: Final = {
    **dict.fromkeys(("colspan", "rowspan", "span"), _SHORT),
    **dict.fromkeys(
        ("border", "cellpadding", "cellspacing", "height", "start", "value", "width"), _NUMBER
    ),
}
_STYLE_VALUE: Final = re.compile(r"[a-z0-9 -]{1,64}")
# What the cleaner writes has each value in quotes, none within, and `<` nowhere but before a tag or in one.
_TAG: Final = re.compile(r'<[a-z/][^"<>]*(?:"[^"]*"[^"<>]*)*>')
_SRC: Final = re.compile(r' src="([^"]*)"')


def clean(html: str) -> str:
    """Make some HTML harmless."""
    cleaned = nh3.clean(
        html,
        tags=set(KEPT),
        clean_content_tags=set(UNSEEN),
        attributes=ATTRIBUTES,
        attribute_filter=_allowed,
        strip_comments=True,
        link_rel="noopener noreferrer",
        url_schemes=set(SCHEMES),
        url_relative="deny",
    )
    return _TAG.sub(_without_loads, cleaned)


def _allowed(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        return ";".join(filter(_is_harmless, value.lower().split(";"))) or None
    pattern = _NUMBERS.get(attribute)
    return value if pattern is None or pattern.fullmatch(value.strip()) else None


def _is_harmless(style: str) -> bool:
    name, _, value = style.partition(":")
    return name.strip() in STYLES and _STYLE_VALUE.fullmatch(value) is not None


def _without_loads(tag: re.Match[str]) -> str:
    if not tag[0].startswith("<img "):
        return tag[0]
    return _SRC.sub(_by_will, tag[0], count=1)


def _by_will(source: re.Match[str]) -> str:
    scheme = source[1].partition(":")[0].strip().lower()
    if scheme == "cid":
        return source[0]
    return f' data-src="{source[1]}"' if scheme in ("http", "https") else ""
