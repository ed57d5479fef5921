"""What the distribution found becomes an offer, told to both sides, or a line of the log (B-24, B-30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from broker.core.chats.transitions import logged, moved
from broker.core.decision import Decision
from broker.core.distribution.offers import Match, Unserved, next_match
from broker.core.distribution_state import Work
from broker.core.effects import ChatToAgent, ChatToConnectors, ChatToMembers
from broker.core.facts import EntrySettled, OfferMade
from broker.core.facts.causes import ChatCause, DecisionKind, OfferMode
from broker.core.facts.details import Choice
from broker.core.inputs import Stamp
from broker.core.messages import conversing
from broker.core.routing import conversations
from broker.core.state import Chat, State
from protocol.values import ChatStatus, Guid, TransferMode


def next_offer(state: State, stamp: Stamp) -> Decision | None:
    """The next offer to make, or the next thing to settle, or None when all is settled."""
    found = next_match(state, stamp)
    match found:
        case Match():
            return _OFFERED[found.work](state, stamp, found)
        case Unserved():
            decision = _UNSERVED[found.work](state, stamp, found)
            decision.facts.append(EntrySettled(found.id))
            return decision
        case _:
            return found


def _chat_offered(state: State, stamp: Stamp, found: Match) -> Decision:
    chat = state.chats[found.id]
    return offered(state, chat, found.agent, stamp, found.until, found.choice)


def _chat_unserved(state: State, stamp: Stamp, found: Unserved) -> Decision:
    chat = state.chats[found.id]
    return Decision([logged(chat, stamp, DecisionKind.WAITING, found.choice)])


def _conversation_offered(state: State, stamp: Stamp, found: Match) -> Decision:
    one = state.messages.conversations[found.id]
    return conversations.offered(state, one, found.agent, stamp, found.until, found.choice)


def _conversation_unserved(state: State, stamp: Stamp, found: Unserved) -> Decision:
    one = state.messages.conversations[found.id]
    return Decision([conversing.decided(one, stamp, DecisionKind.WAITING, found.choice)])


_OFFERED: Final[Mapping[Work, Callable[[State, Stamp, Match], Decision]]] = {
    Work.CHAT: _chat_offered,
    Work.CONVERSATION: _conversation_offered,
}
"""What an offer of each kind of work is."""
_UNSERVED: Final[Mapping[Work, Callable[[State, Stamp, Unserved], Decision]]] = {
    Work.CHAT: _chat_unserved,
    Work.CONVERSATION: _conversation_unserved,
}
"""What the log says of each kind of work that nobody can be offered."""


def offered(
    state: State,
    chat: Chat,
    agent: Guid,
    stamp: Stamp,
    until: int,
    choice: Choice,
    mode: TransferMode | None = None,
) -> Decision:
    """Alert an agent for a chat: one that waits, or one whose owner asks for somebody (B-29).

    Args:
        state: The state before.
        chat: The chat.
        agent: Who is alerted.
        stamp: Now.
        until: When the offer ends.
        choice: Why this agent, for the log.
        mode: What for, if the invitation is made by the same decision.
    """
    presence = state.distribution.presences[agent]
    if mode is None and chat.invite is not None:
        mode = chat.invite.mode
    decision = Decision(
        [
            logged(chat, stamp, DecisionKind.OFFERED, choice, agent),
            OfferMade(
                offer=state.next_offer,
                chat=chat.id,
                no=chat.no,
                agent=agent,
                workplace=presence.workplace or "",
                at=stamp.now,
                until=until,
                mode=OfferMode(mode.value) if mode is not None else OfferMode.QUEUE,
            ),
        ],
        [ChatToAgent(chat=chat.id, agent=agent, type="SC_CHAT_ALERT")],
    )
    if mode is not None:
        decision.notices.append(ChatToMembers(chat.id))
        return decision
    decision.facts.append(moved(chat, stamp, ChatStatus.ALERTING, ChatCause.OFFERED, agent))
    decision.notices.append(ChatToConnectors(chat=chat.id))
    return decision
