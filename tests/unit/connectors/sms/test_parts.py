"""The header of a part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.parts import PartOf, header, parse


@given(st.integers(1, 255), st.data(), st.booleans(), st.binary(max_size=134))
def test_a_header_reads_as_it_was_written(
    total: int, data: st.DataObject, wide: bool, body: bytes
) -> None:
    number = data.draw(st.integers(1, total))
    reference = data.draw(st.integers(0, 0xFFFF if wide else 0xFF))
    part = PartOf(reference, total, number)
    assert parse(header(part, wide=wide) + body) == (part, body)


@given(st.binary(max_size=140))
def test_any_octets_are_read(data: bytes) -> None:
    place, body = parse(data)
    assert data.endswith(body)
    assert place is None or place.is_sound


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"", b""),
        (b"\x05\x00\x03", b"\x05\x00\x03"),
        (b"\x05\x00\x03\x01\x00\x00hi", b"hi"),
        (b"\x05\x00\x03\x01\x02\x03hi", b"hi"),
        (b"\x05\x00\x03\x01\x02\x00hi", b"hi"),
        (b"\x06\x05\x04\x0b\x84\x0b\x84hi", b"hi"),
        (b"\x03\x00\x09\x01hi", b"hi"),
        (b"\x01\x00hi", b"hi"),
    ],
)
def test_a_header_without_a_sound_place_is_taken_off_all_the_same(data: bytes, body: bytes) -> None:
    assert parse(data) == (None, body)


def test_elements_that_mean_something_else_are_skipped() -> None:
    data = bytes([11, 0x05, 4, 1, 2, 3, 4, 0x00, 3, 9, 2, 1]) + b"hi"
    assert parse(data) == (PartOf(9, 2, 1), b"hi")
