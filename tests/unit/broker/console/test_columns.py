"""Columns are of one width at a terminal, whatever script the names are in."""

from collections.abc import Callable

import pytest
from wcwidth import width

from broker.console.columns import aligned, rule_of, widths_of

NAMES = [
    "Vera",
    "\u738b\u5c0f\u660e",
    "\ud55c\uad6d\uc5b4",
    "Zoe\u0308",
    "\U0001f44d\U0001f3fd ok",
    "\u0e19\u0e49\u0e33",
]


@pytest.mark.parametrize("order", [list, lambda names: names[::-1]], ids=["as they are", "turned"])
def test_what_stands_behind_wide_letters_stands_below_each_other(
    order: Callable[[list[str]], list[str]],
) -> None:
    """East Asian letters and pictures take two places, marks none."""
    rows = [["name", "chats"], *([name, str(7)] for name in order(NAMES))]
    widths = widths_of(rows)
    assert widths == [6, 5]
    lines = list(aligned([rows[0], rule_of(widths), *rows[1:]], widths, texts=1))
    assert lines[:2] == ["name    chats", "------  -----"]
    assert {width(line) for line in lines} == {13}
    assert all(line.endswith("      7") for line in lines[2:])
