"""What is shown of a message fits the wire; what it means is not cut."""

from connectors.channels.fitting import clean, cut, shown


def test_what_the_wire_does_not_carry_is_replaced() -> None:
    assert clean("a\0b\ud83dc") == "a\ufffdb\ufffdc"
    assert clean("\U0001f54a") == "\U0001f54a"
    assert clean(None) is None


def test_a_text_that_is_shown_is_cut_where_its_member_ends() -> None:
    assert shown("x" * 160, "FromField") == "x" * 160
    assert shown("x" * 161, "FromField") == "x" * 159 + "\N{HORIZONTAL ELLIPSIS}"
    assert shown("", "FromField") is None
    assert shown(None, "FromField") is None
    assert cut("abc", 2) == "a\N{HORIZONTAL ELLIPSIS}"
