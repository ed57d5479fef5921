"""What an agent does with a conversation: take it, give it back, put it aside, end it (B-57)."""

from __future__ import annotations

from broker.config.model import DAY
from broker.core.capacity import capacity_cost
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.apply import demand_of
from broker.core.distribution.eligibility import ineligible_reason, skill_for
from broker.core.distribution_state import AgentPresence, Work
from broker.core.effects import AgentToWorkplace, Answer, ConversationToAgent, Reply
from broker.core.facts.causes import ConversationCause, OfferOutcome, WrapupEnd
from broker.core.facts.messages import AddressMarked, ConversationExcluded
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation, address_key
from broker.core.messages.conversing import moved, parked, told_unparked, unparked, wrap_up_over
from broker.core.messages.needs import asked_by
from broker.core.routing.conversations import close as end
from broker.core.routing.conversations import end_offer, offer_over, shown_to
from broker.core.serving import answered, serves
from broker.core.state import Session, State
from broker.core.views.addressing import presence_at
from broker.core.views.conversation_addressing import (
    CLOSED,
    NO_CONVERSATION,
    NOT_THEIRS,
    conversation_at,
    find_conversation,
    is_known_to,
    is_supervisor,
    own_conversation,
    owned_or_supervised,
)
from broker.core.views.conversation_structures import alert_end
from broker.core.wrapping import code_refused, end_refused
from protocol.conversation import (
    ConversationCloseInfo,
    ConversationCommandInfo,
    ConversationWrapUpInfo,
)
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, CloseReason, Guid, to_micros

LONGEST_ASIDE = 366 * DAY
"""For how long a conversation may be put aside."""
ASKED = Refusal(ErrorCode.WRONG_STATE, "ConversationId: somebody is being asked already")


def show_to(
    conversation: Conversation, agent: Guid, session: Session, frame: Frame, *, full: bool = False
) -> Answer:
    """The answer to a request: the conversation as it stands for the agent afterwards."""
    shows = ConversationToAgent(conversation=conversation.id, agent=agent, full=full)
    return Answer(session.number, frame.id, shows)


