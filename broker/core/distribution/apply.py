"""Writing facts into the distribution: desks, leases, tickets.

A lease is the only thing that holds slots. It begins with an offer and ends with what holds it
(B-22): an offer, a conversation that is not parked, a wrap-up. A chat has a ticket while it waits,
and while its owner asks a project for somebody (B-29): `requeue` sees to that.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heapify, heappop, heappush

from broker.config.model import MINUTE
from broker.core.capacity import weight_of
from broker.core.deadlines import arm_chat, arm_park, over, term_over
from broker.core.distribution.eligibility import queue_of, touch
from broker.core.facts import (
    AgentExcluded,
    AgentMoved,
    AgentSeated,
    AgentSettled,
    ChatParked,
    ChatSettled,
    ChatUnparked,
    ChatWoken,
    OfferEnded,
    ParkWarned,
    Refreshed,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.state import Chat, Demand, Desk, Order, State, Ticket
from broker.core.timers import Term, TimerKind, Wrapup
from protocol.values import AgentState, ChatStatus, Guid


def desk_of(state: State, agent: Guid) -> Desk:
    """The desk of an agent, made when he is seen for the first time."""
    return state.distribution.desks.setdefault(agent, Desk(agent=agent))


def order_of(state: State, chat: Chat) -> Order:
    """Where a chat stands among those that wait (B-21).

    Every waiting chat gains points at the same rate, so the order between two of them never
    changes: the moment at which it would have had no points sorts them once and for all.
    """
    queued = chat.queued_up if chat.enqueued_at is not None else chat.started_up
    weight = state.config.distribution.age_weight
    return (weight * queued / MINUTE - chat.priority, queued, chat.id)


def demand_of(state: State, chat: Chat) -> Demand | None:
    """What the chat asks of an agent; None before a rule said so."""
    weight = weight_of(state, chat)
    if chat.invite is not None and chat.invite.project is not None:
        return ((chat.invite.project,), chat.language, 1, weight)
    if chat.project is None:
        return None
    return ((chat.project, *chat.further), chat.language, chat.skill, weight)


# -- leases


def chat_moved(state: State, chat: Chat, before: Guid | None) -> None:
    """Move the chat's ticket and leases along with its status and its owner.

    Args:
        state: The state, with the chat's new status and owner.
        chat: The chat.
        before: Who owned it.
    """
    match chat.status:
        case ChatStatus.ALERTING if chat.agent is not None:
            lease(state, chat, chat.agent, ChatStatus.ALERTING)
        case ChatStatus.ANSWERED if chat.agent is not None:
            if before is not None and before != chat.agent:
                release(state, chat.id, before)
            lease(state, chat, chat.agent, ChatStatus.ANSWERED)
        case ChatStatus.ICR if chat.agent is not None:
            lease(state, chat, chat.agent, ChatStatus.ALERTING)
        case _:
            release_all(state, chat.id)
    requeue(state, chat)


def lease(state: State, chat: Chat, agent: Guid, holder: ChatStatus) -> None:
    """Give the chat slots of the agent, or say anew what holds them."""
    desk = desk_of(state, agent)
    state.distribution.leases.setdefault(chat.id, {})[agent] = None
    if chat.id not in desk.leases:
        desk.weights[chat.id] = weight_of(state, chat)
        desk.load += desk.weights[chat.id]
    desk.leases[chat.id] = holder
    state.distribution.leaving.pop(agent, None)
    touch(state, agent)


def release(state: State, chat: Guid, agent: Guid) -> None:
    """Free the slots of an agent that the chat holds, if any."""
    d = state.distribution
    holders = d.leases.get(chat, {})
    if agent not in holders:
        return
    del holders[agent]
    if not holders:
        del d.leases[chat]
    desk = d.desks[agent]
    holder = desk.leases.pop(chat)
    desk.load -= desk.weights.pop(chat)
    desk.wrapups.pop(chat, None)
    desk.idle_since = state.up
    free_to_leave(state, desk, holder is not ChatStatus.ALERTING)
    touch(state, agent)


def release_all(state: State, chat: Guid) -> None:
    """Free everything that the chat holds."""
    for agent in list(state.distribution.leases.get(chat, ())):
        release(state, chat, agent)


def free_to_leave(state: State, desk: Desk, worked: bool) -> None:
    """Whether a `NextState` is to be taken now that something of the agent's has ended (B-28).

    To log off he needs only to have nothing any more; a pause or a wrap-up comes *after* work, and an
    offer that came to nothing was none.
    """
    if desk.next_state is None or desk.is_busy:
        return
    if worked or desk.next_state is AgentState.LOG_OFF:
        state.distribution.leaving[desk.agent] = None


def wrapup_started(state: State, f: WrapupStarted) -> None:
    """Hold slots for the wrap-up of a closed chat."""
    lease(state, state.chats[f.chat], f.agent, ChatStatus.CLOSED)
    desk = desk_of(state, f.agent)
    desk.wrapups[f.chat] = Wrapup(f.until, Term(state.up, f.until - f.at))
    arm_wrapup(state, desk, f.chat)


def arm_wrapup(state: State, desk: Desk, chat: Guid) -> None:
    """Set a timer for the end of a wrap-up."""
    state.timers.set(term_over(state, desk.wrapups[chat].term), TimerKind.WRAPUP, chat)


def wrapup_ended(state: State, f: WrapupEnded) -> None:
    """Free the slots of a wrap-up."""
    release(state, f.chat, f.agent)


def chat_parked(state: State, f: ChatParked) -> None:
    """The chat holds no slot while it is put aside."""
    chat, desk = state.chats[f.chat], desk_of(state, f.agent)
    chat.parked_at, chat.parked_up, chat.woken_at, chat.park_warned = f.at, state.up, None, False
    arm_park(state, chat)
    desk.parked[f.chat] = None
    release(state, f.chat, f.agent)


def chat_woken(state: State, f: ChatWoken) -> None:
    """The chat is to come back; look at its owner at once."""
    chat = state.chats[f.chat]
    chat.woken_at = f.at
    state.distribution.waking[f.chat] = None
    if chat.agent is not None:
        state.distribution.fresh_agents[chat.agent] = None


def park_warned(state: State, f: ParkWarned) -> None:
    """The owner knows that the chat will come back."""
    chat = state.chats[f.chat]
    chat.park_warned = True
    arm_park(state, chat)


def chat_unparked(state: State, f: ChatUnparked) -> None:
    """The chat is back, or its conversation ended meanwhile."""
    chat, desk = state.chats[f.chat], desk_of(state, f.agent)
    chat.parked_at, chat.woken_at, chat.park_warned = None, None, False
    chat.unparked_at, chat.quiet_up = f.at, state.up
    arm_chat(state, chat)
    desk.parked.pop(f.chat, None)
    state.distribution.waking.pop(f.chat, None)
    if f.cause == "retrieved":
        lease(state, chat, f.agent, ChatStatus.ANSWERED)
    else:
        free_to_leave(state, desk, worked=True)
        touch(state, f.agent)


# -- tickets


def requeue(state: State, chat: Chat) -> None:
    """Give the chat the ticket that it should have now, or none."""
    asks = chat.invite is not None and chat.invite.project is not None
    waits = chat.status is ChatStatus.WAITING or (chat.status is ChatStatus.ANSWERED and asks)
    drop_ticket(state, chat.id)
    if waits and chat.offer is None:
        put_ticket(state, chat)


def put_ticket(state: State, chat: Chat) -> None:
    """Queue a chat."""
    demand = demand_of(state, chat)
    if demand is None:
        return
    inside = chat.status is ChatStatus.ANSWERED and chat.agent is not None
    ticket = Ticket(
        chat=chat.id,
        order=order_of(state, chat),
        demand=demand,
        preferred=None if inside else chat.last_agent,
        exclusions=chat.exclusions,
        barred=(chat.agent, *chat.parties) if inside and chat.agent is not None else (),
    )
    d = state.distribution
    d.tickets[chat.id] = ticket
    queue = queue_of(state, demand)
    insort(queue.tickets, ticket.order)
    heappush(d.fresh_chats, ticket.order)
    if ticket.exclusions or ticket.barred:
        queue.excluding[chat.id] = None


def drop_ticket(state: State, chat: Guid) -> None:
    """Take a chat out of its queue."""
    d = state.distribution
    ticket = d.tickets.pop(chat, None)
    if ticket is None:
        return
    queue = d.queues[ticket.demand]
    queue.excluding.pop(chat, None)
    del queue.tickets[bisect_left(queue.tickets, ticket.order)]


def offer_ended(state: State, f: OfferEnded) -> None:
    """Count a missed offer, and remember who let the chat go (B-24)."""
    chat = state.chats[f.chat]
    desk_of(state, f.agent).missed = f.missed
    if f.outcome == "answered":
        if chat.status is ChatStatus.ICR:
            lease(state, chat, f.agent, ChatStatus.ANSWERED)
    elif chat.status is not ChatStatus.ALERTING:
        # An offered chat that waits for an agent moves on by a fact of its own.
        release(state, chat.id, f.agent)
    if f.lets_go:
        exclude(state, f.chat, f.agent)
    requeue(state, chat)


def agent_excluded(state: State, f: AgentExcluded) -> None:
    """Remember who gave the chat back."""
    exclude(state, f.chat, f.agent)


def exclude(state: State, chat: Guid, agent: Guid) -> None:
    """Leave an agent out for a chat for a while (B-24)."""
    state.chats[chat].exclusions[agent] = state.up
    _arm_exclusion(state, chat, state.up)


def _arm_exclusion(state: State, chat: Guid, since: int) -> None:
    """Set the timers after which an agent may be offered again a chat that he let go (B-24)."""
    numbers = state.config.distribution
    for pause in (numbers.retry_alone, numbers.retry_after):
        if since + pause > state.up:
            state.timers.set(since + pause, TimerKind.EXCLUSION, chat)


def arm_exclusions(state: State) -> None:
    """Set these timers for every open chat, after a restart or under another configuration."""
    for chat in state.chats.values():
        if chat.is_open:
            for since in chat.exclusions.values():
                _arm_exclusion(state, chat.id, since)


# -- agents


def agent_moved(state: State, f: AgentMoved) -> None:
    """Set an agent's state."""
    desk = desk_of(state, f.agent)
    desk.state, desk.reason, desk.next_state = f.state, f.reason, f.next_state
    desk.missed = f.missed
    desk.since = f.since
    state.distribution.leaving.pop(f.agent, None)
    free_to_leave(state, desk, worked=False)
    if f.state is AgentState.LOG_OFF:
        desk.lost_at = None
    touch(state, f.agent)


