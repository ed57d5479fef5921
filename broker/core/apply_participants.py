"""Writing facts into the parties of a chat: who is asked, who joins, who leaves (B-29)."""

from __future__ import annotations

from broker.core.deadlines import arm_invite
from broker.core.distribution import apply as desk
from broker.core.facts import InviteEnded, InviteMade, PartyJoined, PartyLeft
from broker.core.state import Chat, Invite, Party, State
from broker.core.timers import Term
from protocol.values import ChatStatus, TransferMode


def invite_made(state: State, f: InviteMade) -> None:
    """Somebody is asked; a project's people by way of the queue."""
    chat = state.chats[f.chat]
    chat.invite = Invite(
        by=f.by,
        mode=f.mode,
        agent=f.agent,
        project=f.project,
        note=f.note,
        at=f.at,
        until=f.until,
        term=Term(state.up, f.until - f.at),
    )
    if f.project is not None:
        arm_invite(state, chat)
        desk.requeue(state, chat)


def invite_ended(state: State, f: InviteEnded) -> None:
    """Nobody is asked any more."""
    chat = state.chats[f.chat]
    chat.invite = None
    desk.requeue(state, chat)


def party_joined(state: State, f: PartyJoined) -> None:
    """An agent is in the chat; one who only watches holds no slot."""
    chat = state.chats[f.chat]
    chat.parties[f.agent] = Party(mode=f.mode, by=f.by, at=f.at)
    if f.mode is TransferMode.MONITOR:
        desk.desk_of(state, f.agent).watching[f.chat] = None
    else:
        desk.lease(state, chat, f.agent, ChatStatus.ANSWERED)
    _bar_anew(state, chat)


def party_left(state: State, f: PartyLeft) -> None:
    """He is in it no more."""
    chat = state.chats[f.chat]
    party = chat.parties.pop(f.agent)
    if party.mode is TransferMode.MONITOR:
        desk.desk_of(state, f.agent).watching.pop(f.chat, None)
    else:
        desk.release(state, f.chat, f.agent)
    _bar_anew(state, chat)


def _bar_anew(state: State, chat: Chat) -> None:
    """Whoever is in the chat is not to be offered it."""
    if chat.id in state.distribution.tickets:
        desk.requeue(state, chat)
