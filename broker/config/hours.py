"""Opening hours: from ``Mon-Fri 08:00-18:00`` to minutes of the week."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from broker.config.model import Span

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY: Final = 24 * 60
WEEK: Final = 7 * DAY
_ENTRY: Final = re.compile(r"(?:([A-Za-z,-]+))?(?:(?:^| +)(\d\d):(\d\d) ?- ?(\d\d):(\d\d))?")
_FORM: Final = 'must be hours like "Mon-Fri 08:00-18:00", "Sat,Sun" or "22:00-06:00"'


def parse_hours(value: object) -> tuple[Span, ...]:
    """Read one entry: days, a time span, or both.

    Without days it holds for every day, without times for the whole day. A span that ends
    before it begins goes on over midnight into the next day.

    Raises:
        ValueError: It is no such entry.
    """
    match = _ENTRY.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(_FORM)
    days = range(7) if match[1] is None else sorted(set(_days(match[1])))
    begin, end = (0, DAY) if match[2] is None else (_minute(match, 2), _minute(match, 4))
    if begin == end:
        raise ValueError("the span is empty; the whole day is 00:00-24:00")
    if begin == DAY:
        raise ValueError("a span cannot begin at 24:00")
    length = end - begin if begin < end else end - begin + DAY
    return tuple(Span(start=day * DAY + begin, end=day * DAY + begin + length) for day in days)


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Bring spans into the week, in order, and join those that touch or overlap."""
    inside: list[tuple[int, int]] = []
    for span in spans:
        inside.append((span.start, min(span.end, WEEK)))
        if span.end > WEEK:
            inside.append((0, span.end - WEEK))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(inside):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(Span(start=start, end=end) for start, end in merged)


def _days(text: str) -> Iterable[int]:
    for part in text.split(","):
        first, dash, last = part.partition("-")
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