def agent_seated(state: State, f: AgentSeated) -> None:
    """A login: whatever the agent did before at this seat or another is replaced by it."""
    desk = desk_of(state, f.agent)
    desk.login, desk.seated_at, desk.workplace = f.login, f.at, f.workplace


def sat_down(state: State, agent: Guid, workplace: str, session: int) -> None:
    """An agent's workplace is connected."""
    desk = desk_of(state, agent)
    desk.session, desk.workplace, desk.lost_at = session, workplace, None
    desk.idle_since = state.up
    touch(state, agent)


def went_away(state: State, agent: Guid) -> None:
    """An agent's workplace is not connected any more (B-11)."""
    desk = desk_of(state, agent)
    desk.session = None
    desk.left_at = state.up
    if desk.state is not AgentState.LOG_OFF:
        desk.lost_at = state.up
        arm_grace(state, desk)
    touch(state, agent)


def held(desk: Desk) -> list[Guid]:
    """The conversations of an agent, as owner or party, those that he parked among them."""
    talking = [c for c, holder in desk.leases.items() if holder is ChatStatus.ANSWERED]
    return [*talking, *desk.parked]


def arm_grace(state: State, desk: Desk) -> None:
    """Set the timers after which a lost agent's chats, and the agent, are given up."""
    if desk.lost_at is None:
        return
    for chat in held(desk):
        due = lost_until(state, state.chats[chat], desk.lost_at)
        state.timers.set(due, TimerKind.GRACE, chat)
    state.timers.set(gone_at(state, desk.lost_at), TimerKind.AGENT, desk.agent)


