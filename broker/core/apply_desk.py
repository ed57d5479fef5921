"""Writing facts into the distribution: desks, leases, tickets.

A lease is the only thing that holds a slot. It begins with an offer and ends with the state
that holds it (B-22): so every change of a chat's status passes through `chat_moved`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heapify, heappop, heappush

from broker.config.model import MINUTE
from broker.core.facts import (
    AgentMoved,
    AgentSettled,
    ChatSettled,
    OfferEnded,
    Refreshed,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.state import Chat, Demand, Desk, Order, Queue, State, Ticket
from broker.core.timers import TimerKind
from protocol.values import AgentState, ChatStatus, Guid


def desk_of(state: State, agent: Guid) -> Desk:
    """The desk of an agent, made when he is seen for the first time."""
    return state.distribution.desks.setdefault(agent, Desk(agent=agent))


def order_of(state: State, chat: Chat) -> Order:
    """Where a chat stands among those that wait (B-21).

    Every waiting chat gains points at the same rate, so the order between two of them never
    changes: the moment at which it would have had no points sorts them once and for all.
    """
    queued = chat.enqueued_at if chat.enqueued_at is not None else chat.since
    weight = state.config.distribution.age_weight
    return (weight * queued / MINUTE - chat.priority, queued, chat.id)


def chat_moved(state: State, chat: Chat, before: ChatStatus, at: int) -> None:
    """Move the chat's ticket and lease along with its status."""
    if before is ChatStatus.WAITING:
        drop_ticket(state, chat.id)
    match chat.status:
        case ChatStatus.WAITING:
            release(state, chat.id, at)
            put_ticket(state, chat)
        case ChatStatus.ALERTING | ChatStatus.ANSWERED if chat.agent is not None:
            lease(state, chat.id, chat.agent, chat.status)
        case _:
            release(state, chat.id, at)


def lease(state: State, chat: Guid, agent: Guid, holder: ChatStatus) -> None:
    """Give the chat a slot of the agent."""
    state.distribution.leases[chat] = agent
    desk_of(state, agent).leases[chat] = holder


def release(state: State, chat: Guid, at: int) -> None:
    """Free the slot that the chat holds, if any."""
    agent = state.distribution.leases.pop(chat, None)
    if agent is None:
        return
    desk = state.distribution.desks[agent]
    del desk.leases[chat]
    desk.wrapups.pop(chat, None)
    desk.idle_since = at
    state.distribution.fresh_agents[agent] = None
    if desk.next_state is not None and not desk.leases:
        state.distribution.leaving[agent] = None


def wrapup_started(state: State, f: WrapupStarted) -> None:
    """Hold a slot for the wrap-up of a closed chat."""
    desk = desk_of(state, f.agent)
    state.distribution.leases[f.chat] = f.agent
    desk.leases[f.chat] = ChatStatus.CLOSED
    desk.wrapups[f.chat] = f.until
    state.distribution.leaving.pop(f.agent, None)
    state.timers.set(f.until, TimerKind.WRAPUP, f.chat)


def wrapup_ended(state: State, f: WrapupEnded) -> None:
    """Free the slot of a wrap-up."""
    release(state, f.chat, f.at)


def put_ticket(state: State, chat: Chat) -> None:
    """Queue a chat."""
    if chat.project is None:
        return
    demand = (chat.project, chat.language, chat.skill)
    ticket = Ticket(
        chat=chat.id,
        order=order_of(state, chat),
        demand=demand,
        preferred=chat.last_agent,
        exclusions=chat.exclusions,
    )
    d = state.distribution
    d.tickets[chat.id] = ticket
    queue = d.queues.get(demand)
    if queue is None:
        queue = d.queues[demand] = Queue(agents=qualified(state, demand))
    insort(queue.tickets, ticket.order)
    heappush(d.fresh_chats, ticket.order)
    if ticket.exclusions:
        d.excluding[chat.id] = None


def drop_ticket(state: State, chat: Guid) -> None:
    """Take a chat out of its queue."""
    d = state.distribution
    ticket = d.tickets.pop(chat, None)
    if ticket is None:
        return
    d.excluding.pop(chat, None)
    queue = d.queues[ticket.demand]
    del queue.tickets[bisect_left(queue.tickets, ticket.order)]
    if not queue.tickets:
        del d.queues[ticket.demand]


def qualified(state: State, demand: Demand) -> dict[Guid, int]:
    """The agents who may take chats of this demand, with their skill values (B-20)."""
    project, language, skill = demand
    found: dict[Guid, int] = {}
    for agent in state.config.agents.values():
        has = agent.skills.get(project)
        if agent.retired or agent.role == "bot" or has is None:
            continue
        if not (has.enabled and has.engaged) or has.value < skill:
            continue
        if language is not None:
            speaks = agent.languages.get(language)
            if speaks is None or not (speaks.enabled and speaks.engaged):
                continue
        found[agent.id] = has.value
    return found


