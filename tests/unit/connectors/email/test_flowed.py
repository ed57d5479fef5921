"""Lines that flow into each other."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.email.flowed import unfolded


def test_lines_that_end_with_a_space_are_one() -> None:
    assert unfolded("a \nb \nc\nd") == "a b c\nd"


def test_a_quote_flows_within_its_depth() -> None:
    assert unfolded("> a \n> b\n>> c \n> d") == "> a b\n>> c\n> d"


def test_a_signature_does_not_flow() -> None:
    assert unfolded("a \n-- \nAnn") == "a\n-- \nAnn"


def test_a_space_that_stands_for_nothing_is_taken_out() -> None:
    assert unfolded("分 \n書", delete_space=True) == "分書"


def test_a_space_in_front_is_stuffing() -> None:
    assert unfolded(" From here\n  two") == "From here\n two"


@given(st.text(alphabet="ab >-\n", max_size=60))
def test_no_letter_is_lost(text: str) -> None:
    for letter in "ab":
        assert unfolded(text).count(letter) == text.count(letter)
