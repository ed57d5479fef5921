"""B-20..B-24: who can be offered a chat now, in which order, and why others cannot."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import Skill
from broker.core.distribution import eligibility
from broker.core.distribution.eligibility import (
    at_work,
    blocked,
    ineligible_reason,
    is_at_work,
    qualified,
    queue_of,
    rank,
    skill_for,
    touch,
)
from broker.core.distribution_state import AgentPresence, Demand
from broker.core.facts.causes import Ineligible
from broker.core.state import State
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.bare_core import CHAT, agent_in, bare_state, project_in

CONFIG = bare_state().config
ALICE, BOB, CAROL, ROBO = (agent_in(CONFIG, who) for who in ("alice", "bob", "carol", "robo"))
SUPPORT, SALES = project_in(CONFIG, "Support"), project_in(CONFIG, "Sales")
(ENGLISH,) = CONFIG.languages
ANYBODY = Demand((SUPPORT,), None, 1, 1)


def ready(agent: Guid, **members: Any) -> AgentPresence:
    made = AgentPresence(agent=agent, state=AgentState.READY, session=1, workplace="103")
    return evolve(made, **members)


def with_ready(*presences: AgentPresence) -> State:
    state = bare_state()
    for one in presences:
        state.distribution.presences[one.agent] = one
        touch(state, one.agent)
    return state


@pytest.mark.parametrize(
    ("presence", "reason"),
    [
        (None, Ineligible.AWAY),
        (ready(ALICE, session=None), Ineligible.AWAY),
        (ready(ALICE, state=AgentState.PAUSE), Ineligible.PAUSED),
        (ready(ALICE, state=AgentState.POST_CALL), Ineligible.POST_CALL),
        (ready(ALICE, state=AgentState.LOG_OFF), Ineligible.LOGGED_OFF),
        (ready(ALICE, next_state=AgentState.LOG_OFF), Ineligible.LEAVING),
        (ready(ALICE, next_state=AgentState.PAUSE), None),  # it comes after the next chat
        (ready(ALICE, next_state=AgentState.PAUSE, parked={CHAT: None}), Ineligible.LEAVING),
        (ready(ALICE), None),
    ],
)
def test_what_keeps_an_agent_from_any_chat(
    presence: AgentPresence | None, reason: Ineligible | None
) -> None:
    assert blocked(presence) is reason
    assert ineligible_reason(bare_state(), presence) in (reason, Ineligible.NO_SLOT)


@pytest.mark.parametrize(
    ("load", "cost", "reason"),
    [(0, 1, None), (1, 1, None), (2, 1, Ineligible.NO_SLOT), (1, 2, Ineligible.NO_SLOT)],
)
def test_who_has_fewer_slots_than_it_takes_is_no_candidate(
    load: int, cost: int, reason: Ineligible | None
) -> None:
    """B-22."""
    state = with_ready(ready(ALICE, load=load))
    assert ineligible_reason(state, state.distribution.presences[ALICE], cost) is reason


@pytest.mark.parametrize(
    ("agent", "demand", "skill"),
    [
        (ALICE, ANYBODY, 50),
        (ALICE, Demand((SUPPORT,), ENGLISH, 50, 1), 50),
        (ALICE, Demand((SUPPORT,), None, 51, 1), None),
        (ALICE, Demand((SALES, SUPPORT), None, 20, 1), 50),  # in the first project that does
        (BOB, Demand((SALES,), None, 1, 1), None),
        (ALICE, Demand((SUPPORT,), Guid("Czech"), 1, 1), None),
        (ROBO, ANYBODY, None),
        (Guid("nobody"), ANYBODY, None),
    ],
)
def test_who_qualifies_and_by_which_skill(agent: Guid, demand: Demand, skill: int | None) -> None:
    """B-20."""
    assert skill_for(bare_state(), agent, demand) == skill


@pytest.mark.parametrize(
    "change",
    [
        {"retired": True},
        {"skills": {SUPPORT: Skill(value=50, enabled=False)}},
        {"skills": {SUPPORT: Skill(value=50, engaged=False)}},
        {"languages": {ENGLISH: Skill(value=100, enabled=False)}},
    ],
)
def test_what_is_switched_off_qualifies_nobody(change: dict[str, Any]) -> None:
    state = bare_state()
    alice = evolve(state.config.agents[ALICE], **change)
    state.config = evolve(state.config, agents={ALICE: alice})
    assert qualified(state, Demand((SUPPORT,), ENGLISH, 1, 1)) == {}


def test_more_free_slots_come_first_then_who_is_idle_the_longest() -> None:
    """B-21."""
    state = with_ready(ready(ALICE, load=1), ready(BOB, idle_since=9), ready(CAROL, idle_since=3))
    queue = queue_of(state, ANYBODY)
    assert [who[3] for who in queue.ready] == [CAROL, ALICE, BOB]
    assert queue.agents == {ALICE: 50, BOB: 80, CAROL: 90}


def test_where_a_project_wants_the_best_skill_comes_first() -> None:
    state = with_ready(ready(ALICE), ready(BOB))
    best = evolve(state.config.projects[SUPPORT], best_skill=True)
    state.config = evolve(state.config, projects={SUPPORT: best})
    places = [rank(state, ANYBODY, skill, ready(who)) for who, skill in ((ALICE, 50), (BOB, 80))]
    assert [place[0] for place in places] == [-50, -80]


def test_others_are_counted_by_why_they_are_none() -> None:
    state = with_ready(ready(BOB, load=1), ready(CAROL, state=AgentState.PAUSE))
    queue = queue_of(state, ANYBODY)
    assert queue.others == {
        ALICE: Ineligible.AWAY,
        BOB: Ineligible.NO_SLOT,
        CAROL: Ineligible.PAUSED,
    }
    assert (at_work(queue), is_at_work(queue, BOB), is_at_work(queue, CAROL)) == (1, True, False)


def test_who_changes_is_put_in_their_place_everywhere() -> None:
    state = with_ready(ready(ALICE))
    queue = queue_of(state, ANYBODY)
    presence = state.distribution.presences[ALICE]
    presence.leases, presence.load = {CHAT: ChatStatus.ANSWERED}, 2
    touch(state, ALICE)
    assert (queue.ready, queue.others[ALICE]) == ([], Ineligible.NO_SLOT)
    presence.load = 1
    touch(state, ALICE)
    assert [who[3] for who in queue.ready] == [ALICE]
    assert queue.counts[Ineligible.NO_SLOT] == 0
    touch(state, Guid("nobody"))
    assert Guid("nobody") not in state.distribution.agents_to_match


def test_a_queue_of_nobody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14: as many are kept for their order alone as may be."""
    monkeypatch.setattr(eligibility, "IDLE_QUEUES", 2)
    state = bare_state()
    demands = [Demand((SUPPORT,), None, skill, 1) for skill in (1, 2, 3)]
    for demand in demands:
        queue_of(state, demand)
    assert list(state.distribution.queues) == demands[1:]
    assert queue_of(state, demands[2]) is state.distribution.queues[demands[2]]
