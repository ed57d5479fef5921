"""How busy the agents are who could take a chat: the signal of a gateway (B-1, B-27).

A gate rule may bound the queue: when too many wait where a chat would, or for too long, the signal is
another, and with `Closed` or `Hidden` the chat does not begin. As long as somebody is free nobody waits,
and no bound is met.
"""

from __future__ import annotations

from bisect import bisect_left

from broker.config.model import MINUTE, GateRule
from broker.core.distribution.eligibility import free_slots, qualified
from broker.core.distribution_state import Demand, DistributionState, Work
from broker.core.facts.details import LimitReached
from broker.core.rules import matching
from protocol.values import AgentState, Guid, Signal

REFUSING = (Signal.CLOSED, Signal.HIDDEN)
"""Signals with which no chat begins."""
WINDOW = 30 * MINUTE
"""Answers before that say nothing about now."""
ENOUGH = 3
"""How many answers make a rate."""


def signal_for(
    state: DistributionState, who: matching.Applicant, now: int
) -> tuple[Signal, Guid | None]:
    """The signal for somebody who asks, and the form to show them."""
    verdict = matching.gate(state.config, who, now)
    if not verdict.open or verdict.forced in REFUSING:
        return verdict.decided or verdict.fallback, verdict.scenario
    found = verdict.forced or occupancy(state, who, now) or verdict.fallback
    rule = verdict.rule
    if rule is not None and found not in (*REFUSING, rule.limit_signal):
        found = rule.limit_signal if limit_reached(state, verdict, who, now) else found
    return found, verdict.scenario


def limit_reached(
    state: DistributionState, verdict: matching.GateVerdict, who: matching.Applicant, now: int
) -> LimitReached | None:
    """Which bound of the gate rule is exceeded, for the log; None when none is (B-27)."""
    rule = verdict.rule
    if rule is None or (rule.queue_limit is None and rule.wait_limit is None):
        return None
    found = matching.project(state.config, who, now)
    if found is None or occupancy(state, who, now) is Signal.FREE:
        return None
    return _too_long(state, rule, found.project)


def _too_long(state: DistributionState, rule: GateRule, project: Guid) -> LimitReached | None:
    waiting, most, longest = 0, rule.queue_limit, rule.wait_limit
    for demand, queue in state.distribution.queues.items():
        if project not in demand.projects or demand.work is not Work.CHAT:
            continue
        for *_, chat in queue.entries:
            need = state.distribution.entries[chat].need
            if not need.waits:
                continue  # it is being transferred
            waiting += 1
            # The age of one that was answered before counts from its first wait, and says nothing.
            waited = state.up - need.queued if not need.answered else 0
            if longest is not None and waited > longest:
                return LimitReached(wait=waited)
    if most is not None and waiting >= most:
        return LimitReached(waiting=waiting)
    expected = wait_at(state, project, waiting + 1)
    if longest is not None and expected is not None and expected > longest:
        return LimitReached(wait=expected)
    return None


def wait_at(state: DistributionState, project: Guid | None, place: int) -> int | None:
    """How long whoever stands at a place will wait, or None when nobody can know (B-26)."""
    moments = state.distribution.answered.get(project) if project is not None else None
    recent = [at for at in moments or () if state.up - at <= WINDOW]
    if len(recent) < ENOUGH or state.up <= recent[0]:
        return None
    return place * (state.up - recent[0]) // (len(recent) - 1)


def position(state: DistributionState, chat: Guid) -> int:
    """Where a waiting chat stands in its queue, from 1."""
    entry = state.distribution.entries[chat]
    return bisect_left(state.distribution.queues[entry.demand].entries, entry.order) + 1


def expected_wait(state: DistributionState, chat: Guid) -> int | None:
    """How much longer a waiting chat will wait, in microseconds, or None when nobody can know (B-26)."""
    entry = state.distribution.entries[chat]
    return wait_at(state, entry.demand.projects[0], position(state, chat))


def occupancy(state: DistributionState, who: matching.Applicant, now: int) -> Signal | None:
    """Free, Busy, or None when nobody is there."""
    rule = matching.project(state.config, who, now)
    if rule is None:
        return None
    gateway = state.config.gateways.get(who.gateway_id)
    cost = gateway.weight if gateway is not None else 1
    d = state.distribution
    demand = Demand((rule.project,), rule.language, rule.skill, cost)
    known = d.queues.get(demand)
    able = known.agents if known is not None else qualified(state, demand)
    free = 0
    somebody = False
    for agent in able:
        presence = d.presences.get(agent)
        if presence is None or presence.session is None or presence.state is AgentState.LOG_OFF:
            continue
        if presence.next_state is AgentState.LOG_OFF:
            continue
        somebody = True
        if presence.blocked is None:
            free += max(0, free_slots(state, presence)) // cost
    if free:
        waiting = sum(
            len(q.entries)
            for kind, q in d.queues.items()
            if q.entries and kind.work is Work.CHAT and not able.keys().isdisjoint(q.agents)
        )
        if free > waiting:
            return Signal.FREE
    return Signal.BUSY if somebody else None
