"""The moves of a chat: each gives the facts of one change of status and tells both sides (B-6)."""

from __future__ import annotations

from broker.core.announce import (
    ChatToAgent,
    ChatToConnectors,
    sentence_for_connector,
    sentence_for_workplace,
)
from broker.core.bounds import NOTE_RESERVE, RESERVE, sentence_weight
from broker.core.decision import Decision
from broker.core.effects import Send
from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    OfferEnded,
    SentenceStored,
    WrapupStarted,
)
from broker.core.inputs import Stamp
from broker.core.state import Chat, Desk, Session, State
from protocol.frame import Frame
from protocol.session import Ack
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, SentenceModel


def to_waiting(
    chat: Chat,
    stamp: Stamp,
    cause: str,
    *,
    boost: int = 0,
) -> Decision:
    """Put a chat (back) into the queue, its age kept."""
    queued = chat.enqueued_at if chat.enqueued_at is not None else stamp.now
    return Decision(
        [
            ChatMoved(
                chat=chat.id,
                no=chat.no,
                at=stamp.now,
                status=ChatStatus.WAITING,
                cause=cause,
                agent=None,
                priority=chat.priority + boost,
                enqueued_at=queued,
            )
        ],
        [ChatToConnectors(chat=chat.id)],
    )


def end_offer(state: State, chat: Chat, stamp: Stamp, outcome: str) -> Decision:
    """End the open offer of an alerting chat and withdraw the alert."""
    if chat.offer is None or chat.agent is None:
        return Decision()
    missed = state.distribution.desks[chat.agent].missed
    if outcome == "missed":
        missed += 1
    elif outcome in ("answered", "rejected"):
        missed = 0
    ended = OfferEnded(
        offer=chat.offer,
        chat=chat.id,
        no=chat.no,
        agent=chat.agent,
        at=stamp.now,
        outcome=outcome,
        missed=missed,
    )
    if outcome == "answered":
        return Decision([ended])
    return Decision(
        [ended], [ChatToAgent(chat=chat.id, agent=chat.agent, type="SC_CHAT_ALERT_END")]
    )


def close(
    state: State,
    chat: Chat,
    stamp: Stamp,
    reason: CloseReason,
    *,
    answerer: int | None = None,
) -> Decision:
    """End a chat, whatever its status, and tell both sides.

    Args:
        state: The state before.
        chat: An open chat.
        stamp: Now.
        reason: Why it ends.
        answerer: A session that is answered separately and so needs no push.
    """
    decision = end_offer(state, chat, stamp, "withdrawn")
    was = chat.status
    decision.facts.append(
        ChatMoved(
            chat=chat.id,
            no=chat.no,
            at=stamp.now,
            status=ChatStatus.CLOSED,
            cause="closed",
            agent=chat.agent if was is ChatStatus.ANSWERED else chat.last_agent,
            priority=chat.priority,
            enqueued_at=chat.enqueued_at,
            close_reason=reason,
        )
    )
    if was is ChatStatus.ANSWERED and chat.agent is not None:
        project = state.config.projects.get(chat.project) if chat.project else None
        if project is not None and project.wrapup > 0:
            decision.facts.append(
                WrapupStarted(
                    chat=chat.id,
                    no=chat.no,
                    agent=chat.agent,
                    at=stamp.now,
                    until=stamp.now + project.wrapup,
                )
            )
        if answerer is None or state.distribution.desks[chat.agent].session != answerer:
            decision.effects.append(
                ChatToAgent(chat=chat.id, agent=chat.agent, type="SC_CHAT_STATUS")
            )
    return decision


def note(state: State, chat: Chat, stamp: Stamp, text: str, index: int = 0) -> Decision:
    """A TechNote of the broker's own to the visitor, as the next sentence of the transcript."""
    config = state.config
    weight = sentence_weight("-" * 36, config.notes.party_name, text, chat.tracking_id)
    if chat.weight + weight > config.limits.frame_bytes - RESERVE + NOTE_RESERVE:
        return Decision()
    stored = SentenceStored(
        chat.id,
        chat.no,
        len(chat.sentences) + 1,
        stamp.guid(index),
        config.notes.party_name,
        text,
        stamp.now,
        True,
        int(SentenceModel.TECH_NOTE),
        stamp.now,
        None,
        True,
    )
    sessions = state.gateway_sessions.get(chat.gateway, ())
    decision = Decision([stored])
    if sessions:
        shown = sentence_for_connector(config.gateways[chat.gateway], chat, stored)
        decision.effects.append(Send(sessions, "SE_CHAT_SENTENCE", shown))
    # The agent's transcript has it too, so his copy must not miss a counter (I-9).
    listener = agent_session(state, chat.agent) if chat.status is ChatStatus.ANSWERED else None
    if listener is not None:
        number = state.sessions[listener].workplace or ""
        heard = sentence_for_workplace(number, chat, stored)
        decision.effects.append(Send((listener,), "SC_CHAT_SENTENCE", heard))
    return decision


def move_agent(
    desk: Desk,
    stamp: Stamp,
    state: AgentState,
    cause: str,
    *,
    reason: str | None = None,
    next_state: AgentState | None = None,
) -> AgentMoved:
    """Change the state of an agent; what he missed before is forgotten."""
    same = (desk.state, desk.reason) == (state, reason)
    return AgentMoved(
        agent=desk.agent,
        at=stamp.now,
        since=desk.since if same else stamp.now,
        state=state,
        reason=reason,
        next_state=next_state,
        cause=cause,
        workplace=desk.workplace,
        missed=0,
    )


def agent_session(state: State, agent: Guid | None) -> int | None:
    """The session of an agent, if he is connected."""
    if agent is None:
        return None
    desk = state.distribution.desks.get(agent)
    return desk.session if desk is not None else None


def acknowledgement(session: Session, frame: Frame) -> list[Send]:
    """The `SYS_ACK` of a frame that has no other answer, if it carried an `Id` (W-16)."""
    if frame.id is None:
        return []
    me = session.number
    return [Send((me,), "SYS_ACK", Ack(type=frame.type), me, frame.id)]
