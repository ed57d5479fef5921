"""For how long a lost agent is waited for: their chats, their conversations, themselves (B-11, B-28)."""

from __future__ import annotations

from broker.config.model import MINUTE
from broker.core.deadlines import over
from broker.core.distribution_state import AgentPresence, DistributionState, Work
from broker.core.timers import TimerKind
from protocol.values import ChatStatus, Guid


def held(presence: AgentPresence) -> list[Guid]:
    """The conversations of an agent, as owner or party, those that they parked among them."""
    talking = [c for c, holder in presence.leases.items() if holder is ChatStatus.ANSWERED]
    return [*talking, *presence.parked]


def conversations_of(presence: AgentPresence) -> list[Guid]:
    """The conversations that an agent works on."""
    held = presence.conversations.leases
    return [one for one, holder in held.items() if holder is ChatStatus.ANSWERED]


def arm_grace(state: DistributionState, presence: AgentPresence) -> None:
    """Set the timers after which a lost agent's chats and conversations, and the agent, are given up."""
    if presence.lost_at is None:
        return
    gateways = state.distribution.gateways
    for chat in held(presence):
        due = lost_until(state, gateways[chat], presence.lost_at)
        state.timers.set(due, TimerKind.GRACE, chat)
    for one in conversations_of(presence):
        due = lost_until(state, gateways[one], presence.lost_at, Work.CONVERSATION)
        state.timers.set(due, TimerKind.CONVERSATION_GRACE, one)
    state.timers.set(gone_at(state, presence), TimerKind.AGENT, presence.agent)


def lost_until(
    state: DistributionState, gateway: Guid, lost_at: int, work: Work = Work.CHAT
) -> int:
    """Until when a gateway's answered chat, or conversation, is kept for its lost agent (B-11)."""
    return over(state, lost_at, _grace(state, gateway, work))


def _grace(state: DistributionState, gateway: Guid, work: Work) -> int:
    config = state.config
    gateways = config.gateways if work is Work.CHAT else config.message_gateways
    known = gateways.get(gateway)
    return known.workplace_grace if known is not None else 0


def gone_at(state: DistributionState, presence: AgentPresence) -> int:
    """Until when a lost agent keeps their state: the longest grace of any gateway of chats (B-28).

    Whoever works on a conversation keeps it for as long as that is kept for them, if that is longer.
    """
    longest = max((g.workplace_grace for g in state.config.gateways.values()), default=MINUTE)
    for one in conversations_of(presence):
        gateway = state.distribution.gateways[one]
        longest = max(longest, _grace(state, gateway, Work.CONVERSATION))
    return over(state, presence.lost_at or 0, longest)
