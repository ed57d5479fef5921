"""How many slots agents have, and chats and conversations take (B-22, B-57)."""

from __future__ import annotations

from broker.config.model import Config
from broker.core.distribution_state import AgentPresence, DistributionState, Work
from protocol.values import Guid


def capacity(state: DistributionState, agent: Guid, work: Work = Work.CHAT) -> int:
    """How many slots an agent has where they sit: the smaller bound counts (B-22)."""
    presence = state.distribution.presences.get(agent)
    return capacity_under(state.config, presence, work) if presence is not None else 0


def capacity_under(config: Config, presence: AgentPresence, work: Work = Work.CHAT) -> int:
    """How many slots an agent has where they sit, by this configuration."""
    known = config.agents.get(presence.agent)
    place = config.workplaces.get(presence.workplace or "")
    if known is None or place is None:
        return 0
    if work is Work.CHAT:
        return min(known.max_chats, place.max_chats)
    return min(known.max_messages, place.max_messages)


def capacity_cost(state: DistributionState, gateway: Guid, work: Work = Work.CHAT) -> int:
    """How many slots a chat, or a conversation, of the gateway takes (B-22, B-57)."""
    config = state.config
    gateways = config.gateways if work is Work.CHAT else config.message_gateways
    known = gateways.get(gateway)
    return known.weight if known is not None else 1


def slots_left(state: DistributionState, presence: AgentPresence, work: Work = Work.CHAT) -> int:
    """How many slots an agent has left, what is kept for their parked chats among them."""
    return capacity(state, presence.agent, work) - presence.workload(work).load
