"""How text is measured, cut and wrapped for a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from connectors.terminal.cells import (
    Part,
    clipped,
    fitted,
    packed,
    steady,
    stood_in,
    width,
    wrapped,
)

FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"a {FAMILY} b", "a \N{WOMAN}\N{WOMAN}\N{GIRL} b"),
        ("\N{HEAVY BLACK HEART}\ufe0f\u200d\N{FIRE}", "\N{HEAVY BLACK HEART}\N{FIRE}"),
        ("\N{THUMBS UP SIGN}\U0001f3fd", "\N{THUMBS UP SIGN}"),
        ("\U0001f1e8\U0001f1ff", "CZ"),
        ("1\ufe0f\u20e3", "1"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),  # a script that needs its joiner
        ("Zo\u00eb 2 \N{WOMAN}", "Zo\u00eb 2 \N{WOMAN}"),
    ],
)
def test_parts_are_shown_side_by_side(text: str, seen: str) -> None:
    assert steady(text) == seen


@pytest.mark.parametrize(
    "text", [FAMILY, "\N{THUMBS UP SIGN}\U0001f3fd", "\U0001f1e8\U0001f1ff", "1\ufe0f\u20e3"]
)
def test_a_steady_text_is_counted_alike_letter_by_letter_and_as_a_whole(text: str) -> None:
    """What the library that draws counts is the former, what a terminal shows the latter."""
    assert width(text) != wcswidth(text)
    assert width(steady(text)) == wcswidth(steady(text))
    assert len(stood_in(text)) == len(text)
    assert width(stood_in(text)) == wcswidth(stood_in(text))


def rows(text: str, columns: int) -> list[str]:
    return [text[start:end] for start, end in wrapped(text, columns)]


@pytest.mark.parametrize(
    ("text", "columns", "seen"),
    [
        ("", 10, [""]),
        ("one two three", 8, ["one two", "three"]),
        ("one two  three", 7, ["one two", "three"]),
        ("abcdefghij kl", 4, ["abcd", "efgh", "ij", "kl"]),
        ("a \u4f60\u597d\u4e16\u754c", 4, ["a", "\u4f60\u597d", "\u4e16\u754c"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
    ],
)
def test_rows_end_at_the_borders_of_words(text: str, columns: int, seen: list[str]) -> None:
    assert rows(text, columns) == seen


@given(st.text(alphabet="ab \u4f60\u0301", max_size=60), st.integers(2, 12))
def test_every_letter_is_in_a_row_that_fits(text: str, columns: int) -> None:
    found = rows(text, columns)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(width(row.rstrip(" ")) <= columns for row in found)


def test_what_is_too_long_is_cut_with_a_mark() -> None:
    assert [clipped("abcdef", most) for most in (6, 5, 1, 0)] == [
        "abcdef",
        "abcd\u2026",
        "\u2026",
        "",
    ]
    assert clipped("\u4f60\u597d\u4e16", 4) == "\u4f60\u2026"


def test_items_are_packed_into_rows() -> None:
    items = ["#1 a", "#2 b", "#3 c", "#4 d"]
    assert packed(items, 40, 2) == ["#1 a   #2 b   #3 c   #4 d"]
    assert packed(items, 11, 2) == ["#1 a   #2 b", "#3 c   #4 d"]
    assert packed(items, 13, 1) == ["#1 a   #2 b \u2026"]
    assert packed(items, 11, 1) == ["#1 a   #2\u2026"]
    assert packed([], 11, 1) == []


def test_what_matters_least_has_no_room_first() -> None:
    parts = [Part("lamp", 3), Part("", 9), Part("state", 1), Part("typing", 2)]
    assert fitted(parts, 40) == "lamp  \u2502  state  \u2502  typing"
    assert fitted(parts, 20) == "lamp  \u2502  typing"
    assert fitted(parts, 5) == "lamp"
    assert fitted(parts, 3) == "la\u2026"
