"""Who may speak of what: from a frame to the gateway, the chat, the presence it means (I-15).

Each finder gives the thing or the refusal; a chat that is not one's own is as unknown as one
that does not exist.
"""

from __future__ import annotations

from broker.config.model import Gateway
from broker.core.decision import Refusal
from broker.core.state import AgentPresence, Chat, Session, State
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatTransferInfo
from protocol.conversation import (
    ConversationCloseInfo,
    ConversationCommandInfo,
    ConversationNoteInfo,
    ConversationTransferInfo,
    ConversationWrapUpInfo,
)
from protocol.errors import ErrorCode
from protocol.scenario import ScenarioResultInfo
from protocol.values import Guid

NO_CHAT = Refusal(ErrorCode.UNKNOWN_CHAT, "ChatId: no such chat at this workplace")
Tracked = ChatCommandInfo | ChatSentenceInfo | ChatServiceInfo
Addressed = Tracked | ScenarioResultInfo
Inside = ChatCommandInfo | ChatSentenceInfo | ChatTransferInfo | ScenarioResultInfo
OfMail = (
    ConversationCloseInfo
    | ConversationCommandInfo
    | ConversationNoteInfo
    | ConversationTransferInfo
    | ConversationWrapUpInfo
)


def gateway_of(state: State, session: Session, payload: Addressed) -> Gateway | Refusal:
    """The gateway that (Peer, Port) names, if the session serves it."""
    gateway = state.config.gateway_by_address.get((payload.peer or "", payload.port))
    if gateway is None:
        return Refusal(ErrorCode.UNKNOWN_GATEWAY, "Peer: no such gateway")
    if gateway.id not in session.gateways:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not served by this session")
    return gateway


def gateways_of(
    state: State, session: Session, payload: Addressed
) -> tuple[Gateway, ...] | Refusal:
    """The gateway that (Peer, Port) names; without a Port all of the peer that the session serves."""
    every = state.config.gateways_by_peer.get(payload.peer or "", ())
    if payload.port is not None or not every:
        found = gateway_of(state, session, payload)
        return found if isinstance(found, Refusal) else (found,)
    served = tuple(gateway for gateway in every if gateway.id in session.gateways)
    return served or Refusal(ErrorCode.NOT_ALLOWED, "Peer: not served by this session")


def tracked_chat(state: State, session: Session, payload: Tracked) -> Chat | Refusal:
    """The latest chat that (Peer, Port, TrackingId) names."""
    gateway = gateway_of(state, session, payload)
    if isinstance(gateway, Refusal):
        return gateway
    chat = find_tracked(state, gateway, payload.tracking_id)
    if chat is None:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "TrackingId: no such chat")
    return chat


def find_tracked(state: State, gateway: Gateway, tracking_id: str | None) -> Chat | None:
    """The latest chat of a TrackingId that is still in memory."""
    found = state.by_tracking.get((gateway.id, tracking_id or ""))
    return state.chats[found] if found is not None else None


def presence_at(
    state: State, session: Session, payload: Inside | OfMail
) -> AgentPresence | Refusal:
    """The presence of the session's agent, if the frame names no other workplace or agent."""
    agent = session.agent
    if agent is None or payload.peer != session.workplace:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    named = None
    if isinstance(payload, ChatCommandInfo | ConversationCommandInfo):
        named = payload.agent_id
    if named is not None and named != agent:
        return Refusal(ErrorCode.NOT_ALLOWED, "AgentId: not the agent of this session")
    return state.distribution.presences[agent]


def own_chat(state: State, agent: Guid, chat_id: Guid | None) -> Chat | Refusal:
    """A chat that the agent is offered, is in, was in at its end, answered last, or wrote in (W-21).

    That it is known to them does not say that they may read it: see `Chat.is_read_by`.
    """
    chat = state.chats.get(chat_id) if chat_id is not None else None
    if chat is None or not (
        agent in (chat.agent, chat.last_agent, chat.offered_to)
        or agent in chat.parties
        or agent in chat.ending.readers
        or agent in chat.transcript.writers
    ):
        return NO_CHAT
    return chat


def chat_at_workplace(
    state: State, session: Session, payload: Inside
) -> tuple[AgentPresence, Chat] | Refusal:
    """The presence of the session's agent and the chat of theirs that the frame names."""
    presence = presence_at(state, session, payload)
    if isinstance(presence, Refusal):
        return presence
    chat = own_chat(state, presence.agent, payload.chat_id)
    return chat if isinstance(chat, Refusal) else (presence, chat)


def owned_chat(
    state: State, session: Session, payload: Inside
) -> tuple[AgentPresence, Chat] | Refusal:
    """The same of a chat that the agent, and nobody else, answers now."""
    found = chat_at_workplace(state, session, payload)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    if not chat.is_open:
        return Refusal(ErrorCode.CHAT_CLOSED, "ChatId: the chat is closed")
    if chat.agent != presence.agent or not chat.has(presence.agent):
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by this agent")
    return presence, chat


def supervisor_at(state: State, session: Session, peer: str | None) -> AgentPresence | Refusal:
    """The presence of a supervisor; to everybody else the frame is not allowed."""
    agent = state.config.agents.get(session.agent) if session.agent is not None else None
    if session.agent is None or peer != session.workplace:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    if agent is None or agent.role != "supervisor":
        return Refusal(ErrorCode.NOT_ALLOWED, "for supervisors only")
    return state.distribution.presences[session.agent]
