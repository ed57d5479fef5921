"""Long names are shortened for the broker, always alike."""

import pytest

from connectors.channels.identifiers import LONGEST, blob_id, shorten
from protocol.limits import text_length
from protocol.values import Guid

GATEWAY = Guid("11111111-1111-1111-1111-111111111111")


def test_what_the_broker_takes_stays_as_it_is() -> None:
    assert shorten("<a@b>") == "<a@b>"
    assert shorten("x" * LONGEST) == "x" * LONGEST
    assert text_length("MessageContentInfo", "InReplyToId") == LONGEST


def test_a_longer_name_becomes_its_digest() -> None:
    short = shorten("x" * (LONGEST + 1))
    assert short == "h:JUPXXODWY2VOAE7QNJ2DBOGGKRP7GDMPSJJIHDVRRNRVPQNCXIJQ===="
    assert shorten("y" * 81) != short
    assert len(short) <= LONGEST


@pytest.mark.parametrize("odd", ["a\0b", "a\ud800b"])
def test_a_name_that_the_wire_does_not_carry_is_shortened_too(odd: str) -> None:
    assert shorten(odd).startswith("h:")


def test_nobody_chooses_the_short_form_of_another_name() -> None:
    short = shorten("x" * 81)
    assert shorten(short) != short
    assert shorten("h:y") == "h:y"


def test_a_name_that_shows_nothing_is_refused() -> None:
    for blank in ("", "  ", "\u200b"):
        with pytest.raises(ValueError, match="shows nothing"):
            shorten(blank)


def test_the_name_of_an_attachment_follows_from_its_message() -> None:
    name = blob_id(GATEWAY, "<a@b>", 0)
    assert name == blob_id(GATEWAY, "<a@b>", 0)
    assert len({name, blob_id(GATEWAY, "<a@b>", 1), blob_id(GATEWAY, "<c@b>", 0)}) == 3
