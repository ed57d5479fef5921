"""Addresses of SMS have one spelling each (B-63)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.numbers import MAX_NAME, AddressKind, SmsAddress, e164, regions, sms_address


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+1 (555) 222-1111", None, "+15552221111"),
        ("5552221111", "US", "+15552221111"),
        ("15552221111", "US", "+15552221111"),
        ("603 123 456", "CZ", "+420603123456"),
        ("00420 603 123 456", "CZ", "+420603123456"),
        ("٦٠٣١٢٣٤٥٦", "CZ", "+420603123456"),
        ("tel:+15552221111", "US", "+15552221111"),
    ],
)
def test_b63_a_number_has_one_spelling(written: str, region: str | None, number: str) -> None:
    assert e164(written, region) == number


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("15552221111", None),
        ("603123456", "US"),
        ("2221111", "US"),
        ("44770090000011111", "GB"),
        ("+123", "US"),
        ("", "US"),
        ("no number", "US"),
        ("1" * 300, "US"),
    ],
)
def test_b63_what_is_no_number_of_the_region_has_none(written: str, region: str | None) -> None:
    assert e164(written, region) is None


@pytest.mark.parametrize(
    ("written", "region", "address"),
    [
        (" +420603123456 ", None, SmsAddress(AddressKind.NUMBER, "+420603123456")),
        ("90210", "US", SmsAddress(AddressKind.SHORT_CODE, "90210")),
        ("123456", "GB", SmsAddress(AddressKind.SHORT_CODE, "123456")),
        ("911", "US", SmsAddress(AddressKind.SHORT_CODE, "911")),
        ("Parley", "US", SmsAddress(AddressKind.NAME, "Parley")),
        ("O'Neil & Co", "US", SmsAddress(AddressKind.NAME, "O'Neil & Co")),
        ("A" * (MAX_NAME + 1), "US", None),
        ("Žluť", "CZ", None),
        ("bad<name>", "US", None),
        ("", None, None),
        ("123456789", "US", None),
        ("+1\r\n", None, None),
    ],
)
def test_an_address_is_a_number_a_short_code_or_a_name(
    written: str, region: str | None, address: SmsAddress | None
) -> None:
    assert sms_address(written, region) == address


def test_a_provider_leaves_the_plus_sign_out() -> None:
    assert sms_address("447700900000", "US", international=True) == SmsAddress(
        AddressKind.NUMBER, "+447700900000"
    )
    assert sms_address("447700900000", "US") is None
    short = SmsAddress(AddressKind.SHORT_CODE, "90210")
    assert sms_address("90210", "CZ", international=True) == short


def test_a_gateway_is_in_a_region_that_exists() -> None:
    assert {"US", "CZ", "GB"} <= regions()
    assert "XX" not in regions()


@given(st.text(max_size=30), st.sampled_from(["US", "CZ", None]), st.booleans())
def test_what_was_read_once_reads_the_same_again(
    written: str, region: str | None, international: bool
) -> None:
    address = sms_address(written, region, international=international)
    if address is not None:
        assert sms_address(address.text, region, international=international) == address
