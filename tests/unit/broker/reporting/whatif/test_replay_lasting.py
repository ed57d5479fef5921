"""Replays of a record that ends while things are under way: every column is of the same moment."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from broker.config.load import loads
from broker.config.model import HOUR, SECOND
from broker.core.facts import OfferMade, WrapupStarted
from broker.reporting.history import EventRow, OfferRow, ParkingRow, PartyRow, StateRow, WrapupRow
from broker.reporting.source import reading
from broker.reporting.times import DAY, Span
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.command import whatif_main
from broker.reporting.whatif.outcome import EVERY, WHOLE, Outcome, Question, Score, score
from broker.reporting.whatif.recorded import Reaction, Recorded, Talk, Visit
from broker.reporting.whatif.replay import Replayed, grace_of, replay
from broker.reporting.whatif.rows import Record, record, whole
from protocol.values import ChatStatus
from tests.support.core_in_memory import START
from tests.support.playbook import CONFIG, Client, Playbook

pytestmark = pytest.mark.slow

TIMEOUTS = 'inactivity_timeout = "10m"\ninactivity_warning = "60s"\n'
PATIENT = CONFIG.replace(TIMEOUTS, 'inactivity_timeout = "99h"\n')
"""No chat ends by inactivity within three days."""
Saved = tuple[str, str]
"""The address of a store, and the file of its configuration."""


class Floor(Playbook):
    """Alice and Bob at work, and a broker that goes on living."""

    def __init__(self, config: str = PATIENT) -> None:
        super().__init__(config)
        self.text = config
        self.web = self.connector("web")
        self.alice, self.bob = self.agent("alice", "101"), self.agent("bob", "102")

    def comes(self, tracking: str, **more: Any) -> None:
        """A visitor comes."""
        self.web.says("ES_CHAT_START", TrackingId=tracking, **more)

    def says(self, agent: Client, type: str, tracking: str) -> None:
        """An agent does something about a visitor's chat."""
        found = (c.id for c in self.state.chats.values() if c.visitor.tracking_id == tracking)
        agent.says(type, ChatId=next(found))

    def answered(self, tracking: str, **more: Any) -> Client:
        """A visitor comes and is answered 2 s later, by the one to whom they are offered."""
        self.comes(tracking, **more)
        offer = next(fact for fact in reversed(self.facts) if isinstance(fact, OfferMade))
        agent = self.alice if offer.agent == self.config.agent_by_login["alice"].id else self.bob
        self.wait(2)
        self.says(agent, "CS_CHAT_ANSWER", tracking)
        return agent

    def closed(self, tracking: str, seconds: float = 2.1, **more: Any) -> None:
        """A visitor comes, is answered, and the agent hangs up after a while."""
        agent = self.answered(tracking, **more)
        self.wait(seconds)
        self.says(agent, "CS_CHAT_HANGUP", tracking)

    def saved(self, folder: Path) -> Saved:
        """The store in a file, of a broker that lives, and the configuration beside it."""
        self.store.note_life(self.wall)
        image = self.store._connection.connection.driver_connection
        assert image is not None
        store, config = folder / "day.db", folder / "day.toml"
        store.write_bytes(image.serialize())
        config.write_text(self.text, encoding="utf-8")
        return f"sqlite:///{store}", str(config)


def read(store: str, until: int | None = None) -> Record:
    """The record, all of it or up to a second."""
    with reading(store) as connection:
        known = whole(connection)
        assert known is not None
        end = known[1] + 1 if until is None else START + until * SECOND
        return record(connection, Span(known[0], end, None, UTC), lambda gateway: True)


def again(found: Record, config: str = PATIENT, seed: int = 0) -> Replayed:
    """What comes of it under a configuration."""
    new = loads(config).config
    return replay(found.past, new, People(found.past, seed), found.span, grace_of(new))


def both(found: Record, config: str = PATIENT, seed: int = 0) -> tuple[Score, Score]:
    """The figures of the record and of its replay, all of which must be the same."""
    question = Question(span=found.span, thresholds=[20 * SECOND])
    old, new = score(found.outcome, question), score(again(found, config, seed).outcome, question)
    assert new == old
    return old[WHOLE, EVERY], new[WHOLE, EVERY]


def still_open(floor: Floor) -> None:
    """One is over, three are answered, a fifth waits; then nothing happens for 12 minutes."""
    floor.closed("v1")
    for tracking in ("v2", "v3", "v4"):
        floor.answered(tracking)
    floor.comes("v5")
    floor.wait(720)


def an_offer_stands(floor: Floor) -> None:
    """The second visitor is offered to somebody when the record ends."""
    floor.closed("v1")
    floor.comes("v2")
    floor.wait(9)


def a_wrapup_lasts(floor: Floor) -> None:
    """The second chat is wrapped up when the record ends."""
    floor.closed("v1")
    floor.closed("v2", ExtResponse="sales", PreferredCulture="de")
    floor.wait(9)