def lost_until(state: State, chat: Chat, lost_at: int) -> int:
    """Until when an answered chat is kept for its lost agent (B-11)."""
    gateway = state.config.gateways.get(chat.gateway)
    return over(state, lost_at, gateway.workplace_grace if gateway is not None else 0)


def gone_at(state: State, lost_at: int) -> int:
    """Until when a lost agent keeps their state: the longest grace of any gateway (B-28)."""
    longest = max((g.workplace_grace for g in state.config.gateways.values()), default=MINUTE)
    return over(state, lost_at, longest)


def arm_desks(state: State) -> None:
    """Set the timers of all wrap-ups and all lost agents anew."""
    for desk in state.distribution.desks.values():
        for chat in desk.wrapups:
            arm_wrapup(state, desk, chat)
        arm_grace(state, desk)


# -- what was looked at


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
    waiting = list(d.tickets)
    d.tickets.clear()
    d.queues.clear()
    for desk in d.desks.values():
        for chat in desk.leases:
            weight = weight_of(state, state.chats[chat])
            desk.load += weight - desk.weights[chat]
            desk.weights[chat] = weight
        touch(state, desk.agent)
    arm_exclusions(state)
    for chat in waiting:
        put_ticket(state, state.chats[chat])
    d.fresh_chats = [t.order for t in d.tickets.values()]
    heapify(d.fresh_chats)
