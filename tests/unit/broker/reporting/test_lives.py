"""B-30: an outage and a clock that was set back are no part of any figure."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from broker.config.model import HOUR, SECOND
from broker.reporting.report import report_main
from protocol.values import from_micros
from tests.support.core_in_memory import START
from tests.support.disturbed_day import AWAY_AT, LASTS, DisturbedDay, a_disturbed_day, saved_beside
from tests.support.playbook import Playbook

pytestmark = pytest.mark.slow

AWAY = [pytest.param(14 * 3_600, id="away"), pytest.param(-7_200, id="set back")]
NOW = [pytest.param(5, id="living"), pytest.param(9_000, id="gone")]
"""How long after the last note of its life the report is asked for, in seconds."""


def report(day: DisturbedDay, *more: str, later: int = 0, start: int = START - 3 * HOUR) -> Any:
    """What the command prints, of a time that has all of the day in it."""
    out = io.StringIO()
    asked = (
        "--from",
        from_micros(start).isoformat(),
        "--to",
        from_micros(START + 20 * HOUR).isoformat(),
    )
    argv = ["--store", str(day.config), *asked, "--format", "json", *more]
    assert report_main(argv, out, clock=day.end + later * SECOND) == 0
    return json.loads(out.getvalue())


@pytest.mark.parametrize("later", NOW)
@pytest.mark.parametrize("away", AWAY)
def test_agents_work_while_the_broker_listens(tmp_path: Path, away: int, later: int) -> None:
    """14 s to 200 s alice has a chat; both are logged in for 400 s, and 5 s longer if it lives."""
    day = a_disturbed_day(tmp_path, away)
    more = 5 if later == 5 else 0
    alice, bob = report(day, "--by", "agent", later=later)["rows"]
    assert (alice["name"], bob["name"]) == ("Alice Novak", "Bob")
    assert alice["logged_in_seconds"] == alice["ready_seconds"] == LASTS + more
    assert (alice["busy_seconds"], alice["available_seconds"]) == (186.0, LASTS + more - 186)
    assert (alice["answer_delay_seconds"], alice["handle_time_seconds"]) == (12.0, 133.0)
    assert alice["chats_at_once"] == round((186 + 80) / 186, 2)
    assert (bob["pause_seconds"], bob["ready_seconds"]) == (300.0, 100.0 + more)


@pytest.mark.parametrize("away", AWAY)
def test_a_state_lasts_while_the_broker_listens(tmp_path: Path, away: int) -> None:
    rows = report(a_disturbed_day(tmp_path, away), "--by", "state")["rows"]
    told = {row["name"]: row["time_seconds"] for row in rows if row["time_seconds"]}
    assert told == {
        "Alice Novak: Ready, by themselves": 400.0,
        "Bob: Pause, coming to work": 300.0,
        "Bob: Ready, by themselves": 100.0,
    }


@pytest.mark.parametrize("by", ["project", "gateway"])
@pytest.mark.parametrize("away", AWAY)
def test_waits_and_handle_times_are_what_the_broker_listened_to(
    tmp_path: Path, away: int, by: str
) -> None:
    """t1 waits for 4 s and t2 for 20 s; alice has them for 186 s and for 80 s."""
    day = a_disturbed_day(tmp_path, away)
    found = report(day, "--by", by, "--threshold", "10s")["all"]
    assert (found["offered"], found["answered"], found["handled"]) == (2, 2, 2)
    assert (found["speed_of_answer_seconds"], found["longest_wait_seconds"]) == (12.0, 20.0)
    assert (found["service_level_percent"], found["handle_time_seconds"]) == (50.0, 133.0)


def test_a_clock_that_comes_by_the_same_time_again_confuses_nobody(tmp_path: Path) -> None:
    """Three hours later it has shown all times of the beginning once more."""
    day = a_disturbed_day(tmp_path, -7_200, after=10_800)
    alice, bob = report(day, "--by", "agent")["rows"]
    assert (alice["logged_in_seconds"], bob["pause_seconds"]) == (11_200.0, 300.0)
    assert (alice["busy_seconds"], alice["answer_delay_seconds"]) == (186.0, 12.0)
    found = report(day, "--threshold", "10s")["all"]
    assert (found["speed_of_answer_seconds"], found["service_level_percent"]) == (12.0, 50.0)


def test_a_clock_may_be_set_back_again_and_again(tmp_path: Path) -> None:
    """Alice has t1 for 590 s of the 600 in which the broker listens, t2 waits all the time from 100 s on."""
    play = Playbook()
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("ES_CHAT_START", TrackingId="t1")
    play.wait(10)
    alice.says("CS_CHAT_ANSWER", ChatId=next(iter(play.state.chats)))
    play.wait(90)
    web.says("ES_CHAT_START", TrackingId="t2", ExtResponse="expert")
    for away in (-7_200, 3_600, -7_200, 14 * 3_600, -1_000):
        play.freeze(away)
        play.wait(100)
    play.store.note_life(play.wall)
    config, store = saved_beside(play, tmp_path)
    day = DisturbedDay(config, store, play.wall, {})
    (alices,) = report(day, "--by", "agent", start=START - 10 * HOUR)["rows"]
    assert (alices["logged_in_seconds"], alices["busy_seconds"]) == (600.0, 590.0)
    found = report(day, start=START - 10 * HOUR)["all"]
    assert (found["offered"], found["waiting"], found["longest_wait_seconds"]) == (2, 1, 500.0)


def test_each_side_of_an_outage_lies_in_its_own_interval(tmp_path: Path) -> None:
    """The broker is away from 14:15:10 to 04:15:10, and the day began at 14:13:20."""
    day = a_disturbed_day(tmp_path, 14 * 3_600)
    rows = report(day, "--by", "agent", "--interval", "1h", start=START)["rows"]
    alice = {row["from"][11:16]: row for row in rows if row["name"] == "Alice Novak"}
    assert {at: row["logged_in_seconds"] for at, row in alice.items()} == {
        "14:13": float(AWAY_AT),
        "04:13": float(LASTS - AWAY_AT),
    }
    assert (alice["14:13"]["offers"], alice["04:13"]["offers"]) == (2, 0)
    assert (alice["14:13"]["busy_seconds"], alice["04:13"]["busy_seconds"]) == (96.0, 90.0)


def test_a_time_that_begins_in_an_outage_begins_behind_it(tmp_path: Path) -> None:
    """Who was there before is found there, with the chat that they had."""
    day = a_disturbed_day(tmp_path, 14 * 3_600)
    rows = report(day, "--by", "agent", start=START + HOUR)["rows"]
    assert [row["logged_in_seconds"] for row in rows] == [290.0, 290.0]
    assert [row["busy_seconds"] for row in rows] == [90.0, 0.0]
    assert report(day, start=START + HOUR)["all"]["offered"] == 0


def test_a_time_that_the_clock_showed_twice_has_both(tmp_path: Path) -> None:
    """From 12:15:10 to 12:20:00 the clock was set back already; then it is 14:13:20 for the first time."""
    day = a_disturbed_day(tmp_path, -7_200)
    out = io.StringIO()
    asked = ("--from", "2026-09-21T12:15:10Z", "--to", "2026-09-21T14:13:20Z", "--by", "agent")
    argv = ["--store", str(day.config), *asked, "--format", "json"]
    assert report_main(argv, out, clock=day.end) == 0
    rows = json.loads(out.getvalue())["rows"]
    assert [row["logged_in_seconds"] for row in rows] == [290.0, 290.0]
    assert [row["busy_seconds"] for row in rows] == [90.0, 0.0]


def test_a_store_that_knows_nothing_of_it_is_read_as_it_is(tmp_path: Path) -> None:
    """An older one: the outage cannot be told from work, and no figure is negative all the same."""
    away = a_disturbed_day(tmp_path, 14 * 3_600)
    with sqlite3.connect(away.store) as connection:
        connection.execute("DELETE FROM lives")
    assert report(away, "--by", "agent")["rows"][0]["logged_in_seconds"] == 14 * 3_600 + LASTS
    (tmp_path / "back").mkdir()
    back = a_disturbed_day(tmp_path / "back", -7_200)
    with sqlite3.connect(back.store) as connection:
        connection.execute("DELETE FROM lives")
    for by in ("agent", "state", "project"):
        for row in report(back, "--by", by)["rows"]:
            assert all(value >= 0 for value in row.values() if isinstance(value, int | float))
