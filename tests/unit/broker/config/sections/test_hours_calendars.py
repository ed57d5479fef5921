"""Holidays and special days: how they are written, and what they do to hours (C-1, B-3)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from broker.config.load import loads
from broker.config.model import Calendar, Hours, Span
from broker.core.rules.matching import within
from protocol.hours import DAY
from protocol.values import to_micros
from tests.support.marked_config import assert_fault, warnings_of

PRAGUE = ZoneInfo("Europe/Prague")
CZECH = """
[[calendars]]
name = "Czech holidays"
closed_on = ["12-24", "12-25", "2027-03-29", 2027-07-05, "02-29", "12-31", "2028-12-26"]
open_on = ["2027-12-31 09:00-12:00", "2027-12-31 13:00-14:00", "12-26 10:00-11:00", "2027-05-01"]
"""
RULE = """
[[gate_rules]]
hours = ["Mon-Fri 08:00-18:00", "Fri 22:00-06:00"]
timezone = "Europe/Prague"
calendar = "Czech holidays"
"""


def hours_of(text: str) -> Hours:
    (rule,) = loads(text).config.gate_rules
    assert rule.limits.hours is not None
    return rule.limits.hours


def at(text: str, zone: ZoneInfo = PRAGUE, fold: int = 0) -> int:
    """A moment by the clock on the wall."""
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold))


def test_a_calendar_is_read() -> None:
    """C-1: days of every year, of one year, and dates as TOML has them."""
    assert hours_of(CZECH + RULE).calendar == Calendar(
        name="Czech holidays",
        closed=frozenset(
            [
                *((None, 12, 24), (None, 12, 25), (2027, 3, 29), (2027, 7, 5), (None, 2, 29)),
                *((None, 12, 31), (2028, 12, 26)),
            ]
        ),
        open={
            (2027, 12, 31): (Span(start=540, end=720), Span(start=780, end=840)),
            (None, 12, 26): (Span(start=600, end=660),),
            (2027, 5, 1): (Span(start=0, end=DAY),),
        },
    )


@pytest.mark.parametrize(
    ("moment", "opened", "why"),
    [
        ("2026-12-23T17:59", True, "a Wednesday"),
        ("2026-12-24T10:00", False, "closed each year"),
        ("2027-12-24T22:30", False, "so is the night that would begin on it"),
        ("2027-12-25T05:59", False, "and what of it would be on the day after"),
        ("2026-12-18T23:00", True, "a Friday night"),
        ("2026-12-19T05:59", True, "goes on into Saturday"),
        ("2026-12-19T06:00", False, "until it ends"),
        ("2027-03-29T10:00", False, "closed this year"),
        ("2028-03-29T10:00", True, "and not in the next"),
        ("2027-03-27T05:00", True, "the night before an Easter is a night"),
        ("2027-07-05T10:00", False, "a date of TOML"),
        ("2028-02-29T10:00", False, "a day that only some years have"),
        ("2027-03-01T10:00", True, "the day after in the others"),
        ("2027-12-31T08:30", False, "its own hours, not those of a Friday"),
        ("2027-12-31T09:00", True, "one year counts before every year"),
        ("2027-12-31T12:00", False, "between"),
        ("2027-12-31T13:30", True, "twice on a day"),
        ("2027-12-31T23:00", False, "no night on it"),
        ("2026-12-31T10:00", False, "the same day of another year"),
        ("2026-12-26T10:30", True, "a Saturday with hours of its own"),
        ("2028-12-26T10:30", False, "closed in one year"),
        ("2027-05-01T03:00", True, "a whole special day"),
    ],
)
def test_special_days_have_their_own_hours(moment: str, opened: bool, why: str) -> None:
    """B-3, B-27."""
    assert within(hours_of(CZECH + RULE), at(moment)) is opened, why


def test_a_night_before_a_holiday_goes_on_into_it() -> None:
    """B-3: a span belongs to the day on which it begins."""
    text = (
        '[[calendars]]\nname = "C"\nclosed_on = ["2027-01-02"]\nopen_on = ["01-03 22:00-02:00"]\n'
    )
    hours = hours_of(text + '[[gate_rules]]\nhours = ["Fri 22:00-06:00"]\ncalendar = "C"\n')
    utc = ZoneInfo("UTC")
    assert within(hours, at("2027-01-02T05:59", utc))
    assert not within(hours, at("2027-01-02T22:30", utc))
    assert within(hours, at("2027-01-04T01:59", utc))
    assert not within(hours, at("2027-01-04T02:00", utc))


def test_without_hours_all_days_are_open_but_the_closed_ones() -> None:
    """B-3: dates are those of the rule's zone."""
    text = '[[calendars]]\nname = "C"\nclosed_on = ["05-01"]\n[[gate_rules]]\ncalendar = "C"\n'
    hours = hours_of(text + 'timezone = "Pacific/Auckland"')
    assert within(hours, at("2027-04-30T11:59", ZoneInfo("UTC")))
    assert not within(hours, at("2027-04-30T12:00", ZoneInfo("UTC")))
    assert not within(hours, at("2027-05-01T11:59", ZoneInfo("UTC")))
    assert within(hours, at("2027-05-01T12:00", ZoneInfo("UTC")))
    assert warnings_of(text + 'timezone = "Europe/Prague"') == []


