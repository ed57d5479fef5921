"""B-1, B-26, B-27: the signal of a gateway, and how long whoever comes now will wait."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from attrs import evolve

from broker.config.model import MINUTE, GateRule
from broker.core.distribution.apply import put_entry
from broker.core.distribution.eligibility import touch
from broker.core.distribution.occupancy import (
    WINDOW,
    expected_wait,
    limit_reached,
    occupancy,
    position,
    signal_for,
    wait_at,
)
from broker.core.distribution_state import AgentPresence, Need
from broker.core.facts.details import LimitReached
from broker.core.rules import matching
from broker.core.rules.matching import Applicant
from broker.core.state import State
from protocol.values import AgentState, Guid, Signal
from tests.support.bare_core import UP, agent_in, bare_state, gateway_in, project_in

CONFIG = bare_state().config
ALICE, SUPPORT, WEB = agent_in(CONFIG, "alice"), project_in(CONFIG, "Support"), gateway_in(CONFIG)


def applicant(ext_response: str = "") -> Applicant:
    return Applicant(gateway_id=WEB, ext_response=ext_response)


def waiting(*queued: int, answered: bool = False, waits: bool = True) -> State:
    """Chats that began to wait then."""
    state = bare_state()
    for number, since in enumerate(queued):
        need = Need(
            id=Guid(f"chat {number}"),
            no=number,
            gateway=WEB,
            projects=(SUPPORT,),
            language=None,
            skill=0,
            priority=0,
            queued=since,
            preferred=None,
            exclusions={},
            barred=(),
            waits=waits,
            answered=answered,
        )
        put_entry(state, need)
    return state


def there(core: State, **members: Any) -> State:
    """Alice is at work there, or nearly."""
    made = AgentPresence(agent=ALICE, state=AgentState.READY, session=1, workplace="101")
    core.distribution.presences[ALICE] = evolve(made, **members)
    touch(core, ALICE)
    return core


def bounded(state: State, **limits: Any) -> matching.GateVerdict:
    """The verdict of a gate rule with these bounds."""
    made = GateRule(id=Guid("rule"), rank=1, limit_signal=Signal.CLOSED, **limits)
    state.config = evolve(state.config, gate_rules=(made,))
    return matching.gate(state.config, applicant(), state.now)


@pytest.mark.parametrize(
    ("members", "signal"),
    [
        ({}, Signal.FREE),
        ({"load": 2}, Signal.BUSY),
        ({"state": AgentState.PAUSE}, Signal.BUSY),
        ({"session": None}, None),
        ({"state": AgentState.LOG_OFF}, None),
        ({"next_state": AgentState.LOG_OFF}, None),
    ],
)
def test_it_says_whether_somebody_is_there_and_free(
    members: dict[str, Any], signal: Signal | None
) -> None:
    assert occupancy(there(bare_state(), **members), applicant(), UP) is signal


def test_whom_others_wait_for_is_not_free() -> None:
    state = there(waiting(UP, UP))
    assert occupancy(state, applicant(), UP) is Signal.BUSY


def test_where_no_rule_matches_nobody_is_there() -> None:
    assert occupancy(there(bare_state()), applicant("nonsense"), UP) is None


def test_a_rule_that_closes_needs_no_look_at_anybody() -> None:
    assert signal_for(there(bare_state()), applicant("stop"), UP)[0] is Signal.CLOSED
    assert signal_for(there(bare_state()), applicant(), UP)[0] is Signal.FREE


@pytest.mark.parametrize(
    ("queued", "limits", "reached"),
    [
        ((UP, UP), {"queue_limit": 3}, None),
        ((UP, UP), {"queue_limit": 2}, LimitReached(waiting=2)),
        ((UP - MINUTE,), {"wait_limit": MINUTE}, None),
        ((UP - MINUTE - 1,), {"wait_limit": MINUTE}, LimitReached(wait=MINUTE + 1)),
        ((), {"queue_limit": 0}, LimitReached(waiting=0)),
        ((UP,), {}, None),
    ],
)
def test_a_bound_is_met_by_number_or_by_age(
    queued: tuple[int, ...], limits: dict[str, int], reached: LimitReached | None
) -> None:
    """B-27."""
    state = waiting(*queued)
    assert limit_reached(state, bounded(state, **limits), applicant(), UP) == reached


def test_what_is_handed_over_or_was_answered_before_counts_less() -> None:
    """B-27: one that its owner hands over has nobody waiting; the age of one that came back says nothing."""
    handed = waiting(UP - MINUTE, waits=False)
    assert limit_reached(handed, bounded(handed, queue_limit=1), applicant(), UP) is None
    back = waiting(UP - MINUTE, answered=True)
    assert limit_reached(back, bounded(back, wait_limit=1), applicant(), UP) is None


def test_as_long_as_somebody_is_free_no_bound_is_met() -> None:
    state = there(bare_state())
    verdict = bounded(state, queue_limit=0)
    assert limit_reached(state, verdict, applicant(), UP) is None
    assert signal_for(state, applicant(), UP)[0] is Signal.FREE
    there(state, load=2)
    assert signal_for(state, applicant(), UP)[0] is Signal.CLOSED


def test_a_rate_is_of_the_last_half_hour_and_of_three_answers() -> None:
    """B-26: with fewer nobody can know."""
    state = bare_state()
    moments = [UP - WINDOW - 1, UP - 20 * MINUTE, UP - 10 * MINUTE]
    state.distribution.answered[SUPPORT] = deque(moments)
    assert wait_at(state, SUPPORT, 1) is None
    state.distribution.answered[SUPPORT].append(UP - 5 * MINUTE)
    assert wait_at(state, SUPPORT, 3) == 3 * 20 * MINUTE // 2
    assert wait_at(state, None, 1) is None


def test_the_expected_wait_is_that_of_the_place() -> None:
    state = waiting(UP - 5, UP)
    assert [position(state, Guid(f"chat {n}")) for n in (0, 1)] == [1, 2]
    state.distribution.answered[SUPPORT] = deque([UP - 4, UP - 3, UP - 2])
    assert [expected_wait(state, Guid(f"chat {n}")) for n in (0, 1)] == [2, 4]
    verdict = bounded(state, wait_limit=5)
    assert limit_reached(state, verdict, applicant(), UP) == LimitReached(wait=6)
