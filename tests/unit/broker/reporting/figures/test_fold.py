"""The fold of the log, entry by entry."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from attrs import evolve

from broker.reporting.figures.fold import apply, fold, forget
from broker.reporting.figures.log import (
    AgentStep,
    ChatStep,
    ConversationStands,
    Heard,
    SpellBegan,
    SpellEnded,
)
from broker.reporting.figures.state import Key, Spent, day_start
from broker.reporting.figures.sums import Asked, longest, of_day, total
from broker.reporting.history import ParkingRow, PartyRow, StateRow, WrapupRow
from broker.reporting.listened import Listened, Stretch
from broker.reporting.times import DAY, parse_moment
from protocol.values import ChatStatus
from tests.support.figures_log import S, agent, answered, chat, folded, left, waits

ALL = Asked(by=())
KEY = Key("support", "en", "web")


def test_a_chat_stands_as_its_last_event_says() -> None:
    state = folded(answered(1, 4), until=4)
    one = state.chats[1]
    assert (one.status, one.holder, one.waiting_since, one.key) == ("Answered", "alice", None, KEY)
    assert state.agents["alice"].held == 1
    closed = folded(answered(1, 4))
    assert (closed.chats[1].is_open, closed.agents["alice"].held) == (False, 0)


def test_an_offer_that_is_missed_begins_no_new_wait() -> None:
    log = chat(
        1,
        (0, "Pilot", None, None),
        (1, "Waiting", None, None),
        (2, "Alerting", "alice", None),
        (9, "Waiting", None, None),
        (10, "Alerting", "bob", None),
    )
    assert folded(log).chats[1].waiting_since == 1 * S


def test_a_chat_that_is_given_back_waits_anew_and_is_no_second_contact() -> None:
    log = [
        *answered(1, 4)[:-1],
        *chat(1, (50, "Waiting", None, None)),
    ]
    state = folded(log)
    assert state.chats[1].waiting_since == 50 * S
    tally = total(of_day(state, ALL, 0, 100 * S))
    assert (tally.offered, tally.answered, tally.waiting) == (1, 1, 0)


def test_a_chat_that_is_reopened_is_another_contact() -> None:
    log = chat(
        1,
        (0, "Pilot", None, None),
        (0, "Waiting", None, None),
        (5, "Closed", None, "External"),
        (60, "Pilot", None, None),
        (60, "Waiting", None, None),
    )
    state = folded(log)
    tally = total(of_day(state, ALL, 0, 70 * S))
    assert (tally.offered, tally.abandoned, tally.waiting) == (2, 1, 1)
    assert len(state.chats[1].contacts) == 2


def test_what_this_side_begins_waits_for_nobody() -> None:
    outbound = [
        evolve(step, event=evolve(step.event, outbound=True))
        for step in waits(1)
        if isinstance(step, ChatStep)
    ]
    assert total(of_day(folded([*outbound]), ALL, 0, 70 * S)).offered == 0


def test_wrap_ups_and_parked_time_are_of_the_contact() -> None:
    state = folded(answered(1, 10, talk=90))
    wrapup = WrapupRow(1, "alice", 100 * S, None)
    apply(state, SpellBegan(wrapup))
    assert total(of_day(state, ALL, 0, 100 * S)).handled == 0
    apply(state, SpellEnded(evolve(wrapup, ended=130 * S, cause="agent")))
    apply(state, SpellBegan(ParkingRow(1, "alice", 20 * S, 50 * S)))
    apply(state, SpellEnded(ParkingRow(1, "alice", 20 * S, 50 * S)))
    tally = total(of_day(state, ALL, 0, 130 * S))
    assert (tally.handled, tally.talk, tally.hold, tally.wrapup) == (1, 90 * S, 30 * S, 30 * S)
    assert state.agents["alice"].held == 0


def test_a_spell_of_a_chat_that_is_not_kept_counts_for_its_agent_alone() -> None:
    state = folded(agent("alice", (0, "Ready")))
    apply(state, SpellBegan(WrapupRow(9, "alice", 10 * S, None)))
    apply(state, SpellEnded(WrapupRow(9, "alice", 10 * S, 30 * S)))
    assert state.chats == {}
    assert state.spent_by("alice", 0, 100 * S) == Spent(100 * S, 20 * S, 80 * S)


def test_how_agents_spend_their_time() -> None:
    """Ready and free, with a chat, in somebody else's, and with one put aside."""
    state = folded(
        agent("alice", (0, "Ready"), (200, "Pause"), (300, "LogOff")),
        answered(1, 10, at=40, talk=50),
    )
    assert state.spent_by("alice", 0, 400 * S) == Spent(300 * S, 50 * S, 150 * S)
    party = PartyRow(1, "bob", 20 * S, 60 * S, "Consult", "web", None)
    bob = fold(folded(agent("bob", (0, "Ready"))), (SpellBegan(party), SpellEnded(party)))
    assert bob.spent_by("bob", 0, 100 * S) == Spent(100 * S, 40 * S, 60 * S)
    parked = fold(
        folded(agent("alice", (0, "Ready")), answered(1, 0)[:-1]),
        (SpellBegan(ParkingRow(1, "alice", 30 * S, None)),),
    )
    assert parked.spent_by("alice", 0, 100 * S) == Spent(100 * S, 30 * S, 70 * S)


