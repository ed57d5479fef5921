"""Text out of HTML and HTML out of text, without a library and in proportion to the length.

The text is that of a reader who knows no layout; it is made where the careful way takes too long. The
HTML is the text, escaped.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from broker.cleaning.bodies import HTML_BYTES, TEXT_BYTES, Bodies, Way
from broker.cleaning.tags import BREAKS, CELLS, UNSEEN

_NAME: Final = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_ENDS: Final = {name: re.compile(f"</{name}", re.IGNORECASE) for name in UNSEEN}
_BLANKS: Final = re.compile(r"[^\S\n]+")
_AROUND: Final = re.compile(r" ?\n ?")
_LINES: Final = re.compile(r"\n{3,}")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def plain_bodies(html: str, *, wants_text: bool) -> Bodies:
    """Keep of some HTML what can be kept in any case: its text."""
    text = plain_text(html)
    return Bodies(html_of(text), text if wants_text else None, Way.PLAIN)


def plain_text(html: str) -> str:
    """Take what is no markup, never longer than a body may be."""
    seen = "".join(_seen(html))
    text = _tidy(_unescaped(seen))
    return text if len(text.encode()) <= TEXT_BYTES else _tidy(seen)


def html_of(text: str) -> str | None:
    """Write a text as HTML; None when that is longer than a body may be."""
    html = text.replace("\r\n", "\n")
    for sign, escaped in _ESCAPES.items():
        html = html.replace(sign, escaped)
    html = html.replace("\n", "<br>\n")
    return html if len(html.encode()) <= HTML_BYTES else None


def _seen(html: str) -> list[str]:
    """The parts between the tags; each part of the HTML is looked at once."""
    parts: list[str] = []
    at, size = 0, len(html)
    while at < size:
        start = html.find("<", at)
        if start < 0:
            parts.append(html[at:])
            break
        parts.append(html[at:start])
        if html.startswith("<!--", start):
            end = html.find("-->", start + 4)
            at = size if end < 0 else end + 3
            continue
        found = _NAME.match(html, start + 1)
        if found is None and html[start + 1 : start + 2] not in ("!", "?", "/"):
            parts.append("<")
            at = start + 1
            continue
        name = found[2].lower() if found is not None else ""
        if found is not None and not found[1] and name in UNSEEN:
            closed = _ENDS[name].search(html, found.end())
            start = size if closed is None else closed.end()
        end = html.find(">", start)
        at = size if end < 0 else end + 1
        parts.append("\n" if name in BREAKS else " " if name in CELLS else "")
    return parts


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def _tidy(text: str) -> str:
    """One blank where there are several, and no more than one empty line."""
    text = _AROUND.sub("\n", _BLANKS.sub(" ", text))
    return _LINES.sub("\n\n", text).strip()
