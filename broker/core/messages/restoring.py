"""What the store holds of messages becomes part of the state again (B-12)."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from broker.core.facts.messages import MessageHandedOver
from broker.core.message_state import Conversation, Messages, address_key, identifier
from broker.core.messages.apply import (
    add_conversation,
    add_message,
    arm_messages,
    count_automatic,
)
from broker.core.messages.deliveries import arm_delivery, handed_over, keyed_as, known_as
from broker.core.state import RecoveredMessages, State
from protocol.values import Guid


def restore_messages(
    state: State, recovered: RecoveredMessages, aged: Callable[[int], int]
) -> None:
    """Enter what was read, with everything that is made of it.

    Args:
        state: The state that is being built.
        recovered: What was read; becomes part of the state.
        aged: Puts a stored time onto the clock of deadlines.
    """
    kept = state.messages
    for gateway, pair in recovered.former:
        kept.former.setdefault(pair, {})[gateway] = None
    for gateway, name, inbound, message, conversation in recovered.known:
        key = identifier(gateway, name, inbound=inbound)
        known_as(state, gateway, key, (message, conversation))
    for agent, request, written in recovered.keys:
        keyed_as(state, (agent, request), written)
    for conversation_ in recovered.conversations:
        _rebase(conversation_, aged)
        add_conversation(state, conversation_)
    chats = {chat.no: chat.id for chat in state.chats.values()}
    for message_ in recovered.messages:
        if message_.chat_no is not None:
            message_.chat = chats.get(message_.chat_no)
        if message_.delivery is not None:
            term = message_.delivery.term
            message_.delivery.term = evolve(term, since=aged(term.since))
        add_message(state, message_)
        if message_.inbound and message_.content.is_automatic and message_.conversation:
            of = kept.conversations[message_.conversation]
            count_automatic(state, address_key(of.pair, of.remote_address), aged(message_.at))
    kept.spam.update(dict.fromkeys(address_key(*one) for one in recovered.spam))
    for pair, closed in kept.closed.items():
        kept.closed[pair] = _in_order(kept, closed)
    kept.unwanted = _in_order(kept, kept.unwanted)
    kept.next_conversation = recovered.next_conversation
    kept.next_message = recovered.next_message
    kept.next_offer = recovered.next_offer
    arm_messages(state)


def _in_order(kept: Messages, closed: dict[Guid, None]) -> dict[Guid, None]:
    """Closed conversations, the one that closed first in front."""
    return dict.fromkeys(sorted(closed, key=lambda c: (kept.conversations[c].closed_up, c)))


def remember_deliveries(state: State, ahead: State) -> None:
    """Put back who has the messages that are on their way, and since when: no row says that."""
    state.messages.gone = dict(ahead.messages.gone)
    for gateway in state.messages.sending.values():
        for key in gateway:
            message, was = state.messages.messages[key], ahead.messages.messages.get(key)
            if message.delivery is None or was is None or message.delivery != was.delivery:
                continue
            message.delivery.term = was.delivery.term
            if was.delivery.session is not None:
                handed_over(state, MessageHandedOver(key, was.delivery.session))
            arm_delivery(state, message)


def _rebase(conversation: Conversation, aged: Callable[[int], int]) -> None:
    """Put the times that its deadlines begin with onto the clock of deadlines."""
    conversation.started_up = aged(conversation.started_at)
    if conversation.enqueued_at is not None:
        conversation.queued_up = aged(conversation.enqueued_at)
    if conversation.waiting_since is not None:
        conversation.waiting_up = aged(conversation.waiting_since)
    if conversation.closed_at is not None:
        conversation.closed_up = aged(conversation.closed_at)
    conversation.exclusions = {a: aged(at) for a, at in conversation.exclusions.items()}
    if conversation.aside is not None:
        aside = conversation.aside
        aside.term = evolve(aside.term, since=aged(aside.term.since))
    if conversation.offer is not None:
        offer = conversation.offer
        offer.term = evolve(offer.term, since=aged(offer.term.since))
