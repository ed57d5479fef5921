"""Hours of a site."""

from datetime import datetime

import pytest

from connectors.web.hours import Hours


@pytest.mark.parametrize(
    ("when", "open_"),
    [
        ("2026-11-27T07:59:00+01:00", False),  # a Friday
        ("2026-11-27T08:00:00+01:00", True),
        ("2026-11-27T16:59:00Z", True),
        ("2026-11-27T17:00:00Z", False),
        ("2026-11-28T10:30:00+01:00", True),
        ("2026-11-29T10:30:00+01:00", False),
    ],
)
def test_by_the_clock_of_their_zone(when: str, open_: bool) -> None:
    hours = Hours.parse(("Mon-Fri 08:00-18:00", "sat 10:00-12:00"), "Europe/Prague")
    assert hours.has(datetime.fromisoformat(when)) is open_


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    hours = Hours.parse(("Sun 22:00-06:00",), "UTC")
    good = {
        f"{day}T{hour}:00:00Z": hours.has(datetime.fromisoformat(f"{day}T{hour}:00:00Z"))
        for day in ("2026-11-29", "2026-11-30")  # a Sunday and a Monday
        for hour in ("05", "21", "23")
    }
    assert [when for when, is_good in good.items() if is_good] == [
        "2026-11-29T23:00:00Z",
        "2026-11-30T05:00:00Z",
    ]


def test_without_entries_every_time_is_good() -> None:
    assert Hours.parse((), "UTC").has(datetime.fromisoformat("2026-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    "line",
    ["", "Mon 8-9", "Mon 10:00-10:00", "Xxx 08:00-09:00", "Mon 08:60-09:00", "24:00-25:00"],
)
def test_what_is_none(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Hours.parse((line,), "UTC")
