"""The structures of an agent's state."""

from __future__ import annotations

from datetime import datetime

from protocol.value import value
from protocol.values import AgentState, Guid


@value(kw_only=True)
class AgentWrapUpInfo:
    """A closed chat or conversation that still holds slots, since its agent writes up how it ended.

    Attributes:
        chat_id: The chat, for the frame that ends this.
        remote_name: Name of the visitor, or of the other party of the messages.
        until_utc: When it ends by itself.
        conversation_id: In place of the chat the conversation, for the frame that ends that.
        remote_address: Of a conversation the address of the other party.
    """

    chat_id: Guid | None = None
    remote_name: str | None = None
    until_utc: datetime | None = None
    conversation_id: Guid | None = None
    remote_address: str | None = None


@value(kw_only=True)
class AgentStateInfo:
    """What an agent does now, or asks to do.

    Attributes:
        peer: Workplace number.
        agent_id: The agent.
        agent_name: Name of the agent.
        state: The state.
        reason: Why they pause, one of the configured reasons.
        next_state: State that follows when their chats have ended.
        since_utc: When the state began.
        max_chats: How many chats they take at once.
        active_chats: How many slots they hold now.
        max_messages: How many conversations they take at once; null: their program takes no messages.
        active_messages: How many slots of these they hold now.
        wrap_ups: The wrap-ups that hold some of them, the one that began first in front; null: none.
            Shown to the agent, and not to others or in lists.
    """

    peer: str | None = None
    agent_id: Guid | None = None
    agent_name: str | None = None
    state: AgentState | None = None
    reason: str | None = None
    next_state: AgentState | None = None
    since_utc: datetime | None = None
    max_chats: int = 0
    active_chats: int = 0
    max_messages: int | None = None
    active_messages: int | None = None
    wrap_ups: tuple[AgentWrapUpInfo, ...] | None = None
