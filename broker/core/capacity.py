"""How many slots agents have and chats take (B-22)."""

from __future__ import annotations

from broker.core.distribution_state import AgentPresence, DistributionState
from protocol.values import Guid


def capacity(state: DistributionState, agent: Guid) -> int:
    """How many slots an agent has where they sit: the smaller bound counts (B-22)."""
    known = state.config.agents.get(agent)
    presence = state.distribution.presences.get(agent)
    if known is None or presence is None or presence.workplace is None:
        return 0
    place = state.config.workplaces.get(presence.workplace)
    return min(known.max_chats, place.max_chats) if place is not None else 0


def capacity_cost(state: DistributionState, gateway: Guid) -> int:
    """How many slots a chat of the gateway takes (B-22)."""
    known = state.config.gateways.get(gateway)
    return known.weight if known is not None else 1


def slots_left(state: DistributionState, presence: AgentPresence) -> int:
    """How many slots an agent has left, what is kept for their parked chats among them."""
    return capacity(state, presence.agent) - presence.load
