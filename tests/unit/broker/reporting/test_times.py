"""Intervals and their names: by the clocks on the wall, unique, and at the ends of the calendar."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from broker.reporting.times import DAY, HOUR, MOST, Span, clock_time, parse_moment
from protocol.values import from_micros

PRAGUE = ZoneInfo("Europe/Prague")


def span(start: str, end: str, interval: int | None, zone: ZoneInfo = PRAGUE) -> Span:
    """A time that somebody asks for."""
    return Span(parse_moment(start, zone), parse_moment(end, zone), interval, zone)


def labels(asked: Span) -> list[str]:
    """What its intervals are called."""
    return [asked.label(place) for place in range(len(asked.bounds) - 1)]


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    night = span("2026-10-25T01:30", "2026-10-25T03:30", HOUR // 2)
    assert labels(night) == [
        "10-25 01:30",
        "10-25 02:00 +02:00",
        "10-25 02:30 +02:00",
        "10-25 02:00 +01:00",
        "10-25 02:30 +01:00",
        "10-25 03:00",
    ]


@pytest.mark.parametrize(
    ("start", "end", "title"),
    [
        ("12:03:08", "12:03:11", "2026-11-28 12:03:08 to 2026-11-28 12:03:11 CET"),
        ("12:03:58", "12:04:01", "2026-11-28 12:03 to 2026-11-28 12:04 CET"),
    ],
)
def test_a_time_within_a_minute_is_told_to_the_second(start: str, end: str, title: str) -> None:
    assert span(f"2026-11-28T{start}", f"2026-11-28T{end}", None).title == title


def test_every_label_of_a_report_is_another() -> None:
    """Two years of days, and a week of hours over each change of the clocks."""
    for asked in (
        span("2025-01-01", "2027-01-01", DAY),
        span("2026-10-22", "2026-10-29", HOUR),
        span("2026-03-26", "2026-04-02", HOUR),
    ):
        found = labels(asked)
        assert len(set(found)) == len(found)


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 9), ("2026-03-29", 7)])
def test_a_shift_begins_by_the_clock_on_the_wall(day: str, hours: int) -> None:
    """The night shift is longer or shorter; the others begin when people come to work."""
    shifts = Span(
        parse_moment(f"{day[:8]}{int(day[8:]) - 1}T22:00", PRAGUE),
        parse_moment(f"{day}T23:00", PRAGUE),
        8 * HOUR,
        PRAGUE,
    )
    assert [label[6:] for label in labels(shifts)] == ["22:00", "06:00", "14:00", "22:00"]
    assert (shifts.bounds[1] - shifts.bounds[0]) / HOUR == hours


def test_a_day_that_a_zone_leaves_out_is_no_interval() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    days = span("2011-12-28", "2012-01-02", DAY, ZoneInfo("Pacific/Apia"))
    assert [label[5:10] for label in labels(days)] == ["12-28", "12-29", "12-31", "01-01"]


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "9900-01-01", "9999-12-31T23:59Z"])
def test_the_ends_of_the_calendar_are_refused(text: str) -> None:
    for zone in (PRAGUE, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Adak")):
        with pytest.raises(ValueError, match="is not between the years 1900 and 9900"):
            parse_moment(text, zone)


@pytest.mark.parametrize("interval", [DAY, 400_000 * DAY, 4_000_000 * DAY])
def test_an_interval_may_be_longer_than_the_time_that_is_left(interval: int) -> None:
    whole = span("9899-12-31", "9899-12-31T12:00", interval)
    assert len(whole.bounds) == 2
    ages = span("1900-01-01", "9899-12-31", max(interval, 400_000 * DAY))
    assert ages.bounds[-1] == ages.end
    assert len(labels(ages)) == (8 if interval != 4_000_000 * DAY else 1)


def test_tiny_intervals_are_many_or_refused() -> None:
    """As many as were asked for, and no look at a day of them."""
    start = parse_moment("2026-09-21", PRAGUE)
    assert len(Span(start, start + MOST, 1, PRAGUE).bounds) == MOST + 1
    with pytest.raises(ValueError, match="more than 100,000 intervals"):
        Span(start, start + MOST + 1, 1, PRAGUE)
    with pytest.raises(ValueError, match="more than"):
        Span(start, start + HOUR, 1, PRAGUE)


def test_a_time_of_a_story_is_told_apart_too() -> None:
    first = parse_moment("2026-10-25T00:59:59Z", PRAGUE)
    found = [
        clock_time(from_micros(at).astimezone(PRAGUE), "%H:%M:%S")
        for at in (first, first + 1_000_000, first + HOUR + 1_000_000)
    ]
    assert found == ["02:59:59 +02:00", "02:00:00 +01:00", "03:00:00"]
