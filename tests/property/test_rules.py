"""Rules against a naive reading of their definition (B-3, B-57)."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from broker.config.model import DAY as MICROS_OF_DAY
from broker.config.model import (
    MINUTE,
    Calendar,
    Config,
    GateRule,
    Hours,
    PreRule,
    ProjectRule,
    RuleLimits,
    Span,
)
from broker.config.partners import TextMatch
from broker.core.rules.matching import Applicant, gate, pre, project, within
from broker.core.rules.messages import FARTHEST, due_at
from protocol.hours import DAY, DAYS, parse_hours, week_of
from protocol.pattern import Pattern
from protocol.values import Guid, Signal, to_micros

GUIDS = [Guid(name) for name in "abc"]
CULTURES = ["en", "en-US", "en-GB", "de"]
TEXTS = ["", "a", "ab", "b"]
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Prague", "Asia/Kathmandu", "America/Lima")]

moments = st.datetimes(
    datetime(2026, 1, 1),
    datetime(2029, 1, 1),
    timezones=st.just(UTC),
)
entries = st.builds(
    lambda days, begin, length: (
        f"{','.join(days)} {begin // 60:02}:{begin % 60:02}-"
        f"{(begin + length) % DAY // 60:02}:{(begin + length) % DAY % 60:02}"
    ),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=3),
    st.integers(0, DAY - 1),
    st.integers(1, DAY - 1),
)
timetables = st.tuples(st.lists(entries, min_size=1, max_size=3), st.sampled_from(ZONES))
patterns = st.none() | st.sampled_from(["a", "^b", "a$", "^$"])
limits = st.fixed_dictionaries(
    {
        "gateway": st.none() | st.sampled_from(GUIDS),
        "culture": st.none() | st.sampled_from(CULTURES),
        "user_token": patterns,
        "ext_response": patterns,
        "hours": st.none() | timetables,
        "form": st.dictionaries(st.sampled_from(GUIDS), st.sampled_from(["a", "^$"]), max_size=2),
    }
)
applicants = st.builds(
    Applicant,
    gateway_id=st.sampled_from(GUIDS),
    culture=st.none() | st.sampled_from(CULTURES),
    user_token=st.none() | st.sampled_from(TEXTS),
    ext_response=st.none() | st.sampled_from(TEXTS),
    form=st.dictionaries(st.sampled_from(GUIDS), st.sampled_from(TEXTS)),
)


def inside(timetable: tuple[list[str], ZoneInfo], moment: datetime) -> bool:
    """Whether the wall clock shows a time of one of the entries, today or since yesterday."""
    texts, zone = timetable
    local = moment.astimezone(zone).replace(tzinfo=None)
    for entry in texts:
        days, times = entry.split(" ")
        begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in times.split("-"))
        length = (end - begin) % DAY or DAY
        for back in (0, 1):
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            start = midnight - timedelta(days=back) + timedelta(minutes=begin)
            named = DAYS[start.weekday()] in days.split(",")
            if named and start <= local < start + timedelta(minutes=length):
                return True
    return False


def compiled(drawn: dict[str, object]) -> RuleLimits:
    members: dict[str, object] = dict(drawn)
    for name in ("user_token", "ext_response"):
        text = drawn[name]
        members[name] = Pattern(text) if isinstance(text, str) else None
    if isinstance(drawn["hours"], tuple):
        texts, zone = drawn["hours"]
        week = week_of(entry for text in texts for entry in parse_hours(text))
        members["hours"] = Hours(week=week, zone=zone)
    assert isinstance(drawn["form"], dict)
    members["form"] = tuple(
        (key, TextMatch(id=Guid(""), name="", patterns=(Pattern(text),)))
        for key, text in drawn["form"].items()
    )
    return RuleLimits(**members)  # type: ignore[arg-type]  # the strategy above has its members


def holds(drawn: dict[str, object], applicant: Applicant, moment: datetime, hours: bool) -> bool:
    """The definition, limit by limit."""
    culture, timetable, form = drawn["culture"], drawn["hours"], drawn["form"]
    assert isinstance(form, dict)
    spoken = applicant.culture or ""
    tests = [
        drawn["gateway"] in (None, applicant.gateway_id),
        culture is None or spoken == culture or spoken[:2] == culture,
        not hours or not isinstance(timetable, tuple) or inside(timetable, moment),
        *(re.search(text, applicant.form.get(key, "")) for key, text in form.items()),
    ]
    for name in ("user_token", "ext_response"):
        text = drawn[name]
        if isinstance(text, str):
            tests.append(re.search(text, getattr(applicant, name) or ""))
    return all(tests)


ranked = st.lists(st.tuples(st.integers(0, 3), limits), max_size=4).map(
    lambda rules: sorted(rules, key=lambda rule: rule[0])
)


@given(ranked, applicants, moments)
def test_the_first_rule_whose_limits_all_hold(
    drawn: list[tuple[int, dict[str, object]]], applicant: Applicant, moment: datetime
) -> None:
    """B-3: by rank; limits are ANDed; an absent one is not tested."""
    now = to_micros(moment)
    made = [(Guid(str(n)), rank, compiled(limit)) for n, (rank, limit) in enumerate(drawn)]
    config = Config(
        gate_rules=tuple(
            GateRule(id=i, rank=r, limits=limit, signal=Signal.FREE) for i, r, limit in made
        ),
        pre_rules=tuple(PreRule(id=i, rank=r, limits=limit, bot=i) for i, r, limit in made),
        project_rules=tuple(
            ProjectRule(id=i, rank=r, limits=limit, project=i) for i, r, limit in made
        ),
    )
    first = next(
        (str(n) for n, (_, d) in enumerate(drawn) if holds(d, applicant, moment, hours=True)), None
    )
    found_pre, found_project = pre(config, applicant, now), project(config, applicant, now)
    assert (found_pre.id if found_pre else None) == first
    assert (found_project.id if found_project else None) == first

    matching = [n for n, (_, d) in enumerate(drawn) if holds(d, applicant, moment, hours=False)]
    verdict = gate(config, applicant, now)
    assert (verdict.rule.id if verdict.rule else None) == (str(matching[0]) if matching else None)
    timetable = drawn[matching[0]][1]["hours"] if matching else None
    opened = not isinstance(timetable, tuple) or inside(timetable, moment)
    assert verdict.open is opened
    assert verdict.forced is (Signal.FREE if matching and opened else None)


@given(timetables, moments)
def test_hours_are_what_the_clock_on_the_wall_says(
    timetable: tuple[list[str], ZoneInfo], moment: datetime
) -> None:
    """B-3, B-27."""
    texts, zone = timetable
    week = week_of(entry for text in texts for entry in parse_hours(text))
    assert within(Hours(week=week, zone=zone), to_micros(moment)) is inside(timetable, moment)


near = st.dates(date(2027, 12, 20), date(2028, 3, 2))
dated = st.builds(
    lambda day, every, hours: ((None if every else day.year, day.month, day.day), hours),
    near,
    st.booleans(),
    st.none() | st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY - 1)),
)


@given(timetables, st.lists(dated, max_size=12), near, st.integers(0, DAY - 1))
def test_special_days_are_their_own_days(
    timetable: tuple[list[str], ZoneInfo],
    days: list[tuple[tuple[int | None, int, int], tuple[int, int] | None]],
    day: date,
    minute: int,
) -> None:
    """B-3: of each day what the calendar says of it, else the week; a span counts where it began."""
    texts, zone = timetable
    said = dict(days)
    calendar = Calendar(
        name="C",
        closed=frozenset(day for day, hours in said.items() if hours is None),
        open={
            day: (Span(start=hours[0], end=hours[0] + hours[1]),)
            for day, hours in said.items()
            if hours is not None
        },
    )
    week = week_of(entry for text in texts for entry in parse_hours(text))
    moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    naive = False
    for back in (0, 1):
        begun = day - timedelta(days=back)
        keys = [(begun.year, begun.month, begun.day), (None, begun.month, begun.day)]
        own = next((said[key] for key in keys if key in said), "week")
        if own == "week":
            spans = [(span.start, span.end) for span in week[begun.weekday()]]
        else:
            spans = [(own[0], own[0] + own[1])] if isinstance(own, tuple) else []
        naive |= any(start <= minute + back * DAY < end for start, end in spans)
    hours = Hours(week=week, zone=zone, calendar=calendar)
    assert within(hours, to_micros(moment)) is naive


SUMMERS = [
    ZoneInfo(name)
    for name in ("Europe/Prague", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe")
]
"""With summer time that begins at two, at midnight, not at all, and by half an hour."""
CHANGES = [
    datetime(2027, *day, tzinfo=UTC)
    for day in ((3, 28), (4, 3), (4, 4), (9, 5), (10, 2), (10, 31), (12, 24))
]
WINDOW = 3 * MICROS_OF_DAY

around_changes = st.builds(
    lambda day, minutes: to_micros(day + timedelta(minutes=minutes)),
    st.sampled_from(CHANGES),
    st.integers(-2_000, 1_500),
)
calendars = st.none() | st.just(
    Calendar(name="C", closed=frozenset({(None, 12, 24), (2027, 10, 31), (None, 4, 4)}))
)
opening_hours = st.builds(
    lambda texts, zone, calendar: Hours(
        week=week_of(entry for text in texts for entry in parse_hours(text)),
        zone=zone,
        calendar=calendar,
    ),
    st.lists(entries, min_size=1, max_size=3),
    st.sampled_from(SUMMERS),
    calendars,
)
minutes = st.integers(1, 3_000).map(lambda count: count * MINUTE)


def open_in(hours: Hours, start: int, end: int) -> int:
    """How much of a time is open, minute by minute."""
    return sum(MINUTE for moment in range(start, end, MINUTE) if within(hours, moment))


@given(opening_hours, around_changes, minutes)
def test_just_so_much_is_open_until_it_is_due(hours: Hours, now: int, time: int) -> None:
    """B-57: and the last minute before is open."""
    due, end = due_at(now, time, hours), now + WINDOW
    assert (
        open_in(hours, now, min(due, end)) == time
        if due <= end
        else open_in(hours, now, end) < time
    )
    assert due == now + FARTHEST or within(hours, due - 1)


@given(opening_hours, around_changes, minutes, minutes)
def test_two_times_are_one_after_the_other(hours: Hours, now: int, one: int, other: int) -> None:
    """B-57: as long as neither search comes to its end."""
    first, both = due_at(now, one, hours), due_at(now, one + other, hours)
    if both < now + FARTHEST:
        assert due_at(first, other, hours) == both
    assert first <= both <= now + FARTHEST
