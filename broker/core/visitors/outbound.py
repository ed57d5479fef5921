"""Chats that this side begins: by an agent, or by a program outside (B-2).

Theory of operation: the chat is made at once and told to the gateway's connectors with its Guid and
the visitor's address. The connector that reaches the visitor starts the chat with that Guid
(`chats.start`) and so gives it its tracking ID; until then no connector is told anything else of it, and
a new session of the gateway is told again. Whoever opens a chat may give a Guid of their own with their
request (`ReturnChatId`): a repeated request with it makes one chat. It is a key and not the chat's Guid.
"""

from __future__ import annotations

from broker.config.model import Gateway
from broker.core.agents.participants import show_to
from broker.core.capacity import slots_left
from broker.core.chats.room import chats_relieved
from broker.core.chats.transitions import CHAT_ID
from broker.core.contacts.recognition import Visit, recognised
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Answer, OutboundToConnectors, Reply
from broker.core.facts import ChatBound, ChatMoved, ChatRouted, Fact
from broker.core.facts.causes import ChatCause, Ineligible
from broker.core.inputs import Stamp
from broker.core.rules import matching
from broker.core.serving import answered, serves
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import find_tracked, gateway_of
from broker.core.views.structures import seen_as
from broker.core.visitors.starting import (
    RETIRED,
    applicant,
    may_hold,
    may_open,
    started,
    too_many_variables,
)
from protocol.addresses import compared
from protocol.chat import ChatServiceInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid

_REUSED = Refusal(ErrorCode.KEY_REUSED, "ReturnChatId: used before for another chat")


@serves(ChatServiceInfo)
def from_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatServiceInfo
) -> Outcome:
    """ES_CHAT_OPEN: a program outside begins a chat; agents get it when a connector has it."""
    gateway = gateway_of(state, session, p)
    if isinstance(gateway, Refusal):
        return gateway
    known = _known(state, gateway, p)
    if known is not None:
        if _differs(known, p):
            return _REUSED
        # Nobody else is told again, or the visitor might be called twice.
        told = OutboundToConnectors(chat=known.id)
        return answered(session, frame, told)
    refusal = _may_begin(state, gateway, p)
    if refusal is not None:
        return refusal
    chat = stamp.guid(CHAT_ID)
    told = OutboundToConnectors(chat=chat)
    facts: list[Fact] = [*chats_relieved(state, gateway.id, stamp.now)]
    facts.append(started(state, stamp, gateway, p, chat, outbound=True))
    facts += recognised(state, Visit.begun(chat, state.next_chat, gateway.id, p), stamp)
    return Decision(facts, [told], Answer(session.number, frame.id, told))


@serves(ChatServiceInfo)
def from_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatServiceInfo
) -> Outcome:
    """CS_CHAT_OPEN: an agent begins a chat, which is theirs at once."""
    agent = session.agent
    assert agent is not None
    gateway = state.config.gateway_by_address.get((p.peer or "", p.port))
    if gateway is None:
        return Refusal(ErrorCode.UNKNOWN_GATEWAY, "Peer: no such gateway")
    known = _known(state, gateway, p)
    if known is not None:
        theirs = known.has(agent) or agent in (known.agent, known.last_agent)
        if not theirs or _differs(known, p):
            return _REUSED
        if known.is_read_by(agent):
            return Decision(answer=show_to(known.id, agent, session, frame, full=True))
        return Decision(answer=_only_named(known, agent, session, frame))
    presence = state.distribution.presences[agent]
    if presence.is_logging_off:
        return Refusal(ErrorCode.WRONG_STATE, "logged off, or about to be")
    if slots_left(state, presence) < gateway.weight:
        return Refusal(ErrorCode.WRONG_STATE, Ineligible.NO_SLOT.value)
    refusal = _may_begin(state, gateway, p) or _has_a_chat(state, gateway, p)
    if refusal is not None:
        return refusal
    chat = stamp.guid(CHAT_ID)
    facts: list[Fact] = [*chats_relieved(state, gateway.id, stamp.now)]
    facts.append(started(state, stamp, gateway, p, chat, outbound=True))
    facts += recognised(state, Visit.begun(chat, state.next_chat, gateway.id, p), stamp)
    rule = matching.project(state.config, applicant(gateway.id, p), stamp.now)
    if rule is not None:
        facts.append(
            ChatRouted(
                chat=chat,
                no=state.next_chat,
                at=stamp.now,
                project=rule.project,
                language=rule.language,
                skill=rule.skill,
                priority=rule.priority,
                rule=rule.id,
            )
        )
    facts.append(
        ChatMoved(
            chat=chat,
            no=state.next_chat,
            at=stamp.now,
            status=ChatStatus.ANSWERED,
            cause=ChatCause.OPENED,
            agent=agent,
            priority=rule.priority if rule is not None else 0,
            enqueued_at=None,
            project=rule.project if rule is not None else None,
        )
    )
    if gateway.id in state.config.as_chats:
        facts.append(_bound_to_address(state, stamp, chat, p))
    told = show_to(chat, agent, session, frame, full=True)
    return Decision(facts, [OutboundToConnectors(chat=chat)], told)


def _bound_to_address(state: State, stamp: Stamp, chat: Guid, p: ChatServiceInfo) -> ChatBound:
    """A chat whose sentences are messages needs nobody to reach its visitor first (B-60)."""
    return ChatBound(
        chat=chat,
        no=state.next_chat,
        at=stamp.now,
        tracking_id=compared(p.remote_address or ""),
        party_name=p.party_name,
        remote_address=p.remote_address,
        culture=p.preferred_culture,
        user_token=p.user_token,
        ext_response=p.ext_response,
    )


def _known(state: State, gateway: Gateway, p: ChatServiceInfo) -> Chat | None:
    """The chat that a repeated request made the first time."""
    if p.return_chat_id is None:
        return None
    found = state.open_keys.get((gateway.id, p.return_chat_id))
    return state.chats[found] if found is not None else None


def _only_named(chat: Chat, agent: Guid, session: Session, frame: Frame) -> Answer:
    """The answer to a repeated request of somebody who let the chat go since: no more than its name."""
    told = ChatStatusInfo(peer=session.workplace, chat_id=chat.id, status=seen_as(chat, agent))
    return Answer(session.number, frame.id, Reply("SC_CHAT_STATUS", told))


def _differs(chat: Chat, p: ChatServiceInfo) -> bool:
    """Whether a request is for another visitor than the chat; one that is bound may say more."""
    return not chat.is_bound and chat.visitor.remote_address != p.remote_address


def _has_a_chat(state: State, gateway: Gateway, p: ChatServiceInfo) -> Refusal | None:
    """Refuse a second chat of an address whose chats go by it (B-60)."""
    if gateway.id not in state.config.as_chats:
        return None
    other = find_tracked(state, gateway, compared(p.remote_address or ""))
    if other is None or not other.is_open:
        return None
    return Refusal(ErrorCode.WRONG_STATE, "RemoteAddress: has an open chat already")


def _may_begin(state: State, gateway: Gateway, p: ChatServiceInfo) -> Refusal | None:
    if gateway.retired:
        return RETIRED
    if p.result_model is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "ResultModel: the visitor has filled in nothing yet")
    refusal = may_open(state, gateway, "-" * 128) or may_hold(state, gateway)
    return refusal or too_many_variables(p)
