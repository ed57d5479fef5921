"""Who may speak of which conversation, and who may read it (B-57, I-15); see `addressing`."""

from __future__ import annotations

from broker.core.decision import Refusal
from broker.core.message_state import Conversation
from broker.core.state import AgentPresence, Session, State
from broker.core.views.addressing import OfMail, presence_at
from protocol.errors import ErrorCode
from protocol.values import ChatStatus, Guid

NO_CONVERSATION = Refusal(
    ErrorCode.UNKNOWN_CONVERSATION, "ConversationId: no such conversation at this workplace"
)
CLOSED = Refusal(ErrorCode.CHAT_CLOSED, "ConversationId: the conversation is closed")
NOT_THEIRS = Refusal(ErrorCode.WRONG_STATE, "ConversationId: this agent does not work on it")


def is_supervisor(state: State, agent: Guid) -> bool:
    """Whether an agent sees and ends everything."""
    known = state.config.agents.get(agent)
    return known is not None and known.role == "supervisor"


def may_read(state: State, conversation: Conversation, agent: Guid) -> bool:
    """Whether an agent may read it: who works on it or did last, who wrote in it, supervisors.

    Whoever is only alerted has not read it.
    """
    return (
        agent == conversation.last_agent
        or conversation.is_with(agent)
        or is_supervisor(state, agent)
        or any(message.agent == agent for message in conversation.messages)
        or any(note.agent == agent for note in conversation.notes)
    )


def is_known_to(state: State, conversation: Conversation, agent: Guid) -> bool:
    """Whether an agent may speak of it: who may read it, is alerted for it, or put it aside."""
    aside = conversation.aside
    return (
        agent == conversation.offered_to
        or (aside is not None and aside.by == agent)
        or may_read(state, conversation, agent)
    )


def find_conversation(state: State, key: Guid | None) -> Conversation | None:
    """A conversation that is still in memory."""
    return state.messages.conversations.get(key) if key is not None else None


def conversation_at(
    state: State, session: Session, payload: OfMail
) -> tuple[AgentPresence, Conversation] | Refusal:
    """The presence of the session's agent, and the conversation of theirs that the frame names."""
    presence = presence_at(state, session, payload)
    if isinstance(presence, Refusal):
        return presence
    found = find_conversation(state, payload.conversation_id)
    if found is None or not is_known_to(state, found, presence.agent):
        return NO_CONVERSATION
    return presence, found


def own_conversation(
    state: State, session: Session, payload: OfMail
) -> tuple[AgentPresence, Conversation] | Refusal:
    """The same of one that the agent, and nobody else, works on now."""
    found = conversation_at(state, session, payload)
    if isinstance(found, Refusal):
        return found
    return found if found[1].is_with(found[0].agent) else _not_theirs(found[1])


def owned_or_supervised(
    state: State, session: Session, payload: OfMail
) -> tuple[AgentPresence, Conversation] | Refusal:
    """The same of one that the agent works on, or, for a supervisor, of any that is open."""
    found = conversation_at(state, session, payload)
    if isinstance(found, Refusal):
        return found
    presence, conversation = found
    if conversation.is_with(presence.agent):
        return found
    if conversation.is_open and is_supervisor(state, presence.agent):
        return found
    return _not_theirs(conversation)


def _not_theirs(conversation: Conversation) -> Refusal:
    if conversation.status is ChatStatus.CLOSED:
        return CLOSED
    return NOT_THEIRS
