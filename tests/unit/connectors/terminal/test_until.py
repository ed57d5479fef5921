"""Moments as people say them."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from connectors.terminal.until import until


@pytest.fixture(autouse=True)
def _in_prague(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Prague")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def now(text: str = "2026-03-27 12:00") -> datetime:
    """A Friday, unless it is said."""
    return datetime.fromisoformat(text).astimezone()


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("14:30", "2026-03-27T14:30:00+01:00"),
        ("9:00", "2026-03-28T09:00:00+01:00"),
        ("tomorrow", "2026-03-28T09:00:00+01:00"),
        ("tomorrow 14:30", "2026-03-28T14:30:00+01:00"),
        ("today 23:59", "2026-03-27T23:59:00+01:00"),
        ("Monday", "2026-03-30T09:00:00+02:00"),
        ("fri 8:15", "2026-04-03T08:15:00+02:00"),
        ("2026-12-24", "2026-12-24T09:00:00+01:00"),
        ("2026-12-24 7:00", "2026-12-24T07:00:00+01:00"),
        ("90m", "2026-03-27T13:30:00+01:00"),
        ("45 min", "2026-03-27T12:45:00+01:00"),
        ("2h", "2026-03-27T14:00:00+01:00"),
        ("1w", "2026-04-03T12:00:00+01:00"),
    ],
)
def test_a_moment_is_read(said: str, moment: str) -> None:
    assert until(said, now()) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "said",
    ["", "soon", "25:00", "9:60", "mo", "monday 9", "today 8:00", "2026-13-01", "2025-01-01"],
)
def test_what_is_none_or_has_passed_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        until(said, now())
