"""Writing facts into chats: who is alerted, who is asked, who is in them besides the owner.

Each change is asserted by the tables of `lifecycle`.
"""

from __future__ import annotations

from attrs import evolve

from broker.core.chat_state import Chat, Invite, Offer, Party
from broker.core.chats.lifecycle import (
    InviteMove,
    InviteWhy,
    may_end_offer,
    may_invite,
    may_offer,
    stage_of,
)
from broker.core.deadlines import arm_exclusion, arm_invite, arm_offer
from broker.core.facts import (
    AgentExcluded,
    InviteEnded,
    InviteMade,
    OfferEnded,
    OfferMade,
    PartyJoined,
    PartyLeft,
)
from broker.core.facts.causes import OfferOutcome
from broker.core.state import ChatsState
from broker.core.timers import Term
from protocol.values import Guid


def offer_made(state: ChatsState, f: OfferMade) -> None:
    """An agent is alerted."""
    chat = state.chats[f.chat]
    assert chat.offer is None, f
    assert may_offer(chat.status, f.mode), f
    chat.offer = Offer(number=f.offer, until=f.until, term=Term(state.up, f.until - f.at))
    state.next_offer = f.offer + 1
    arm_offer(state, chat)
    if chat.invite is not None and chat.invite.project is not None:
        _invite(chat, evolve(chat.invite, agent=f.agent), InviteMove.OFFERED)


def offer_ended(state: ChatsState, f: OfferEnded) -> None:
    """Nobody is alerted any more."""
    chat = state.chats[f.chat]
    assert chat.offer is not None, f
    assert chat.offer.number == f.offer, f
    assert may_end_offer(chat.status, f.outcome), f
    chat.offer = None
    if (
        chat.invite is not None
        and chat.invite.project is not None
        and f.outcome is not OfferOutcome.ANSWERED
    ):
        _invite(chat, evolve(chat.invite, agent=None), InviteMove.PASSED)
    if f.lets_go:
        _exclude(state, chat, f.agent)


def agent_excluded(state: ChatsState, f: AgentExcluded) -> None:
    """Remember who gave the chat back."""
    _exclude(state, state.chats[f.chat], f.agent)


def _exclude(state: ChatsState, chat: Chat, agent: Guid) -> None:
    """Leave an agent out for a chat for a while (B-24)."""
    chat.exclusions[agent] = state.up
    arm_exclusion(state, chat.id, state.up)


def invite_made(state: ChatsState, f: InviteMade) -> None:
    """Somebody is asked; a project's people by way of the queue."""
    chat = state.chats[f.chat]
    invite = Invite(
        by=f.by,
        mode=f.mode,
        agent=f.agent,
        project=f.project,
        note=f.note,
        at=f.at,
        until=f.until,
        term=Term(state.up, f.until - f.at),
    )
    _invite(chat, invite, InviteMove.MADE)
    if f.project is not None:
        arm_invite(state, chat)


def invite_ended(state: ChatsState, f: InviteEnded) -> None:
    """Nobody is asked any more."""
    chat = state.chats[f.chat]
    _invite(chat, None, f.outcome)


def _invite(chat: Chat, invite: Invite | None, why: InviteWhy) -> None:
    """Change who is asked for."""
    assert may_invite(stage_of(chat.invite), stage_of(invite), why), (chat.id, why)
    chat.invite = invite


def party_joined(state: ChatsState, f: PartyJoined) -> None:
    """An agent is in the chat."""
    state.chats[f.chat].parties[f.agent] = Party(mode=f.mode, by=f.by, at=f.at)


def party_left(state: ChatsState, f: PartyLeft) -> None:
    """They are in it no more."""
    state.chats[f.chat].parties.pop(f.agent)