def an_agent_is_lost(floor: Floor) -> None:
    """The second visitor has lost their agent and waits again when the record ends."""
    floor.closed("v1")
    agent = floor.answered("v2")
    other = floor.bob if agent is floor.alice else floor.alice
    other.says("CS_AGENT_STATE", State="Pause")
    floor.wait(30)
    agent.leaves()
    floor.wait(300)


@pytest.mark.parametrize("play", [still_open, an_offer_stands, a_wrapup_lasts, an_agent_is_lost])
@pytest.mark.parametrize("seed", range(3))
def test_what_lasts_at_the_end_of_the_record_lasts_at_that_of_the_replay(
    tmp_path: Path, play: Callable[[Floor], None], seed: int
) -> None:
    """Nobody has handled it in either, though no chat that is over was as long."""
    floor = Floor()
    play(floor)
    store, _ = floor.saved(tmp_path)
    found = read(store)
    _, new = both(found, seed=seed)
    assert found.past.under_way == new.contacts.offered - new.contacts.handled > 0
    assert (new.contacts.handled, new.contacts.talk) == (1, 2.1 * SECOND)


def test_chats_that_last_are_not_over_sooner_for_a_quicker_answer(tmp_path: Path) -> None:
    """Their end is not in the record, wherever they begin; with one slot more the fifth is answered."""
    floor = Floor()
    still_open(floor)
    found = read(floor.saved(tmp_path)[0])
    more = PATIENT.replace('bob-secret"\nmax_chats = 1', 'bob-secret"\nmax_chats = 2')
    assert more != PATIENT
    early = evolve(
        found.past,
        visits=[
            evolve(
                visit,
                reactions={
                    agent: [evolve(one, after=one.after // 2) for one in seen]
                    for agent, seen in visit.reactions.items()
                },
            )
            for visit in found.past.visits
        ],
    )
    done = again(evolve(found, past=early))
    question = Question(span=found.span, thresholds=[20 * SECOND])
    assert score(done.outcome, question)[WHOLE, EVERY].contacts.handled == 1
    wider = score(again(found, more).outcome, question)[WHOLE, EVERY].contacts
    assert (wider.answered, wider.waiting) == (5, 0)


def test_the_page_says_what_was_not_over(tmp_path: Path) -> None:
    """And of which time it tells: up to when the broker was last seen, not to the last event."""
    floor = Floor()
    still_open(floor)
    store, config = floor.saved(tmp_path)
    asked = ("--history", store, "--config", config, "--base", config)
    out = io.StringIO()
    assert whatif_main((*asked, "--json"), out) == 0
    told = json.loads(out.getvalue())
    for row in told["rows"]:
        assert row["recorded"] == row["replayed_old"] == row["new"]
    everything = told["rows"][0]["recorded"]
    assert (everything["longest_wait_seconds"], everything["handle_time_seconds"]) == (720.0, 2.1)
    out = io.StringIO()
    assert whatif_main(asked, out) == 0
    head, *lines = out.getvalue().splitlines()
    assert head.startswith("2026-09-21 14:13 to 2026-09-21 14:25 UTC")
    (note,) = (line for line in lines if "not over" in line)
    assert note.startswith("- 4 contacts were not over at 2026-09-21 14:25:")


def test_what_is_over_needs_no_note(tmp_path: Path) -> None:
    floor = Floor()
    floor.closed("v1")
    store, config = floor.saved(tmp_path)
    out = io.StringIO()
    assert whatif_main(("--history", store, "--config", config), out) == 0
    assert "not over" not in out.getvalue()


def test_a_chat_that_outlasts_what_is_replayed_is_over_in_neither(tmp_path: Path) -> None:
    """It ends after three days, and a replay is not followed for more than one."""
    floor = Floor()
    floor.closed("v1")
    agent = floor.answered("v2")
    floor.wait(3 * DAY / SECOND)
    floor.says(agent, "CS_CHAT_HANGUP", "v2")
    found = read(floor.saved(tmp_path)[0], until=3_600)
    assert found.past.end == found.span.last + DAY
    assert found.past.under_way == 1
    old, _ = both(found)
    assert (old.contacts.answered, old.contacts.handled) == (2, 1)
    assert found.outcome.until == found.past.end - 1


def test_a_wait_that_outlasts_it_is_as_long_in_both(tmp_path: Path) -> None:
    floor = Floor()
    floor.closed("v1")
    for agent in (floor.alice, floor.bob):
        agent.says("CS_AGENT_STATE", State="Pause")
    floor.comes("v2")
    floor.wait(3 * DAY / SECOND)
    found = read(floor.saved(tmp_path)[0], until=3_600)
    old, _ = both(found)
    assert old.contacts.waiting == 1
    assert DAY < old.contacts.longest < DAY + HOUR


def test_wrapups_are_followed_to_their_end_as_well(tmp_path: Path) -> None:
    """One of two hours, behind the time that is asked about and the hour that is read besides."""
    config = PATIENT.replace('wrapup = "20s"', 'wrapup = "3h"').replace(
        'peer = "web"', 'peer = "web"\ntracking_inertia = "9h"'
    )
    floor = Floor(config)
    floor.closed("v1")
    floor.closed("v2", ExtResponse="sales", PreferredCulture="de")
    floor.wait(2 * 3_600)
    wrapup = next(fact for fact in floor.facts if isinstance(fact, WrapupStarted))
    floor.alice.says("CS_CHAT_WRAPUP", ChatId=wrapup.chat)
    floor.wait(3 * 3_600)
    found = read(floor.saved(tmp_path)[0], until=60)
    assert found.past.end > START + 3 * HOUR
    _, new = both(found, config)
    assert new.contacts.handled == 2
    assert new.contacts.wrapup == 2 * HOUR


# -- what people do of whom the end is not known

WEB = next(iter(loads(PATIENT).config.gateways))


def known(visit: Visit, *others: Visit) -> People:
    """People of an hour."""
    past = Recorded(start=0, end=HOUR, visits=[visit, *others], changes=(), returns={})
    return People(past)


def comes(key: str, **more: Any) -> Visit:
    """A visit at the tenth minute."""
    return evolve(Visit(key=key, gateway=WEB, tracking_id=key, at=600 * SECOND), **more)


@pytest.mark.parametrize(
    ("lasting", "length"), [(True, HOUR - 600 * SECOND), (False, 90 * SECOND + 1)]
)
def test_what_was_longer_than_all_others_ends_behind_the_record(lasting: bool, length: int) -> None:
    """If it did in the record; a talk that was lost in it goes on for a moment."""
    lasts = comes("a", talk=Talk(90 * SECOND, None), lasting=lasting)
    people = known(lasts, comes("b", talk=Talk(90 * SECOND, "Agent")))
    assert people.talk(lasts, None).length == length


def test_what_was_cut_short_lasts_longer_than_it_was_seen_to() -> None:
    """Not as long: an example that ended just then is none of one that went on."""
    seen = {"bob": (Reaction("open", 9 * SECOND),)}
    lasts = comes("a", talk=Talk(90 * SECOND, None), lasting=True, reactions=seen)
    short, long = (Talk(length * SECOND, "Agent") for length in (90, 91))
    answers = {"bob": [Reaction("answered", after * SECOND) for after in (9, 10)]}
    others = (comes("b", talk=short, reactions=answers), comes("c", talk=long))
    people = known(lasts, *others)
    assert people.talk(lasts, None) == long
    assert people.reaction(lasts, "bob", 0) == Reaction("answered", 10 * SECOND)


def test_who_stands_before_an_open_offer_answers_behind_the_record() -> None:
    seen = {"bob": (Reaction("open", 9 * SECOND),)}
    lasts = comes("a", reactions=seen, lasting=True)
    assert known(lasts).reaction(lasts, "bob", 0).after == HOUR - 600 * SECOND


def test_silence_ends_nothing_that_was_seen_to_last(tmp_path: Path) -> None:
    """One chat ends by five hours of silence; the other, where ten minutes are enough, goes on."""
    config = CONFIG.replace('token = "im-secret"', 'token = "im-secret"\ninactivity_timeout = "5h"')
    floor = Floor(config)
    web, floor.web = floor.web, floor.connector("im")
    floor.answered("v1")
    floor.wait(4.5 * 3_600)
    floor.web = web
    floor.answered("v2")
    for number in range(10):
        floor.wait(300)
        floor.web.says("ES_CHAT_SENTENCE", TrackingId="v2", ID=f"w{number}", Text="still here")
    found = read(floor.saved(tmp_path)[0])
    assert found.past.under_way == 1
    old, _ = both(found, config)
    assert (old.contacts.answered, old.contacts.handled) == (2, 1)


def test_an_outcome_as_of_a_moment() -> None:
    """What began later is not in it, and what ended later has no end."""

    def event(at: int) -> EventRow:
        return EventRow(1, at, ChatStatus.WAITING, "waiting", None, None, "web", "support")

    def offer(at: int, ended: int | None, outcome: str | None) -> OfferRow:
        return OfferRow("bob", at, ended, outcome, "web", "support", 1, "Queue")

    told = Outcome(
        events=[event(1), event(5), event(6)],
        wrapups=[WrapupRow(1, "bob", 1, 5, "agent"), WrapupRow(2, "bob", 2, 6, "agent")],
        offers=[offer(1, 5, "missed"), offer(2, 6, "missed"), offer(6, None, None)],
        states=[StateRow("bob", 5, "Ready"), StateRow("bob", 6, "Pause")],
        parked=[ParkingRow(1, "bob", 3, 9), ParkingRow(1, "bob", 9, 10)],
        joined=[PartyRow(1, "bob", 3, 9, "Consult", "web", "support")],
        until=10,
    )
    then = told.as_of(5)
    assert list(then.events) == [event(1), event(5)]
    assert list(then.wrapups) == [told.wrapups[0], WrapupRow(2, "bob", 2, None)]
    assert list(then.offers) == [told.offers[0], offer(2, None, None)]
    assert list(then.states) == [told.states[0]]
    assert list(then.parked) == [ParkingRow(1, "bob", 3, None)]
    assert list(then.joined) == [PartyRow(1, "bob", 3, None, "Consult", "web", "support")]
    assert then.until == 5
