"""Guids, times, decimals."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from unicodedata import category

import pytest

from protocol.values import (
    format_decimal,
    format_time,
    from_micros,
    is_blank,
    parse_decimal,
    parse_guid,
    parse_time,
    to_micros,
)

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        (GUID, GUID),
        (GUID.upper(), GUID),
        (bytes.fromhex(GUID.replace("-", "")), GUID),
        ("00000000-0000-0000-0000-000000000000", None),
        (bytes(16), None),
    ],
)
def test_a_guid_is_read(given: str | bytes, reads: str | None) -> None:
    """W-6."""
    assert parse_guid(given) == reads


@pytest.mark.parametrize("given", ["", GUID[:-1], GUID + "0", f"{{{GUID}}}", GUID + "\n", b"x"])
def test_no_guid(given: str | bytes) -> None:
    """W-6."""
    with pytest.raises(ValueError, match="Guid"):
        parse_guid(given)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-02",
        "2026-01-02T03:04Z",
        "now",
        "",
        "10000-01-01T00:00:00Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05Z\n",
    ],
)
def test_no_time(text: str) -> None:
    """W-7."""
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


def test_a_time_out_of_range_after_its_offset_is_no_time() -> None:
    """W-7."""
    with pytest.raises(ValueError, match="range"):
        parse_time("9999-12-31T23:59:59-01:00")


def test_a_time_is_written_in_utc() -> None:
    """W-7."""
    eastern = timezone(timedelta(hours=-5))
    assert format_time(datetime(2026, 1, 1, 22, tzinfo=eastern)) == "2026-01-02T03:00:00Z"


def test_micros_are_exact_at_both_ends_of_time() -> None:
    for time in (datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert from_micros(to_micros(time)) == time
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)) == 1_000_005


@pytest.mark.parametrize("text", ["0", "-1234.50", "79228162514264337593543950335"])
def test_a_decimal_is_kept_digit_by_digit(text: str) -> None:
    """W-8."""
    assert format_decimal(parse_decimal(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "1.", ".5", "+1", "1e3", "NaN", "Infinity", "1_000", "79228162514264337593543950336"],
)
def test_no_decimal(text: str) -> None:
    """W-8."""
    with pytest.raises(ValueError, match="decimal"):
        parse_decimal(text)


def test_a_decimal_is_written_without_exponent() -> None:
    """W-8."""
    assert format_decimal(Decimal("1E+3")) == "1000"


def test_every_space_control_and_format_shows_nothing() -> None:
    """W-5: by the categories of Unicode."""
    hidden = [
        chr(code)
        for code in range(0x110000)
        if category(chr(code)) in ("Zs", "Zl", "Zp", "Cc", "Cf")
    ]
    assert [char for char in hidden if not is_blank(char)] == []
    assert is_blank("")
    assert is_blank("".join(hidden))


@pytest.mark.parametrize("text", ["\u3164", "\u2800", "\ufe0f", "\u034f", "\U000e0101"])
def test_fillers_and_selectors_show_nothing(text: str) -> None:
    """W-5: letters and marks by category, and still nothing to see."""
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["a", " a ", "\u200bž", "0", "日", "-", "\U0001f642\ufe0f", "\x00!"]
)
def test_one_visible_character_makes_a_name(text: str) -> None:
    assert not is_blank(text)
