"""Opening hours, and the days on which they are others: from ``Mon-Fri 08:00-18:00`` to minutes of a day."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED
from broker.config.model import Calendar, Date, Span
from broker.config.parse import Parser, listing, text
from broker.config.section_reader import Table
from protocol.identifiers import derive

T = TypeVar("T")

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY: Final = 24 * 60
ALWAYS: Final = 7 * ((Span(start=0, end=DAY),),)
MOST_DATES: Final = 5_000
_TIMES: Final = r"(?:(?:^| +)(\d\d):(\d\d) ?- ?(\d\d):(\d\d))?"
_ENTRY: Final = re.compile(rf"(?:([A-Za-z,-]+))?{_TIMES}", re.ASCII)
_FORM: Final = 'must be hours like "Mon-Fri 08:00-18:00", "Sat,Sun" or "22:00-06:00"'
_DATE: Final = re.compile(rf"(?:(\d{{4}})-)?(\d\d)-(\d\d){_TIMES}", re.ASCII)
_DATED: Final = 'must be a date like "12-24" of every year or "2027-12-24"'
_LEAP: Final = 2028
"""A year that has each day that any year has."""


def parse_hours(value: object) -> tuple[tuple[int, Span], ...]:
    """Read one entry: days, a time span, or both.

    Without days it holds for every day, without times for the whole day. A span that ends
    before it begins goes on over midnight into the next day.

    Returns:
        The days of the week, Monday is 0, each with its span.

    Raises:
        ValueError: It is no such entry.
    """
    match = _ENTRY.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(_FORM)
    days = range(7) if match[1] is None else sorted(set(_days(match[1])))
    span = _span(match, 2)
    return tuple((day, span) for day in days)


def week_of(entries: Iterable[tuple[int, Span]]) -> tuple[tuple[Span, ...], ...]:
    """The spans that begin on each day of the week, those in order that do not lie in another."""
    week: list[list[Span]] = [[] for _ in DAYS]
    for day, span in entries:
        week[day].append(span)
    return tuple(_merged(spans) for spans in week)


def _dates(item: Parser[T]) -> Parser[tuple[T, ...]]:
    parse_all = listing(item)

    def parse(value: object) -> tuple[T, ...]:
        found = parse_all(value)
        if not 0 < len(found) <= MOST_DATES:
            raise ValueError(f"has more than {MOST_DATES:,} entries" if found else "has no entry")
        return found

    return parse


def _closed(value: object) -> Date:
    """A day, as text or as a date of TOML."""
    day, match = _dated(value)
    if match is not None and match[4] is not None:
        raise ValueError("has hours; a day with hours of its own belongs to open_on")
    return day


def _open(value: object) -> tuple[Date, Span]:
    """A day and its hours; without them it is the whole day."""
    day, match = _dated(value)
    return day, Span(start=0, end=DAY) if match is None else _span(match, 4)


def _dated(value: object) -> tuple[Date, re.Match[str] | None]:
    if isinstance(value, date) and not isinstance(value, datetime):
        return (value.year, value.month, value.day), None
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(_DATED)
    year = int(match[1]) if match[1] is not None else None
    month, day = int(match[2]), int(match[3])
    if year == 0 or not 1 <= month <= 12 or not 1 <= day <= monthrange(year or _LEAP, month)[1]:
        raise ValueError(f"there is no such day: {match[0][: match.end(3)]}")
    return (year, month, day), match


@frozen(kw_only=True)
class CalendarKeys:
    """`[[calendars]]`."""

    name: Annotated[str, text(), NEEDED] = ""
    closed_on: Annotated[tuple[Date, ...], _dates(_closed)] = ()
    open_on: Annotated[tuple[tuple[Date, Span], ...], _dates(_open)] = ()


def read_calendars(root: Table, context: Context) -> None:
    """`[[calendars]]`: holidays and special days, for the rules that name them."""
    for table in root.children("calendars"):
        keys = table.read(CalendarKeys)
        if "closed_on" not in table and "open_on" not in table:
            table.missing("closed_on", "is missing; give closed_on or open_on", "open_on")
        special: dict[Date, list[Span]] = {}
        for day, span in keys.open_on:
            special.setdefault(day, []).append(span)
        calendar = Calendar(
            name=keys.name,
            closed=frozenset(keys.closed_on),
            open={day: _merged(spans) for day, spans in special.items()},
        )
        if keys.name:
            identity = derive("calendar", keys.name)
            context.identities.unique(table, "calendar", keys.name)
            context.identities.alias("calendar", keys.name, identity)
            context.calendars[identity] = calendar


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order; those that touch or overlap are one."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda it: (it.start, it.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return tuple(merged)


def _days(text: str) -> Iterable[int]:
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"the days are {', '.join(DAYS)}")
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 + 1 if dash else 1
        yield from ((begin + step) % 7 for step in range(count))


def _span(match: re.Match[str], group: int) -> Span:
    """The time span that begins at a group of the entry, or the whole day."""
    if match[group] is None:
        return Span(start=0, end=DAY)
    begin, end = _minute(match, group), _minute(match, group + 2)
    if begin == end:
        raise ValueError("the span is empty; the whole day is 00:00-24:00")
    if begin == DAY:
        raise ValueError("a span cannot begin at 24:00")
    return Span(start=begin, end=end if begin < end else end + DAY)


def _minute(match: re.Match[str], group: int) -> int:
    hour, minute = int(match[group]), int(match[group + 1])
    if hour * 60 + minute > DAY or minute > 59:
        raise ValueError("a time goes from 00:00 to 24:00")
    return hour * 60 + minute
