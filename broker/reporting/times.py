"""Times of a report: what was asked for, in which time zone, cut into which intervals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

from attrs import field, frozen

from broker.reporting.listened import ALWAYS, Listened
from protocol.values import from_micros, to_micros

DAY: Final = 86_400_000_000
HOUR: Final = 3_600_000_000
MOST: Final = 100_000
"""How many intervals a report may have."""
YEARS: Final = range(1900, 9900)
"""The years that can be asked for: in each of them every zone has every moment."""


def parse_moment(text: str, zone: tzinfo) -> int:
    """A moment in microseconds: RFC 3339, or a local date or time of the zone.

    Raises:
        ValueError: It is neither, or of no year in `YEARS`.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time like 2026-09-21, 2026-09-21T08:30 or 2026-09-21T08:30:00Z"
        ) from None
    if found.year not in YEARS:
        raise ValueError(f"{text!r} is not between the years {YEARS.start} and {YEARS.stop}")
    return to_micros(found if found.tzinfo is not None else found.replace(tzinfo=zone))


def clock_time(moment: datetime, form: str) -> str:
    """A local time as `strftime` writes it, with its offset where the clocks show it twice."""
    twice = moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
    offset = f"{moment:%z}"
    return f"{moment:{form}} {offset[:3]}:{offset[3:]}" if twice else f"{moment:{form}}"


def wall_time(at: int, zone: tzinfo) -> str:
    """A moment in full, to the second, by the clocks of a zone."""
    return clock_time(from_micros(at).astimezone(zone), "%Y-%m-%d %H:%M:%S")


@frozen
class Span:
    """The time that a report is about: `start` included, `end` not.

    What lies in it is told in the broker's own time (`Listened`): an outage is no part of it.

    Attributes:
        start: Its first moment.
        end: The first moment after it.
        interval: The length of an interval; None for one that is as long as the whole. One that
            is longer than an hour begins by the clocks on the wall, as days and shifts do.
        zone: Whose calendar.
        listened: When the broker listened.
        bounds: Where each interval begins, then the end.
        eras: The first and the last era in which the broker listened at such a time.
        first: Its first moment in the broker's own time.
        last: The first moment after it in that.

    Raises:
        ValueError: There are too many intervals, or no time between start and end.
    """

    start: int
    end: int
    interval: int | None
    zone: tzinfo
    listened: Listened = ALWAYS

    bounds: list[int] = field(init=False)
    eras: tuple[int, int] = field(init=False)
    first: int = field(init=False)
    last: int = field(init=False)

    @bounds.default
    def _bounds(self) -> list[int]:
        if self.end <= self.start:
            raise ValueError("the end must be later than the start")
        if self.interval is not None and (self.end - self.start) / self.interval > MOST:
            raise ValueError(f"more than {MOST:,} intervals")
        return [*self._starts(), self.end]

    @eras.default
    def _eras(self) -> tuple[int, int]:
        return self.listened.touching(self.start, self.end)

    @first.default
    def _first(self) -> int:
        return self.listened.own(self.start, self.eras[0])

    @last.default
    def _last(self) -> int:
        return self.listened.own(self.end, self.eras[1])

    def _starts(self) -> Iterator[int]:
        yield self.start
        if self.interval is None or self.interval >= self.end - self.start:
            return
        by_the_wall = self.interval > HOUR
        at, last = self.start, self.end
        if by_the_wall:
            last += DAY  # no zone sets its clocks by more
        for nominal in range(self.start + self.interval, last, self.interval):
            begins = self._by_the_wall(nominal) if by_the_wall else nominal
            if at < begins < self.end:  # the clocks may pass over a whole interval
                at = begins
                yield at

    def _by_the_wall(self, nominal: int) -> int:
        """When the clocks show the time that they would show had nobody set them since the start."""
        first = self.local(self.start)
        return to_micros(first + timedelta(microseconds=nominal - self.start))

    def local(self, at: int) -> datetime:
        """A moment by the clocks of the zone."""
        return from_micros(at).astimezone(self.zone)

    def index(self, own: int) -> int | None:
        """Which interval a moment of the broker's own time is in; None when outside."""
        at = self.listened.wall(own)
        if not self.start <= at < self.end:
            return None
        return bisect_right(self.bounds, at) - 1

    @property
    def title(self) -> str:
        """The whole of it, for people."""
        start, end = self.local(self.start), self.local(self.end)
        form = "%Y-%m-%d %H:%M"
        if clock_time(start, form) == clock_time(end, form):
            form += ":%S"
        return f"{clock_time(start, form)} to {clock_time(end, form)} {end:%Z}"

    def label(self, place: int) -> str:
        """When an interval begins, as short as its name can be without being another's."""
        years = {self.local(at).year for at in (self.start, self.end - 1)}
        form = "%m-%d %H:%M" if len(years) == 1 else "%Y-%m-%d %H:%M"
        return clock_time(self.local(self.bounds[place]), form)

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The intervals that a stretch of own time touches, with how much of it lies in each."""
        start, end = max(start, self.first), min(end, self.last)
        if start < end:
            for begun, ended in self.listened.walls(start, end):
                yield from self._parts(begun, ended)

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        at, end = max(start, self.start), min(end, self.end)
        if at >= end:
            return
        place = bisect_right(self.bounds, at) - 1
        while at < end:
            until = min(end, self.bounds[place + 1])
            yield place, until - at
            at, place = until, place + 1
