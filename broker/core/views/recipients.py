"""Who hears of a chat: the sessions of its gateway, and those of the agents who are in it."""

from __future__ import annotations

from collections.abc import Iterable

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


def _connected(state: State, agents: Iterable[Guid]) -> tuple[tuple[int, str], ...]:
    found: list[tuple[int, str]] = []
    for agent in agents:
        presence = state.distribution.presences.get(agent)
        if presence is not None and presence.session is not None:
            found.append((presence.session, presence.workplace or ""))
    return tuple(found)
