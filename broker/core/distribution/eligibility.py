"""How each agent stands to what waits, kept up to date as they change (B-20..B-22, B-57).

Theory of operation: an agent's standing has two parts for each kind of work, which do not depend on a single
chat or conversation: why they can be offered none at all (`Workload.blocked`), and how many slots they have
left for offers (`Workload.free`). `touch` makes them anew after anything that may change them, and puts the
agent in their place in every queue that they are qualified for. So a decision about a chat finds its
candidates in order and the others counted by reason, without looking at anybody.
`ineligible_reason` says the same of one agent from the state alone; `broker.core.invariants` compares the
two.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heappush

from broker.core.capacity import slots_left
from broker.core.distribution_state import (
    AgentPresence,
    Demand,
    DistributionState,
    Queue,
    Rank,
    Work,
)
from broker.core.facts.causes import Ineligible
from protocol.values import AgentState, Guid

IDLE_QUEUES = 256
"""How many queues may be kept for their agents' order alone."""


_SOON = (Ineligible.NO_SLOT, Ineligible.CHATTING)
"""Why somebody is no candidate who will be one when something of theirs ends."""


def free_slots(state: DistributionState, presence: AgentPresence, work: Work = Work.CHAT) -> int:
    """How many slots an agent has left for what is offered to them (B-22)."""
    if work is Work.CONVERSATION:
        return slots_left(state, presence, work)
    reserve = min(state.config.distribution.park_reserve, len(presence.parked))
    return slots_left(state, presence) - reserve


def blocked(presence: AgentPresence | None) -> Ineligible | None:
    """Why an agent can be offered nothing at all now, or None when they can (B-20)."""
    if presence is None or presence.session is None:
        return Ineligible.AWAY
    if presence.state is not AgentState.READY:
        return Ineligible(f"state {presence.state}")
    if presence.next_state is AgentState.LOG_OFF or (
        presence.next_state is not None and presence.is_busy
    ):
        return Ineligible.LEAVING
    return None


def kept_from(
    state: DistributionState, presence: AgentPresence | None, work: Work
) -> Ineligible | None:
    """Why an agent can be offered nothing of that kind, or None when they can (B-20, B-57)."""
    reason = blocked(presence)
    if reason is not None or work is Work.CHAT or presence is None:
        return reason
    if not presence.takes_messages:
        return Ineligible.CHATS_ALONE
    beside = state.config.distribution.messages_while_chatting or not presence.leases
    return None if beside else Ineligible.CHATTING


def ineligible_reason(
    state: DistributionState,
    presence: AgentPresence | None,
    cost: int = 1,
    work: Work = Work.CHAT,
) -> Ineligible | None:
    """Why an agent is no candidate for work of that cost, or None when they are (B-20)."""
    reason = kept_from(state, presence, work)
    if reason is None and presence is not None and free_slots(state, presence, work) < cost:
        return Ineligible.NO_SLOT
    return reason


def rank(state: DistributionState, demand: Demand, skill: int, presence: AgentPresence) -> Rank:
    """Where a candidate stands among the others (B-21)."""
    project = state.config.projects.get(demand.projects[0])
    best_skill = project is not None and project.best_skill
    free = presence.workload(demand.work).free
    return (-skill if best_skill else 0, -free, presence.idle_since, presence.agent)


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
    projects, language, wanted = demand.projects, demand.language, demand.skill
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
            idle = next((k for k, q in d.queues.items() if not q.entries and k != demand), None)
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
    presence = state.distribution.presences.get(agent)
    workload = presence.workload(demand.work) if presence is not None else None
    reason = workload.blocked if workload is not None else Ineligible.AWAY
    if reason is None and workload is not None and workload.free < demand.cost:
        reason = Ineligible.NO_SLOT
    if reason is not None or presence is None:
        reason = reason or Ineligible.AWAY
        queue.others[agent] = reason
        queue.counts[reason] = queue.counts.get(reason, 0) + 1
        return
    now = queue.ranks[agent] = rank(state, demand, queue.agents[agent], presence)
    insort(queue.ready, now)


def at_work(queue: Queue) -> int:
    """How many of a queue's agents can be offered something, or will when a slot gets free (B-24)."""
    return len(queue.ready) + sum(queue.counts.get(reason, 0) for reason in _SOON)


def is_at_work(queue: Queue, agent: Guid) -> bool:
    """Whether the agent is one of them."""
    return agent in queue.ranks or queue.others.get(agent) in _SOON


def touch(state: DistributionState, agent: Guid) -> None:
    """Something of the agent changed: their standing, everywhere; look at them again."""
    d = state.distribution
    presence = d.presences.get(agent)
    if presence is None:
        return
    d.agents_to_match[agent] = None
    moved = [work for work in Work if _changed(state, presence, work)]
    if not moved:
        return
    for demand, queue in d.queues.items():
        if demand.work not in moved or agent not in queue.agents:
            continue
        worked = is_at_work(queue, agent)
        place(state, demand, queue, agent)
        if worked is not is_at_work(queue, agent):
            _reconsider(state, queue)


def _changed(state: DistributionState, presence: AgentPresence, work: Work) -> bool:
    """Make anew how an agent stands to one kind of work, and say whether their places change."""
    workload = presence.workload(work)
    workload.blocked = kept_from(state, presence, work)
    workload.free = free_slots(state, presence, work)
    now = (workload.blocked, workload.free, presence.idle_since)
    before, workload.placed = workload.placed, now
    return now != before


def _reconsider(state: DistributionState, queue: Queue) -> None:
    """Who let something go gets it sooner when nobody else is left (B-24): look at it again."""
    left = at_work(queue)
    for excluding in queue.excluding:
        entry = state.distribution.entries[excluding]
        if left <= len(entry.need.exclusions) + len(entry.need.barred):
            heappush(state.distribution.entries_to_match, entry.order)
