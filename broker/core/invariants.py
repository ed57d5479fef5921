"""What must hold of the state between two inputs, and what of it is durable (I-6..I-10).

`check` states the laws a second time, naively and at full cost, for tests and the simulator.
`durable` picks what the store must be able to give back.
"""

from __future__ import annotations

from attrs import fields

from broker.core.announce import capacity
from broker.core.apply import memory_of
from broker.core.apply_desk import chat_grace
from broker.core.distribution import excluded, why_not
from broker.core.state import Chat, Desk, State
from broker.core.timers import TimerKind
from protocol.values import AgentState, ChatStatus, Guid

_DERIVED = frozenset({"exclusions", "keys", "past_slots", "timer_at"})
_COLUMNS = tuple(a.name for a in fields(Chat) if a.name not in _DERIVED)


def durable(state: State) -> dict[str, object]:
    """The durable part of the state in plain, comparable values (I-10).

    Exclusions are compared by the store's own rule, from the offers, and are left out; so are
    forms' order, presence and timers. Agents who are logged off and were never seen differ in
    nothing and are left out as well.
    """
    chats: dict[str, object] = {}
    for chat in sorted(state.chats.values(), key=lambda c: c.no):
        chats[chat.id] = _durable_chat(chat)
    desks = {
        desk.agent: (desk.state, desk.reason, desk.next_state, desk.since, desk.missed)
        for desk in state.distribution.desks.values()
        if desk.since
    }
    return {
        "chats": chats,
        "desks": dict(sorted(desks.items())),
        "wrapups": sorted(
            (chat, desk.agent, until)
            for desk in state.distribution.desks.values()
            for chat, until in desk.wrapups.items()
        ),
    }


def _durable_chat(chat: Chat) -> dict[str, object]:
    return {name: getattr(chat, name) for name in _COLUMNS}


def check(state: State) -> list[str]:
    """Every law that the state breaks, in words; empty when all is well."""
    faults: list[str] = []
    for chat in state.chats.values():
        faults += _chat_faults(state, chat)
    for desk in state.distribution.desks.values():
        faults += _desk_faults(state, desk)
    faults += _matching_faults(state)
    counts: dict[ChatStatus, int] = {}
    held: dict[Guid, int] = {}
    taken: dict[Guid, int] = {}
    for chat in state.chats.values():
        counts[chat.status] = counts.get(chat.status, 0) + 1
        held[chat.gateway] = held.get(chat.gateway, 0) + 1
        taken[chat.gateway] = taken.get(chat.gateway, 0) + memory_of(chat)
    if held != {gateway: n for gateway, n in state.chats_held.items() if n}:
        faults.append(f"I-14: chats held {state.chats_held} are not {held}")
    if taken != {gateway: n for gateway, n in state.bytes_held.items() if gateway in taken}:
        faults.append(f"I-14: bytes held {state.bytes_held} are not {taken}")
    faults += _waiting_faults(state)
    if counts != {s: n for s, n in state.status_counts.items() if n}:
        faults.append(f"I-14: status counts {state.status_counts} are not {counts}")
    return faults


def _chat_faults(state: State, chat: Chat) -> list[str]:
    faults: list[str] = []
    d = state.distribution
    if [s.counter for s in chat.sentences] != list(range(1, len(chat.sentences) + 1)):
        faults.append(f"I-3: counters of chat {chat.id} are not 1..n")
    if sum(len(keys) for keys in chat.keys) != len(chat.sentences):
        faults.append(f"I-2: keys of chat {chat.id} do not match its sentences")
    if chat.is_open is not (chat.id in state.open_chats.get(chat.gateway, {})):
        faults.append(f"I-14: chat {chat.id} is missing from or left in the open list")
    if (chat.status is ChatStatus.WAITING) is not (chat.id in d.tickets):
        faults.append(f"I-7: chat {chat.id} is {chat.status} and its ticket disagrees")
    if (chat.status is ChatStatus.ALERTING) is not (chat.offer is not None):
        faults.append(f"I-6: chat {chat.id} is {chat.status} and its offer disagrees")
    if chat.status is ChatStatus.ALERTING and chat.agent is not None:
        desk = d.desks.get(chat.agent)
        if desk is None or desk.session is None:
            faults.append(f"I-7: chat {chat.id} is offered to agent {chat.agent}, who is away")
    held = d.leases.get(chat.id)
    holds = chat.status in (ChatStatus.ALERTING, ChatStatus.ANSWERED)
    if holds and held != chat.agent:
        faults.append(f"I-6: chat {chat.id} of agent {chat.agent} is leased to {held}")
    if chat.status in (ChatStatus.PILOT, ChatStatus.WAITING) and held is not None:
        faults.append(f"I-6: chat {chat.id} is {chat.status} and holds a slot")
    if (chat.status is ChatStatus.CLOSED) is not (chat.close_reason is not None):
        faults.append(f"I-8: chat {chat.id} is {chat.status} with reason {chat.close_reason}")
    return faults


def _waiting_faults(state: State) -> list[str]:
    """I-16: every chat of an agent who is away has a timer that ends that in time."""
    armed = {(key, due) for due, _number, kind, key in state.timers.heap if kind is TimerKind.GRACE}
    faults: list[str] = []
    for desk in state.distribution.desks.values():
        for chat, holder in desk.leases.items():
            if holder is not ChatStatus.ANSWERED or desk.session is not None:
                continue
            due = chat_grace(state, state.chats[chat]) + (desk.lost_at or 0)
            if desk.lost_at is None or (chat, due) not in armed:
                faults.append(f"I-16: chat {chat} of agent {desk.agent}, who is away, waits on")
    return faults


def _desk_faults(state: State, desk: Desk) -> list[str]:
    faults: list[str] = []
    for chat, holder in desk.leases.items():
        if state.distribution.leases.get(chat) != desk.agent:
            faults.append(f"I-6: lease of chat {chat} is not with agent {desk.agent}")
        if chat not in state.chats or state.chats[chat].status is not holder:
            faults.append(f"I-6: lease of chat {chat} is held by {holder}, not its status")
    if sum(1 for agent in state.distribution.leases.values() if agent == desk.agent) != len(
        desk.leases
    ):
        faults.append(f"I-6: leases of agent {desk.agent} do not add up")
    return faults


def _matching_faults(state: State) -> list[str]:
    """B-23: no waiting chat has a candidate, once all timers of the moment have fired."""
    due = state.timers.due
    if due is not None and due <= state.now:
        return []
    d = state.distribution
    faults: list[str] = []
    for ticket in d.tickets.values():
        for agent in d.queues[ticket.demand].agents:
            desk = d.desks.get(agent)
            if desk is None or why_not(state, desk) is not None:
                continue
            if excluded(state, ticket, agent, state.now):
                continue
            faults.append(f"I-7: chat {ticket.chat} waits while agent {agent} is free")
    return faults


def overbooked(state: State) -> list[str]:
    """Agents who hold more slots than they have; a smaller capacity after a reload may do that."""
    return [
        f"I-6: agent {desk.agent} holds {len(desk.leases)} slots of {capacity(state, desk.agent)}"
        for desk in state.distribution.desks.values()
        if desk.state is not AgentState.LOG_OFF
        and desk.workplace is not None
        and len(desk.leases) > capacity(state, desk.agent)
    ]
