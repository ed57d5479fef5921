"""Who may speak of what: from a frame to the gateway, the chat, the desk it means (I-15).

Each finder gives the thing or the refusal; a chat that is not one's own is as unknown as one
that does not exist.
"""

from __future__ import annotations

from broker.config.model import Gateway
from broker.core.decision import Refusal
from broker.core.state import Chat, Desk, Session, State
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.errors import ErrorCode
from protocol.values import Guid

Addressed = ChatCommandInfo | ChatSentenceInfo | ChatServiceInfo


def gateway_of(state: State, session: Session, payload: Addressed) -> Gateway | Refusal:
    """The gateway that (Peer, Port) names, if the session serves it."""
    gateway = state.config.gateway_by_address.get((payload.peer or "", payload.port))
    if gateway is None:
        return Refusal(ErrorCode.UNKNOWN_GATEWAY, "Peer: no such gateway")
    if gateway.id not in session.gateways:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not served by this session")
    return gateway


def tracked_chat(state: State, session: Session, payload: Addressed) -> Chat | Refusal:
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


def desk_at(
    state: State, session: Session, payload: ChatCommandInfo | ChatSentenceInfo
) -> Desk | Refusal:
    """The desk of the session's agent, if the frame names no other workplace or agent."""
    agent = session.agent
    if agent is None or payload.peer != session.workplace:
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
    named = payload.agent_id if isinstance(payload, ChatCommandInfo) else None
    if named is not None and named != agent:
        return Refusal(ErrorCode.NOT_ALLOWED, "AgentId: not the agent of this session")
    return state.distribution.desks[agent]


def own_chat(state: State, agent: Guid, chat_id: Guid | None) -> Chat | Refusal:
    """A chat that is offered to the agent, or that he answers or answered last."""
    chat = state.chats.get(chat_id) if chat_id is not None else None
    if chat is None or agent not in (chat.agent, chat.last_agent):
        return Refusal(ErrorCode.UNKNOWN_CHAT, "ChatId: no such chat at this workplace")
    return chat


def chat_at_desk(
    state: State, session: Session, payload: ChatCommandInfo | ChatSentenceInfo
) -> tuple[Desk, Chat] | Refusal:
    """The desk of the session's agent and the chat of his that the frame names."""
    desk = desk_at(state, session, payload)
    if isinstance(desk, Refusal):
        return desk
    chat = own_chat(state, desk.agent, payload.chat_id)
    return chat if isinstance(chat, Refusal) else (desk, chat)
