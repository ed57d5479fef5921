"""How many slots agents have and chats take (B-22)."""

from __future__ import annotations

from broker.core.state import Chat, Desk, State
from protocol.values import Guid


def capacity(state: State, agent: Guid) -> int:
    """How many slots an agent has where he sits: the smaller bound counts (B-22)."""
    known = state.config.agents.get(agent)
    desk = state.distribution.desks.get(agent)
    if known is None or desk is None or desk.workplace is None:
        return 0
    place = state.config.workplaces.get(desk.workplace)
    return min(known.max_chats, place.max_chats) if place is not None else 0


def weight_of(state: State, chat: Chat) -> int:
    """How many slots the chat takes (B-22)."""
    gateway = state.config.gateways.get(chat.gateway)
    return gateway.weight if gateway is not None else 1


def slots_left(state: State, desk: Desk) -> int:
    """How many slots an agent has left, what is kept for his parked chats among them."""
    return capacity(state, desk.agent) - desk.load
