"""Presence: sessions that begin and end, restart and reload (W-10, W-11, B-11, B-12, B-28, C-4)."""

from __future__ import annotations

from broker.core.announce import AgentToWorkplace
from broker.core.chats import SESSION_ID
from broker.core.decision import Decision
from broker.core.effects import Dismiss, Note, Send
from broker.core.facts import (
    ChatForgotten,
    ChatMoved,
    ConfigReplaced,
    SessionJoined,
    SessionLeft,
)
from broker.core.inputs import Reloaded, SessionClosed, SessionOpened, Stamp
from broker.core.moves import end_offer, move_agent, to_waiting
from broker.core.state import Chat, Desk, Session, State
from broker.core.timeouts import give_up
from protocol.errors import ByeCode
from protocol.session import Welcome
from protocol.values import AgentState, ChatStatus, CloseReason, from_micros

VERSION = 1


def opened(state: State, stamp: Stamp, hello: SessionOpened) -> Decision:
    """Serve a session; a newer one at a workplace or of an agent replaces the older (W-11)."""
    decision = Decision()
    if hello.agent_id is not None:
        for older in _replaced(state, hello):
            decision.add(leave(state, stamp, older))
            decision.effects.append(
                Dismiss(older.number, ByeCode.REPLACED, "a newer connection took over")
            )
    decision.facts.append(
        SessionJoined(
            session=hello.session,
            role=hello.role,
            gateways=hello.gateways,
            workplace=hello.workplace,
            agent=hello.agent_id,
            at=stamp.now,
        )
    )
    decision.effects.append(_welcome(state, stamp, hello))
    if hello.agent_id is not None:
        known = state.distribution.desks.get(hello.agent_id)
        if known is None or known.state is AgentState.LOG_OFF:
            desk = Desk(agent=hello.agent_id, workplace=hello.workplace)
            decision.facts.append(move_agent(desk, stamp, AgentState.PAUSE, "login"))
        decision.effects.append(AgentToWorkplace(agent=hello.agent_id))
    return decision


def _replaced(state: State, hello: SessionOpened) -> list[Session]:
    numbers: dict[int, None] = {}
    if hello.workplace in state.workplace_sessions:
        numbers[state.workplace_sessions[hello.workplace]] = None
    desk = state.distribution.desks.get(hello.agent_id) if hello.agent_id else None
    if desk is not None and desk.session is not None:
        numbers[desk.session] = None
    return [state.sessions[number] for number in numbers]


def _welcome(state: State, stamp: Stamp, hello: SessionOpened) -> Send:
    config = state.config
    agent = config.agents.get(hello.agent_id) if hello.agent_id is not None else None
    welcome = Welcome(
        version=VERSION,
        node=config.server.node,
        session_id=stamp.guid(SESSION_ID),
        heartbeat_seconds=max(1, round(config.server.heartbeat / 1_000_000)),
        frame_bytes=config.limits.frame_bytes,
        time_utc=from_micros(stamp.now),
        agent_id=agent.id if agent is not None else None,
        agent_name=agent.name if agent is not None else None,
        workplace_number=hello.workplace,
    )
    return Send((hello.session,), "SYS_WELCOME", welcome, hello.session, hello.re)


def closed(state: State, stamp: Stamp, gone_session: SessionClosed) -> Decision:
    """A connection is gone; one that was replaced or never welcomed is known no more."""
    session = state.sessions.get(gone_session.session)
    return leave(state, stamp, session) if session is not None else Decision()


def leave(state: State, stamp: Stamp, session: Session) -> Decision:
    """End a session: alerts at its workplace are withdrawn at once, its chats are kept (B-11)."""
    decision = Decision([SessionLeft(session=session.number, at=stamp.now)])
    if session.agent is None:
        return decision
    for chat_id, holder in state.distribution.desks[session.agent].leases.items():
        if holder is ChatStatus.ALERTING:
            chat = state.chats[chat_id]
            withdrawn = end_offer(state, chat, stamp, "lost")
            decision.facts += withdrawn.facts
            decision.add(to_waiting(chat, stamp, "withdrawn"))
    return decision


def next_leaver(state: State, stamp: Stamp) -> Decision | None:
    """Log off the first agent who asked for it and has no chat any more (B-28)."""
    agent = next(iter(state.distribution.leaving), None)
    if agent is None:
        return None
    desk = state.distribution.desks[agent]
    decision = Decision(
        [move_agent(desk, stamp, AgentState.LOG_OFF, "next")], [AgentToWorkplace(agent=agent)]
    )
    if desk.session is not None:
        decision.effects.append(Dismiss(desk.session, ByeCode.LOGGED_OFF))
    return decision


def booted(state: State, stamp: Stamp) -> Decision:
    """After a restart: offers end, agents are waited for, chats without a gateway end (B-12)."""
    decision = Decision()
    for chat in list(state.chats.values()):
        if not chat.is_open:
            continue
        if chat.gateway not in state.config.gateways:
            decision.facts += end_offer(state, chat, stamp, "restart").facts
            decision.facts += [_orphaned(chat, stamp), ChatForgotten(chat.id)]
        elif chat.status is ChatStatus.ALERTING:
            ended = end_offer(state, chat, stamp, "restart")
            decision.facts += ended.facts
            decision.facts += to_waiting(chat, stamp, "restart").facts
        elif chat.status is ChatStatus.ANSWERED and not _is_awaited(state, chat):
            decision.add(give_up(state, chat, stamp))
    return decision


def _orphaned(chat: Chat, stamp: Stamp) -> ChatMoved:
    return ChatMoved(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        status=ChatStatus.CLOSED,
        cause="closed",
        agent=chat.agent,
        priority=chat.priority,
        enqueued_at=chat.enqueued_at,
        close_reason=CloseReason.ADMIN,
    )


def _is_awaited(state: State, chat: Chat) -> bool:
    """Whether the agent of an answered chat may come back: he is known, and was at work."""
    desk = state.distribution.desks.get(chat.agent) if chat.agent is not None else None
    return desk is not None and desk.lost_at is not None


def reloaded(state: State, stamp: Stamp, reload: Reloaded) -> Decision:
    """A new configuration is in force at once; sessions and chats go on (C-4)."""
    return Decision([ConfigReplaced(config=reload.config)], [Note("configuration_replaced", {})])
