"""The codings of SMPP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.codings import ALPHABETS, encoding_for, read, written
from protocol.sms_text import SmsEncoding


@given(st.text(max_size=200), st.sampled_from(ALPHABETS))
def test_a_text_reads_as_it_was_written(text: str, alphabet: str) -> None:
    coding, data = written(text, encoding_for(text, alphabet), alphabet)
    assert read(data, coding, alphabet) == text


def test_what_the_smscs_alphabet_lacks_goes_in_sixteen_bits() -> None:
    assert encoding_for("5 €", "latin-1") is SmsEncoding.UCS2
    assert encoding_for("5 £", "latin-1") is SmsEncoding.GSM7
    assert written("5 €", SmsEncoding.UCS2, "latin-1") == (8, "5 €".encode("utf-16-be"))
    assert written("5 €", SmsEncoding.GSM7) == (0, b"5 \x1b\x65")


@pytest.mark.parametrize(
    ("data", "coding", "text"),
    [
        (b"\x00", 0, "@"),
        (b"caf\xe9", 3, "café"),
        (b"caf\xe9", 1, "caf�"),
        (b"\x01\x02\xff", 4, "01 02 ff"),
        (b"\xb4\xd6", 6, "Дж"),
        (b"\x00a", 0x18, "a"),
        (b"a", 0x10, "a"),
        (b"a", 0xC0, "a"),
        (b"\x00a", 0xE0, "a"),
        (b"a", 0xF0, "a"),
        (b"\x01", 0xF5, "01"),
        (b"\x01", 0x14, "01"),
        (b"\x01", 0x90, "01"),
        (b"\x01", 9, "01"),
    ],
)
def test_codings_of_others_are_read(data: bytes, coding: int, text: str) -> None:
    assert read(data, coding) == text


def test_half_a_pair_at_the_end_of_a_part_waits_for_its_other_half() -> None:
    high, low = "😀".encode("utf-16-be")[:2], "😀".encode("utf-16-be")[2:]
    assert read(high, 8) == "�"
    first, second = read(high, 8, part=True), read(low, 8, part=True)
    assert (first + second).encode("utf-16", "surrogatepass").decode("utf-16") == "😀"
    assert read(b"\x00a\x00", 8, part=True) == "a�"
