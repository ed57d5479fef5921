"""Writing the facts of conversations into the distribution: leases and queue entries (B-57).

What a conversation asks for now comes as its `Need`, as with chats. One that is put aside has no entry, and
its owner is none of its agents any more.
"""

from __future__ import annotations

from broker.core.distribution.apply import (
    explained,
    hold_for_wrapup,
    lease,
    presence_of,
    release,
    release_all,
    requeue,
)
from broker.core.distribution_state import DistributionState, Need, Work
from broker.core.facts.causes import DecisionKind, OfferOutcome
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationDue,
    ConversationExcluded,
    ConversationForgotten,
    ConversationMoved,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationRouted,
    ConversationStarted,
    ConversationUnparked,
    ConversationWidened,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
)
from protocol.values import ChatStatus

_THIS = Work.CONVERSATION
Asking = (
    ConversationDue
    | ConversationExcluded
    | ConversationParked
    | ConversationRouted
    | ConversationUnparked
    | ConversationWidened
)
"""What changes nothing but what is asked of an agent, or whether anything is."""


def started(state: DistributionState, f: ConversationStarted) -> None:
    """Know whose the conversation is."""
    state.distribution.gateways[f.conversation] = f.gateway


def forgotten(state: DistributionState, f: ConversationForgotten) -> None:
    """The conversation is out of memory."""
    del state.distribution.gateways[f.conversation]


def asked_anew(state: DistributionState, f: Asking, need: Need | None) -> None:
    """It asks for something else, for nothing, or for something again."""
    requeue(state, f.conversation, need)


def moved(state: DistributionState, f: ConversationMoved, need: Need | None) -> None:
    """Move its entry and its leases along with its status and its owner."""
    match f.status:
        case ChatStatus.ALERTING if f.agent is not None:
            lease(state, f.conversation, f.agent, ChatStatus.ALERTING, _THIS)
        case ChatStatus.ANSWERED if f.agent is not None:
            if f.before is not None and f.before != f.agent:
                release(state, f.conversation, f.before, _THIS)
            lease(state, f.conversation, f.agent, ChatStatus.ANSWERED, _THIS)
        case _:
            release_all(state, f.conversation, _THIS)
    requeue(state, f.conversation, need)


def offered(state: DistributionState, f: ConversationOffered, need: Need | None) -> None:
    """An agent is alerted; who is to take it over holds a slot from now on, others as it moves."""
    if f.by is not None:
        lease(state, f.conversation, f.agent, ChatStatus.ALERTING, _THIS)
    requeue(state, f.conversation, need)


def offer_ended(state: DistributionState, f: ConversationOfferEnded, need: Need | None) -> None:
    """Count a missed offer, and free what the offer held, unless the conversation moves on."""
    presence_of(state, f.agent).missed = f.missed
    if f.outcome is not OfferOutcome.ANSWERED and f.status is not ChatStatus.ALERTING:
        release(state, f.conversation, f.agent, _THIS)
    requeue(state, f.conversation, need)


def wrapup_started(state: DistributionState, f: ConversationWrapupStarted) -> None:
    """Hold slots for the wrap-up of a closed conversation."""
    hold_for_wrapup(state, f.conversation, f.agent, f.at, f.until, _THIS)


def wrapup_ended(state: DistributionState, f: ConversationWrapupEnded) -> None:
    """Free the slots of that."""
    release(state, f.conversation, f.agent, _THIS)


def decided(state: DistributionState, f: ConversationDecided) -> None:
    """It is said why it waits."""
    if f.kind is DecisionKind.WAITING:
        explained(state, f.conversation)
