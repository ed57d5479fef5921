"""What was decided about a chat, written down; what cannot have been is not (B-2, B-6, B-29, I-14)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.apply import apply
from broker.core.chat_state import BotTalk, Chat, Parking
from broker.core.facts import (
    AgentExcluded,
    BotAwaited,
    BotMoved,
    BotSettled,
    ChatBound,
    ChatForgotten,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    ChatUnparked,
    ChatWarned,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    Fact,
    InviteEnded,
    InviteMade,
    ListenedAgain,
    OfferEnded,
    OfferMade,
    ParkWarned,
    PartyJoined,
    PartyLeft,
    TimerFired,
    WaitEstimated,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import (
    ChatCause,
    DecisionKind,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    WrapupEnd,
)
from broker.core.limits import LOGGED_DECISIONS
from broker.core.state import State
from broker.core.timers import TimerKind
from protocol.values import ChatStatus, CloseReason, Guid, TransferMode
from tests.support.bare_core import CHAT, UP, agent_in, bare_state, gateway_in, project_in

STATE = bare_state()
WEB, IM = gateway_in(STATE.config), gateway_in(STATE.config, "im")
ALICE, BOB = agent_in(STATE.config, "alice"), agent_in(STATE.config, "bob")
SUPPORT, SALES = project_in(STATE.config, "Support"), project_in(STATE.config, "Sales")
OF_CHAT: dict[str, Any] = {"chat": CHAT, "no": 1}
THEN: dict[str, Any] = {**OF_CHAT, "at": UP}
NOBODY: dict[str, Any] = dict.fromkeys(
    ("party_name", "remote_address", "culture", "user_token", "ext_response")
)
START = ChatStarted(**THEN, gateway=WEB, tracking_id="t1", **NOBODY)
OUTBOUND = evolve(START, tracking_id=CHAT, outbound=True, open_key=Guid("key"))
ROUTED = ChatRouted(**THEN, project=SUPPORT, language=None, skill=10, priority=3, rule=None)
OFFER = OfferMade(**THEN, offer=7, agent=ALICE, workplace="101", until=UP + 30)
PARKED = ChatParked(**THEN, agent=ALICE)
INVITE = InviteMade(
    **THEN,
    by=ALICE,
    mode=TransferMode.TRANSFER,
    agent=None,
    project=SALES,
    note="Please",
    until=UP + 60,
)


def moved(
    status: ChatStatus, cause: ChatCause, agent: Guid | None = None, **more: Any
) -> ChatMoved:
    return ChatMoved(
        **THEN,
        status=status,
        cause=cause,
        agent=agent,
        priority=3,
        **{"enqueued_at": UP, **more},
    )


WAITS = moved(ChatStatus.WAITING, ChatCause.ROUTED)
ALERTS = moved(ChatStatus.ALERTING, ChatCause.OFFERED, ALICE)
ANSWERS = moved(ChatStatus.ANSWERED, ChatCause.ANSWERED, ALICE, before=ALICE)
CLOSES = moved(
    ChatStatus.CLOSED, ChatCause.CLOSED, ALICE, close_reason=CloseReason.AGENT, readers=(ALICE,)
)
TALKING = (START, ROUTED, WAITS, OFFER, ALERTS, ANSWERS)


def ended(outcome: OfferOutcome, offer: int = 7) -> OfferEnded:
    return OfferEnded(
        **THEN, offer=offer, agent=ALICE, outcome=outcome, missed=0, status=ChatStatus.ALERTING
    )


def after(*facts: Fact) -> tuple[State, Chat]:
    state = bare_state()
    for fact in facts:
        apply(state, fact)
    return state, state.chats[CHAT]


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
        pytest.param((*TALKING[:4], OFFER), id="two offers"),
        pytest.param((*TALKING[:4], ended(OfferOutcome.MISSED, 8)), id="another offer ended"),
        pytest.param((START, ended(OfferOutcome.MISSED)), id="no offer ended"),
        pytest.param((*TALKING, INVITE, INVITE), id="two invitations"),
        pytest.param((*TALKING, InviteEnded(**THEN, outcome=OfferOutcome.LOST)), id="none ended"),
        pytest.param((*TALKING, ChatWoken(**THEN, agent=ALICE)), id="woken, not parked"),
        pytest.param((*TALKING, ParkWarned(**THEN)), id="warned, not parked"),
        pytest.param((START, ANSWERS), id="answered from the pilot"),
    ],
)
def test_what_cannot_have_been_decided_is_not_written(facts: tuple[Fact, ...]) -> None:
    """I-6, I-8: an assertion ends the process before a row does harm."""
    with pytest.raises(AssertionError):
        after(*facts)


def test_who_let_a_chat_go_is_remembered_and_who_answered_is_not() -> None:
    """B-24."""
    assert after(*TALKING[:5], ended(OfferOutcome.MISSED))[1].exclusions == {ALICE: UP}
    assert after(*TALKING[:5], ended(OfferOutcome.LOST))[1].exclusions == {}
    assert after(*TALKING, AgentExcluded(**THEN, agent=BOB))[1].exclusions == {BOB: UP}


def test_whoever_is_alerted_for_a_project_is_asked_until_they_let_it_go() -> None:
    """B-29: the project is asked on."""
    asked = evolve(OFFER, offer=8, agent=BOB)
    state, chat = after(*TALKING, INVITE, asked)
    assert chat.invite is not None
    assert (chat.offered_to, chat.invite.note) == (BOB, "Please")
    over = evolve(ended(OfferOutcome.REJECTED, 8), agent=BOB, status=ChatStatus.ANSWERED)
    apply(state, over)
    assert (chat.invite.agent, chat.invite.project, chat.offer) == (None, SALES, None)
    apply(state, InviteEnded(**THEN, outcome=OfferOutcome.MISSED))
    assert chat.invite is None


def test_parties_come_and_go() -> None:
    joined = PartyJoined(**THEN, agent=BOB, mode=TransferMode.CONSULT, by=ALICE)
    state, chat = after(*TALKING, joined)
    assert chat.parties[BOB].mode is TransferMode.CONSULT
    apply(state, PartyLeft(**THEN, agent=BOB, cause=PartyEnd.LEFT))
    assert chat.parties == {}


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
