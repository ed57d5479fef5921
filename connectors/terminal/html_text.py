"""The text of a message that has come as HTML alone, for a terminal: paragraphs, lists, quotes, links."""

from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"hr", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
_LINKS: Final = ("http://", "https://", "mailto:")


class _Reader(HTMLParser):
    """Collects lines; the first word of a block begins one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._unseen = 0
        self._quotes = 0
        self._kept = 0
        self._links: list[tuple[str, int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag that opens."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.lines.append("")
        elif tag == "li":
            self._break()
            self.lines[-1] = "- "
        elif tag in ("td", "th") and self.lines[-1]:
            self.lines[-1] += " "
        elif tag == "a":
            href = next((said or "" for name, said in attrs if name == "href"), "").strip()
            self._links.append((href, len(self.lines), len(self.lines[-1])))
        elif tag in _BLOCKS:
            self._break()
            self._quotes += tag == "blockquote"
            self._kept += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        """Take a tag that closes."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in _BLOCKS:
            self._break()
            self._quotes = max(0, self._quotes - (tag == "blockquote"))
            self._kept = max(0, self._kept - (tag == "pre"))
            if tag in ("p", "blockquote", "table", "ul", "ol") and self.lines[-2:] != ["", ""]:
                self.lines.append("")

    def handle_data(self, data: str) -> None:
        """Take text: white space is one space, but where it is kept."""
        if self._unseen:
            return
        if self._kept:
            first, *rest = data.split("\n")
            self.lines[-1] += first
            self.lines += rest
            return
        words = " ".join(data.split())
        line = self.lines[-1]
        if not line and self._quotes and words:
            line = "> " * self._quotes
        if data[:1].isspace() and line and not line.endswith(" "):
            line += " "
        self.lines[-1] = line + words + (" " if words and data[-1:].isspace() else "")

    def _break(self) -> None:
        if self.lines[-1].strip():
            self.lines.append("")

    def _end_link(self, href: str, lines: int, column: int) -> None:
        said = self.lines[-1][column:] if len(self.lines) == lines else self.lines[-1]
        if href.lower().startswith(_LINKS) and href.removeprefix("mailto:") != said.strip():
            self.lines[-1] = f"{self.lines[-1].rstrip()} <{href}>"


def text_of(html: str) -> str:
    """What a person reads in HTML, as lines; nothing in it is loaded or done."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines: list[str] = []
    for line in reader.lines:
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip("\n")