def test_around_the_change_of_the_clocks() -> None:
    """B-3: a special day is one by the clock on the wall, its hour that comes twice counts twice."""
    text = '[[calendars]]\nname = "C"\nopen_on = ["2027-10-31 02:30-03:30", "2027-03-28 02:30-03:30"]\n'
    hours = hours_of(
        text + '[[gate_rules]]\nhours = ["Mon"]\ncalendar = "C"\ntimezone = "Europe/Prague"'
    )
    opened = [within(hours, at("2027-10-31T02:30", fold=fold)) for fold in (0, 1)]
    assert opened == [True, True]
    assert not within(hours, at("2027-10-31T02:29", fold=1))
    # 02:30 to 03:00 does not come; at 03:00 it is open already.
    assert not within(hours, at("2027-03-28T01:59"))
    assert within(hours, at("2027-03-28T03:00"))
    assert not within(hours, at("2027-03-28T03:30"))


@pytest.mark.parametrize("group", ["pre_rules", "project_rules", "wait_rules"])
def test_all_groups_of_rules_take_a_calendar(group: str) -> None:
    """B-3."""
    base = '[[projects]]\nname = "P"\n[[bots]]\nname = "B"\ngreeting = "x"\n'
    own = {
        "pre_rules": 'bot = "B"',
        "project_rules": 'project = "P"\nskill = 0',
        "wait_rules": 'level = 1\nafter = "1m"\nnote = "x"',
    }
    text = f'{base}{CZECH}[[{group}]]\ncalendar = "Czech holidays"\n{own[group]}\n'
    (rule,) = getattr(loads(text).config, group)
    assert rule.limits.hours.calendar.name == "Czech holidays"


@pytest.mark.parametrize(
    ("line", "member", "said"),
    [
        ('closed_on = ["02-30"]', "closed_on[0]", "there is no such day: 02-30"),
        ('closed_on = ["2027-02-29"]', "closed_on[0]", "there is no such day: 2027-02-29"),
        ('closed_on = ["12-24", "13-01"]', "closed_on[1]", "there is no such day: 13-01"),
        ('closed_on = ["0000-01-01"]', "closed_on[0]", "there is no such day"),
        ('closed_on = ["24.12."]', "closed_on[0]", "must be a date like"),
        ('closed_on = ["12-24 "]', "closed_on[0]", "must be a date like"),
        ("closed_on = [2027-12-24T08:00:00]", "closed_on[0]", "must be a date like"),
        ("closed_on = [5]", "closed_on[0]", "must be a date like"),
        ('closed_on = ["12-24 08:00-12:00"]', "closed_on[0]", "belongs to open_on"),
        ("closed_on = []", "closed_on", "has no entry"),
        ('open_on = ["2027-04-31 08:00-09:00"]', "open_on[0]", "there is no such day: 2027-04-31"),
        ('open_on = ["12-24 08:00"]', "open_on[0]", "must be a date like"),
        ('open_on = ["12-24 08:00-08:00"]', "open_on[0]", "the span is empty"),
        ('open_on = ["12-24 08:00-25:00"]', "open_on[0]", "a time goes from 00:00 to 24:00"),
        (f"open_on = {['12-24'] * 5_001}", "open_on", "has more than 5,000 entries"),
    ],
)
def test_faults_of_a_calendar(line: str, member: str, said: str) -> None:
    """C-1."""
    text = f'[[calendars]]\nname = "C"\n{line} #!'
    assert_fault(text, f"calendars[0].{member}", said)


def test_a_calendar_says_something_and_has_a_name_of_its_own() -> None:
    """C-1, C-2."""
    assert_fault('[[calendars]] #!\nname = "C"\n', "calendars[0].closed_on", "is missing; give")
    assert_fault(
        '[[calendars]]\nname = "C"\nclose_on = ["12-24"] #!', "calendars[0].close_on", "unknown"
    )
    assert_fault(
        CZECH + CZECH.replace('days"', 'days" #!'), "calendars[1].name", "a second calendar"
    )
    rule = RULE.replace('days"', 'dais" #!')
    assert_fault(CZECH + rule, "gate_rules[0].calendar", 'did you mean "Czech holidays"?')
    assert_fault(CZECH.replace('"Czech holidays"', "3 #!") + RULE, "calendars[0].name", "a text")
