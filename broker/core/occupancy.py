"""How busy the agents are who could take a chat: the signal of a gateway (B-1, B-27)."""

from __future__ import annotations

from broker.core import rules
from broker.core.standing import free_slots, qualified
from broker.core.state import State
from protocol.values import AgentState, Guid, Signal


def signal_for(state: State, who: rules.Applicant, now: int) -> tuple[Signal, Guid | None]:
    """The signal for somebody who asks, and the form to show him."""
    verdict = rules.gate(state.config, who, now)
    if verdict.decided is not None:
        return verdict.decided, verdict.scenario
    return occupancy(state, who, now) or verdict.fallback, verdict.scenario


def occupancy(state: State, who: rules.Applicant, now: int) -> Signal | None:
    """Free, Busy, or None when nobody is there."""
    rule = rules.project(state.config, who, now)
    if rule is None:
        return None
    gateway = state.config.gateways.get(who.gateway_id)
    weight = gateway.weight if gateway is not None else 1
    d = state.distribution
    demand = ((rule.project,), rule.language, rule.skill, weight)
    known = d.queues.get(demand)
    able = known.agents if known is not None else qualified(state, demand)
    free = 0
    somebody = False
    for agent in able:
        desk = d.desks.get(agent)
        if desk is None or desk.session is None or desk.state is AgentState.LOG_OFF:
            continue
        if desk.next_state is AgentState.LOG_OFF:
            continue
        somebody = True
        if desk.blocked is None:
            free += max(0, free_slots(state, desk)) // weight
    if free:
        waiting = sum(
            len(q.tickets)
            for q in d.queues.values()
            if q.tickets and not able.keys().isdisjoint(q.agents)
        )
        if free > waiting:
            return Signal.FREE
    return Signal.BUSY if somebody else None
