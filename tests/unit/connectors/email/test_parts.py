"""Names of files and bytes of parts; which part is what stands in the corpus of `test_parse`."""

from __future__ import annotations

import base64
import quopri
from email.parser import BytesParser
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from connectors.email.headers import Part, tolerant
from connectors.email.parts import LONGEST_NAME, as_html, content, fit_name, flat, type_of


def read(data: bytes) -> Part:
    return cast("Part", BytesParser(cast("Any", Part), policy=tolerant()).parsebytes(data))


@given(st.text(max_size=300))
def test_a_name_is_a_name_and_nothing_else(name: str) -> None:
    fit = fit_name(name)
    assert len(fit) <= LONGEST_NAME
    assert not set(fit) & set('/\\:*?"<>|\x00\n')
    assert fit not in (".", "..")
    fit.encode()


def test_a_long_name_keeps_its_ending() -> None:
    assert fit_name("x" * 500 + ".pdf").endswith("x.pdf")


@given(st.binary(max_size=300))
def test_what_was_carried_is_what_comes_out(data: bytes) -> None:
    carried = {
        b"base64": base64.encodebytes(data),
        b"quoted-printable": quopri.encodestring(data, quotetabs=True),
    }
    for how, body in carried.items():
        part = read(b"Content-Transfer-Encoding: " + how + b"\n\n" + body)
        wanted = data if how == b"base64" else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        got = content(part)
        assert got == data or got.replace(b"\r\n", b"\n").replace(b"\r", b"\n") == wanted


def test_a_type_is_found_in_what_is_said() -> None:
    assert type_of(read(b"Content-Type: TEXT/Html charset=x\n\n")) == "text/html"
    assert type_of(read(b"Content-Type: text\n\n")) == "text/plain"
    assert type_of(read(b"\n"), "message/rfc822") == "message/rfc822"


def test_a_mail_within_a_mail_is_handed_on_as_it_came() -> None:
    inner = b"Subject: odd  =?utf-8?q?=C3=A4?=\nX-Long: " + b"y " * 200 + b"\n\nbody\xff\n"
    assert flat(read(inner)) == inner


def test_text_as_html_says_the_same() -> None:
    assert "a &lt;b&gt;\n c" in as_html("a <b>\n c")
