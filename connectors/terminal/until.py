"""Until when something is put aside, as people say it: 14:30, tomorrow 9:00, monday, 2h, 3d."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

MORNING: Final = time(9)
"""The time of a day of which no time is said."""
EXAMPLES: Final = "14:30, tomorrow 9:00, monday, 2026-12-24 9:00, 90m, 2h, 3d"
_SPAN: Final = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)")
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LETTERS: Final = 3
"""So many letters of a day's name are enough."""


def until(text: str, now: datetime) -> datetime:
    """Read a moment.

    Args:
        text: What a person wrote.
        now: The time, with the zone of the person.

    Raises:
        ValueError: It is none, or one that has passed.
    """
    said = text.strip().lower()
    if (span := _SPAN.fullmatch(said)) is not None:
        return now + int(span[1]) * _UNITS[span[2]]
    day_text, _, time_text = said.partition(" ")
    if _TIME.fullmatch(said):
        at = _time(said)
        moment = _local(now.date(), at)
        return moment if moment > now else _local(now.date() + timedelta(days=1), at)
    moment = _local(_day(day_text, now.date()), _time(time_text) if time_text else MORNING)
    if moment <= now:
        raise ValueError(f"{text} has passed")
    return moment


def _time(text: str) -> time:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text} is no time; times are like {EXAMPLES}")
    return time(int(found[1]), int(found[2]))


def _day(text: str, today: date) -> date:
    if text == "today":
        return today
    if text == "tomorrow":
        return today + timedelta(days=1)
    for number, name in enumerate(_DAYS):
        if len(text) >= _LETTERS and name.startswith(text):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no time; times are like {EXAMPLES}") from None


def _local(day: date, at: time) -> datetime:
    """A time of a day where the person is, whatever the clocks are set to then."""
    return datetime.combine(day, at).astimezone()
