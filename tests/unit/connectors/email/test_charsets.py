"""Text out of bytes, whatever is said of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.charsets import codec, decoded, one_line, recovered, tidy


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ('"us-ascii"', "cp1252"),
        ("gb2312", "gb18030"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("windows-1251", "cp1251"),
        ("iso-8859-8-i", "iso8859-8"),
    ],
)
def test_a_charset_is_found_by_its_names(said: str, found: str) -> None:
    assert codec(said) == found


@pytest.mark.parametrize(
    "said", ["", "x-odd", "base64", "rot13", "idna", "punycode", "a\x00b", None]
)
def test_what_is_no_charset_of_mail_is_refused(said: str | None) -> None:
    assert codec(said) is None


def test_utf_8_under_another_name_is_seen() -> None:
    assert decoded("Grüße".encode(), "iso-8859-1") == "Grüße"
    assert decoded("Grüße".encode("latin-1"), "iso-8859-1") == "Grüße"
    assert decoded("Вопрос".encode("koi8-r"), None, "koi8-r") == "Вопрос"


def test_bytes_of_a_header_are_recovered() -> None:
    assert recovered("Gr\udcfc\udcdfe") == "Grüße"
    assert recovered("Gr\udcc3\udcbc\udcc3\udc9fe") == "Grüße"
    assert recovered("as it is") == "as it is"


def test_what_no_one_sees_is_taken_out() -> None:
    assert tidy("a\r\nb\rc\x00\x07\ud800\u2028d\te") == "a\nb\nc\nd\te"
    assert one_line(" a\r\n  b\tc ") == "a b c"


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_of_any_charset_are_text(data: bytes, said: str) -> None:
    tidy(decoded(data, said)).encode()
