"""What an agent asks: answer, hang up, their state, the end of a wrap-up (B-5, B-8, B-24..B-28)."""

from __future__ import annotations

from broker.core.agents.participants import accept, show_to
from broker.core.agents.reassignment import offer_over
from broker.core.agents.supervision import force_state, wanted_state
from broker.core.chats.transitions import logged, moved
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.lifecycle import move_agent
from broker.core.distribution_state import Work
from broker.core.effects import AgentToWorkplace, Answer, ChatToConnectors, Reply
from broker.core.facts import BotAwaited, WrapupEnded
from broker.core.facts.causes import AgentCause, ChatCause, DecisionKind, OfferOutcome, WrapupEnd
from broker.core.facts.details import Forced
from broker.core.inputs import Stamp
from broker.core.routing.endings import close, end_offer
from broker.core.routing.wait_rules import judge_estimate
from broker.core.serving import answered, serves
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import (
    NO_CHAT,
    chat_at_workplace,
    own_chat,
    presence_at,
    supervisor_at,
)
from broker.core.wrapping import end_refused
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatWrapUpInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, CloseReason, from_micros


@serves(ChatCommandInfo)
def answer(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_ANSWER: take the offered chat; too late or not theirs: SC_CHAT_ALERT_END (B-25)."""
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    chat = state.chats.get(p.chat_id) if p.chat_id is not None else None
    if chat is not None and chat.has(presence.agent):
        return Decision(answer=show_to(chat.id, presence.agent, session, frame, full=True))
    if chat is None or chat.offered_to != presence.agent:
        gone = ChatCommandInfo(
            peer=session.workplace,
            chat_id=p.chat_id,
            agent_id=presence.agent,
            time_stamp=from_micros(stamp.now),
        )
        return answered(session, frame, Reply("SC_CHAT_ALERT_END", gone))
    told = show_to(chat.id, presence.agent, session, frame, full=True)
    if chat.invite is not None:
        return accept(state, chat, stamp, presence.agent, told)
    decision = end_offer(state, chat, stamp, OfferOutcome.ANSWERED).answering(told)
    if chat.status is ChatStatus.ICR:
        # To the visitor's side nothing changes; the bot has to answer what was said before (B-40).
        spoken = any(not s.words.outbound for s in chat.transcript.sentences)
        due = stamp.up + state.config.distribution.bot_timeout if spoken else None
        decision.facts.append(BotAwaited(chat.id, due))
        return decision
    decision.facts.append(
        moved(chat, stamp, ChatStatus.ANSWERED, ChatCause.ANSWERED, presence.agent)
    )
    decision.notices += [ChatToConnectors(chat=chat.id), *judge_estimate(chat, stamp)]
    return decision


@serves(ChatCommandInfo)
def hang_up(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_HANGUP: reject an offer, or end a conversation; the status says which (B-8)."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    # Whoever declines never had the conversation, and is shown none of it (B-7).
    declines = chat.offered_to == presence.agent
    told = show_to(chat.id, presence.agent, session, frame, full=not declines)
    if not chat.is_open:
        return Decision(answer=told) if chat.is_read_by(presence.agent) else NO_CHAT
    if declines:
        return offer_over(state, chat, stamp, OfferOutcome.REJECTED).answering(told)
    if chat.agent != presence.agent or not chat.has(presence.agent):
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: neither offered to nor answered by them")
    return _ended_by(state, chat, stamp, CloseReason.AGENT).answering(told)


def _ended_by(
    state: State,
    chat: Chat,
    stamp: Stamp,
    reason: CloseReason,
    cause: ChatCause = ChatCause.CLOSED,
) -> Decision:
    """Close a chat for somebody at a workplace; the visitor's side is the first that is told."""
    decision = Decision([], [ChatToConnectors(chat=chat.id)])
    decision.add(close(state, chat, stamp, reason, cause=cause))
    return decision


@serves(ChatCommandInfo)
def close_any(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_CLOSE: a supervisor ends any chat, so that none can ever be stuck (B-8)."""
    me = supervisor_at(state, session, p.peer)
    if isinstance(me, Refusal):
        return me
    chat = state.chats.get(p.chat_id) if p.chat_id is not None else None
    if chat is None:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "ChatId: no such chat")
    told = show_to(chat.id, me.agent, session, frame, full=False)
    if not chat.is_open:
        return Decision(answer=told)
    decision = Decision([logged(chat, stamp, DecisionKind.FORCED, Forced(by=me.agent))])
    decision.add(_ended_by(state, chat, stamp, CloseReason.ADMIN, ChatCause.FORCED))
    return decision.answering(told)


@serves(AgentStateInfo)
def set_state(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: AgentStateInfo
) -> Outcome:
    """CS_AGENT_STATE: what the agent wants to be, or a supervisor wants them to be (B-28)."""
    agent = session.agent
    if agent is None or (p.peer is not None and p.peer != session.workplace):
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    if p.agent_id is not None and p.agent_id != agent:
        return force_state(state, stamp, session, frame)
    wanted = wanted_state(state, p)
    if isinstance(wanted, Refusal):
        return wanted
    presence = state.distribution.presences[agent]
    if presence.state is AgentState.LOG_OFF:
        # Their connection was told good-bye, and this was on its way.
        return Refusal(ErrorCode.WRONG_STATE, "logged off")
    told = Answer(session.number, frame.id, AgentToWorkplace(agent=agent))
    # Logging off is always a NextState: it is taken when no chat holds a slot any more, which
    # may be at once.
    reason, then = p.reason, p.next_state
    if wanted is AgentState.LOG_OFF:
        wanted, reason, then = presence.state, presence.reason, AgentState.LOG_OFF
    fact = move_agent(presence, stamp, wanted, AgentCause.ASKED, reason=reason, next_state=then)
    same = (fact.state, fact.reason, fact.next_state)
    if same == (presence.state, presence.reason, presence.next_state):
        return Decision(answer=told)
    return Decision([fact], answer=told)


@serves(ChatWrapUpInfo)
def wrap_up(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatWrapUpInfo
) -> Outcome:
    """CS_CHAT_WRAPUP: the wrap-up is done; its slot is free (B-28)."""
    agent = session.agent
    if agent is None or p.peer != session.workplace:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    chat = own_chat(state, agent, p.chat_id)
    if isinstance(chat, Refusal):
        return chat
    refused = end_refused(state, agent, Work.CHAT, chat.id, p.code)
    if refused is not None:
        return refused
    ended = WrapupEnded(
        chat=chat.id,
        no=chat.no,
        agent=agent,
        at=stamp.now,
        cause=WrapupEnd.AGENT,
        code=p.code,
        note=p.note,
    )
    told = Answer(session.number, frame.id, AgentToWorkplace(agent=agent))
    return Decision([ended], answer=told)
