"""What an agent asks: answer, hang up, his state, the end of a wrap-up (B-5, B-8, B-24..B-28)."""

from __future__ import annotations

from broker.core.access import chat_at_desk, desk_at, own_chat
from broker.core.announce import AgentToWorkplace, ChatToAgent, ChatToConnectors
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Send
from broker.core.facts import ChatMoved, WrapupEnded
from broker.core.inputs import Stamp
from broker.core.moves import close, end_offer, move_agent, to_waiting
from broker.core.state import Chat, Session, State
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatWrapUpInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, from_micros


def _alerting(chat: Chat | None, agent: Guid) -> bool:
    return chat is not None and chat.status is ChatStatus.ALERTING and chat.agent == agent


def answer(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_CHAT_ANSWER: take the offered chat; too late or not his: SC_CHAT_ALERT_END (B-25)."""
    p = frame.payload
    assert isinstance(p, ChatCommandInfo)
    desk = desk_at(state, session, p)
    if isinstance(desk, Refusal):
        return desk
    chat = state.chats.get(p.chat_id) if p.chat_id is not None else None
    me = session.number
    if chat is not None and chat.status is ChatStatus.ANSWERED and chat.agent == desk.agent:
        return Decision([], [_shown(chat, desk.agent, me, frame)])
    if chat is None or not _alerting(chat, desk.agent):
        gone = ChatCommandInfo(
            peer=session.workplace,
            chat_id=p.chat_id,
            agent_id=desk.agent,
            time_stamp=from_micros(stamp.now),
        )
        return Decision([], [Send((me,), "SC_CHAT_ALERT_END", gone, me, frame.id)])
    decision = end_offer(state, chat, stamp, "answered")
    decision.facts.append(
        ChatMoved(
            chat=chat.id,
            no=chat.no,
            at=stamp.now,
            status=ChatStatus.ANSWERED,
            cause="answered",
            agent=desk.agent,
            priority=chat.priority,
            enqueued_at=chat.enqueued_at,
        )
    )
    decision.effects += [_shown(chat, desk.agent, me, frame), ChatToConnectors(chat=chat.id)]
    return decision


def _shown(chat: Chat, agent: Guid, me: int, frame: Frame) -> ChatToAgent:
    return ChatToAgent(
        chat=chat.id,
        agent=agent,
        type="SC_CHAT_STATUS",
        full=True,
        answer_to=me,
        re=frame.id,
    )


def hang_up(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_CHAT_HANGUP: reject an offer, or end a conversation; the status says which (B-8)."""
    p = frame.payload
    assert isinstance(p, ChatCommandInfo)
    found = chat_at_desk(state, session, p)
    if isinstance(found, Refusal):
        return found
    desk, chat = found
    shown = _shown(chat, desk.agent, session.number, frame)
    if not chat.is_open:
        return Decision([], [shown])
    if chat.agent != desk.agent:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: neither offered to nor answered by him")
    if chat.status is ChatStatus.ALERTING:
        decision = end_offer(state, chat, stamp, "rejected")
        decision.effects.insert(0, shown)
        decision.add(to_waiting(chat, stamp, "rejected"))
        return decision
    decision = close(state, chat, stamp, CloseReason.AGENT, answerer=session.number)
    decision.effects[:0] = [shown, ChatToConnectors(chat=chat.id)]
    return decision


def set_state(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_AGENT_STATE: what the agent wants to be; LogOff waits for his chats (B-28)."""
    p = frame.payload
    assert isinstance(p, AgentStateInfo)
    agent = session.agent
    if agent is None or (p.peer is not None and p.peer != session.workplace):
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    if p.agent_id is not None and p.agent_id != agent:
        return Refusal(ErrorCode.NOT_ALLOWED, "AgentId: not the agent of this session")
    wanted = p.state
    if wanted is None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "State: missing")
    if p.reason is not None and wanted is not AgentState.PAUSE:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Reason: goes with Pause only")
    if p.reason is not None and p.reason not in state.config.pause_reasons:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Reason: not a configured reason")
    desk = state.distribution.desks[agent]
    if desk.state is AgentState.LOG_OFF:
        # His connection was told good-bye, and this was on its way.
        return Refusal(ErrorCode.WRONG_STATE, "logged off")
    told = AgentToWorkplace(agent=agent, answer_to=session.number, re=frame.id)
    # Logging off is always a NextState: it is taken when no chat holds a slot any more, which
    # may be at once.
    if wanted is AgentState.LOG_OFF:
        moved = move_agent(desk, stamp, desk.state, "asked", reason=desk.reason, next_state=wanted)
    else:
        moved = move_agent(desk, stamp, wanted, "asked", reason=p.reason)
    same = (moved.state, moved.reason, moved.next_state)
    if same == (desk.state, desk.reason, desk.next_state):
        return Decision([], [told])
    return Decision([moved], [told])


def wrap_up(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_CHAT_WRAPUP: the wrap-up is done; its slot is free (B-28)."""
    p = frame.payload
    assert isinstance(p, ChatWrapUpInfo)
    agent = session.agent
    if agent is None or p.peer != session.workplace:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    chat = own_chat(state, agent, p.chat_id)
    if isinstance(chat, Refusal):
        return chat
    if chat.id not in state.distribution.desks[agent].wrapups:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: no wrap-up runs for it")
    ended = WrapupEnded(
        chat=chat.id,
        no=chat.no,
        agent=agent,
        at=stamp.now,
        cause="agent",
        code=p.code,
        note=p.note,
    )
    return Decision([ended], [AgentToWorkplace(agent=agent, answer_to=session.number, re=frame.id)])
