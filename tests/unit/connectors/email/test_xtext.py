"""Names on envelopes."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.email.xtext import unxtext, xtext


def test_signs_that_would_end_a_parameter_are_written_as_numbers() -> None:
    assert xtext("a+b=c d@x") == "a+2Bb+3Dc+20d@x"


@given(st.text(st.characters(max_codepoint=255)))
def test_what_was_written_is_read(text: str) -> None:
    assert xtext(text).isascii()
    assert unxtext(xtext(text)) == text