def offer_ended(state: State, f: OfferEnded) -> None:
    """Count a missed offer, and remember who let the chat go (B-24)."""
    desk_of(state, f.agent).missed = f.missed
    if f.lets_go:
        state.chats[f.chat].exclusions[f.agent] = f.at
        _arm_exclusion(state, f.chat, f.at)


def _arm_exclusion(state: State, chat: Guid, since: int) -> None:
    """Set the timers after which an agent may be offered again a chat that he let go (B-24)."""
    numbers = state.config.distribution
    for pause in (numbers.retry_alone, numbers.retry_after):
        if since + pause > state.now:
            state.timers.set(since + pause, TimerKind.EXCLUSION, chat)


def arm_exclusions(state: State) -> None:
    """Set these timers for every open chat, after a restart or under another configuration."""
    for chat in state.chats.values():
        if chat.is_open:
            for since in chat.exclusions.values():
                _arm_exclusion(state, chat.id, since)


def agent_moved(state: State, f: AgentMoved) -> None:
    """Set an agent's state."""
    desk = desk_of(state, f.agent)
    desk.state, desk.reason, desk.next_state = f.state, f.reason, f.next_state
    desk.missed = f.missed
    desk.since = f.since
    d = state.distribution
    d.leaving.pop(f.agent, None)
    if f.next_state is not None and not desk.leases:
        d.leaving[f.agent] = None
    if f.state is AgentState.LOG_OFF:
        desk.lost_at = None
    _presence_changed(state, f.agent)


def _presence_changed(state: State, agent: Guid) -> None:
    """An agent came, went or changed his state: look again at what that may free."""
    d = state.distribution
    d.fresh_agents[agent] = None
    for chat in d.excluding:
        heappush(d.fresh_chats, d.tickets[chat].order)


def sat_down(state: State, agent: Guid, workplace: str, session: int, at: int) -> None:
    """An agent's workplace is connected."""
    desk = desk_of(state, agent)
    desk.session, desk.workplace, desk.lost_at = session, workplace, None
    desk.idle_since = max(desk.idle_since, at)
    _presence_changed(state, agent)


def went_away(state: State, agent: Guid, at: int) -> None:
    """An agent's workplace is not connected any more (B-11)."""
    desk = desk_of(state, agent)
    desk.session = None
    if desk.state is not AgentState.LOG_OFF:
        desk.lost_at = at
        arm_grace(state, desk, at)
    _presence_changed(state, agent)


def arm_grace(state: State, desk: Desk, at: int) -> None:
    """Set the timers after which a lost agent's chats, and he himself, are given up."""
    for chat, holder in desk.leases.items():
        if holder is ChatStatus.ANSWERED:
            due = at + chat_grace(state, state.chats[chat])
            state.timers.set(due, TimerKind.GRACE, chat)
    state.timers.set(at + agent_grace(state), TimerKind.AGENT, desk.agent)


def chat_grace(state: State, chat: Chat) -> int:
    """How long an answered chat is kept for its lost agent (B-11)."""
    gateway = state.config.gateways.get(chat.gateway)
    return gateway.workplace_grace if gateway is not None else 0


def agent_grace(state: State) -> int:
    """How long a lost agent keeps his state: the longest grace of any gateway (B-28)."""
    return max((g.workplace_grace for g in state.config.gateways.values()), default=MINUTE)


def chat_settled(state: State, f: ChatSettled) -> None:
    """The earliest fresh chat has been looked at."""
    fresh = state.distribution.fresh_chats
    if fresh and fresh[0][2] == f.chat:
        heappop(fresh)


def agent_settled(state: State, f: AgentSettled) -> None:
    """A fresh agent has been looked at."""
    state.distribution.fresh_agents.pop(f.agent, None)


def refreshed(state: State, f: Refreshed) -> None:
    """Have a waiting chat looked at again."""
    ticket = state.distribution.tickets.get(f.chat)
    if ticket is not None:
        heappush(state.distribution.fresh_chats, ticket.order)


def rebuild(state: State) -> None:
    """Queue every waiting chat anew, under a new configuration, and set its times anew."""
    d = state.distribution
    for desk in d.desks.values():
        if desk.lost_at is not None:
            arm_grace(state, desk, desk.lost_at)
    arm_exclusions(state)
    d.queues.clear()
    for chat in list(d.tickets):
        del d.tickets[chat]
        put_ticket(state, state.chats[chat])
    d.fresh_chats = [t.order for t in d.tickets.values()]
    heapify(d.fresh_chats)
