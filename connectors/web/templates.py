"""Templates of web apps: what a `.html` file of the content folder may have, and where it is wrong.

A template has parts at its top, each an element with `data-part`, and at most one `<style>`. In a part
stand elements that are harmless, and names in braces: what takes their place is text, whatever is in it.
"""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

ELEMENTS: Final = re.compile(
    r"a|abbr|address|article|aside|b|bdi|blockquote|br|code|dd|div|dl|dt|em|footer|h[2-4]|header|hr|i|li|"
    r"main|nav|ol|p|pre|section|small|span|strong|sub|sup|table|tbody|td|th|thead|time|tr|ul|"
    r"svg|g|path|circle|rect|line"
)
"""What a part may consist of."""
_VOID: Final = frozenset({"br", "hr"})
_ATTRIBUTES: Final = re.compile(
    r"class|title|lang|dir|role|aria-[a-z]+|data-(part|slot|each)|start|colspan|rowspan|scope|datetime|"
    r"viewbox|d|cx|cy|r|x|y|rx|ry|x1|x2|y1|y2|width|height|fill|stroke|stroke-(width|linecap|linejoin)|transform"
)
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
"""Where a link may lead."""
_VALUE: Final = re.compile(r"\{(\w+)\}")
_FETCHES: Final = re.compile(r"url\(|image-set\(|@import|@font-face|\\", re.IGNORECASE)


@frozen
class Part:
    """A part that a template may have.

    Attributes:
        values: What may stand in braces, besides texts and settings.
        slots: What it must have a place for (`data-slot`).
        each: What it must have an element for that comes as often as needed (`data-each`), and the
            values in that.
    """

    values: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    each: Mapping[str, frozenset[str]] = {}


_TALK: Final = frozenset({"visitor", "agent", "state"})
PARTS: Final[Mapping[str, Part]] = {
    "header": Part(_TALK),
    "greeting": Part(_TALK),
    "footer": Part(_TALK),
    "transcript": Part(
        frozenset({"visitor", "agent", "begun", "printed"}),
        each={"line": frozenset({"time", "name", "text", "files"})},
    ),
    "form": Part(frozenset({"title"}), slots=frozenset({"form"})),
    "confirmation": Part(frozenset({"title", "response", "reference"})),
}
"""The parts by name."""


@frozen
class Flaw:
    """Something that is wrong in a file.

    Attributes:
        line: Where, from 1.
        text: What.
    """

    line: int
    text: str


def flaws(text: str, known: frozenset[str]) -> list[Flaw]:
    """All that is wrong with a template, in the order of its lines.

    Args:
        text: The template.
        known: Names of texts and settings.
    """
    reader = _Reader(known)
    reader.feed(text)
    reader.close()
    return sorted(reader.ended(), key=lambda flaw: flaw.line)


@frozen
class _Open:
    tag: str
    line: int
    part: str | None
    each: str | None


class _Reader(HTMLParser):
    """A reader of a template that notes what is wrong."""

    def __init__(self, known: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._known = known
        self._open: list[_Open] = []
        self._parts: dict[str, int] = {}
        self._places: dict[str, set[str]] = {}
        self._flaws: list[Flaw] = []
        self._has_style = False

    def ended(self) -> list[Flaw]:
        """What is wrong, now that all is read."""
        unclosed = [Flaw(one.line, f"<{one.tag}> is not closed") for one in self._open]
        return [*self._flaws, *unclosed, *self._lacking()]

    def _lacking(self) -> Iterator[Flaw]:
        for name, line in self._parts.items():
            part = PARTS[name]
            needed = chain(
                (f'data-slot="{slot}"' for slot in part.slots),
                (f'data-each="{each}"' for each in part.each),
            )
            for place in needed:
                if place not in self._places.get(name, set()):
                    yield Flaw(line, f"part {name} needs an element with {place}")

    # --- what the parser finds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        here = self._opened(tag, dict(attrs))
        if tag not in _VOID:
            self._open.append(here)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._opened(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self._flaw(f"</{tag}> closes nothing that is open")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].tag == "style":
            self._style(data)
        elif self._open:
            self._values(data)
        elif data.strip():
            lead = data[: len(data) - len(data.lstrip())].count("\n")
            self._flaw("text stands outside of all parts", lead)

    def handle_decl(self, decl: str) -> None:
        self._flaw(f"<!{decl}> has no place in a template")

    def handle_pi(self, data: str) -> None:
        self._flaw(f"<?{data}> has no place in a template")

    def unknown_decl(self, data: str) -> None:
        self._flaw(f"<![{data}]> has no place in a template")

    # --- what that means

    def _flaw(self, text: str, further: int = 0) -> None:
        self._flaws.append(Flaw(self.getpos()[0] + further, text))

    def _opened(self, tag: str, attributes: Mapping[str, str | None]) -> _Open:
        line = self.getpos()[0]
        around = self._open[-1] if self._open else _Open("", line, None, None)
        if tag == "style":
            if self._open or self._has_style or attributes:
                self._flaw("<style> stands once, at the top, without attributes")
            self._has_style = True
            return _Open(tag, line, None, None)
        if not ELEMENTS.fullmatch(tag):
            self._flaw(f"<{tag}> is not among the elements of a template")
        part = self._part(attributes.get("data-part"), around.part)
        each = attributes.get("data-each")
        if part is not None:
            known = PARTS[part]
            self._place(part, "slot", attributes.get("data-slot"), known.slots)
            self._place(part, "each", each, frozenset(known.each))
        here = _Open(tag, line, part, each if part and each in PARTS[part].each else around.each)
        for name, value in attributes.items():
            self._attribute(tag, name, value or "", here)
        return here

    def _part(self, named: str | None, around: str | None) -> str | None:
        if named is None:
            if around is None and not self._open:
                self._flaw("stands outside of all parts: it needs data-part")
            return around
        if around is not None or self._open:
            self._flaw("data-part is for the elements at the top")
        elif named not in PARTS:
            self._flaw(f"there is no part {named}, only {', '.join(PARTS)}")
        elif named in self._parts:
            self._flaw(f"part {named} is there twice")
        else:
            self._parts[named] = self.getpos()[0]
            return named
        return around

    def _place(self, part: str, kind: str, named: str | None, known: frozenset[str]) -> None:
        if named is None:
            return
        if named not in known:
            self._flaw(f"data-{kind}={named} means nothing in part {part}")
        self._places.setdefault(part, set()).add(f'data-{kind}="{named}"')

    def _attribute(self, tag: str, name: str, value: str, here: _Open) -> None:
        if name == "href" and tag == "a":
            if not _VALUE.search(value) and urlsplit(value).scheme.lower() not in SCHEMES:
                self._flaw(f"href leads nowhere: it begins with {', '.join(sorted(SCHEMES))}")
        elif not _ATTRIBUTES.fullmatch(name):
            self._flaw(f"{name} is not among the attributes of a template")
        self._values(value, here)

    def _values(self, text: str, here: _Open | None = None) -> None:
        here = here or self._open[-1]
        if here.part is None:
            return
        part = PARTS[here.part]
        own = part.values | (part.each[here.each] if here.each else frozenset())
        for found in _VALUE.finditer(text):
            if found[1] not in own and found[1] not in self._known:
                further = text[: found.start()].count("\n")
                self._flaw(f"{found[0]} is no value, text or setting", further)

    def _style(self, text: str) -> None:
        for found in _FETCHES.finditer(text):
            further = text[: found.start()].count("\n")
            self._flaw(f"{found[0]} in <style>: nothing is fetched from there", further)
