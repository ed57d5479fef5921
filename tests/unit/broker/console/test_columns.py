"""Columns are of one width at a terminal, whatever script the names are in."""

from collections.abc import Callable

import pytest
from wcwidth import width

from broker.console.columns import aligned, table, widths_of

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
    lines = list(table(rows[0], rows[1:]))
    assert lines[:2] == ["name    chats", "------  -----"]
    assert {width(line) for line in lines} == {13}
    assert all(line.endswith("      7") for line in lines[2:])


def test_each_group_stands_below_a_rule() -> None:
    lines = list(table(["name", "n"], [["A", "1"]], [], [["all", "10"]]))
    assert lines == ["name   n", "----  --", "A      1", "----  --", "all   10"]
    assert list(table(["name", "n"], [])) == ["name  n", "----  -"]


def test_tables_may_share_their_widths_and_rows_may_stand_alone() -> None:
    widths = widths_of([["name", "n"], ["Support", "100"]])
    assert list(table(["name", "n"], [["A", "1"]], widths=widths))[2] == "A          1"
    assert list(aligned([["A", "x"], ["Bob", "yy"]], texts=2)) == ["A    x", "Bob  yy"]


def test_what_a_cell_says_commands_nothing() -> None:
    """The name of a project may come from a file of somebody else."""
    lines = list(table(["name", "n"], [["\x1b[31mX\u202e", "1"], ["two\nlines", "2"]]))
    assert lines[2:] == ["\ufffd[31mX\ufffd    1", "two lines  2"]
