"""Writing facts into the distribution: presences, leases, queue entries. Nothing here looks into a chat.

A lease is the only thing that holds workload. It begins with an offer and ends with what holds it
(B-22): an offer, a conversation that is not parked, a wrap-up. A chat has a entry while it waits,
and while its owner asks a project for somebody (B-29): its `Need` says so, and what for; `requeue`
sees to the entry.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from heapq import heapify, heappop, heappush

from broker.config.model import DAY, MINUTE
from broker.core.capacity import capacity_cost
from broker.core.deadlines import term_over
from broker.core.distribution.eligibility import queue_of, touch
from broker.core.distribution.graces import arm_grace
from broker.core.distribution.lifecycle import may_move
from broker.core.distribution_state import (
    AgentPresence,
    Demand,
    DistributionState,
    Need,
    Order,
    QueueEntry,
    Work,
    Workload,
)
from broker.core.facts import (
    AgentMoved,
    AgentSeated,
    AgentSettled,
    ChatDropped,
    ChatForgotten,
    ChatMoved,
    ChatParked,
    ChatStarted,
    ChatUnparked,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    EntrySettled,
    InviteEnded,
    InviteMade,
    ListenedAgain,
    OfferEnded,
    OfferMade,
    PartyJoined,
    PartyLeft,
    Refreshed,
    SessionJoined,
    SessionLeft,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import DecisionKind, OfferOutcome, ParkingEnd
from broker.core.limits import ANSWERS_REMEMBERED
from broker.core.timers import Term, TimerKind, Wrapup
from protocol.values import AgentState, ChatStatus, Guid, TransferMode


def presence_of(state: DistributionState, agent: Guid) -> AgentPresence:
    """The presence of an agent, made when they are seen for the first time."""
    presences = state.distribution.presences
    known = presences.get(agent)
    if known is None:
        known = presences[agent] = AgentPresence(agent=agent)
    return known


DUE_AFTER = DAY
"""When a conversation for which no rule says when it is due counts as due, after it began to wait (B-57)."""


def order_of(state: DistributionState, need: Need) -> Order:
    """Where a chat or a conversation stands among those that wait (B-21, B-57).

    Every waiting chat gains points at the same rate, so the order between two of them never
    changes: the moment at which it would have had no points sorts them once and for all.

    A conversation gains points at that rate too, but from when it is due. So with the same priority
    whichever is due first goes first, a point of priority is worth as much time as with chats, and nothing is
    passed over for ever; and that order does not change either.
    """
    since = need.queued
    if need.work is Work.CONVERSATION:
        since = need.due if need.due is not None else need.queued + DUE_AFTER
    points = state.config.distribution.age_weight * since / MINUTE - need.priority
    return (need.work, points, need.queued, need.id)


def demand_of(state: DistributionState, need: Need) -> Demand:
    """What it asks of an agent."""
    cost = capacity_cost(state, need.gateway, need.work)
    return Demand(need.projects, need.language, need.skill, cost, need.work)


# -- chats that there are


def chat_started(state: DistributionState, f: ChatStarted) -> None:
    """Know whose the chat is."""
    state.distribution.gateways[f.chat] = f.gateway


def chat_forgotten(state: DistributionState, f: ChatForgotten | ChatDropped) -> None:
    """The chat is no more."""
    del state.distribution.gateways[f.chat]


# -- leases


def chat_moved(state: DistributionState, f: ChatMoved, need: Need | None) -> None:
    """Move the chat's entry and leases along with its status and its owner."""
    match f.status:
        case ChatStatus.ALERTING if f.agent is not None:
            lease(state, f.chat, f.agent, ChatStatus.ALERTING)
        case ChatStatus.ANSWERED if f.agent is not None:
            if f.answers and f.project is not None and f.enqueued_at is not None:
                _count_answer(state, f.project)
            if f.before is not None and f.before != f.agent:
                release(state, f.chat, f.before)
            lease(state, f.chat, f.agent, ChatStatus.ANSWERED)
        case ChatStatus.ICR if f.agent is not None:
            lease(state, f.chat, f.agent, ChatStatus.ALERTING)
        case _:
            release_all(state, f.chat)
    requeue(state, f.chat, need)


