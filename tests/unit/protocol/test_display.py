"""Text of a peer on a screen or in a log."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.display import REPLACED, shown


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("plain", "plain"),
        (None, ""),
        ("", ""),
        ("two\nlines", "two lines"),
        ("crlf\r\nend", "crlf end"),
        ("\x1b]0;title\x07", "�]0;title�"),
        ("\x9b2J", "�2J"),
        ("tab\there", "tab    here"),
        ("right to left \u202egnp.exe", "right to left �gnp.exe"),
        ("isolated \u2067x\u2069", "isolated �x�"),
        ("next\x85line\u2028and\u2029again", "next line and again"),
        ("wide\u3000and\u00a0hard", "wide and hard"),
        ("un\u00adseen\u200b\ufeff", "unseen"),
        ("žluťoučký 🐎", "žluťoučký 🐎"),
        ("👩\u200d🚀 x\u200cy", "👩\u200d🚀 x\u200cy"),
        ("tag \U000e0041", "tag �"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_what_commands_is_seen_and_not_obeyed(written: str | None, seen: str) -> None:
    assert shown(written) == seen


def test_several_lines_where_they_are_wanted() -> None:
    assert shown("one\r\ntwo\u2028three\x1b", lines=True) == f"one\ntwo\nthree{REPLACED}"


@given(st.text())
def test_nothing_that_controls_is_left(text: str) -> None:
    seen = shown(text)
    kinds = {unicodedata.category(letter) for letter in seen}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert {c for c in seen if unicodedata.category(c) == "Cf"} <= {"\u200c", "\u200d"}
    assert shown(seen) == seen
