"""What happens because time passed: one timer at a time (B-8, B-11, B-24, B-28)."""

from __future__ import annotations

from collections.abc import Callable

from broker.core.announce import AgentToWorkplace, ChatToConnectors
from broker.core.apply_desk import agent_grace, chat_grace
from broker.core.chats import NOTE_ID
from broker.core.deadlines import linger
from broker.core.decision import Decision
from broker.core.facts import (
    ChatForgotten,
    ChatWarned,
    Refreshed,
    TimerFired,
    WrapupEnded,
)
from broker.core.inputs import Stamp
from broker.core.moves import close, end_offer, move_agent, note, to_waiting
from broker.core.state import Chat, Desk, State
from broker.core.timers import TimerKind
from protocol.values import AgentState, ChatStatus, CloseReason, Guid


def next_timeout(state: State, stamp: Stamp) -> Decision | None:
    """What the earliest due timer brings, or None when none is due."""
    heap = state.timers.heap
    if not heap or heap[0][0] > stamp.now:
        return None
    _due, _number, kind, key = heap[0]
    decision = _HANDLERS[kind](state, stamp, key)
    decision.facts.insert(0, TimerFired())
    return decision


def _offer(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None or chat.offer_until is None or chat.offer_until > stamp.now:
        return Decision()
    agent = chat.agent
    decision = end_offer(state, chat, stamp, "missed")
    decision.add(to_waiting(chat, stamp, "missed"))
    if agent is not None:
        decision.add(_paused(state, stamp, state.distribution.desks[agent]))
    return decision


def _paused(state: State, stamp: Stamp, desk: Desk) -> Decision:
    """Set an agent to Pause who missed too many offers in a row (B-24)."""
    missed = desk.missed + 1
    if desk.state is not AgentState.READY or missed < state.config.distribution.max_missed:
        return Decision()
    moved = move_agent(
        desk,
        stamp,
        AgentState.PAUSE,
        "missed",
        reason="Missed",
        next_state=desk.next_state,
    )
    return Decision([moved], [AgentToWorkplace(agent=desk.agent)])


def _chat(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None:
        return Decision()
    if chat.closed_at is not None:
        if chat.closed_at + linger(state, chat) > stamp.now:
            return Decision()
        if chat.id in state.distribution.leases:
            return Decision([_wrapup_over(state, chat, stamp), ChatForgotten(chat.id)])
        return Decision([ChatForgotten(chat.id)])
    gateway = state.config.gateways.get(chat.gateway)
    if gateway is None or gateway.inactivity_timeout is None:
        return Decision()
    dead = chat.last_activity + gateway.inactivity_timeout
    if stamp.now >= dead:
        decision = close(state, chat, stamp, CloseReason.INACTIVITY)
        decision.effects.append(ChatToConnectors(chat=chat.id))
        return decision
    warning = gateway.inactivity_warning
    if warning is None or stamp.now < dead - warning or chat.warned_for == chat.last_activity:
        return Decision()
    warned = ChatWarned(chat=chat.id, no=chat.no, activity=chat.last_activity)
    decision = note(state, chat, stamp, state.config.notes.inactivity, NOTE_ID)
    decision.facts.append(warned)
    return decision


def _wrapup(state: State, stamp: Stamp, key: Guid) -> Decision:
    agent = state.distribution.leases.get(key)
    if agent is None:
        return Decision()
    until = state.distribution.desks[agent].wrapups.get(key)
    if until is None or until > stamp.now:
        return Decision()
    ended = _wrapup_over(state, state.chats[key], stamp)
    return Decision([ended], [AgentToWorkplace(agent=agent)])


def _wrapup_over(state: State, chat: Chat, stamp: Stamp) -> WrapupEnded:
    return WrapupEnded(
        chat=chat.id,
        no=chat.no,
        agent=state.distribution.leases[chat.id],
        at=stamp.now,
        cause="expired",
    )


def _grace(state: State, stamp: Stamp, key: Guid) -> Decision:
    """An answered chat's agent did not come back in time: back to the queue, first (B-11)."""
    chat = state.chats.get(key)
    if chat is None or chat.status is not ChatStatus.ANSWERED or chat.agent is None:
        return Decision()
    lost_at = state.distribution.desks[chat.agent].lost_at
    if lost_at is None or stamp.now < lost_at + chat_grace(state, chat):
        return Decision()
    return give_up(state, chat, stamp)


def give_up(state: State, chat: Chat, stamp: Stamp) -> Decision:
    """Put an answered chat back into the queue before new ones, and tell the visitor."""
    boost = state.config.distribution.grace_priority
    decision = to_waiting(chat, stamp, "agent_lost", boost=boost)
    decision.add(note(state, chat, stamp, state.config.notes.agent_lost, NOTE_ID))
    return decision


def _agent(state: State, stamp: Stamp, key: Guid) -> Decision:
    desk = state.distribution.desks.get(key)
    if desk is None or desk.lost_at is None:
        return Decision()
    if stamp.now < desk.lost_at + agent_grace(state):
        return Decision()
    decision = Decision([move_agent(desk, stamp, AgentState.LOG_OFF, "lost")])
    # No grace is longer than this, but a timer of an earlier loss may come before a chat's own.
    for chat, holder in desk.leases.items():
        if holder is ChatStatus.ANSWERED:
            decision.add(give_up(state, state.chats[chat], stamp))
    return decision


def _exclusion(state: State, stamp: Stamp, key: Guid) -> Decision:
    return Decision([Refreshed(key)])


_HANDLERS: dict[TimerKind, Callable[[State, Stamp, Guid], Decision]] = {
    TimerKind.OFFER: _offer,
    TimerKind.CHAT: _chat,
    TimerKind.WRAPUP: _wrapup,
    TimerKind.GRACE: _grace,
    TimerKind.AGENT: _agent,
    TimerKind.EXCLUSION: _exclusion,
}
