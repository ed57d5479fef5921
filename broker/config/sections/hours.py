"""Days on which opening hours are others: `[[calendars]]`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED
from broker.config.model import Calendar, Date
from broker.config.parse import Parser, listing, text
from broker.config.section_reader import Table
from protocol.hours import DAY, TIMES, Span, merged, span_of
from protocol.identifiers import derive

T = TypeVar("T")

MOST_DATES: Final = 5_000
_DATE: Final = re.compile(rf"(?:(\d{{4}})-)?(\d\d)-(\d\d){TIMES}", re.ASCII)
_DATED: Final = 'must be a date like "12-24" of every year or "2027-12-24"'
_LEAP: Final = 2028
"""A year that has each day that any year has."""


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
    return day, Span(start=0, end=DAY) if match is None else span_of(match, 4)


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
            open={day: merged(spans) for day, spans in special.items()},
        )
        if keys.name:
            identity = derive("calendar", keys.name)
            context.identities.unique(table, "calendar", keys.name)
            context.identities.alias("calendar", keys.name, identity)
            context.calendars[identity] = calendar
