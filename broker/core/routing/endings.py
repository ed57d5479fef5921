"""What ends between a chat and agents: an offer, an invitation, a conversation (B-6, B-24, B-29).

The chat says what ends; how many offers somebody missed in a row is the distribution's. So these moves are
above both, as `offering` is.
"""

from __future__ import annotations

from broker.core.chats.transitions import internal_note, logged, moved, unparked, wrap_up
from broker.core.decision import Decision
from broker.core.effects import ChatToAgent, ChatToMembers
from broker.core.facts import InviteEnded, OfferEnded, PartyLeft
from broker.core.facts.causes import ChatCause, DecisionKind, OfferOutcome, ParkingEnd, PartyEnd
from broker.core.facts.details import AskedEnded
from broker.core.inputs import Stamp
from broker.core.state import Chat, State
from broker.core.views.structures import agent_name
from broker.core.wrapping import wrapup_of
from protocol.values import ChatStatus, CloseReason


def end_offer(state: State, chat: Chat, stamp: Stamp, outcome: OfferOutcome) -> Decision:
    """End the open offer of a chat, whatever it is for, and withdraw the alert."""
    agent = chat.offered_to
    if chat.offer is None or agent is None:
        return Decision()
    missed = state.distribution.presences[agent].missed
    if outcome is OfferOutcome.MISSED:
        missed += 1
    elif outcome in (OfferOutcome.ANSWERED, OfferOutcome.REJECTED):
        missed = 0
    ended = OfferEnded(
        offer=chat.offer.number,
        chat=chat.id,
        no=chat.no,
        agent=agent,
        at=stamp.now,
        outcome=outcome,
        missed=missed,
        status=chat.status,
    )
    if outcome in (OfferOutcome.ANSWERED, OfferOutcome.LOST):
        # Whoever has the chat now sees it, and whoever is gone sees nothing.
        return Decision([ended])
    return Decision([ended], [ChatToAgent(chat=chat.id, agent=agent, type="SC_CHAT_ALERT_END")])


def end_invite(state: State, chat: Chat, stamp: Stamp, outcome: OfferOutcome) -> Decision:
    """End what the owner asked for; when that came to nothing those in the chat are told (B-29)."""
    invite = chat.invite
    if invite is None:
        return Decision()
    came_of_it = AskedEnded(mode=invite.mode.value, by=invite.by, outcome=outcome)
    decision = Decision(
        [
            InviteEnded(chat=chat.id, no=chat.no, at=stamp.now, outcome=outcome),
            logged(chat, stamp, DecisionKind.TRANSFER_ENDED, came_of_it, invite.agent),
        ],
        [ChatToMembers(chat.id)],
    )
    text = {
        OfferOutcome.REJECTED: state.config.notes.invite_rejected,
        OfferOutcome.MISSED: state.config.notes.invite_missed,
        OfferOutcome.LOST: state.config.notes.invite_lost,
    }.get(outcome)
    if text is not None:
        project = state.config.projects.get(invite.project) if invite.project else None
        name = project.name if project is not None else agent_name(state, invite.agent) or "?"
        decision.add(internal_note(state, chat, stamp, text.replace("{name}", name)))
    return decision


def dissolve(
    state: State,
    chat: Chat,
    stamp: Stamp,
    cause: PartyEnd = PartyEnd.ENDED,
    *,
    offer_ended: bool = False,
) -> Decision:
    """End what hangs on a conversation that ends: offer, invitation, parking, parties.

    Args:
        state: The state before.
        chat: The chat; the fact that ends its conversation follows.
        stamp: Now.
        cause: Why the parties leave.
        offer_ended: Whether another part of the same decision ends the offer.
    """
    decision = Decision() if offer_ended else end_offer(state, chat, stamp, OfferOutcome.WITHDRAWN)
    if chat.invite is not None:
        decision.facts += end_invite(state, chat, stamp, OfferOutcome.WITHDRAWN).facts
    decision.facts += unparked(chat, stamp, ParkingEnd.ENDED)
    for agent in chat.parties:
        decision.facts.append(
            PartyLeft(chat=chat.id, no=chat.no, agent=agent, at=stamp.now, cause=cause)
        )
        decision.notices.append(ChatToAgent(chat=chat.id, agent=agent))
    return decision


def close(
    state: State,
    chat: Chat,
    stamp: Stamp,
    reason: CloseReason,
    *,
    cause: ChatCause = ChatCause.CLOSED,
    offer_ended: bool = False,
) -> Decision:
    """End a chat, whatever its status, and tell the agents.

    Args:
        state: The state before.
        chat: An open chat.
        stamp: Now.
        reason: Why it ends.
        cause: The same for reports.
        offer_ended: Whether another part of the same decision ends the open offer.
    """
    was, was_parked = chat.status, chat.parking is not None
    decision = dissolve(state, chat, stamp, offer_ended=offer_ended)
    talked = chat.agent if chat.agent is not None and chat.has(chat.agent) else None
    last = talked or chat.last_agent
    decision.facts.append(moved(chat, stamp, ChatStatus.CLOSED, cause, last, reason=reason))
    if talked is None:
        return decision
    decision.notices.append(ChatToAgent(chat=chat.id, agent=talked))
    length = wrapup_of(state.config, chat.routing.project)
    if was is ChatStatus.ANSWERED and not was_parked and length:
        decision.add(wrap_up(chat, stamp, talked, length))
    return decision
