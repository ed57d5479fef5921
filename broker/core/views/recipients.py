"""Who hears of a chat, and of a message: sessions of gateways, and those of agents."""

from __future__ import annotations

from collections.abc import Iterable

from broker.core.message_state import Conversation, Message
from broker.core.state import Chat, State
from protocol.values import Guid


def connectors_of(state: State, chat: Chat) -> tuple[int, ...]:
    """The sessions that are told of a chat: those of its gateway, once one of them has it."""
    return state.gateway_sessions.get(chat.gateway, ()) if chat.is_bound else ()


def members_of(chat: Chat) -> tuple[Guid, ...]:
    """The agents who are in the conversation: its owner or its bot, and the parties."""
    if chat.agent is None or not chat.has(chat.agent):
        return ()
    return (chat.agent, *chat.parties)


def listeners(state: State, chat: Chat) -> tuple[tuple[int, str], ...]:
    """The sessions and workplace numbers of those of them who are connected."""
    return _connected(state, members_of(chat))


def readers(state: State, chat: Chat) -> tuple[tuple[int, str], ...]:
    """Who has the agents' sentences before them: those in the chat, or in it at its end.

    Whoever is only offered the chat, or was, has not seen them.
    """
    return listeners(state, chat) if chat.is_open else _connected(state, chat.ending.readers)


def correspondents(state: State, message: Message) -> tuple[tuple[int, str], ...]:
    """Who wrote an outbound message, and who works on its conversation now, if they hear of messages.

    Of one that is a sentence they hear as of a sentence (B-60).
    """
    if message.chat_no is not None:
        return ()
    agents = dict.fromkeys([message.agent] if message.agent is not None else [])
    conversation = state.messages.conversations.get(message.conversation or Guid(""))
    agents |= dict.fromkeys(_working(conversation))
    return _hearing(state, agents)


def workers(state: State, conversation: Conversation) -> tuple[tuple[int, str], ...]:
    """Who works on a conversation now, if they hear of messages."""
    return _hearing(state, _working(conversation))


def _working(conversation: Conversation | None) -> tuple[Guid, ...]:
    agent = conversation.agent if conversation is not None else None
    if conversation is None or agent is None or not conversation.is_with(agent):
        return ()
    return (agent,)


def _hearing(state: State, agents: Iterable[Guid]) -> tuple[tuple[int, str], ...]:
    presences = state.distribution.presences
    return _connected(
        state, [one for one in agents if one in presences and presences[one].takes_messages]
    )


def _connected(state: State, agents: Iterable[Guid]) -> tuple[tuple[int, str], ...]:
    found: list[tuple[int, str]] = []
    for agent in agents:
        presence = state.distribution.presences.get(agent)
        if presence is not None and presence.session is not None:
            found.append((presence.session, presence.workplace or ""))
    return tuple(found)