def _count_answer(state: DistributionState, project: Guid) -> None:
    """Remember that a chat of the project was answered: the rate says how long others wait."""
    moments = state.distribution.answered
    moments.setdefault(project, deque(maxlen=ANSWERS_REMEMBERED)).append(state.up)


def offer_made(state: DistributionState, f: OfferMade, need: Need | None) -> None:
    """An agent is alerted; whoever is invited holds a slot from now on, others as the chat moves."""
    if f.invites:
        lease(state, f.chat, f.agent, ChatStatus.ALERTING)
    requeue(state, f.chat, need)


def party_joined(state: DistributionState, f: PartyJoined, need: Need | None) -> None:
    """An agent is in the chat; one who only watches holds no slot."""
    if f.mode is TransferMode.MONITOR:
        presence_of(state, f.agent).watching[f.chat] = None
    else:
        lease(state, f.chat, f.agent, ChatStatus.ANSWERED)
    _bar_anew(state, f.chat, need)


def party_left(state: DistributionState, f: PartyLeft, need: Need | None) -> None:
    """They are in it no more."""
    watching = presence_of(state, f.agent).watching
    if f.chat in watching:
        del watching[f.chat]
    else:
        release(state, f.chat, f.agent)
    _bar_anew(state, f.chat, need)


def _bar_anew(state: DistributionState, chat: Guid, need: Need | None) -> None:
    """Whoever is in the chat is not to be offered it."""
    if chat in state.distribution.entries:
        requeue(state, chat, need)


def lease(
    state: DistributionState,
    id: Guid,
    agent: Guid,
    holder: ChatStatus,
    work: Work = Work.CHAT,
) -> None:
    """Give the chat, or the conversation, slots of the agent, or say anew what holds them."""
    d = state.distribution
    presence = presence_of(state, agent)
    workload = presence.workload(work)
    d.leases.setdefault(id, {})[agent] = None
    if id not in workload.leases:
        workload.costs[id] = capacity_cost(state, d.gateways[id], work)
        workload.load += workload.costs[id]
    workload.leases[id] = holder
    d.logoffs_due.pop(agent, None)
    touch(state, agent)


def release(state: DistributionState, id: Guid, agent: Guid, work: Work = Work.CHAT) -> None:
    """Free the slots of an agent that it holds, if any."""
    d = state.distribution
    holders = d.leases.get(id, {})
    if agent not in holders:
        return
    del holders[agent]
    if not holders:
        del d.leases[id]
    presence = d.presences[agent]
    workload = presence.workload(work)
    holder = workload.leases.pop(id)
    workload.load -= workload.costs.pop(id)
    workload.wrapups.pop(id, None)
    presence.idle_since = state.up
    free_to_leave(state, presence, holder is not ChatStatus.ALERTING)
    touch(state, agent)


def release_all(state: DistributionState, id: Guid, work: Work = Work.CHAT) -> None:
    """Free everything that it holds."""
    for agent in list(state.distribution.leases.get(id, ())):
        release(state, id, agent, work)


def free_to_leave(state: DistributionState, presence: AgentPresence, worked: bool) -> None:
    """Whether a `NextState` is to be taken now that something of the agent's has ended (B-28).

    To log off they need only to have nothing any more; a pause or a wrap-up comes *after* work, and an
    offer that came to nothing was none.
    """
    if presence.next_state is None or presence.is_busy:
        return
    if worked or presence.next_state is AgentState.LOG_OFF:
        state.distribution.logoffs_due[presence.agent] = None


def hold_for_wrapup(
    state: DistributionState, id: Guid, agent: Guid, at: int, until: int, work: Work = Work.CHAT
) -> None:
    """Hold slots of an agent for the wrap-up of a chat or a conversation that has ended."""
    lease(state, id, agent, ChatStatus.CLOSED, work)
    workload = presence_of(state, agent).workload(work)
    workload.wrapups[id] = Wrapup(until, Term(state.up, until - at))
    _arm_wrapup(state, workload, id)


