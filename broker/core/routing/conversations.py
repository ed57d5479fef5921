"""What begins and ends between a conversation and agents: offers, and the work on it (B-11, B-24, B-57).

The conversation says what ends; how many offers somebody missed in a row is the distribution's. So these
moves are above both, as `offering` and `endings` are.
"""

from __future__ import annotations

from attrs import evolve

from broker.config.model import Config
from broker.core.decision import Decision
from broker.core.distribution.apply import lease, requeue
from broker.core.distribution_state import Work
from broker.core.effects import ConversationToAgent
from broker.core.facts import Fact
from broker.core.facts.causes import ConversationCause, DecisionKind, OfferOutcome
from broker.core.facts.details import AskedEnded, Choice
from broker.core.facts.messages import (
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationRouted,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation
from broker.core.messages.conversing import decided, ended, moved, parked, woken, wrap_up
from broker.core.messages.needs import need_of
from broker.core.state import State
from broker.core.wrapping import wrapup_of
from protocol.values import ChatStatus, CloseReason, Guid, TransferMode


def offered(
    state: State,
    conversation: Conversation,
    agent: Guid,
    stamp: Stamp,
    until: int,
    choice: Choice,
    *,
    by: Guid | None = None,
    note: str | None = None,
) -> Decision:
    """Alert an agent for a conversation: one that waits, or one whose owner hands it over.

    Args:
        state: The state before.
        conversation: The conversation.
        agent: Who is alerted.
        stamp: Now.
        until: When the offer ends.
        choice: Why this agent, for the log.
        by: Its owner, if they want to hand it over.
        note: What they want to be known.
    """
    presence = state.distribution.presences[agent]
    made = ConversationOffered(
        offer=state.messages.next_offer,
        conversation=conversation.id,
        no=conversation.no,
        agent=agent,
        workplace=presence.workplace or "",
        at=stamp.now,
        until=until,
        by=by,
        note=note,
    )
    decision = Decision(
        [decided(conversation, stamp, DecisionKind.OFFERED, choice, agent), made],
        [_alert(conversation, agent, "SC_CONVERSATION_ALERT")],
    )
    if by is None:
        cause = ConversationCause.OFFERED
        decision.facts.append(moved(conversation, stamp, ChatStatus.ALERTING, cause, agent))
    return decision


def _alert(conversation: Conversation, agent: Guid, type: str) -> ConversationToAgent:
    return ConversationToAgent(conversation=conversation.id, agent=agent, type=type)


def shown_to(conversation: Conversation, agent: Guid | None) -> list[ConversationToAgent]:
    """The conversation as it stands for an agent afterwards."""
    return [ConversationToAgent(conversation=conversation.id, agent=agent)] if agent else []


def end_offer(
    state: State, conversation: Conversation, stamp: Stamp, outcome: OfferOutcome
) -> Decision:
    """End the open offer of a conversation, whatever it is for, and withdraw the alert."""
    offer = conversation.offer
    if offer is None:
        return Decision()
    missed = state.distribution.presences[offer.agent].missed
    if outcome is OfferOutcome.MISSED:
        missed += 1
    elif outcome in (OfferOutcome.ANSWERED, OfferOutcome.REJECTED):
        missed = 0
    over = ConversationOfferEnded(
        offer=offer.number,
        conversation=conversation.id,
        no=conversation.no,
        agent=offer.agent,
        at=stamp.now,
        outcome=outcome,
        missed=missed,
        status=conversation.status,
    )
    facts: list[Fact] = [over]
    if offer.by is not None:
        came_of_it = AskedEnded(mode=TransferMode.TRANSFER.value, by=offer.by, outcome=outcome)
        kind = DecisionKind.TRANSFER_ENDED
        facts.append(decided(conversation, stamp, kind, came_of_it, offer.agent))
    if outcome in (OfferOutcome.ANSWERED, OfferOutcome.LOST):
        # Whoever has it now sees it, and whoever is gone sees nothing.
        return Decision(facts)
    return Decision(facts, [_alert(conversation, offer.agent, "SC_CONVERSATION_ALERT_END")])


def offer_over(
    state: State, conversation: Conversation, stamp: Stamp, outcome: OfferOutcome
) -> Decision:
    """An open offer came to nothing: it waits on, or stays with whoever wanted to hand it over."""
    decision = end_offer(state, conversation, stamp, outcome)
    if conversation.status is ChatStatus.ALERTING:
        is_lost = outcome is OfferOutcome.LOST
        cause = ConversationCause.WITHDRAWN if is_lost else ConversationCause(outcome)
        decision.facts.append(moved(conversation, stamp, ChatStatus.WAITING, cause))
    else:
        decision.notices += shown_to(conversation, conversation.agent)
    return decision


def give_up(
    state: State, conversation: Conversation, stamp: Stamp, cause: ConversationCause
) -> Decision:
    """Its owner has it no more: it waits, its age and its draft kept (B-11).

    One that they began, and that no rule gives to anybody, is put aside for them.
    """
    decision = end_offer(state, conversation, stamp, OfferOutcome.WITHDRAWN)
    if conversation.demanded.project is None:
        decision.facts += parked(conversation, stamp, None, conversation.agent, cause)
    else:
        decision.facts.append(moved(conversation, stamp, ChatStatus.WAITING, cause))
    decision.notices += shown_to(conversation, conversation.agent)
    return decision


def withdraw(
    state: State,
    conversation: Conversation,
    agent: Guid,
    stamp: Stamp,
    outcome: OfferOutcome,
    cause: ConversationCause,
) -> Decision:
    """Take an agent out of a conversation, whatever it is to them."""
    if conversation.offered_to == agent:
        return offer_over(state, conversation, stamp, outcome)
    return give_up(state, conversation, stamp, cause)


def come_back(state: State, conversation: Conversation, stamp: Stamp) -> Decision:
    """The time is over for which it was put aside: it waits again (B-57).

    One that no rule gives to anybody stays with whoever put it aside, who is told.
    """
    aside = conversation.aside
    if aside is None or conversation.demanded.project is not None:
        return woken(conversation, stamp)
    stays = ConversationParked(
        conversation=conversation.id, no=conversation.no, at=stamp.now, until=None, by=aside.by
    )
    return Decision([stays], [*shown_to(conversation, aside.by)])


def close(
    state: State,
    conversation: Conversation,
    stamp: Stamp,
    reason: CloseReason,
    *,
    code: str | None = None,
    note: str | None = None,
    is_spam: bool = False,
) -> Decision:
    """End an open conversation, whatever its status; who works on it sees that, and wraps it up (B-57)."""
    decision = end_offer(state, conversation, stamp, OfferOutcome.WITHDRAWN)
    cause = ConversationCause.CLOSED
    decision.facts += ended(
        conversation, stamp, cause, reason, code=code, note=note, is_spam=is_spam
    )
    owner = conversation.agent if conversation.status is ChatStatus.ANSWERED else None
    decision.notices += shown_to(conversation, owner)
    length = wrapup_of(state.config, conversation.demanded.project)
    if owner is not None and length:
        decision.add(wrap_up(conversation, stamp, owner, length))
    return decision


def has_lost_project(config: Config, conversation: Conversation) -> bool:
    """Whether an open conversation asks for a project that the configuration has no more (C-4)."""
    asked = conversation.demanded.project
    if asked is None or not conversation.is_open:
        return False
    known = config.projects.get(asked)
    return known is None or known.retired


def _of_no_project(conversation: Conversation, stamp: Stamp) -> ConversationRouted:
    return ConversationRouted(
        conversation=conversation.id,
        no=conversation.no,
        at=stamp.now,
        project=None,
        language=conversation.demanded.language,
        skill=0,
        priority=conversation.demanded.priority,
    )


def _to_supervisors(conversation: Conversation, stamp: Stamp) -> list[Fact]:
    """What waits and asks for nobody is put aside, where supervisors see it (I-7)."""
    if conversation.status not in (ChatStatus.WAITING, ChatStatus.ALERTING):
        return []
    if conversation.aside is not None:
        return []
    waits = evolve(conversation, status=ChatStatus.WAITING, agent=None)
    return [*parked(waits, stamp, None, None)]


def reloaded(state: State, config: Config, conversation: Conversation, stamp: Stamp) -> Decision:
    """What another configuration makes of a conversation: when its project is gone, nobody is asked."""
    if not has_lost_project(config, conversation):
        return Decision()
    decision = Decision([_of_no_project(conversation, stamp)])
    if conversation.status is ChatStatus.ALERTING:
        decision.add(offer_over(state, conversation, stamp, OfferOutcome.WITHDRAWN))
    elif conversation.status is ChatStatus.ANSWERED:
        decision.notices += shown_to(conversation, conversation.agent)
    decision.facts += _to_supervisors(conversation, stamp)
    return decision


def restarted(state: State, conversation: Conversation, stamp: Stamp) -> Decision:
    """What a restart ends of a conversation, and what a configuration that has changed meanwhile does."""
    if not conversation.is_open:
        return Decision()
    gateways = state.config.message_gateways
    is_carried = any(one.pair == conversation.pair for one in gateways.values())
    if conversation.gateway not in gateways and not is_carried:
        decision = Decision(end_offer(state, conversation, stamp, OfferOutcome.RESTART).facts)
        cause, reason = ConversationCause.CLOSED, CloseReason.ADMIN
        decision.facts += ended(conversation, stamp, cause, reason)
        return decision
    if not has_lost_project(state.config, conversation):
        return _resumed(state, conversation, stamp)
    demanded = evolve(conversation.demanded, project=None)
    unasked = evolve(conversation, demanded=demanded)
    decision = Decision([_of_no_project(conversation, stamp)])
    decision.add(_resumed(state, unasked, stamp))
    decision.facts += _to_supervisors(unasked, stamp)
    return decision


def _resumed(state: State, conversation: Conversation, stamp: Stamp) -> Decision:
    """What hung on a connection ends: offers, and the work of whoever will not come back (B-12)."""
    if conversation.status is ChatStatus.ANSWERED and not _is_awaited(state, conversation):
        return Decision(give_up(state, conversation, stamp, ConversationCause.AGENT_LOST).facts)
    decision = Decision(end_offer(state, conversation, stamp, OfferOutcome.RESTART).facts)
    if conversation.status is ChatStatus.ALERTING:
        cause = ConversationCause.RESTART
        decision.facts.append(moved(conversation, stamp, ChatStatus.WAITING, cause))
    return decision


def _is_awaited(state: State, conversation: Conversation) -> bool:
    """Whether whoever works on it may come back: they are known, and were at work."""
    agent = conversation.agent
    presence = state.distribution.presences.get(agent) if agent is not None else None
    return presence is not None and presence.lost_at is not None


def seat(state: State, conversation: Conversation) -> None:
    """Make a recovered conversation known to the distribution, with its entry and its leases."""
    state.distribution.gateways[conversation.id] = conversation.gateway
    alerted, owner = conversation.offered_to, conversation.agent
    if alerted is not None:
        lease(state, conversation.id, alerted, ChatStatus.ALERTING, Work.CONVERSATION)
    if conversation.status is ChatStatus.ANSWERED and owner is not None:
        lease(state, conversation.id, owner, ChatStatus.ANSWERED, Work.CONVERSATION)
    requeue(state, conversation.id, need_of(conversation))
