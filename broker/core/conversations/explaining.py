"""Why a conversation went to somebody, or to nobody (B-30)."""

from __future__ import annotations

from attrs import evolve

from broker.core.agents.explaining import decision_info, eligibility_of
from broker.core.decision import Outcome, Refusal
from broker.core.distribution.apply import demand_of
from broker.core.effects import Reply
from broker.core.facts.causes import DecisionKind
from broker.core.facts.details import Sorted
from broker.core.facts.messages import ConversationDecided
from broker.core.inputs import Stamp
from broker.core.limits import DECISION_BYTES, LOGGED_DECISIONS, items_that_fit
from broker.core.message_state import Conversation
from broker.core.messages.needs import asked_by
from broker.core.moments import utc
from broker.core.serving import answered, serves
from broker.core.state import Session, State
from broker.core.views.addressing import supervisor_at
from broker.core.views.conversation_addressing import NO_CONVERSATION, find_conversation
from broker.core.views.structures import agent_name
from protocol.chat import DecisionInfo
from protocol.conversation import ConversationCommandInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import Guid


@serves(ConversationCommandInfo)
def explanation(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_EXPLAIN: the last decisions about it, and how one agent stands to it."""
    me = supervisor_at(state, session, p.peer)
    if isinstance(me, Refusal):
        return me
    one = find_conversation(state, p.conversation_id)
    if one is None:
        return NO_CONVERSATION
    if p.agent_id is not None and p.agent_id not in state.config.agents:
        return Refusal(ErrorCode.UNKNOWN_AGENT, "AgentId: no such agent")
    number = session.workplace or ""
    most = items_that_fit(state.config.limits.frame_bytes, DECISION_BYTES, LOGGED_DECISIONS)
    told = [_told(state, number, entry) for entry in one.log[-most:]]
    if p.agent_id is not None:
        told.append(_now(state, number, one, p.agent_id, stamp.now))
    return answered(session, frame, Reply("SC_CONVERSATION_EXPLANATION", tuple(told)))


def _told(state: State, number: str, entry: ConversationDecided) -> DecisionInfo:
    shown = decision_info(state, number, entry, conversation=entry.conversation)
    if entry.kind in (DecisionKind.ROUTED, DecisionKind.REFUSED):
        why = Sorted.read(entry.detail).why
        return evolve(shown, reason=f"why {why}") if why is not None else shown
    return shown


def _now(state: State, number: str, one: Conversation, agent: Guid, now: int) -> DecisionInfo:
    """Why not them: how an agent stands to a conversation at this moment."""
    return DecisionInfo(
        peer=number,
        conversation_id=one.id,
        time_stamp=utc(now),
        kind="now",
        agent_id=agent,
        agent_name=agent_name(state, agent),
        reason=_eligibility_text(state, one, agent),
        waited_seconds=one.time_waited(now) // 1_000_000,
    )


def _eligibility_text(state: State, one: Conversation, agent: Guid) -> str:
    """How an agent stands to it, in words: what they lack, or that they could be offered it."""
    if one.is_with(agent):
        return "has it"
    if one.offered_to == agent:
        return "is being alerted for it"
    need = asked_by(one)
    if need is None:
        return "no rule has said yet what the conversation asks of an agent"
    entry = state.distribution.entries.get(one.id)
    demand = entry.demand if entry is not None else demand_of(state, need)
    return eligibility_of(state, agent, demand, entry, "conversation")
