"""Opening hours as every configuration writes them: from ``Mon-Fri 08:00-18:00`` to minutes of a day.

The broker and the connectors have nothing else in common that could read them, hence they are read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY: Final = 24 * 60
"""Minutes of a day."""
TIMES: Final = r"(?:(?:^| +)(\d\d):(\d\d) ?- ?(\d\d):(\d\d))?"
"""A time span at the end of an entry, which may be missing."""
_ENTRY: Final = re.compile(rf"([A-Za-z]+(?: ?[,-] ?[A-Za-z]+)*)?{TIMES}", re.ASCII)
_FORM: Final = 'must be hours like "Mon-Fri 08:00-18:00", "Sat,Sun" or "22:00-06:00"'


@frozen(kw_only=True)
class Span:
    """Opening hours of a day: minutes since it began, `start` included, `end` not.

    What goes on over midnight ends after the 24th hour.
    """

    start: int
    end: int


ALWAYS: Final = 7 * ((Span(start=0, end=DAY),),)
"""The week of who never closes."""


def parse_hours(value: object) -> tuple[tuple[int, Span], ...]:
    """Read one entry: days, a time span, or both.

    Without days it holds for every day, without times for the whole day. A span that ends
    before it begins goes on over midnight into the next day. Days may be written small, and
    blanks may stand around commas and dashes.

    Returns:
        The days of the week, Monday is 0, each with its span.

    Raises:
        ValueError: It is no such entry.
    """
    entry = value.strip(" ") if isinstance(value, str) else ""
    match = _ENTRY.fullmatch(entry) if entry else None
    if match is None:
        raise ValueError(_FORM)
    days = range(7) if match[1] is None else sorted(set(_days(match[1])))
    span = span_of(match, 2)
    return tuple((day, span) for day in days)


def week_of(entries: Iterable[tuple[int, Span]]) -> tuple[tuple[Span, ...], ...]:
    """The spans that begin on each day of the week, those in order that do not lie in another."""
    week: list[list[Span]] = [[] for _ in DAYS]
    for day, span in entries:
        week[day].append(span)
    return tuple(merged(spans) for spans in week)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order; those that touch or overlap are one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda it: (it.start, it.end)):
        if found and span.start <= found[-1].end:
            found[-1] = Span(start=found[-1].start, end=max(span.end, found[-1].end))
        else:
            found.append(span)
    return tuple(found)


def span_of(match: re.Match[str], group: int) -> Span:
    """The time span whose four numbers begin at a group of a match, or the whole day.

    Raises:
        ValueError: There is no such time, or nothing in between.
    """
    if match[group] is None:
        return Span(start=0, end=DAY)
    begin, end = _minute(match, group), _minute(match, group + 2)
    if begin == end:
        raise ValueError("the span is empty; the whole day is 00:00-24:00")
    if begin == DAY:
        raise ValueError("a span cannot begin at 24:00")
    return Span(start=begin, end=end if begin < end else end + DAY)


def covers(minute: int, today: Sequence[Span], yesterday: Sequence[Span]) -> bool:
    """Whether a minute of a day lies in a span that begins on it, or that goes on from the day before."""
    return any(span.start <= minute < span.end for span in today) or any(
        minute + DAY < span.end for span in yesterday
    )


def _days(text: str) -> Iterable[int]:
    for part in text.split(","):
        first, dash, last = (word.strip().capitalize() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"the days are {', '.join(DAYS)}")
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 + 1 if dash else 1
        yield from ((begin + step) % 7 for step in range(count))


def _minute(match: re.Match[str], group: int) -> int:
    hour, minute = int(match[group]), int(match[group + 1])
    if hour * 60 + minute > DAY or minute > 59:
        raise ValueError("a time goes from 00:00 to 24:00")
    return hour * 60 + minute