def _arm_wrapup(state: DistributionState, workload: Workload, id: Guid) -> None:
    """Set a timer for the end of a wrap-up."""
    state.timers.set(term_over(state, workload.wrapups[id].term), TimerKind.WRAPUP, id)


def wrapup_started(state: DistributionState, f: WrapupStarted) -> None:
    """Hold slots for the wrap-up of a closed chat."""
    hold_for_wrapup(state, f.chat, f.agent, f.at, f.until)


def wrapup_ended(state: DistributionState, f: WrapupEnded) -> None:
    """Free the slots of a wrap-up."""
    release(state, f.chat, f.agent)


def chat_parked(state: DistributionState, f: ChatParked) -> None:
    """The chat holds no slot while it is put aside."""
    presence_of(state, f.agent).parked[f.chat] = None
    release(state, f.chat, f.agent)


def chat_woken(state: DistributionState, f: ChatWoken) -> None:
    """The chat is to come back; look at its owner at once."""
    state.distribution.resuming[f.chat] = None
    state.distribution.agents_to_match[f.agent] = None


def chat_unparked(state: DistributionState, f: ChatUnparked) -> None:
    """The chat is back, or its conversation ended meanwhile."""
    presence = presence_of(state, f.agent)
    presence.parked.pop(f.chat, None)
    state.distribution.resuming.pop(f.chat, None)
    if f.cause is ParkingEnd.RETRIEVED:
        lease(state, f.chat, f.agent, ChatStatus.ANSWERED)
    else:
        free_to_leave(state, presence, worked=True)
        touch(state, f.agent)


# -- queue entries


def requeue(state: DistributionState, id: Guid, need: Need | None) -> None:
    """Give a chat or a conversation the entry that it should have now, or none."""
    drop_entry(state, id)
    if need is not None:
        put_entry(state, need)


def put_entry(state: DistributionState, need: Need) -> None:
    """Queue a chat or a conversation."""
    entry = QueueEntry(
        id=need.id,
        order=order_of(state, need),
        demand=demand_of(state, need),
        need=need,
    )
    d = state.distribution
    d.entries[need.id] = entry
    d.waiting[need.work] += 1
    queue = queue_of(state, entry.demand)
    insort(queue.entries, entry.order)
    heappush(d.entries_to_match, entry.order)
    if need.exclusions or need.barred:
        queue.excluding[need.id] = None


def drop_entry(state: DistributionState, id: Guid) -> None:
    """Take a chat or a conversation out of its queue."""
    d = state.distribution
    entry = d.entries.pop(id, None)
    if entry is None:
        return
    d.waiting[entry.need.work] -= 1
    queue = d.queues[entry.demand]
    queue.excluding.pop(id, None)
    del queue.entries[bisect_left(queue.entries, entry.order)]


def chat_widened(state: DistributionState, f: ChatWidened, need: Need | None) -> None:
    """The chat asks for less, or stands further in front."""
    requeue(state, f.chat, need)


def invite_made(state: DistributionState, f: InviteMade, need: Need | None) -> None:
    """A project's people are asked by way of the queue."""
    if f.project is not None:
        requeue(state, f.chat, need)


def invite_ended(state: DistributionState, f: InviteEnded, need: Need | None) -> None:
    """They are asked no more."""
    requeue(state, f.chat, need)


def offer_ended(state: DistributionState, f: OfferEnded, need: Need | None) -> None:
    """Count a missed offer, and free what the offer held, unless the chat moves on by a fact of its own."""
    presence_of(state, f.agent).missed = f.missed
    if f.outcome is OfferOutcome.ANSWERED:
        if f.status is ChatStatus.ICR:
            lease(state, f.chat, f.agent, ChatStatus.ANSWERED)
    elif f.status is not ChatStatus.ALERTING:
        release(state, f.chat, f.agent)
    requeue(state, f.chat, need)


def decision_logged(state: DistributionState, f: DecisionLogged) -> None:
    """It is said why a chat waits."""
    if f.kind is DecisionKind.WAITING:
        explained(state, f.chat)


