"""How each agent stands to the waiting chats, kept up to date as they change (B-20..B-22).

Theory of operation: an agent's standing has two parts that do not depend on a chat, why they can be
offered nothing at all (`Desk.blocked`) and how many slots they have left for offers (`Desk.free`).
`touch` makes them anew after anything that may change them, and when they did change puts them in their
place in every queue of chats that they are qualified for. So a decision about a chat finds its
candidates in order and the others counted by reason, without looking at anybody. `why_not` says
the same of one agent from the state alone; `broker.core.invariants` compares the two.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heappush

from broker.core.capacity import slots_left
from broker.core.distribution_state import Demand, Desk, DistributionState, Queue, Rank
from protocol.values import AgentState, Guid

NO_SLOT = "no free slot"
IDLE_QUEUES = 256
"""How many queues may be kept for their agents' order alone."""


def free_slots(state: DistributionState, desk: Desk) -> int:
    """How many slots an agent has left for what is offered to them (B-22)."""
    reserve = min(state.config.distribution.park_reserve, len(desk.parked))
    return slots_left(state, desk) - reserve


def blocked(desk: Desk | None) -> str | None:
    """Why an agent can be offered nothing at all now, or None when they can (B-20)."""
    if desk is None or desk.session is None:
        return "away"
    if desk.state is not AgentState.READY:
        return f"state {desk.state.value}"
    if desk.next_state is AgentState.LOG_OFF or (desk.next_state is not None and desk.is_busy):
        return "leaving"
    return None


def why_not(state: DistributionState, desk: Desk | None, weight: int = 1) -> str | None:
    """Why an agent is no candidate for a chat of that weight, or None when they are (B-20)."""
    reason = blocked(desk)
    if reason is None and desk is not None and free_slots(state, desk) < weight:
        return NO_SLOT
    return reason


def rank(state: DistributionState, demand: Demand, skill: int, desk: Desk) -> Rank:
    """Where a candidate stands among the others (B-21)."""
    project = state.config.projects.get(demand[0][0])
    best_skill = project is not None and project.best_skill
    return (-skill if best_skill else 0, -desk.free, desk.idle_since, desk.agent)


def qualified(state: DistributionState, demand: Demand) -> dict[Guid, int]:
    """The agents who may take chats of this demand, with their skill values (B-20)."""
    found: dict[Guid, int] = {}
    for agent in state.config.agents.values():
        skill = skill_for(state, agent.id, demand)
        if skill is not None:
            found[agent.id] = skill
    return found


def skill_for(state: DistributionState, agent: Guid, demand: Demand) -> int | None:
    """The skill that qualifies an agent, or None (B-20): in the first project that does."""
    projects, language, wanted, _weight = demand
    known = state.config.agents.get(agent)
    if known is None or known.retired or known.role == "bot":
        return None
    if language is not None:
        speaks = known.languages.get(language)
        if speaks is None or not (speaks.enabled and speaks.engaged):
            return None
    for project in projects:
        has = known.skills.get(project)
        if has is not None and has.enabled and has.engaged and has.value >= wanted:
            return has.value
    return None


def queue_of(state: DistributionState, demand: Demand) -> Queue:
    """The queue of a demand, made on first sight with everybody in their place; only to be applied."""
    d = state.distribution
    queue = d.queues.get(demand)
    if queue is None:
        queue = d.queues[demand] = Queue(agents=qualified(state, demand))
        for agent in queue.agents:
            place(state, demand, queue, agent)
        if len(d.queues) > IDLE_QUEUES:
            idle = next((k for k, q in d.queues.items() if not q.tickets and k != demand), None)
            if idle is not None:
                del d.queues[idle]
    return queue


def place(state: DistributionState, demand: Demand, queue: Queue, agent: Guid) -> None:
    """Put a qualified agent where they stand now, among the candidates or the others."""
    before = queue.ranks.pop(agent, None)
    if before is not None:
        del queue.ready[bisect_left(queue.ready, before)]
    reason = queue.others.pop(agent, None)
    if reason is not None:
        queue.counts[reason] -= 1
    desk = state.distribution.desks.get(agent)
    reason = desk.blocked if desk is not None else "away"
    if reason is None and desk is not None and desk.free < demand[3]:
        reason = NO_SLOT
    if reason is not None or desk is None:
        reason = reason or "away"
        queue.others[agent] = reason
        queue.counts[reason] = queue.counts.get(reason, 0) + 1
        return
    now = queue.ranks[agent] = rank(state, demand, queue.agents[agent], desk)
    insort(queue.ready, now)


def at_work(queue: Queue) -> int:
    """How many of a queue's agents take chats now or will when a slot gets free (B-24)."""
    return len(queue.ready) + queue.counts.get(NO_SLOT, 0)


def is_at_work(queue: Queue, agent: Guid) -> bool:
    """Whether the agent is one of them."""
    return agent in queue.ranks or queue.others.get(agent) == NO_SLOT


def touch(state: DistributionState, agent: Guid) -> None:
    """Something of the agent changed: their standing, everywhere; look at them again."""
    d = state.distribution
    desk = d.desks.get(agent)
    if desk is None:
        return
    d.fresh_agents[agent] = None
    desk.blocked, desk.free = blocked(desk), free_slots(state, desk)
    for demand, queue in d.queues.items():
        if agent not in queue.agents:
            continue
        worked = is_at_work(queue, agent)
        place(state, demand, queue, agent)
        if worked is not is_at_work(queue, agent):
            _reconsider(state, queue)


def _reconsider(state: DistributionState, queue: Queue) -> None:
    """Who let a chat go gets it sooner when nobody else is left (B-24): look at these chats again."""
    left = at_work(queue)
    for chat in queue.excluding:
        ticket = state.distribution.tickets[chat]
        if left <= len(ticket.need.exclusions) + len(ticket.need.barred):
            heappush(state.distribution.fresh_chats, ticket.order)
