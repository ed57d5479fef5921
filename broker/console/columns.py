"""The printer of tables: columns that stand below each other at a terminal, whatever the script.

East Asian letters and pictures take two places there, and marks take none. What would command the
terminal is shown in its cell as the sign of something that was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wcwidth import ljust, rjust, width

from protocol.display import shown


def table(
    head: Sequence[str],
    *groups: Sequence[Sequence[str]],
    texts: int = 1,
    widths: Sequence[int] | None = None,
) -> Iterator[str]:
    """Lines of a table: its head, and groups of rows, each below a rule.

    Args:
        head: What stands above the columns.
        groups: The rows; a group without any has no rule.
        texts: How many columns in front are texts, to the left; what follows are figures.
        widths: Those of the columns, where several tables shall have the same.
    """
    if widths is None:
        widths = widths_of([head, *(row for group in groups for row in group)])
    rule = ["-" * wide for wide in widths]
    rows = [head]
    for group in filter(None, groups):
        rows += [rule, *group]
    if len(rows) == 1:
        rows.append(rule)
    return aligned(rows, texts, widths)


def widths_of(rows: Iterable[Sequence[str]]) -> list[int]:
    """How many places each column needs."""
    return [max(width(shown(cell)) for cell in cells) for cells in zip(*rows, strict=True)]


def aligned(
    rows: Sequence[Sequence[str]], texts: int, widths: Sequence[int] | None = None
) -> Iterator[str]:
    """Rows alone: the first columns are texts, to the left; figures to the right."""
    widths = widths_of(rows) if widths is None else widths
    for row in rows:
        cells = (
            ljust(cell, wide) if place < texts else rjust(cell, wide)
            for place, (cell, wide) in enumerate(zip(map(shown, row), widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
