"""How many slots agents have and chats take (B-22)."""

from __future__ import annotations

from broker.config.model import Config
from broker.core.distribution_state import AgentPresence, DistributionState
from protocol.values import Guid


def capacity(state: DistributionState, agent: Guid) -> int:
    """How many slots an agent has where they sit: the smaller bound counts (B-22)."""
    presence = state.distribution.presences.get(agent)
    return capacity_under(state.config, presence) if presence is not None else 0


def capacity_under(config: Config, presence: AgentPresence) -> int:
    """How many slots an agent has where they sit, by this configuration."""
    known = config.agents.get(presence.agent)
    place = config.workplaces.get(presence.workplace or "")
    return min(known.max_chats, place.max_chats) if known is not None and place is not None else 0


def capacity_cost(state: DistributionState, gateway: Guid) -> int:
    """How many slots a chat of the gateway takes (B-22)."""
    known = state.config.gateways.get(gateway)
    return known.weight if known is not None else 1


def slots_left(state: DistributionState, presence: AgentPresence) -> int:
    """How many slots an agent has left, what is kept for their parked chats among them."""
    return capacity(state, presence.agent) - presence.load
