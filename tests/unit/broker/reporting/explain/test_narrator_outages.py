"""B-30: a story over an outage, or over a clock that was set back, keeps its order and its lengths."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from broker.reporting.explain.command import explain_main
from tests.support.disturbed_day import DisturbedDay, a_disturbed_day

pytestmark = pytest.mark.slow

RULE = (
    "No gate rule matched. Project rule of rank 40 matched: project Support, any language, "
    "skill 1 or more, priority 0."
)
OUTAGES = [
    pytest.param(
        50_400,
        "The broker was away from 2026-09-21 16:15:10 to 2026-09-22 06:15:10.",
        id="away",
    ),
    pytest.param(
        -7_200,
        "The clock of the broker was set back from 2026-09-21 16:15:10 to 2026-09-21 14:15:10.",
        id="set back",
    ),
]


def explained(day: DisturbedDay, chat: str, *more: str) -> str:
    """What the command prints of a chat."""
    out = io.StringIO()
    argv = [day.chats[chat], "--store", str(day.config), "--zone", "Europe/Prague", *more]
    assert explain_main(argv, out, clock=day.end) == 0
    return out.getvalue()


def told(day: DisturbedDay, chat: str, *more: str) -> Any:
    """The same as JSON."""
    return json.loads(explained(day, chat, "--json", *more))


@pytest.mark.parametrize("after", [0, 10_800])
@pytest.mark.parametrize(("away", "outage"), OUTAGES)
def test_a_story_is_in_its_true_order(tmp_path: Path, away: int, outage: str, after: int) -> None:
    found = told(a_disturbed_day(tmp_path, away, after), "t2")
    assert [entry["text"] for entry in found["story"]] == [
        "The chat began on gateway Web chat, visitor t2.",
        RULE,
        "Offered to Alice Novak: the only candidate. Passed over: Bob (in state Pause).",
        outage,
        "Alice Novak answered after 20.0 s.",
        "Closed by the agent; Alice Novak had it.",
    ]
    assert found["story"][3]["what"] == "away"


@pytest.mark.parametrize(("away", "outage"), OUTAGES)
def test_times_are_told_as_the_clock_showed_them(tmp_path: Path, away: int, outage: str) -> None:
    day = a_disturbed_day(tmp_path, away)
    times = [entry["at"] for entry in told(day, "t2")["story"]]
    answered = "2026-09-22T06:15:20+02:00" if away > 0 else "2026-09-21T14:15:20+02:00"
    assert (times[0], times[3], times[4]) == (
        "2026-09-21T16:15:00+02:00",
        "2026-09-21T16:15:10+02:00",
        answered,
    )
    assert f"  {outage}" in explained(day, "t2")


@pytest.mark.parametrize(("away", "outage"), OUTAGES)
def test_an_outage_lengthens_no_phase(tmp_path: Path, away: int, outage: str) -> None:
    day = a_disturbed_day(tmp_path, away)
    text = explained(day, "t2")
    assert outage in text
    assert "offered         20.0 s" in text
    assert "answered        1:20" in text
    assert [owner["seconds"] for owner in told(day, "t1")["owners"]] == [186.0]


def test_an_outage_is_told_to_whoever_asks_for_all_of_the_story(tmp_path: Path) -> None:
    day = a_disturbed_day(tmp_path, 50_400)
    whats = [entry["what"] for entry in told(day, "t2", "--agent", "alice")["story"]]
    assert whats == ["offered", "offer_answered", "closed"]
    assert "was away" not in explained(day, "t2", "--agent", "bob")


def test_a_chat_that_was_over_before_an_outage_knows_nothing_of_it(tmp_path: Path) -> None:
    day = a_disturbed_day(tmp_path, 50_400)
    with sqlite3.connect(day.store) as connection:  # the outage begins after the end of the day
        connection.execute("UPDATE lives SET started_at = started_at + 1000000000000 WHERE seq > 1")
        connection.execute("UPDATE lives SET seen_at = seen_at + 200000000000 WHERE seq = 1")
        connection.execute("UPDATE lives SET seen_at = seen_at + 1000000000000 WHERE seq > 1")
    assert all(entry["what"] != "away" for entry in told(day, "t2")["story"])


def test_an_older_store_tells_of_no_outage_and_of_nothing_negative(tmp_path: Path) -> None:
    day = a_disturbed_day(tmp_path, -7_200)
    with sqlite3.connect(day.store) as connection:
        connection.execute("DELETE FROM lives")
    found = told(day, "t2")
    assert all(entry["what"] != "away" for entry in found["story"])
    assert all(phase["seconds"] >= 0 for phase in found["phases"])
