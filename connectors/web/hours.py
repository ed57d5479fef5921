"""Opening hours of a site: when somebody calls back who asked for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from protocol.hours import Span, covers, parse_hours, week_of


@frozen
class Hours:
    """A week, by the clock on the wall of a zone; without entries there is no time that is not good.

    Attributes:
        zone: The zone.
        week: The spans that begin on each day, Monday first.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]

    @classmethod
    def parse(cls, lines: Sequence[str], zone: str) -> Self:
        """Read entries as `Mon-Fri 08:00-18:00`, `Sat,Sun 10:00-12:00` or `22:00-06:00`.

        Raises:
            ValueError: One is none, or there is no such zone.
        """
        try:
            found = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError('must be a time zone, as "Europe/Prague"') from None
        return cls(found, week_of(entry for line in lines for entry in parse_hours(line)))

    def has(self, when: datetime) -> bool:
        """Whether a moment is in them."""
        if not any(self.week):
            return True
        local = when.astimezone(self.zone)
        day = local.weekday()
        return covers(local.hour * 60 + local.minute, self.week[day], self.week[day - 1])
