"""Opening hours of a site: when somebody calls back who asked for it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LINE: Final = re.compile(r"(?:(?P<days>[A-Za-z, -]+) )?(?P<from>\d\d:\d\d)-(?P<to>\d\d:\d\d)")
_DAY_MINUTES: Final = 24 * 60


@frozen
class Hours:
    """Spans of the week, by the clock of a zone; without a span there is no time that is not good.

    Attributes:
        zone: The zone.
        spans: Weekday (Monday is 0), first minute and the minute behind the last one.
    """

    zone: ZoneInfo
    spans: tuple[tuple[int, int, int], ...]

    @classmethod
    def parse(cls, lines: Sequence[str], zone: str) -> Self:
        """Read lines as `Mon-Fri 08:00-18:00`, `Sat,Sun 10:00-12:00` or `08:00-18:00`.

        Raises:
            ValueError: One is none, or there is no such zone.
        """
        try:
            found = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError('must be a time zone, as "Europe/Prague"') from None
        return cls(found, tuple(span for line in lines for span in _spans(line)))

    def has(self, when: datetime) -> bool:
        """Whether a moment is in them."""
        if not self.spans:
            return True
        local = when.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(
            day == local.weekday() and begin <= minute < end for day, begin, end in self.spans
        )


def _spans(line: str) -> Iterator[tuple[int, int, int]]:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ValueError('must be hours like "Mon-Fri 08:00-18:00" or "Sat,Sun 10:00-12:00"')
    begin, end = _minute(found["from"]), _minute(found["to"])
    if begin >= end:
        raise ValueError("must end after it begins, on the same day")
    for day in _days(found["days"]):
        yield day, begin, end


def _minute(text: str) -> int:
    hour, minute = int(text[:2]), int(text[3:])
    if minute > 59 or hour * 60 + minute > _DAY_MINUTES:
        raise ValueError(f"there is no {text}")
    return hour * 60 + minute


def _days(text: str | None) -> Iterator[int]:
    if text is None:
        yield from range(7)
        return
    for part in text.split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        try:
            begin = DAYS.index(first.capitalize())
            end = DAYS.index(last.capitalize()) if last else begin
        except ValueError:
            raise ValueError(f"a day is one of {', '.join(DAYS)}") from None
        yield from range(begin, end + 1) if begin <= end else (*range(begin, 7), *range(end + 1))
