"""Replays of a record in which the broker was away, or its clock was set back (B-30)."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from broker.config.load import loads
from broker.config.model import HOUR, SECOND
from broker.reporting.source import reading
from broker.reporting.times import Span
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.outcome import EVERY, WHOLE, Question, score
from broker.reporting.whatif.replay import Replayed, grace_of, replay
from broker.reporting.whatif.rows import Record, record
from tests.support.core_in_memory import START
from tests.support.disturbed_day import LASTS, DisturbedDay, a_disturbed_day, saved_beside
from tests.support.playbook import CONFIG, Playbook

pytestmark = pytest.mark.slow

AWAY = [pytest.param(14 * 3_600, id="away"), pytest.param(-7_200, id="set back")]


def read(day: DisturbedDay) -> Record:
    """All of the day."""
    span = Span(START - 3 * HOUR, START + 20 * HOUR, None, UTC)
    with reading(f"sqlite:///{day.store}") as connection:
        return record(connection, span, lambda gateway: True)


def again(found: Record, config: str = CONFIG) -> Replayed:
    """What comes of it under a configuration."""
    new = loads(config).config
    return replay(found.past, new, People(found.past), found.span, grace_of(new))


@pytest.mark.parametrize("away", AWAY)
def test_an_outage_is_neither_patience_nor_talk(tmp_path: Path, away: int) -> None:
    first, second = read(a_disturbed_day(tmp_path, away)).past.visits
    assert first.talk is not None
    assert second.talk is not None
    assert [round(visit.waited / SECOND, 3) for visit in (first, second)] == [4.0, 20.0]
    assert round(first.talk.length / SECOND, 3) == 186.0
    assert round(second.talk.length / SECOND, 3) == 80.0
    (reaction,) = (one for each in second.reactions.values() for one in each)
    assert (reaction.outcome, round(reaction.after / SECOND, 3)) == ("answered", 20.0)


@pytest.mark.parametrize("away", AWAY)
def test_a_replay_of_itself_is_the_record(tmp_path: Path, away: int) -> None:
    """The agents' work, too: 186 s of 400 for alice, none of the 100 that bob is ready."""
    found = read(a_disturbed_day(tmp_path, away))
    question = Question(span=found.span, thresholds=[10 * SECOND])
    old = score(found.outcome, question)
    assert score(again(found).outcome, question) == old
    whole = old[WHOLE, EVERY]
    assert (whole.contacts.offered, whole.contacts.answered) == (2, 2)
    assert round(whole.contacts.waited / SECOND, 3) == 24.0
    assert whole.levels == {10 * SECOND: 0.5}
    assert (round(whole.busy / SECOND, 3), round(whole.staffed / SECOND, 3)) == (186.0, LASTS + 100)


def test_who_gave_up_behind_an_outage_waited_as_long_as_somebody_listened(tmp_path: Path) -> None:
    """Nobody is there; who comes is patient for 60 s, of which the outage is none."""
    play = Playbook()
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    play.wait(20)
    play.freeze(50_000)
    play.wait(40)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    play.store.note_life(play.wall)
    config, store = saved_beside(play, tmp_path)
    (visit,) = read(DisturbedDay(config, store, play.wall, {})).past.visits
    assert (round(visit.waited / SECOND, 3), visit.left) == (60.0, True)


def test_rules_have_their_hours_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    """14:13 in the record; the broker is away until the next morning, when the gate is closed."""
    play = Playbook()
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    play.wait(20)
    play.freeze(14 * 3_600)
    web.says("ES_CHAT_START", TrackingId="t2")
    play.wait(60)
    play.store.note_life(play.wall)
    config, store = saved_beside(play, tmp_path)
    found = read(DisturbedDay(config, store, play.wall, {}))
    opening = '[[gate_rules]]\nrank = 5\nhours = ["Mon-Sun 12:00-20:00"]\n[[gate_rules]]'
    hours = CONFIG.replace("[[gate_rules]]", opening, 1)
    question = Question(span=found.span, thresholds=[10 * SECOND])
    done = score(again(found, hours).outcome, question)[WHOLE, EVERY].contacts
    assert (done.refused, done.offered) == (1, 1)
