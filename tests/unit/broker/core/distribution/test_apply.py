"""Workload, queue entries and presences, as facts change them (B-21, B-22, B-28, I-6)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.distribution import apply as write
from broker.core.distribution.apply import demand_of, lease, order_of, release, requeue
from broker.core.distribution.graces import held
from broker.core.distribution_state import AgentPresence, Need
from broker.core.facts import (
    AgentMoved,
    AgentSeated,
    AgentSettled,
    ChatMoved,
    ChatParked,
    ChatUnparked,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    EntrySettled,
    OfferEnded,
    OfferMade,
    PartyJoined,
    PartyLeft,
    Refreshed,
    SessionJoined,
    SessionLeft,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import (
    AgentCause,
    ChatCause,
    DecisionKind,
    OfferMode,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    WrapupEnd,
)
from broker.core.state import State
from broker.core.timers import TimerKind
from protocol.values import AgentState, ChatStatus, Guid, Role, TransferMode
from tests.support.agents_at_work import FLOOR
from tests.support.bare_core import CHAT, UP, agent_in, bare_state, gateway_in, project_in
from tests.support.core_in_memory import read_config

HEAVY = FLOOR.replace('peer = "web"', 'peer = "web"\nweight = 2')
STATE = bare_state(HEAVY)
WEB, IM = gateway_in(STATE.config), gateway_in(STATE.config, "im")
ALICE, BOB = agent_in(STATE.config, "alice"), agent_in(STATE.config, "bob")
SUPPORT, SALES = project_in(STATE.config, "Support"), project_in(STATE.config, "Sales")
OTHER = Guid("other chat")
THEN: dict[str, Any] = {"chat": CHAT, "no": 1, "at": UP}


def need(chat: Guid = CHAT, **members: Any) -> Need:
    asked: dict[str, Any] = {
        "no": 1,
        "gateway": WEB,
        "projects": (SUPPORT,),
        "language": None,
        "skill": 1,
        "priority": 0,
        "queued": UP,
        "preferred": None,
        "exclusions": {},
        "barred": (),
        "waits": True,
        "answered": False,
        **members,
    }
    return Need(id=chat, **asked)


def at_work(*agents: Guid) -> State:
    """Agents who are ready, and two chats: of weight 2 and of weight 1."""
    state = bare_state(HEAVY)
    state.distribution.gateways = {CHAT: WEB, OTHER: IM}
    for number, agent in enumerate(agents, 101):
        joined = SessionJoined(
            session=number,
            role=Role.WORKPLACE,
            gateways=(),
            workplace=str(number),
            agent=agent,
            at=UP,
        )
        write.session_joined(state, joined)
        become(state, agent, AgentState.PAUSE, AgentCause.LOGIN)
        become(state, agent, AgentState.READY)
    state.distribution.agents_to_match.clear()
    return state


def become(
    state: State,
    agent: Guid,
    to: AgentState,
    cause: AgentCause = AgentCause.ASKED,
    then: AgentState | None = None,
) -> None:
    moved = AgentMoved(
        agent=agent,
        at=UP,
        since=UP,
        state=to,
        reason=None,
        next_state=then,
        cause=cause,
        workplace="101",
        missed=0,
    )
    write.agent_moved(state, moved)


def presence(state: State, agent: Guid = ALICE) -> AgentPresence:
    return state.distribution.presences[agent]


def moved(status: ChatStatus, cause: ChatCause, agent: Guid | None, **more: Any) -> ChatMoved:
    return ChatMoved(
        **THEN, status=status, cause=cause, agent=agent, priority=0, enqueued_at=UP, **more
    )


def test_a_chat_holds_as_many_slots_as_it_weighs_whatever_holds_them() -> None:
    """B-22."""
    state = at_work(ALICE)
    lease(state, CHAT, ALICE, ChatStatus.ALERTING)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    lease(state, OTHER, ALICE, ChatStatus.ALERTING)
    assert presence(state).load == 3
    assert presence(state).leases == {CHAT: ChatStatus.ANSWERED, OTHER: ChatStatus.ALERTING}
    assert state.distribution.leases == {CHAT: {ALICE: None}, OTHER: {ALICE: None}}


def test_what_is_released_is_free_and_what_is_not_held_is_left() -> None:
    state = at_work(ALICE, BOB)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    release(state, CHAT, BOB)
    assert presence(state).load == 2
    state.up += 5
    release(state, CHAT, ALICE)
    assert (presence(state).load, state.distribution.leases) == (0, {})
    assert presence(state).idle_since == UP + 5
    assert list(state.distribution.agents_to_match) == [ALICE]


@pytest.mark.parametrize(
    ("holder", "then", "leaves"),
    [
        (ChatStatus.ANSWERED, AgentState.PAUSE, True),
        (ChatStatus.ALERTING, AgentState.PAUSE, False),  # an offer that came to nothing was no work
        (ChatStatus.ALERTING, AgentState.LOG_OFF, True),
        (ChatStatus.ANSWERED, None, False),
    ],
)
def test_a_next_state_is_due_after_work(
    holder: ChatStatus, then: AgentState | None, leaves: bool
) -> None:
    """B-28."""
    state = at_work(ALICE)
    lease(state, CHAT, ALICE, holder)
    become(state, ALICE, AgentState.READY, then=then)
    assert not state.distribution.logoffs_due
    release(state, CHAT, ALICE)
    assert (ALICE in state.distribution.logoffs_due) is leaves


def test_a_chat_takes_its_slots_along() -> None:
    """B-22: from the offer to the answer, from one owner to the next, to nobody."""
    state = at_work(ALICE, BOB)
    write.chat_moved(state, moved(ChatStatus.ALERTING, ChatCause.OFFERED, ALICE), None)
    assert presence(state).leases == {CHAT: ChatStatus.ALERTING}
    answers = moved(ChatStatus.ANSWERED, ChatCause.ANSWERED, ALICE, project=SUPPORT, before=ALICE)
    write.chat_moved(state, answers, None)
    assert list(state.distribution.answered[SUPPORT]) == [UP]
    handed = moved(ChatStatus.ANSWERED, ChatCause.TRANSFERRED, BOB, project=SUPPORT, before=ALICE)
    write.chat_moved(state, handed, None)
    assert (presence(state).load, presence(state, BOB).load) == (0, 2)
    assert len(state.distribution.answered[SUPPORT]) == 1
    write.chat_moved(state, moved(ChatStatus.CLOSED, ChatCause.CLOSED, BOB), None)
    assert state.distribution.leases == {}


def test_a_bot_holds_a_slot_from_the_offer_on() -> None:
    """B-40."""
    state = at_work(ALICE)
    write.chat_moved(state, moved(ChatStatus.ICR, ChatCause.BOT, ALICE), None)
    ended = OfferEnded(
        **THEN,
        offer=1,
        agent=ALICE,
        outcome=OfferOutcome.ANSWERED,
        missed=0,
        status=ChatStatus.ICR,
    )
    write.offer_ended(state, ended, None)
    assert presence(state).leases == {CHAT: ChatStatus.ANSWERED}


@pytest.mark.parametrize(
    ("status", "held_on"), [(ChatStatus.ALERTING, True), (ChatStatus.ANSWERED, False)]
)
def test_an_offer_that_came_to_nothing_is_counted(status: ChatStatus, held_on: bool) -> None:
    """B-24: the slot of a chat that waits again is freed by that."""
    state = at_work(ALICE)
    made = OfferMade(
        **THEN, offer=1, agent=ALICE, workplace="101", until=UP + 5, mode=OfferMode.CONSULT
    )
    write.offer_made(state, made, None)
    assert presence(state).leases == {CHAT: ChatStatus.ALERTING}
    missed = OfferEnded(
        **THEN, offer=1, agent=ALICE, outcome=OfferOutcome.MISSED, missed=2, status=status
    )
    write.offer_ended(state, missed, None)
    assert (presence(state).missed, CHAT in presence(state).leases) == (2, held_on)


def test_who_watches_holds_nothing_and_who_joins_does() -> None:
    """B-29; the chat is not offered to either."""
    state = at_work(ALICE, BOB)
    requeue(state, CHAT, need())
    joined = PartyJoined(**THEN, agent=BOB, mode=TransferMode.CONSULT, by=ALICE)
    write.party_joined(state, joined, need(barred=(BOB,)))
    assert (presence(state, BOB).load, held(presence(state, BOB))) == (2, [CHAT])
    assert list(state.distribution.queues[demand_of(state, need())].excluding) == [CHAT]
    write.party_joined(state, evolve(joined, agent=ALICE, mode=TransferMode.MONITOR), need())
    assert (presence(state).load, list(presence(state).watching)) == (0, [CHAT])
    for agent in (ALICE, BOB):
        left = PartyLeft(**THEN, agent=agent, cause=PartyEnd.LEFT)
        write.party_left(state, left, need())
        assert (presence(state, agent).load, len(presence(state, agent).watching)) == (0, 0)


def test_a_parked_chat_holds_nothing_until_it_is_back() -> None:
    """B-22."""
    state = at_work(ALICE)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    write.chat_parked(state, ChatParked(**THEN, agent=ALICE))
    assert (presence(state).load, held(presence(state))) == (0, [CHAT])
    write.chat_woken(state, ChatWoken(**THEN, agent=ALICE))
    assert list(state.distribution.resuming) == [CHAT]
    back = ChatUnparked(**THEN, agent=ALICE, cause=ParkingEnd.RETRIEVED)
    write.chat_unparked(state, back)
    assert (presence(state).load, list(state.distribution.resuming)) == (2, [])
    write.chat_parked(state, ChatParked(**THEN, agent=ALICE))
    write.chat_unparked(state, evolve(back, cause=ParkingEnd.ENDED))
    assert (presence(state).load, presence(state).is_busy) == (0, False)


def test_a_wrap_up_holds_the_slots_until_it_ends() -> None:
    """B-28."""
    state = at_work(ALICE)
    write.wrapup_started(state, WrapupStarted(**THEN, agent=ALICE, until=UP + 20))
    assert (presence(state).leases, state.timers.due) == ({CHAT: ChatStatus.CLOSED}, UP + 20)
    write.wrapup_ended(state, WrapupEnded(**THEN, agent=ALICE, cause=WrapupEnd.AGENT))
    assert (presence(state).leases, presence(state).wrapups) == ({}, {})


def test_the_queue_is_in_order_of_age_and_priority() -> None:
    """B-21: priority is so many minutes of age."""
    state = at_work()
    weight = state.config.distribution.age_weight
    young, favoured = need(OTHER, gateway=WEB, queued=UP + 5), need(priority=weight)
    assert order_of(state, need()) < order_of(state, young)
    assert order_of(state, favoured)[1] == order_of(state, need())[1] - weight
    requeue(state, OTHER, young)
    requeue(state, CHAT, need())
    (queue,) = state.distribution.queues.values()
    assert [order[-1] for order in queue.entries] == [CHAT, OTHER]
    requeue(state, CHAT, None)
    assert [order[-1] for order in queue.entries] == [OTHER]
    assert list(state.distribution.entries) == [OTHER]


def test_what_was_looked_at_is_looked_at_again_when_asked() -> None:
    state = at_work(ALICE)
    requeue(state, CHAT, need())
    write.entry_settled(state, EntrySettled(OTHER))
    assert len(state.distribution.entries_to_match) == 1
    write.entry_settled(state, EntrySettled(CHAT))
    write.agent_settled(state, AgentSettled(ALICE))
    assert (state.distribution.entries_to_match, state.distribution.agents_to_match) == ([], {})
    write.refreshed(state, Refreshed(CHAT))
    write.refreshed(state, Refreshed(OTHER))
    assert [order[-1] for order in state.distribution.entries_to_match] == [CHAT]


def test_why_a_chat_waits_is_said_once() -> None:
    """B-30."""
    state = at_work()
    requeue(state, CHAT, need())
    for kind, explained in ((DecisionKind.ROUTED, False), (DecisionKind.WAITING, True)):
        logged = DecisionLogged(**THEN, kind=kind, agent=None, detail={})
        write.decision_logged(state, logged)
        assert state.distribution.entries[CHAT].explained is explained


def test_an_agent_moves_by_the_table_only() -> None:
    """B-28."""
    state = at_work(ALICE)
    with pytest.raises(AssertionError):
        become(state, ALICE, AgentState.LOG_OFF, AgentCause.ASKED)
    become(state, ALICE, AgentState.LOG_OFF, AgentCause.FORCED)
    assert (presence(state).state, presence(state).lost_at) == (AgentState.LOG_OFF, None)


def test_a_login_takes_the_seat() -> None:
    state = at_work(ALICE)
    write.agent_seated(state, AgentSeated(agent=ALICE, at=UP, workplace="103", login=Guid("s")))
    assert (presence(state).workplace, presence(state).login) == ("103", Guid("s"))


def test_a_lost_agent_is_waited_for_and_a_lost_connector_by_nobody() -> None:
    """B-11."""
    state = at_work(ALICE)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    write.session_left(state, SessionLeft(session=9, agent=None, at=UP))
    write.session_left(state, SessionLeft(session=101, agent=ALICE, at=UP))
    assert (presence(state).session, presence(state).lost_at) == (None, UP)
    kinds = sorted(kind for _due, _number, kind, _key in state.timers.heap)
    assert kinds == [TimerKind.GRACE, TimerKind.AGENT]


def test_another_configuration_weighs_and_queues_anew() -> None:
    """C-4."""
    state = at_work(ALICE)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    requeue(state, OTHER, need(OTHER))
    state.config = read_config(FLOOR)
    write.config_replaced(state, ConfigReplaced(config=state.config))
    assert (presence(state).load, presence(state).costs) == (1, {CHAT: 1})
    assert [entry.demand.cost for entry in state.distribution.entries.values()] == [1]
    assert len(state.distribution.entries_to_match) == 1