def explained(state: DistributionState, id: Guid) -> None:
    """It need not be said again for as long as the entry lasts."""
    entry = state.distribution.entries.get(id)
    if entry is not None:
        entry.explained = True


# -- agents


def agent_moved(state: DistributionState, f: AgentMoved) -> None:
    """Set an agent's state."""
    presence = presence_of(state, f.agent)
    assert may_move(presence.state, f.state, f.cause), f
    presence.state, presence.reason, presence.next_state = f.state, f.reason, f.next_state
    presence.missed = f.missed
    presence.since = f.since
    state.distribution.logoffs_due.pop(f.agent, None)
    free_to_leave(state, presence, worked=False)
    if f.state is AgentState.LOG_OFF:
        presence.lost_at = None
    touch(state, f.agent)


def agent_seated(state: DistributionState, f: AgentSeated) -> None:
    """A login: whatever the agent did before at this seat or another is replaced by it."""
    presence = presence_of(state, f.agent)
    presence.login, presence.seated_at, presence.workplace = f.login, f.at, f.workplace


def session_joined(state: DistributionState, f: SessionJoined) -> None:
    """An agent's workplace is connected."""
    if f.workplace is None or f.agent is None:
        return
    presence = presence_of(state, f.agent)
    presence.session, presence.workplace, presence.lost_at = f.session, f.workplace, None
    presence.takes_messages = f.takes_messages
    presence.idle_since = state.up
    touch(state, f.agent)


def session_left(state: DistributionState, f: SessionLeft) -> None:
    """An agent's workplace is not connected any more (B-11)."""
    if f.agent is None:
        return
    presence = presence_of(state, f.agent)
    presence.session, presence.takes_messages = None, False
    presence.left_at = state.up
    if presence.state is not AgentState.LOG_OFF:
        presence.lost_at = state.up
        arm_grace(state, presence)
    touch(state, f.agent)


def arm_presences(state: DistributionState) -> None:
    """Set the timers of all wrap-ups and all lost agents anew."""
    for presence in state.distribution.presences.values():
        for work in Work:
            workload = presence.workload(work)
            for wrapped in workload.wrapups:
                _arm_wrapup(state, workload, wrapped)
        arm_grace(state, presence)


def listened_again(state: DistributionState, _f: ListenedAgain) -> None:
    """The broker listens from now on: all times anew."""
    arm_presences(state)


# -- what was looked at


def entry_settled(state: DistributionState, f: EntrySettled) -> None:
    """The earliest fresh entry has been looked at."""
    fresh = state.distribution.entries_to_match
    if fresh and fresh[0][-1] == f.id:
        heappop(fresh)


def agent_settled(state: DistributionState, f: AgentSettled) -> None:
    """A fresh agent has been looked at."""
    state.distribution.agents_to_match.pop(f.agent, None)


def refreshed(state: DistributionState, f: Refreshed) -> None:
    """Have what waits looked at again."""
    entry = state.distribution.entries.get(f.id)
    if entry is not None:
        heappush(state.distribution.entries_to_match, entry.order)


def config_replaced(state: DistributionState, _f: ConfigReplaced) -> None:
    """Queue everything that waits anew, under a new configuration, and set all times anew."""
    arm_presences(state)
    d = state.distribution
    waiting = [entry.need for entry in d.entries.values()]
    d.entries.clear()
    d.waiting = dict.fromkeys(Work, 0)
    d.queues.clear()
    for presence in d.presences.values():
        for work in Work:
            _weigh_anew(state, presence.workload(work), work)
        touch(state, presence.agent)
    for need in waiting:
        put_entry(state, need)
    d.entries_to_match = [t.order for t in d.entries.values()]
    heapify(d.entries_to_match)


def _weigh_anew(state: DistributionState, workload: Workload, work: Work) -> None:
    for held in workload.leases:
        cost = capacity_cost(state, state.distribution.gateways[held], work)
        workload.load += cost - workload.costs[held]
        workload.costs[held] = cost
