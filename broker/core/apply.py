"""Writing facts into the state. Nothing here decides or refuses.

The table at the end is the whole list: for each fact the handlers of everybody whose part of the state
it changes, in their order. Chats and distribution know nothing of each other: a handler of the
distribution that has to know what the chat asks for now is given its `Need`. A fact without an entry
is a bug.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.chats import apply as chats
from broker.core.chats import transcript as words
from broker.core.chats.needs import need_of
from broker.core.contacts.apply import TABLE as OF_CONTACTS
from broker.core.distribution import apply as agents
from broker.core.facts import (
    AgentExcluded,
    AgentMoved,
    AgentSeated,
    AgentSettled,
    BotAwaited,
    BotMoved,
    BotSettled,
    ChatBound,
    ChatDropped,
    ChatForgotten,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatRouted,
    ChatSettled,
    ChatStarted,
    ChatUnparked,
    ChatWarned,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    Fact,
    FormExpected,
    FormOffered,
    FormSaved,
    InviteEnded,
    InviteMade,
    ListenedAgain,
    NoteStored,
    OfferEnded,
    OfferMade,
    ParkWarned,
    PartyJoined,
    PartyLeft,
    Refreshed,
    RegisterAsked,
    SentenceConfirmed,
    SentenceStored,
    SessionJoined,
    SessionLeft,
    SlotConfirmed,
    SlotFilled,
    TimerFired,
    WaitEstimated,
    WrapupEnded,
    WrapupStarted,
)
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


_TABLE: Final[dict[type, Handler]] = {
    **OF_CONTACTS,
    AgentExcluded: chats.agent_excluded,
    AgentMoved: agents.agent_moved,
    AgentSeated: agents.agent_seated,
    AgentSettled: agents.agent_settled,
    BotAwaited: chats.bot_awaited,
    BotMoved: chats.bot_moved,
    ChatBound: chats.chat_bound,
    ChatDropped: _in_turn(chats.chat_forgotten, agents.chat_forgotten),
    ChatForgotten: _in_turn(chats.chat_forgotten, agents.chat_forgotten),
    ChatMoved: _in_turn(chats.chat_moved, _needing(agents.chat_moved)),
    ChatParked: _in_turn(chats.chat_parked, agents.chat_parked),
    ChatReopened: chats.chat_reopened,
    ChatRouted: chats.chat_routed,
    ChatSettled: agents.chat_settled,
    ChatStarted: _in_turn(chats.chat_started, agents.chat_started),
    ChatUnparked: _in_turn(chats.chat_unparked, agents.chat_unparked),
    ChatWarned: chats.chat_warned,
    ChatWidened: _in_turn(chats.chat_widened, _needing(agents.chat_widened)),
    ChatWoken: _in_turn(chats.chat_woken, agents.chat_woken),
    ConfigReplaced: _in_turn(
        chats.config_replaced, agents.config_replaced, chats.exclusions_replaced
    ),
    DecisionLogged: _in_turn(chats.decision_logged, agents.decision_logged),
    FormExpected: words.form_expected,
    FormOffered: words.form_offered,
    FormSaved: words.form_saved,
    InviteEnded: _in_turn(chats.invite_ended, _needing(agents.invite_ended)),
    InviteMade: _in_turn(chats.invite_made, _needing(agents.invite_made)),
    ListenedAgain: _in_turn(chats.listened_again, agents.listened_again),
    NoteStored: words.note_stored,
    OfferEnded: _in_turn(chats.offer_ended, _needing(agents.offer_ended)),
    OfferMade: _in_turn(chats.offer_made, _needing(agents.offer_made)),
    ParkWarned: chats.park_warned,
    PartyJoined: _in_turn(chats.party_joined, _needing(agents.party_joined)),
    PartyLeft: _in_turn(chats.party_left, _needing(agents.party_left)),
    Refreshed: agents.refreshed,
    RegisterAsked: sessions.register_asked,
    BotSettled: chats.bot_settled,
    SentenceConfirmed: words.sentence_confirmed,
    SentenceStored: words.sentence_stored,
    SessionJoined: _in_turn(sessions.session_joined, agents.session_joined),
    SessionLeft: _in_turn(sessions.session_left, agents.session_left),
    SlotConfirmed: words.slot_confirmed,
    SlotFilled: words.slot_filled,
    TimerFired: chats.timer_fired,
    WaitEstimated: chats.wait_estimated,
    WrapupEnded: agents.wrapup_ended,
    WrapupStarted: agents.wrapup_started,
}


def apply(state: State, fact: Fact) -> None:
    """Write one fact into the state."""
    _TABLE[type(fact)](state, fact)