@serves(ConversationCommandInfo)
def answer(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_ANSWER: take the offered one; too late: SC_CONVERSATION_ALERT_END (B-25)."""
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    one = find_conversation(state, p.conversation_id)
    if one is not None and one.is_with(presence.agent):
        return Decision(answer=show_to(one, presence.agent, session, frame, full=True))
    if one is None or one.offered_to != presence.agent:
        number = session.workplace or ""
        gone = alert_end(number, p.conversation_id, presence.agent, stamp.now)
        return answered(session, frame, Reply("SC_CONVERSATION_ALERT_END", gone))
    return taken(state, one, stamp, presence.agent).answering(
        show_to(one, presence.agent, session, frame, full=True)
    )


def taken(state: State, one: Conversation, stamp: Stamp, agent: Guid) -> Decision:
    """Whoever was alerted has it; whoever handed it over sees that they have it no more."""
    decision = end_offer(state, one, stamp, OfferOutcome.ANSWERED)
    was_handed_over = one.status is ChatStatus.ANSWERED
    cause = ConversationCause.TRANSFERRED if was_handed_over else ConversationCause.ANSWERED
    decision.facts.append(moved(one, stamp, ChatStatus.ANSWERED, cause, agent))
    if was_handed_over:
        decision.notices += shown_to(one, one.agent)
    return decision


@serves(ConversationCommandInfo)
def pick(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_PICK: take one by hand that waits or is put aside, if they could be offered it."""
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    one = find_conversation(state, p.conversation_id)
    if one is None or not _may_know(state, one, presence.agent):
        return NO_CONVERSATION
    told = show_to(one, presence.agent, session, frame, full=True)
    if one.is_with(presence.agent):
        return Decision(answer=told)
    if not one.is_open:
        return CLOSED
    if one.status is not ChatStatus.WAITING:
        return Refusal(ErrorCode.WRONG_STATE, "ConversationId: it does not wait")
    if not may_take(state, one, presence.agent):
        return Refusal(ErrorCode.WRONG_STATE, "ConversationId: it asks for somebody else")
    cost = capacity_cost(state, one.gateway, Work.CONVERSATION)
    reason = ineligible_reason(state, presence, cost, Work.CONVERSATION)
    if reason is not None:
        return Refusal(ErrorCode.WRONG_STATE, f"AgentId: {reason}")
    picked = moved(one, stamp, ChatStatus.ANSWERED, ConversationCause.PICKED, presence.agent)
    told_too = told_unparked(one, presence.agent)
    return Decision([*unparked(one, stamp), picked], [*told_too], told)


def _may_know(state: State, one: Conversation, agent: Guid) -> bool:
    """Whether an agent may ask for it: it is known to them, or they could be offered it."""
    return is_known_to(state, one, agent) or (one.is_open and may_take(state, one, agent))


def may_take(state: State, one: Conversation, agent: Guid) -> bool:
    """Whether an agent has what it asks for; if it asks for nothing, had it last; or supervises."""
    if is_supervisor(state, agent):
        return True
    need = asked_by(one)
    if need is None:
        return agent == one.last_agent
    return skill_for(state, agent, demand_of(state, need)) is not None


@serves(ConversationCommandInfo)
def give_back(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_RETURN: decline an offer; of an answered one, back to its queue, its age kept."""
    found = conversation_at(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, one = found
    told = show_to(one, presence.agent, session, frame)
    if one.offered_to == presence.agent:
        return offer_over(state, one, stamp, OfferOutcome.REJECTED).answering(told)
    if not one.is_with(presence.agent):
        return NOT_THEIRS if one.is_open else CLOSED
    if one.demanded.project is None:
        return Refusal(
            ErrorCode.WRONG_STATE, "ConversationId: of no project, so nobody would get it"
        )
    decision = end_offer(state, one, stamp, OfferOutcome.WITHDRAWN)
    decision.facts += [
        left_out(one, stamp, presence.agent),
        moved(one, stamp, ChatStatus.WAITING, ConversationCause.RETURNED),
    ]
    return decision.answering(told)


def left_out(one: Conversation, stamp: Stamp, agent: Guid) -> ConversationExcluded:
    """Whoever let it go is not offered it at once (B-24)."""
    return ConversationExcluded(conversation=one.id, no=one.no, agent=agent, at=stamp.now)


@serves(ConversationCommandInfo)
def park(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_PARK: out of sight until `UntilUtc`, or until the other party writes."""
    found = own_conversation(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, one = found
    if one.offer is not None:
        return ASKED
    until = to_micros(p.until_utc) if p.until_utc is not None else None
    if until is not None and not stamp.now < until <= stamp.now + LONGEST_ASIDE:
        return Refusal(ErrorCode.BAD_PAYLOAD, "UntilUtc: must be later, within a year")
    if len(state.messages.aside.get(presence.agent, ())) >= state.config.limits.put_aside:
        return Refusal(ErrorCode.OVERLOADED, "ConversationId: too many are put aside")
    told = show_to(one, presence.agent, session, frame)
    return Decision([*parked(one, stamp, until, presence.agent)], answer=told)


@serves(ConversationCloseInfo)
def close(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCloseInfo
) -> Outcome:
    """CS_CONVERSATION_CLOSE: end it, with code and note; a supervisor ends any (B-59).

    Without `IsSpam`, of one that was closed as unwanted: what comes from there is wanted again.
    """
    found = conversation_at(state, session, p)
    if not isinstance(found, Refusal) and not p.is_spam and _may_clear(state, found[1], found[0]):
        return _cleared(state, stamp, session, frame, found[1], found[0])
    found = owned_or_supervised(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, one = found
    refused = code_refused(state.config, p.code)
    if refused is not None:
        return refused
    reason = CloseReason.AGENT if one.is_with(presence.agent) else CloseReason.ADMIN
    decision = end(state, one, stamp, reason, code=p.code, note=p.note, is_spam=p.is_spam)
    if p.is_spam:
        decision.facts.append(_marked(one, stamp, presence, is_spam=True))
    decision.notices += told_unparked(one, presence.agent)
    return decision.answering(show_to(one, presence.agent, session, frame))


@serves(ConversationWrapUpInfo)
def wrap_up(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationWrapUpInfo
) -> Outcome:
    """CS_CONVERSATION_WRAPUP: the wrap-up is done; its slots are free (B-57)."""
    found = conversation_at(state, session, p)
    if isinstance(found, Refusal):
        return found
    agent, one = found[0].agent, found[1]
    refused = end_refused(state, agent, Work.CONVERSATION, one.id, p.code)
    if refused is not None:
        return refused
    over = wrap_up_over(one, stamp, WrapupEnd.AGENT, code=p.code, note=p.note)
    told = Answer(session.number, frame.id, AgentToWorkplace(agent=agent))
    return Decision(over.facts, answer=told)


def _may_clear(state: State, one: Conversation, presence: AgentPresence) -> bool:
    """Whether the agent may say that it is not unwanted: who worked on it last, and supervisors."""
    me = presence.agent
    return not one.is_open and one.is_spam and (me == one.last_agent or is_supervisor(state, me))


def _cleared(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    one: Conversation,
    presence: AgentPresence,
) -> Decision:
    decision = Decision(answer=show_to(one, presence.agent, session, frame))
    if address_key(one.pair, one.remote_address) in state.messages.spam:
        decision.facts.append(_marked(one, stamp, presence, is_spam=False))
    return decision


def _marked(
    one: Conversation, stamp: Stamp, presence: AgentPresence, *, is_spam: bool
) -> AddressMarked:
    # The row of a mark goes by its address, so it has to be found however that is written.
    pair, address = address_key(one.pair, one.remote_address)
    return AddressMarked(
        pair=pair, address=address, at=stamp.now, by=presence.agent, is_spam=is_spam
    )
