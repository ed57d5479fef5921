"""A chat passes from one hand to the next: offers that come to nothing, owners and bots who go.

Nobody's chat may hang on somebody who is not there (I-16): whatever takes an agent out of a chat, by
their own will or not, comes here, and the chat moves on to the next who can have it.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from broker.core.chats.transitions import moved, system_message, to_waiting, unparked
from broker.core.decision import Decision
from broker.core.effects import Announcement, ChatToAgent, ChatToConnectors, ChatToMembers
from broker.core.facts import PartyLeft
from broker.core.facts.causes import ChatCause, OfferOutcome, ParkingEnd, PartyEnd, PassedOver
from broker.core.facts.details import Way
from broker.core.inputs import Stamp
from broker.core.routing.admission import pass_over, route
from broker.core.routing.endings import close, dissolve, end_invite, end_offer
from broker.core.rules import matching
from broker.core.state import Chat, State
from protocol.values import ChatStatus, CloseReason, Guid, TransferMode


@frozen
class Removal:
    """Why an agent is taken out of their chats against their will, as each part of a chat tells it."""

    offer: OfferOutcome
    party: PartyEnd
    owner: ChatCause
    succeeded: ChatCause


LOST: Final = Removal(OfferOutcome.LOST, PartyEnd.LOST, ChatCause.AGENT_LOST, ChatCause.OWNER_LOST)
FORCED: Final = Removal(OfferOutcome.FORCED, PartyEnd.FORCED, ChatCause.FORCED, ChatCause.FORCED)


def offer_over(state: State, chat: Chat, stamp: Stamp, outcome: OfferOutcome) -> Decision:
    """An open offer came to nothing: the chat goes back to where it was offered from.

    A waiting chat waits on (B-5), one that a bot was to have goes on to its project (B-40), one whose
    owner asked for somebody stays with them (B-29); a project's people are asked on.
    """
    decision = end_offer(state, chat, stamp, outcome)
    match chat.status:
        case ChatStatus.ALERTING:
            # A lost workplace is told by its offer; the chat itself was withdrawn.
            is_lost = outcome is OfferOutcome.LOST
            cause = ChatCause.WITHDRAWN if is_lost else ChatCause(outcome)
            decision.add(to_waiting(chat, stamp, cause))
        case ChatStatus.ICR:
            decision.add(pass_over(state, chat, stamp, PassedOver(outcome)))
        case _:
            if chat.invite is not None and chat.invite.project is None:
                decision.add(end_invite(state, chat, stamp, outcome))
            else:
                decision.notices.append(ChatToMembers(chat.id))
    return decision


def successor_of(state: State, chat: Chat) -> Guid | None:
    """Who owns the chat when its owner goes: whoever joined the conference first and is there."""
    for agent, party in chat.parties.items():
        if party.mode is not TransferMode.CONFERENCE:
            continue
        presence = state.distribution.presences.get(agent)
        if presence is not None and presence.session is not None:
            return agent
    return None


def pass_on(state: State, chat: Chat, stamp: Stamp, successor: Guid, cause: ChatCause) -> Decision:
    """Make somebody who is in the conversation its owner; the visitor sees one conversation."""
    owner = chat.agent
    decision = end_offer(state, chat, stamp, OfferOutcome.WITHDRAWN)
    decision.facts += end_invite(state, chat, stamp, OfferOutcome.WITHDRAWN).facts
    decision.facts += unparked(chat, stamp, ParkingEnd.ENDED)
    decision.facts += [
        PartyLeft(chat=chat.id, no=chat.no, agent=successor, at=stamp.now, cause=PartyEnd.OWNER),
        moved(chat, stamp, ChatStatus.ANSWERED, cause, successor),
    ]
    decision.notices += [ChatToConnectors(chat=chat.id), ChatToMembers(chat.id)]
    if owner is not None:
        decision.notices.append(ChatToAgent(chat=chat.id, agent=owner))
    return decision


def give_up(
    state: State,
    chat: Chat,
    stamp: Stamp,
    why: Removal = LOST,
) -> Decision:
    """The owner will not come back: to somebody in the conference, else to the queue, first (B-11)."""
    if chat.status is ChatStatus.ICR:
        return pass_over(state, chat, stamp, PassedOver(why.owner))
    successor = successor_of(state, chat)
    if successor is not None:
        return pass_on(state, chat, stamp, successor, why.succeeded)
    owner = chat.agent
    if chat.routing.project is None and not matching.project(
        state.config, matching.applicant_of(chat), stamp.now
    ):
        # One that an agent began, and that no rule gives to anybody: it could only wait for ever.
        decision = close(state, chat, stamp, CloseReason.RULE, cause=why.owner)
        decision.notices.append(ChatToConnectors(chat=chat.id))
        return decision
    decision = dissolve(state, chat, stamp)
    if chat.routing.project is None:
        decision.add(route(state, chat, stamp, why.owner, Way(owner=owner)))
    else:
        boost = state.config.distribution.grace_priority
        decision.add(to_waiting(chat, stamp, why.owner, boost=boost))
    if owner is not None:
        decision.notices.append(ChatToAgent(chat=chat.id, agent=owner))
    note = state.config.notes.agent_lost
    decision.add(system_message(state, chat, stamp, note, outside_only=True))
    return decision


def drop_party(state: State, chat: Chat, agent: Guid, stamp: Stamp, cause: PartyEnd) -> Decision:
    """Somebody besides the owner is out of the chat; who only watched was never seen (B-29)."""
    decision = Decision(
        [PartyLeft(chat=chat.id, no=chat.no, agent=agent, at=stamp.now, cause=cause)],
        [ChatToAgent(chat=chat.id, agent=agent)],
    )
    if chat.parties[agent].mode is not TransferMode.MONITOR:
        decision.notices += parties_shown(chat)
    return decision


def parties_shown(chat: Chat) -> list[Announcement]:
    """Who is in the chat has changed: those in it see that, and who is being asked into it (I-9)."""
    told: list[Announcement] = [ChatToMembers(chat.id)]
    alerted = chat.offered_to
    if alerted is not None:
        told.append(ChatToAgent(chat=chat.id, agent=alerted))
    return told


def withdraw(state: State, chat: Chat, agent: Guid, stamp: Stamp, why: Removal) -> Decision:
    """Take an agent out of a chat whatever their part in it is: owner, bot, party, or alerted."""
    if chat.offered_to == agent:
        return offer_over(state, chat, stamp, why.offer)
    if agent in chat.parties:
        return drop_party(state, chat, agent, stamp, why.party)
    return give_up(state, chat, stamp, why)
