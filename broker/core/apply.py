"""Writing facts into the state. Nothing here decides or refuses.

For each fact there are the handlers of everybody whose part of the state it changes, in their order.
Where that is one part of the chats or the contacts alone, they stand in its own table; the table at the
end has all of them. Chats and distribution know nothing of each other: a handler of the distribution that
has to know what the chat asks for now is given its `Need`. A fact without an entry is a bug.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.blobs import apply as blobs
from broker.core.blobs.apply import TABLE as OF_BLOBS
from broker.core.chats import apply as chats
from broker.core.chats import involvement
from broker.core.chats.apply import TABLE as OF_CHATS
from broker.core.chats.needs import need_of
from broker.core.chats.transcript import TABLE as OF_WORDS
from broker.core.contacts.apply import TABLE as OF_CONTACTS
from broker.core.distribution import apply as agents
from broker.core.distribution import conversations as work
from broker.core.facts import (
    AgentMoved,
    AgentSeated,
    AgentSettled,
    ChatDropped,
    ChatForgotten,
    ChatMoved,
    ChatParked,
    ChatStarted,
    ChatUnparked,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
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
    DecisionLogged,
    DraftDropped,
    DraftKept,
    EntrySettled,
    Fact,
    InviteEnded,
    InviteMade,
    ListenedAgain,
    MessageForgotten,
    OfferEnded,
    OfferMade,
    PartyJoined,
    PartyLeft,
    Refreshed,
    RegisterAsked,
    SessionJoined,
    SessionLeft,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.messages import apply as messages
from broker.core.messages import deliveries
from broker.core.messages.apply import TABLE as OF_MESSAGES
from broker.core.messages.needs import need_of as asked_of
from broker.core.presence import apply as sessions
from broker.core.state import Need, State

Handler = Callable[[State, Any], None]


def _in_turn(*handlers: Handler) -> Handler:
    """Several handlers as one."""

    def handle(state: State, fact: Any) -> None:
        for handler in handlers:
            handler(state, fact)

    return handle


def _needing(handler: Callable[[State, Any, Need | None], None]) -> Handler:
    """A handler of the distribution that is told what the chat asks for now."""

    def handle(state: State, fact: Any) -> None:
        handler(state, fact, need_of(state.chats[fact.chat]))

    return handle


def _asking(handler: Callable[[State, Any, Need | None], None]) -> Handler:
    """The same of a conversation."""

    def handle(state: State, fact: Any) -> None:
        handler(state, fact, asked_of(state.messages.conversations[fact.conversation]))

    return handle


def _conversation_forgotten(state: State, f: ConversationForgotten) -> None:
    """A conversation leaves the memory with its messages, and these with what they alone name."""
    those = state.messages.conversations[f.conversation].messages
    blobs.draft_gone(state, f)
    messages.forgotten(state, f)
    for message in those:
        if message.id not in state.messages.messages:
            blobs.message_gone(state, message)


def _message_forgotten(state: State, f: MessageForgotten) -> None:
    blobs.message_gone(state, state.messages.messages[f.message])
    deliveries.message_forgotten(state, f)


_TABLE: Final[dict[type, Handler]] = {
    **OF_BLOBS,
    **OF_CHATS,
    **OF_CONTACTS,
    **OF_MESSAGES,
    **OF_WORDS,
    AgentMoved: agents.agent_moved,
    AgentSeated: agents.agent_seated,
    AgentSettled: agents.agent_settled,
    ChatDropped: _in_turn(blobs.holder_gone, chats.chat_forgotten, agents.chat_forgotten),
    ChatForgotten: _in_turn(blobs.holder_gone, chats.chat_forgotten, agents.chat_forgotten),
    ChatMoved: _in_turn(chats.chat_moved, _needing(agents.chat_moved)),
    ChatParked: _in_turn(chats.chat_parked, agents.chat_parked),
    EntrySettled: agents.entry_settled,
    ChatStarted: _in_turn(chats.chat_started, agents.chat_started),
    ChatUnparked: _in_turn(chats.chat_unparked, agents.chat_unparked),
    ChatWidened: _in_turn(chats.chat_widened, _needing(agents.chat_widened)),
    ChatWoken: _in_turn(chats.chat_woken, agents.chat_woken),
    ConfigReplaced: _in_turn(
        chats.config_replaced,
        agents.config_replaced,
        chats.exclusions_replaced,
        messages.times_anew,
    ),
    ConversationDecided: _in_turn(messages.decided, work.decided),
    ConversationDue: _in_turn(messages.due, _asking(work.asked_anew)),
    ConversationExcluded: _in_turn(messages.excluded, _asking(work.asked_anew)),
    ConversationForgotten: _in_turn(_conversation_forgotten, work.forgotten),
    ConversationMoved: _in_turn(messages.moved, _asking(work.moved)),
    ConversationOffered: _in_turn(messages.offered, _asking(work.offered)),
    ConversationOfferEnded: _in_turn(messages.offer_ended, _asking(work.offer_ended)),
    ConversationParked: _in_turn(messages.parked, _asking(work.asked_anew)),
    ConversationRouted: _in_turn(messages.routed, _asking(work.asked_anew)),
    ConversationStarted: _in_turn(messages.started, work.started),
    ConversationUnparked: _in_turn(messages.unparked, _asking(work.asked_anew)),
    ConversationWidened: _in_turn(messages.widened, _asking(work.asked_anew)),
    ConversationWrapupEnded: _in_turn(messages.wrapup_ended, work.wrapup_ended),
    ConversationWrapupStarted: _in_turn(messages.wrapup_started, work.wrapup_started),
    DraftDropped: _in_turn(blobs.draft_gone, messages.draft_dropped),
    DraftKept: _in_turn(blobs.draft_kept, messages.draft_kept),
    DecisionLogged: _in_turn(chats.decision_logged, agents.decision_logged),
    InviteEnded: _in_turn(involvement.invite_ended, _needing(agents.invite_ended)),
    InviteMade: _in_turn(involvement.invite_made, _needing(agents.invite_made)),
    ListenedAgain: _in_turn(chats.listened_again, agents.listened_again, messages.times_anew),
    OfferEnded: _in_turn(involvement.offer_ended, _needing(agents.offer_ended)),
    OfferMade: _in_turn(involvement.offer_made, _needing(agents.offer_made)),
    PartyJoined: _in_turn(involvement.party_joined, _needing(agents.party_joined)),
    PartyLeft: _in_turn(involvement.party_left, _needing(agents.party_left)),
    Refreshed: agents.refreshed,
    MessageForgotten: _message_forgotten,
    RegisterAsked: _in_turn(sessions.register_asked, deliveries.gateways_asked),
    SessionJoined: _in_turn(sessions.session_joined, agents.session_joined),
    SessionLeft: _in_turn(sessions.session_left, agents.session_left),
    WrapupEnded: _in_turn(chats.wrapup_ended, agents.wrapup_ended),
    WrapupStarted: _in_turn(chats.wrapup_started, agents.wrapup_started),
}


def apply(state: State, fact: Fact) -> None:
    """Write one fact into the state."""
    _TABLE[type(fact)](state, fact)
