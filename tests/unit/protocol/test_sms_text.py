"""Segments of SMS, and the alphabet of GSM 03.38 (B-63)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sms_text import (
    MAX_SEGMENTS,
    SIZES,
    UNKNOWN,
    SmsEncoding,
    count,
    decode,
    encode,
    encoding_of,
    split,
    units,
)

GSM7, UCS2 = SmsEncoding.GSM7, SmsEncoding.UCS2


@pytest.mark.parametrize(
    ("text", "encoding", "taken", "segments", "left"),
    [
        ("", GSM7, 0, 1, 160),
        ("hello", GSM7, 5, 1, 155),
        ("a" * 160, GSM7, 160, 1, 0),
        ("a" * 161, GSM7, 161, 2, 145),
        ("a" * 306, GSM7, 306, 2, 0),
        ("a" * 307, GSM7, 307, 3, 152),
        ("€", GSM7, 2, 1, 158),
        ("€" * 80, GSM7, 160, 1, 0),
        ("€" * 81, GSM7, 162, 2, 143),
        ("ž" * 70, UCS2, 70, 1, 0),
        ("ž" * 71, UCS2, 71, 2, 63),
        ("😀" * 35, UCS2, 70, 1, 0),
        ("😀" * 36, UCS2, 72, 2, 61),
        ("a" * 159 + "`", UCS2, 160, 3, 41),
    ],
)
def test_b63_segments_are_counted(
    text: str, encoding: SmsEncoding, taken: int, segments: int, left: int
) -> None:
    it = count(text)
    assert (it.encoding, it.units, it.segments, it.left) == (encoding, taken, segments, left)


def test_b63_no_cut_goes_through_an_escape_or_a_pair() -> None:
    escaped = split("a" * 152 + "€" + "b" * 20)
    assert escaped == ("a" * 152, "€" + "b" * 20)
    pair = split("ž" * 66 + "😀" + "b" * 20)
    assert pair == ("ž" * 66, "😀" + "b" * 20)


def test_a_wide_reference_leaves_a_unit_less() -> None:
    assert [len(part) for part in split("a" * 161, wide_reference=True)] == [152, 9]
    assert [len(part) for part in split("ž" * 71, wide_reference=True)] == [66, 5]
    assert count("a" * 305).segments == 2
    assert count("a" * 305, wide_reference=True).segments == 3
    assert count("a" * 161, wide_reference=True).left == 152 - 9


def test_a_text_may_be_written_in_sixteen_bits_though_it_need_not() -> None:
    assert split("a" * 71, encoding=UCS2) == ("a" * 67, "a" * 4)
    assert split("a" * 70, encoding=UCS2) == ("a" * 70,)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("@£$", b"\x00\x01\x02"),
        ("Hello", b"Hello"),
        ("{€}", b"\x1b\x28\x1b\x65\x1b\x29"),
        ("Δ_ΦΓ", b"\x10\x11\x12\x13"),
        ("[~]|^\\\f", b"\x1b\x3c\x1b\x3d\x1b\x3e\x1b\x40\x1b\x14\x1b\x2f\x1b\x0a"),
        ("äöñüà", b"\x7b\x7c\x7d\x7e\x7f"),
    ],
)
def test_the_alphabet_of_gsm(text: str, octets: bytes) -> None:
    assert encode(text, GSM7) == octets
    assert decode(octets, GSM7) == text


def test_what_the_alphabet_lacks_is_seen_as_lacking() -> None:
    assert encode("ž", GSM7) == UNKNOWN.encode()
    assert encode("\ud800", UCS2) == "?".encode("utf-16-be")


@pytest.mark.parametrize(
    ("octets", "encoding", "text"),
    [
        (b"a\x1b", GSM7, "a "),
        (b"\x1b\x1ba", GSM7, " a"),
        (b"\x1ba", GSM7, "a"),
        (b"\x80\xff", GSM7, "��"),
        (b"\x1b\x80", GSM7, "�"),
        (b"\x00a\x00", UCS2, "a�"),
        (b"\xd8\x3d\x00a", UCS2, "�a"),
    ],
)
def test_spoiled_octets_are_read_as_far_as_they_go(
    octets: bytes, encoding: SmsEncoding, text: str
) -> None:
    assert decode(octets, encoding) == text


@given(st.text(max_size=700), st.booleans())
def test_b63_counting_and_cutting_agree(text: str, wide: bool) -> None:
    parts = split(text, wide_reference=wide)
    it = count(text, wide_reference=wide)
    size = SIZES[it.encoding]
    room = size.joined_wide if wide else size.joined
    assert "".join(parts) == text
    assert it.segments == len(parts)
    assert all(units(part, it.encoding) <= room for part in parts[1:])
    assert units(parts[0], it.encoding) <= (size.alone if len(parts) == 1 else room)
    assert 0 <= it.left <= size.alone
    joined = b"".join(encode(part, it.encoding) for part in parts)
    assert decode(joined, it.encoding) == text


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_the_cheap_alphabet_is_taken_exactly_when_it_has_every_letter(text: str) -> None:
    cheap = encoding_of(text) is GSM7
    assert cheap == (decode(encode(text, GSM7), GSM7) == text)


def test_more_segments_than_have_a_number() -> None:
    assert count("a" * 153 * MAX_SEGMENTS).segments == MAX_SEGMENTS
    assert count("a" * (153 * MAX_SEGMENTS + 1)).segments == MAX_SEGMENTS + 1
