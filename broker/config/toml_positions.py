"""The lines on which the members of a TOML document stand.

`tomllib` reads values and forgets where they stood. This scanner goes over a text that
`tomllib` has already accepted and notes the line of every table, key and list item. Because
the text is known to be good, it has to tell tokens apart and nothing more.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import Final

from broker.config.diagnostics import Path

_BLANK: Final = re.compile(r"[ \t]*")
_GAP: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_PIECE: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_SCALAR: Final = re.compile(
    r'''"""(?s:\\.|[^\\])*?"{3,5}'''
    r"""|'''(?s:.)*?'{3,5}"""
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^,\]}#\n]+"""
)


def line_index(text: str) -> dict[Path, int]:
    """Find the line, counted from 1, of every member of a good TOML text with plain newlines."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}
        """How many elements each array of tables has so far."""
        self.newlines = [match.start() for match in re.finditer("\n", text)]

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self.skip(_GAP)
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self.array_header()
            elif self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_GAP)
        return self.lines

    def header(self) -> Path:
        line = self.line()
        self.at += 1
        path = self.resolve(self.key(), line)
        self.at += 1
        return path

    def array_header(self) -> Path:
        line = self.line()
        self.at += 2
        *parents, last = self.key()
        path = (*self.resolve(parents, line), last)
        self.at += 2
        self.note(path, line)
        position = self.lengths.get(path, 0)
        self.lengths[path] = position + 1
        self.note((*path, position), line)
        return (*path, position)

    def resolve(self, keys: list[str], line: int) -> Path:
        """Follow keys from the root; an array of tables on the way means its last element."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self.note(path, line)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def pair(self, path: Path) -> None:
        line = self.line()
        for key in self.key():
            path = (*path, key)
            self.note(path, line)
        self.at += 1  # the equals sign
        self.skip(_BLANK)
        self.value(path)

    def value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening == "[":
            self.items(path)
        elif opening == "{":
            self.members(path)
        else:
            self.skip(_SCALAR)

    def items(self, path: Path) -> None:
        self.at += 1
        self.skip(_GAP)
        position = 0
        while self.text[self.at] != "]":
            item = (*path, position)
            self.note(item, self.line())
            self.value(item)
            self.separator()
            position += 1
        self.at += 1

    def members(self, path: Path) -> None:
        self.at += 1
        self.skip(_GAP)
        while self.text[self.at] != "}":
            self.pair(path)
            self.separator()
        self.at += 1

    def separator(self) -> None:
        self.skip(_GAP)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_GAP)

    def key(self) -> list[str]:
        pieces: list[str] = []
        while True:
            self.skip(_BLANK)
            start = self.at
            self.skip(_PIECE)
            pieces.append(_unquote(self.text[start : self.at]))
            self.skip(_BLANK)
            if self.text[self.at] != ".":
                return pieces
            self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def line(self) -> int:
        return bisect_right(self.newlines, self.at) + 1

    def note(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)


def _unquote(piece: str) -> str:
    if piece[0] not in "\"'":
        return piece
    value: str = tomllib.loads(f"k = {piece}")["k"]
    return value
