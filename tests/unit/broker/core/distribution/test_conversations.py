"""B-57: what conversations hold of agents, and when they wait in a queue."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.distribution import conversations as write
from broker.core.distribution.apply import requeue
from broker.core.distribution_state import AgentPresence, Work
from broker.core.facts.causes import (
    ConversationCause,
    DecisionKind,
    OfferOutcome,
    WrapupEnd,
)
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationForgotten,
    ConversationMoved,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationStarted,
    ConversationUnparked,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
)
from broker.core.state import State
from broker.core.timers import Term, TimerKind, Wrapup
from protocol.values import ChatStatus, Guid
from tests.support.bare_core import UP, agent_in, bare_state, project_in
from tests.support.mail_at_hand import LETTER, MAIL, at_work_there, letter

CONFIG = bare_state().config
ALICE, BOB = agent_in(CONFIG, "alice"), agent_in(CONFIG, "bob")
SUPPORT = project_in(CONFIG, "Support")
THEN: dict[str, Any] = {"conversation": LETTER, "no": 1, "at": UP}
NEED = letter(SUPPORT)


def moved(
    status: ChatStatus, cause: ConversationCause, agent: Guid | None = None, **more: Any
) -> ConversationMoved:
    return ConversationMoved(**THEN, status=status, cause=cause, agent=agent, **more)


def presence(state: State, agent: Guid = ALICE) -> AgentPresence:
    return state.distribution.presences[agent]


def held(state: State, agent: Guid = ALICE) -> dict[Guid, ChatStatus]:
    return presence(state, agent).conversations.leases


def test_it_is_known_as_long_as_it_is_in_memory() -> None:
    state = bare_state()
    write.started(state, ConversationStarted(**THEN, gateway=MAIL, pair=MAIL, remote_address="a@b"))
    assert state.distribution.gateways == {LETTER: MAIL}
    write.forgotten(state, ConversationForgotten(LETTER))
    assert state.distribution.gateways == {}


def test_it_takes_its_slots_along_from_the_offer_to_its_end() -> None:
    state = at_work_there(ALICE, BOB)
    write.moved(state, moved(ChatStatus.WAITING, ConversationCause.ROUTED), NEED)
    assert list(state.distribution.entries) == [LETTER]
    write.moved(state, moved(ChatStatus.ALERTING, ConversationCause.OFFERED, ALICE), None)
    assert (held(state), state.distribution.entries) == ({LETTER: ChatStatus.ALERTING}, {})
    answers = moved(ChatStatus.ANSWERED, ConversationCause.ANSWERED, ALICE, before=ALICE)
    write.moved(state, answers, None)
    assert held(state) == {LETTER: ChatStatus.ANSWERED}
    handed = moved(ChatStatus.ANSWERED, ConversationCause.TRANSFERRED, BOB, before=ALICE)
    write.moved(state, handed, None)
    assert (held(state), held(state, BOB)) == ({}, {LETTER: ChatStatus.ANSWERED})
    write.moved(state, moved(ChatStatus.CLOSED, ConversationCause.CLOSED, BOB), None)
    assert (held(state, BOB), state.distribution.leases) == ({}, {})
    assert presence(state).load == presence(state, BOB).load == 0


def test_a_wrap_up_holds_the_slots_until_it_ends() -> None:
    state = at_work_there(ALICE)
    write.moved(state, moved(ChatStatus.ANSWERED, ConversationCause.PICKED, ALICE), None)
    write.moved(state, moved(ChatStatus.CLOSED, ConversationCause.CLOSED, ALICE), None)
    started = ConversationWrapupStarted(**THEN, agent=ALICE, until=UP + 20)
    write.wrapup_started(state, started)
    work = presence(state).conversations
    assert (work.leases, work.load) == ({LETTER: ChatStatus.CLOSED}, 1)
    assert work.wrapups == {LETTER: Wrapup(UP + 20, Term(UP, 20))}
    assert (presence(state).wrapups, presence(state).load) == ({}, 0)
    assert (UP + 20, TimerKind.WRAPUP, LETTER) in [(t[0], *t[2:]) for t in state.timers.heap]
    over = ConversationWrapupEnded(**THEN, agent=ALICE, cause=WrapupEnd.AGENT)
    write.wrapup_ended(state, over)
    assert (work.leases, work.wrapups, work.load) == ({}, {}, 0)


def test_whoever_is_to_take_it_over_holds_a_slot_beside_its_owner() -> None:
    state = at_work_there(ALICE, BOB)
    write.moved(state, moved(ChatStatus.ANSWERED, ConversationCause.PICKED, ALICE), None)
    offer: dict[str, Any] = {"offer": 1, "agent": BOB}
    write.offered(
        state, ConversationOffered(**THEN, **offer, workplace="102", until=UP + 5, by=ALICE), None
    )
    assert (held(state), held(state, BOB)) == (
        {LETTER: ChatStatus.ANSWERED},
        {LETTER: ChatStatus.ALERTING},
    )
    ended = ConversationOfferEnded(
        **THEN, **offer, outcome=OfferOutcome.MISSED, missed=2, status=ChatStatus.ANSWERED
    )
    write.offer_ended(state, ended, None)
    assert (held(state, BOB), presence(state, BOB).missed) == ({}, 2)


@pytest.mark.parametrize("outcome", [OfferOutcome.ANSWERED, OfferOutcome.REJECTED])
def test_what_an_offer_of_the_queue_holds_goes_with_the_conversation(outcome: OfferOutcome) -> None:
    state = at_work_there(ALICE)
    write.moved(state, moved(ChatStatus.ALERTING, ConversationCause.OFFERED, ALICE), None)
    ended = ConversationOfferEnded(
        **THEN, offer=1, agent=ALICE, outcome=outcome, missed=0, status=ChatStatus.ALERTING
    )
    write.offer_ended(state, ended, None)
    assert held(state) == {LETTER: ChatStatus.ALERTING}


def test_aside_it_is_in_no_queue() -> None:
    state = at_work_there()
    requeue(state, LETTER, NEED)
    write.asked_anew(state, ConversationParked(**THEN, until=None, by=ALICE), None)
    assert state.distribution.waiting[Work.CONVERSATION] == 0
    write.asked_anew(state, ConversationUnparked(**THEN), NEED)
    assert state.distribution.waiting[Work.CONVERSATION] == 1


def test_why_it_waits_is_said_once() -> None:
    """B-30."""
    state = at_work_there()
    requeue(state, LETTER, NEED)
    for kind, explained in ((DecisionKind.ROUTED, False), (DecisionKind.WAITING, True)):
        write.decided(state, ConversationDecided(**THEN, kind=kind, agent=None, detail={}))
        assert state.distribution.entries[LETTER].explained is explained
