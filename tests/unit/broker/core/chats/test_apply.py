"""What was decided about a chat, written down; what cannot have been is not (B-2, B-6, B-29, I-14)."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.core.apply import apply
from broker.core.chat_state import BotTalk, Parking
from broker.core.facts import (
    BotAwaited,
    BotMoved,
    BotSettled,
    ChatBound,
    ChatForgotten,
    ChatReopened,
    ChatUnparked,
    ChatWarned,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    Fact,
    ListenedAgain,
    ParkWarned,
    TimerFired,
    WaitEstimated,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import (
    ChatCause,
    DecisionKind,
    ParkingEnd,
    WrapupEnd,
)
from broker.core.limits import LOGGED_DECISIONS
from broker.core.timers import TimerKind
from protocol.values import ChatStatus, CloseReason, Guid
from tests.support.bare_core import CHAT, UP
from tests.support.chat_facts import (
    ALICE,
    ANSWERS,
    BOB,
    CLOSES,
    NOBODY,
    OF_CHAT,
    OUTBOUND,
    PARKED,
    ROUTED,
    SALES,
    START,
    TALKING,
    THEN,
    WAITS,
    WEB,
    after,
    moved,
)


def test_a_start_is_found_by_its_name_and_is_to_be_routed() -> None:
    state, chat = after(START)
    assert (chat.status, chat.started_at, chat.activity.since) == (ChatStatus.PILOT, UP, UP)
    assert state.by_tracking == {(WEB, "t1"): CHAT}
    assert (list(state.unrouted), list(state.open_chats[WEB])) == ([CHAT], [CHAT])
    assert (state.next_chat, state.chats_held[WEB]) == (2, 1)


def test_an_outbound_chat_is_routed_once_a_connector_has_it() -> None:
    """B-2."""
    state, chat = after(OUTBOUND)
    assert (list(state.unbound), list(state.unrouted), state.by_tracking) == ([CHAT], [], {})
    assert state.open_keys == {(WEB, Guid("key")): CHAT}
    told = {**NOBODY, "party_name": "Eva"}
    apply(state, ChatBound(**THEN, tracking_id="a longer name than before", **told))
    assert (list(state.unbound), list(state.unrouted)) == ([], [CHAT])
    assert state.by_tracking == {(WEB, "a longer name than before"): CHAT}
    assert (chat.visitor.party_name, chat.is_bound) == ("Eva", True)


def test_only_an_outbound_chat_is_bound() -> None:
    with pytest.raises(AssertionError):
        after(START, ChatBound(**THEN, tracking_id="t2", **NOBODY))


def test_a_rule_says_what_the_chat_asks_for_and_a_wait_rule_less() -> None:
    """B-3, B-26: what a wait rule did is undone by the next routing."""
    wider = ChatWidened(**THEN, level=2, rule=Guid("r"), skill=1, further=(SALES,), priority=9)
    _state, chat = after(START, ROUTED, WAITS, wider)
    routing = chat.routing
    assert (routing.wait_level, routing.skill, routing.further) == (2, 1, (SALES,))
    assert routing.priority == 9
    assert after(START, ROUTED, WAITS, wider, ROUTED)[1].routing.further == ()


def test_a_conversation_goes_through_its_statuses() -> None:
    state, chat = after(*TALKING)
    assert (chat.agent, chat.last_agent, chat.offer) == (ALICE, ALICE, None)
    assert (chat.waiting.answered_at, chat.waiting.queued_up) == (UP, UP)
    assert state.status_counts[ChatStatus.ANSWERED] == 1
    apply(state, CLOSES)
    assert (chat.ending.reason, chat.ending.readers) == (CloseReason.AGENT, (ALICE,))
    assert (list(state.open_chats[WEB]), list(state.closed_chats[WEB])) == ([], [CHAT])
    assert state.status_counts == dict.fromkeys(
        (ChatStatus.PILOT, ChatStatus.WAITING, ChatStatus.ALERTING, ChatStatus.ANSWERED), 0
    ) | {ChatStatus.CLOSED: 1}


def test_a_reopened_chat_begins_anew_and_keeps_who_had_it() -> None:
    """B-2."""
    again = ChatReopened(**THEN, **{**NOBODY, "culture": "en"})
    state, chat = after(*TALKING, CLOSES, again)
    assert (chat.status, chat.agent, chat.last_agent) == (ChatStatus.PILOT, None, ALICE)
    assert (chat.ending.reason, chat.waiting.enqueued_at) == (None, None)
    assert (chat.visitor.culture, list(state.unrouted)) == ("en", [CHAT])


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param((*TALKING, ChatReopened(**THEN, **NOBODY)), id="an open chat reopened"),
        pytest.param((*TALKING, ChatWoken(**THEN, agent=ALICE)), id="woken, not parked"),
        pytest.param((*TALKING, ParkWarned(**THEN)), id="warned, not parked"),
        pytest.param((START, ANSWERS), id="answered from the pilot"),
    ],
)
def test_what_cannot_have_been_decided_is_not_written(facts: tuple[Fact, ...]) -> None:
    """I-6, I-8: an assertion ends the process before a row does harm."""
    with pytest.raises(AssertionError):
        after(*facts)


def test_a_parked_chat_is_warned_woken_and_back() -> None:
    """B-29: inactivity counts from when it is back."""
    state, chat = after(*TALKING, PARKED)
    parking = chat.parking
    apply(state, ParkWarned(**THEN))
    apply(state, ChatWoken(**THEN, agent=ALICE))
    assert parking == Parking(at=UP, up=UP, warned=True, woken_at=UP)
    state.up += 50
    apply(state, ChatUnparked(**THEN, agent=ALICE, cause=ParkingEnd.RETRIEVED))
    assert (chat.parking, chat.activity.unparked_at, chat.activity.quiet_up) == (None, UP, UP + 50)


def test_a_closed_chat_knows_whose_wrap_up_runs() -> None:
    """B-28: as long as one does it makes no room."""
    started = WrapupStarted(**THEN, agent=ALICE, until=UP + 20)
    state, chat = after(*TALKING, CLOSES, started)
    assert list(chat.ending.wrapping) == [ALICE]
    apply(state, WrapupEnded(**THEN, agent=ALICE, cause=WrapupEnd.AGENT))
    assert not chat.ending.wrapping


def test_what_is_forgotten_is_in_no_index() -> None:
    """I-14."""
    bound = ChatBound(**THEN, tracking_id="t2", **NOBODY)
    state, _chat = after(OUTBOUND, bound, CLOSES)
    apply(state, ChatForgotten(CHAT))
    assert (state.chats, state.by_tracking, state.open_keys) == ({}, {}, {})
    assert (state.closed_chats[WEB], state.chats_held[WEB], state.bytes_held[WEB]) == ({}, 0, 0)


def test_a_later_chat_of_the_name_keeps_it() -> None:
    later = evolve(START, chat=Guid("later"), no=2, at=UP + 5)
    state, _chat = after(START, CLOSES, later)
    assert state.by_tracking == {(WEB, "t1"): Guid("later")}
    apply(state, ChatForgotten(CHAT))
    assert state.by_tracking == {(WEB, "t1"): Guid("later")}


def test_a_timer_that_was_overtaken_sets_no_other() -> None:
    """I-14."""
    state, chat = after(START)
    assert chat.timer_at is not None
    state.timers.set(UP + 1, TimerKind.CHAT, CHAT)
    apply(state, TimerFired())
    assert len(state.timers.heap) == 1
    apply(state, TimerFired())
    assert (len(state.timers.heap), chat.timer_at) == (1, state.timers.due)


def test_what_is_said_of_a_wait_ends_with_the_answer() -> None:
    told = WaitEstimated(chat=CHAT, at=UP, wait=60)
    assert after(START, told)[1].waiting.estimate == (UP, 60)
    assert after(START, told, *TALKING[1:])[1].waiting.estimate is None


def test_the_last_decisions_are_kept() -> None:
    logged = [
        DecisionLogged(**THEN, kind=DecisionKind.WAITING, agent=None, detail={"waited": n})
        for n in range(LOGGED_DECISIONS + 2)
    ]
    log = after(START, *logged)[1].log
    assert [one.detail["waited"] for one in log] == list(range(2, LOGGED_DECISIONS + 2))


def test_the_turn_of_a_bot_is_timed_and_ends_with_its_part() -> None:
    """B-40."""
    bot = moved(ChatStatus.ICR, ChatCause.BOT, BOB, enqueued_at=None)
    state, chat = after(START, bot, BotAwaited(CHAT, UP + 5))
    assert (chat.bot.due, state.timers.due) == (UP + 5, UP + 5)
    apply(state, ROUTED)
    apply(state, moved(ChatStatus.WAITING, ChatCause.BOT_SILENT))
    assert (chat.bot.due, chat.bot.given) == (None, UP + 5)


def test_a_built_in_bot_reacts_once() -> None:
    """B-40, C-4: and is looked at again when the configuration has it no more."""
    bot = moved(ChatStatus.ICR, ChatCause.BOT, None, enqueued_at=None)
    step = BotMoved(
        **OF_CHAT, bot=Guid("menu"), question=1, tries=2, project=SALES, learned=(("a", "b"),)
    )
    state, chat = after(START, bot)
    assert list(state.bots_due) == [CHAT]
    apply(state, step)
    assert chat.bot == BotTalk(
        id=Guid("menu"), question=1, tries=2, project=SALES, learned=(("a", "b"),)
    )
    assert not state.bots_due
    apply(state, ConfigReplaced(config=state.config))
    assert list(state.bots_due) == [CHAT]
    apply(state, BotSettled(CHAT))
    assert not state.bots_due


def test_times_are_set_anew_when_the_broker_listens_again() -> None:
    """B-13."""
    state, chat = after(START)
    state.up += 1_000
    apply(state, ListenedAgain())
    assert state.resumed == UP + 1_000
    assert chat.timer_at is not None


def test_a_warning_is_for_one_silence() -> None:
    """B-8."""
    _state, chat = after(START, ChatWarned(**OF_CHAT, activity=UP))
    assert chat.activity.is_warned
    assert not after(START, ChatWarned(**OF_CHAT, activity=0))[1].activity.is_warned
