"""Columns of text that stand below each other at a terminal, whatever script the names are in.

East Asian letters and pictures take two places there, and marks take none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wcwidth import ljust, rjust, width


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """How many places each column needs."""
    return [max(map(width, cells)) for cells in zip(*rows, strict=True)]


def aligned(rows: Sequence[Sequence[str]], widths: Sequence[int], texts: int) -> Iterator[str]:
    """Lines with columns of these widths: the first are texts, to the left; figures to the right."""
    for row in rows:
        cells = (
            ljust(cell, wide) if place < texts else rjust(cell, wide)
            for place, (cell, wide) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def rule_of(widths: Sequence[int]) -> list[str]:
    """A row of lines, as wide as the columns."""
    return ["-" * wide for wide in widths]
