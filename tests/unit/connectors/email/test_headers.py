"""Headers that are read one by one."""

from __future__ import annotations

from email.parser import BytesParser
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.headers import (
    LONGEST,
    Part,
    ids,
    mailboxes,
    message_id,
    moment,
    raw,
    raws,
    text,
    tolerant,
    words,
)
from connectors.email.mail import Mailbox


def read(*lines: bytes, charset: str | None = None) -> Part:
    parser = BytesParser(cast("Any", Part), policy=tolerant(charset))
    return cast("Part", parser.parsebytes(b"\r\n".join(lines) + b"\r\n\r\n"))


def test_addresses_are_read_however_they_are_divided() -> None:
    for line in (b"a@x.example, B <b@x.example>", b"a@x.example; B <b@x.example>"):
        found = mailboxes(read(b"To: " + line), "To")
        assert found == (Mailbox("a@x.example"), Mailbox("b@x.example", "B"))


def test_an_address_in_two_headers_is_one() -> None:
    message = read(b"To: a@x.example", b"To: A@x.example, c@x.example")
    assert [box.address for box in mailboxes(message, "To")] == ["a@x.example", "c@x.example"]


@pytest.mark.parametrize("line", [b"", b"nobody", b"undisclosed-recipients:;", b"<>", b"@", b"a@"])
def test_no_address_is_made_up(line: bytes) -> None:
    assert mailboxes(read(b"To: " + line), "To") == ()


def test_a_name_is_shown_so_that_it_can_be_read_again() -> None:
    box = Mailbox("m@x.example", 'Müller, "Jörg"')
    assert mailboxes(read(f"From: {box}".encode()), "From") == (box,)


def test_bytes_are_read_by_the_charset_of_the_mail() -> None:
    line = b"Subject: " + "Вопрос".encode("koi8-r")
    assert text(read(line, charset="koi8-r"), "Subject") == "Вопрос"


def test_a_header_is_read_to_a_bound() -> None:
    message = read(b"Subject: " + b"x" * 100_000)
    assert len(raw(message, "Subject")) == LONGEST
    assert len(text(message, "Subject")) == LONGEST


def test_names_of_mails_are_taken_out_of_whatever_surrounds_them() -> None:
    assert ids(read(b"References: x <a@b> (c) <d@e>,<a@b>"), "References") == ("a@b", "d@e")
    assert ids(read(b"References: a@b words d@e"), "References") == ("a@b", "d@e")
    assert message_id(read(b"Message-ID: <a\r\n b@c>")) == "ab@c"
    assert message_id(read(b"Message-ID:")) is None


def test_a_time_is_in_utc_or_not_there() -> None:
    found = moment(read(b"Date: Tue, 3 Oct 2023 14:03:12 +0200"))
    assert found is not None
    assert found.isoformat() == "2023-10-03T12:03:12+00:00"
    assert moment(read(b"Date: soon")) is None
    assert moment(read()) is None


def test_words_are_decoded_in_any_text() -> None:
    assert words("a =?utf-8?Q?=C3=A4?= =?utf-8?B?w7Y=?= b") == "a äö b"
    assert words("=?utf-8?X?a?=") == "=?utf-8?X?a?="


@given(st.binary(max_size=300))
def test_any_header_is_read(value: bytes) -> None:
    line = value.replace(b"\r", b" ").replace(b"\n", b" ")
    message = read(b"From: " + line, b"Content-Disposition: " + line, b"Message-ID: " + line)
    for box in mailboxes(message, "From"):
        assert "@" in box.address
        str(box).encode()
    message["Content-Disposition"]
    message_id(message)
    moment(message, "From")
    assert len(list(raws(message, "From"))) == 1
    text(message, "From").encode()
