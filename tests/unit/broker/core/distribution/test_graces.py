"""B-11, B-28: for how long chats and conversations are kept for whoever is lost."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.config.model import MINUTE
from broker.core.distribution import apply as write
from broker.core.distribution.apply import lease
from broker.core.distribution.graces import arm_grace, conversations_of, gone_at, held, lost_until
from broker.core.distribution_state import Work
from broker.core.facts import SessionLeft
from broker.core.timers import TimerKind
from protocol.values import ChatStatus, Guid
from tests.support.bare_core import CHAT, UP, agent_in, bare_state, gateway_in
from tests.support.mail_at_hand import LARGE_LETTER, LETTER, MAIL, at_work_there, mail_gateway

CONFIG = bare_state().config
ALICE, WEB = agent_in(CONFIG, "alice"), gateway_in(CONFIG)


def test_what_is_only_offered_is_nobodys_yet() -> None:
    state = at_work_there(ALICE)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    lease(state, LETTER, ALICE, ChatStatus.ANSWERED, Work.CONVERSATION)
    lease(state, LARGE_LETTER, ALICE, ChatStatus.ALERTING, Work.CONVERSATION)
    presence = state.distribution.presences[ALICE]
    assert (held(presence), conversations_of(presence)) == ([CHAT], [LETTER])


def test_a_gateway_that_is_gone_keeps_nothing() -> None:
    state = at_work_there()
    assert lost_until(state, WEB, UP) == UP + MINUTE
    assert lost_until(state, MAIL, UP, Work.CONVERSATION) == UP + 10 * MINUTE
    assert lost_until(state, Guid("gone"), UP, Work.CONVERSATION) == UP


# -- who is lost


@pytest.mark.parametrize(("grace", "last"), [(10 * MINUTE, 10 * MINUTE), (MINUTE // 2, MINUTE)])
def test_a_conversation_is_kept_for_a_lost_agent_as_long_as_its_gateway_says(
    grace: int, last: int
) -> None:
    """B-11, B-28: and so are they, if that is longer than for a chat."""
    state = at_work_there(ALICE)
    state.config = evolve(
        state.config, message_gateways={MAIL: mail_gateway(workplace_grace=grace)}
    )
    lease(state, LETTER, ALICE, ChatStatus.ANSWERED, Work.CONVERSATION)
    write.session_left(state, SessionLeft(session=101, agent=ALICE, at=UP))
    set_ = {(kind, due - UP) for due, _number, kind, _key in state.timers.heap}
    assert set_ == {(TimerKind.CONVERSATION_GRACE, grace), (TimerKind.AGENT, last)}


def test_who_is_only_alerted_is_not_waited_for() -> None:
    state = at_work_there(ALICE)
    lease(state, LETTER, ALICE, ChatStatus.ALERTING, Work.CONVERSATION)
    write.session_left(state, SessionLeft(session=101, agent=ALICE, at=UP))
    assert [kind for _due, _number, kind, _key in state.timers.heap] == [TimerKind.AGENT]


def test_nobody_who_is_there_is_waited_for() -> None:
    state = at_work_there(ALICE)
    arm_grace(state, state.distribution.presences[ALICE])
    assert state.timers.heap == []


def test_a_lost_agent_keeps_their_state_for_the_longest_of_all() -> None:
    """B-28."""
    state = at_work_there(ALICE)
    presence = state.distribution.presences[ALICE]
    presence.lost_at = UP
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    arm_grace(state, presence)
    set_ = {(kind, due - UP) for due, _number, kind, _key in state.timers.heap}
    assert set_ == {(TimerKind.GRACE, MINUTE), (TimerKind.AGENT, MINUTE)}
    assert gone_at(state, presence) == UP + MINUTE
