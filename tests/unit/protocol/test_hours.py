"""Opening hours as they are written."""

import pytest

from protocol.hours import DAY, Span, covers, parse_hours, week_of

WEEK = 7 * DAY


def spans(*entries: str) -> list[tuple[int, int]]:
    """Minutes since Monday began, each span by the day on which it begins."""
    week = week_of(entry for text in entries for entry in parse_hours(text))
    return [
        (day * DAY + span.start, day * DAY + span.end)
        for day, found in enumerate(week)
        for span in found
    ]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["Mon 08:00-18:00"], [(480, 1080)]),
        (["Mon,Wed 08:00 - 18:00"], [(480, 1080), (2 * DAY + 480, 2 * DAY + 1080)]),
        (["Sat-Mon"], [(0, DAY), (5 * DAY, 6 * DAY), (6 * DAY, WEEK)]),
        (["Mon-Sun 00:00-24:00"], [(day * DAY, (day + 1) * DAY) for day in range(7)]),
        (["00:00-24:00"], [(day * DAY, (day + 1) * DAY) for day in range(7)]),
        (["Tue-Tue"], [(DAY, 2 * DAY)]),
        (["Fri 22:00-06:00"], [(4 * DAY + 1320, 5 * DAY + 360)]),
        (["Sun 22:00-06:00"], [(6 * DAY + 1320, WEEK + 360)]),
        (["Mon 08:00-12:00", "Mon 12:00-13:00", "Mon 10:00-11:00"], [(480, 780)]),
        (["Mon 18:00-24:00", "Tue 00:00-01:00"], [(1080, DAY), (DAY, DAY + 60)]),
        (["Mon,Mon 08:00-09:00"], [(480, 540)]),
        (["mon-TUE 08:00-09:00"], [(480, 540), (DAY + 480, DAY + 540)]),
        (["Mon , Wed"], [(0, DAY), (2 * DAY, 3 * DAY)]),
        (["Sun - Mon 08:00-09:00"], [(480, 540), (6 * DAY + 480, 6 * DAY + 540)]),
        ([" Mon 08:00-09:00 "], [(480, 540)]),
    ],
)
def test_hours(entries: list[str], expected: list[tuple[int, int]]) -> None:
    assert spans(*entries) == expected


def test_every_night_has_a_span_for_each_day() -> None:
    assert len(spans("22:00-06:00")) == 7
    assert sum(end - start for start, end in spans("22:00-06:00")) == 7 * 8 * 60


@pytest.mark.parametrize(
    "entry",
    ["", " ", "Monday", "Mon Tue", "Mon,,Tue", "Mon-Tue-Wed", "Mon-", "-Fri", "Mon 8:00-18:00",
     "Mon08:00-18:00",     "Mon 08:00", "Mon 08:60-09:00", "Mon 25:00-26:00", "08:00-08:00", "24:00-01:00",
     "Mon \u0660\u0668:00-09:00", 5],
)  # fmt: skip
def test_what_is_no_entry_is_refused(entry: object) -> None:
    with pytest.raises(ValueError, match=r"hours like|the days are|a time goes|empty|cannot begin"):
        parse_hours(entry)


def test_a_span_is_a_value() -> None:
    assert parse_hours("Mon 00:00-00:01") == ((0, Span(start=0, end=1)),)


def test_a_span_goes_on_over_midnight() -> None:
    night, none = (Span(start=22 * 60, end=30 * 60),), ()
    assert covers(23 * 60, night, none)
    assert covers(5 * 60 + 59, none, night)
    assert not covers(6 * 60, none, night)
    assert not covers(5 * 60, night, none)
    assert not covers(21 * 60 + 59, night, night)
