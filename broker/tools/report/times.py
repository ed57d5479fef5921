"""Times of a report: what was asked for, in which time zone, cut into which intervals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

from attrs import field, frozen

from protocol.values import from_micros, to_micros

DAY: Final = 86_400_000_000
MOST: Final = 100_000
"""How many intervals a report may have."""


def parse_moment(text: str, zone: tzinfo) -> int:
    """A moment in microseconds: RFC 3339, or a local date or time of the zone.

    Raises:
        ValueError: It is neither.
    """
    try:
        found = datetime.fromisoformat(text)
        return to_micros(found if found.tzinfo is not None else found.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no time like 2026-09-21, 2026-09-21T08:30 or 2026-09-21T08:30:00Z"
        ) from None


@frozen
class Span:
    """The time that a report is about: `start` included, `end` not.

    Attributes:
        start: Its first moment.
        end: The first moment after it.
        interval: The length of an interval; None for one that is as long as the whole. Whole
            days are days of the calendar, whatever the clocks do.
        zone: Whose calendar.
        bounds: Where each interval begins, then the end.

    Raises:
        ValueError: There are too many intervals, or no time between start and end.
    """

    start: int
    end: int
    interval: int | None
    zone: tzinfo

    bounds: list[int] = field(init=False)

    @bounds.default
    def _bounds(self) -> list[int]:
        if self.end <= self.start:
            raise ValueError("the end must be later than the start")
        if self.interval is not None and (self.end - self.start) / self.interval > MOST:
            raise ValueError(f"more than {MOST:,} intervals")
        return [*self._starts(), self.end]

    def _starts(self) -> Iterator[int]:
        if self.interval is None:
            yield self.start
            return
        days, rest = divmod(self.interval, DAY)
        first = self.local(self.start)
        at, count = self.start, 0
        while at < self.end:
            yield at
            count += 1
            if rest:
                at += self.interval
            else:
                at = to_micros(first + timedelta(days=days * count))

    def local(self, at: int) -> datetime:
        """A moment by the clocks of the zone."""
        return from_micros(at).astimezone(self.zone)

    def index(self, at: int) -> int | None:
        """Which interval a moment is in; None when outside."""
        if not self.start <= at < self.end:
            return None
        return bisect_right(self.bounds, at) - 1

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The intervals that a stretch of time touches, with how much of it lies in each."""
        at, end = max(start, self.start), min(end, self.end)
        if at >= end:
            return
        place = bisect_right(self.bounds, at) - 1
        while at < end:
            until = min(end, self.bounds[place + 1])
            yield place, until - at
            at, place = until, place + 1