def test_since_when_an_agent_is_in_their_state() -> None:
    """Another wish for later begins no new state; another reason does."""
    state = folded(agent("alice", (0, "Ready"), (5, "Ready"), (10, "Pause"), (11, "Pause")))
    assert state.agents["alice"].since == 10 * S
    apply(state, AgentStep(StateRow("alice", 12 * S, "Pause", "Lunch")))
    assert (state.agents["alice"].since, state.agents["alice"].reason) == (12 * S, "Lunch")


def test_an_outage_is_nobodys_time() -> None:
    """The wall goes on by an hour, the broker's own time by a microsecond."""
    first = Stretch(0, 100 * S, 0, 0)
    second = Stretch(3_700 * S, 4_000 * S, 0, 100 * S + 1)
    state = folded(agent("alice", (0, "Ready")), waits(1, at=90))
    apply(state, Heard(Listened((first, second))))
    now = second.own + 15 * S
    assert state.spent_by("alice", 0, now).available == 115 * S
    assert total(of_day(state, ALL, 0, now)).overdue == 1
    assert total(of_day(state, ALL, 0, second.own + 9 * S)).overdue == 0


def test_a_language_that_changes_takes_the_contacts_along() -> None:
    state = folded(left(1, 30), left(2, 10))
    later = chat(1, (60, "Pilot", None, None), language="cs")
    fold(state, later)
    assert longest(state, Asked(by=("language",)), 0) == {("en",): 10 * S, ("cs",): 30 * S}
    by_language = of_day(state, Asked(by=("language",)), 0, 70 * S)
    assert {g: t.offered for g, t in by_language.items() if t.offered} == {("en",): 1, ("cs",): 1}


def test_what_is_over_is_forgotten_and_what_lasts_is_not() -> None:
    state = folded(answered(1, 4), waits(2), agent("alice", (0, "Ready")))
    forget(state, DAY)
    assert set(state.chats) == {2}
    assert (state.by_slot, state.totals, state.slots, state.pending) == ({}, {}, {}, {})
    assert state.spent_by("alice", DAY, DAY + 50 * S).available == 50 * S
    version = state.version
    forget(state, DAY)
    assert state.version == version
    fold(state, chat(2, (90_000, "Closed", None, "External")))
    assert state.totals == {}


def test_conversations_stand_until_they_are_closed() -> None:
    one = ConversationStands(
        no=1,
        id="c1",
        gateway="mail",
        project="support",
        language=None,
        status=ChatStatus.WAITING,
        agent=None,
        since=0,
        due=50,
        is_aside=False,
    )
    state = folded()
    apply(state, one)
    assert state.conversations == {1: one}
    apply(state, evolve(one, status=ChatStatus.CLOSED))
    assert state.conversations == {}


def test_a_day_begins_by_the_clocks_of_its_zone() -> None:
    """Also on the days on which these are set."""
    prague = ZoneInfo("Europe/Prague")
    for day, noon in (("2026-10-25", "2026-10-25T12:00"), ("2026-03-29", "2026-03-29T12:00")):
        start = parse_moment(day, prague)
        assert day_start(parse_moment(noon, prague), prague) == start
        assert day_start(start, prague) == start
        assert day_start(start - 1, prague) < start
