"""What supervisors may do: force a state, see and explain everything (B-28..B-30)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from broker.core.agents.reassignment import FORCED, drop_party, withdraw
from broker.core.chats.transitions import wrap_up_over
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.graces import held
from broker.core.distribution.lifecycle import move_agent
from broker.core.effects import AgentToWorkplace, Answer, Dismiss, Reply
from broker.core.facts.causes import (
    AgentCause,
    ConversationCause,
    OfferOutcome,
    PartyEnd,
    WrapupEnd,
)
from broker.core.inputs import Stamp
from broker.core.limits import (
    LISTED_BYTES,
    OVERVIEW_ITEMS,
    written,
)
from broker.core.message_state import Conversation
from broker.core.messages import conversing
from broker.core.routing import conversations
from broker.core.serving import answered, serves
from broker.core.state import AgentPresence, Chat, Session, State
from broker.core.views.addressing import supervisor_at
from broker.core.views.structures import chat_for_workplace, listed_info
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatInfo, ChatStatusInfo
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid


def wanted_state(state: State, p: AgentStateInfo) -> AgentState | Refusal:
    """The state that somebody wants an agent to be in, or what is wrong with it."""
    if p.state is None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "State: missing")
    if p.reason is not None and p.state is not AgentState.PAUSE:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Reason: goes with Pause only")
    if p.reason is not None and p.reason not in state.config.pause_reasons:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Reason: not a configured reason")
    if p.next_state is None:
        return p.state
    if p.state is not AgentState.READY and p.next_state is not AgentState.LOG_OFF:
        return Refusal(ErrorCode.BAD_PAYLOAD, "NextState: goes with Ready, or is LogOff")
    if p.next_state is AgentState.READY or p.state is AgentState.LOG_OFF:
        return Refusal(ErrorCode.BAD_PAYLOAD, "NextState: leads nowhere")
    return p.state


@serves(AgentStateInfo)
def force_state(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: AgentStateInfo
) -> Outcome:
    """CS_AGENT_STATE with another's AgentId: at once, whatever they do (B-28)."""
    me = supervisor_at(state, session, session.workplace)
    if isinstance(me, Refusal):
        return me
    wanted = wanted_state(state, p)
    if isinstance(wanted, Refusal):
        return wanted
    presence = state.distribution.presences.get(p.agent_id) if p.agent_id is not None else None
    if presence is None or presence.agent not in state.config.agents:
        return Refusal(ErrorCode.UNKNOWN_AGENT, "AgentId: no such agent, or never here")
    if presence.state is AgentState.LOG_OFF:
        return Refusal(ErrorCode.WRONG_STATE, "AgentId: logged off")
    told = Answer(session.number, frame.id, AgentToWorkplace(agent=presence.agent))
    if wanted is AgentState.LOG_OFF:
        return _expelled(state, presence, stamp, me.agent).answering(told)
    fact = move_agent(
        presence,
        stamp,
        wanted,
        AgentCause.FORCED,
        reason=p.reason,
        next_state=p.next_state,
        by=me.agent,
    )
    return Decision([fact], [AgentToWorkplace(agent=presence.agent)], told)


def _expelled(state: State, presence: AgentPresence, stamp: Stamp, by: Guid) -> Decision:
    """Log an agent off now: everything that they have goes on without them."""
    decision = Decision()
    for chat_id, holder in presence.leases.items():
        chat = state.chats[chat_id]
        if holder is ChatStatus.CLOSED:
            decision.facts += wrap_up_over(chat, stamp, WrapupEnd.FORCED).facts
        elif holder is ChatStatus.ALERTING:
            decision.add(withdraw(state, chat, presence.agent, stamp, FORCED))
    for one, holder in presence.conversations.leases.items():
        conversation = state.messages.conversations[one]
        if holder is ChatStatus.CLOSED:
            decision.facts += conversing.wrap_up_over(conversation, stamp, WrapupEnd.FORCED).facts
        else:
            decision.add(_taken_from(state, conversation, presence.agent, stamp))
    for chat_id in held(presence):
        decision.add(withdraw(state, state.chats[chat_id], presence.agent, stamp, FORCED))
    for chat_id in presence.watching:
        decision.add(
            drop_party(state, state.chats[chat_id], presence.agent, stamp, PartyEnd.FORCED)
        )
    decision.facts.append(move_agent(presence, stamp, AgentState.LOG_OFF, AgentCause.FORCED, by=by))
    decision.notices.append(AgentToWorkplace(agent=presence.agent))
    if presence.session is not None:
        decision.notices.append(Dismiss(presence.session, ByeCode.LOGGED_OFF))
    return decision


def _taken_from(state: State, conversation: Conversation, agent: Guid, stamp: Stamp) -> Decision:
    outcome, cause = OfferOutcome.FORCED, ConversationCause.FORCED
    return conversations.withdraw(state, conversation, agent, stamp, outcome, cause)


@serves(ChatCommandInfo)
def overview(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_OVERVIEW: the open chats, those in front that wait, then by age."""
    me = supervisor_at(state, session, p.peer)
    if isinstance(me, Refusal):
        return me
    waiting = (ChatStatus.WAITING, ChatStatus.ALERTING)
    chats = sorted(
        (state.chats[c] for of_gateway in state.open_chats.values() for c in of_gateway),
        key=lambda chat: (chat.status not in waiting, chat.activity.since, chat.no),
    )
    number = session.workplace or ""
    listed = tuple(_that_fit(state, chats[:OVERVIEW_ITEMS], number, stamp.now))
    return answered(session, frame, Reply("SC_CHAT_OVERVIEW", listed))


def _that_fit(
    state: State, chats: Sequence[Chat], number: str, now: int
) -> Iterator[ChatStatusInfo]:
    """The chats for which one answer has room."""
    room = state.config.limits.frame_bytes - LISTED_BYTES  # of the frame around them
    for chat in chats:
        one = _listed(state, chat, number, now)
        about = one.info or ChatInfo()
        names = (one.agent_name, about.remote_party_name, about.chat_gateway_name)
        texts = (number, *names, about.project_name)
        room -= LISTED_BYTES + sum(written(text) for text in texts if text)
        if room < 0:
            return
        yield one


def _listed(state: State, chat: Chat, number: str, now: int) -> ChatStatusInfo:
    shown = chat_for_workplace(
        state, chat, chat.agent or Guid(""), number, now, info=False, full=False
    )
    return ChatStatusInfo(
        peer=number,
        chat_id=chat.id,
        status=chat.status,
        agent_id=shown.agent_id,
        agent_name=shown.agent_name,
        is_parked=shown.is_parked,
        info=listed_info(state, chat, now),
    )
