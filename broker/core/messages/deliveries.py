"""Writing facts into messages on their way out: where they are found, and how far they are (B-52..B-55)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import evolve

from broker.config.model import HOUR
from broker.core.deadlines import over, term_over
from broker.core.facts import RegisterAsked
from broker.core.facts.messages import (
    MessageForgotten,
    MessageHandedOver,
    MessageMoved,
    RetryDue,
    SendingSettled,
)
from broker.core.limits import LETTER_KEYS
from broker.core.message_state import (
    Delivery,
    Identifier,
    Load,
    Message,
    MessagesState,
    Written,
    identifier,
)
from broker.core.messages.lifecycle import ON_ITS_WAY, may_deliver
from broker.core.timers import Term, TimerKind
from protocol.values import Guid, MessageStatus

GONE_FOR_GOOD: Final = HOUR
"""How long messages wait for a gateway that a reload has removed, before they fail (C-4)."""
REPORTS_AWAITED: Final = 86_400_000_000
"""How long a sentence that went out as a message is kept for a report about it (B-60)."""


def known_as(
    state: MessagesState, gateway: Guid, name: Identifier, what: tuple[Guid, Guid | None]
) -> None:
    """Find a message by its name from now on; the oldest name goes when there are too many."""
    names = state.messages.known.setdefault(gateway, {})
    names[name] = what
    if len(names) > state.config.limits.message_ids:
        del names[next(iter(names))]


def keyed_as(state: MessagesState, key: tuple[Guid, str], written: Written) -> None:
    """Find what an agent wrote by its key from now on; the oldest key goes when there are too many."""
    keys = state.messages.keys
    keys[key] = written
    if len(keys) > LETTER_KEYS:
        del keys[next(iter(keys))]


def index_delivery(state: MessagesState, message: Message) -> None:
    """Put a message where its gateway looks for it."""
    assert message.delivery is not None
    kept, gateway, status = state.messages, message.gateway, message.delivery.status
    queued = kept.queued.setdefault(gateway, {})
    sending = kept.sending.setdefault(gateway, {})
    if status is MessageStatus.QUEUED:
        queued[message.id] = None
    else:
        queued.pop(message.id, None)
    if status is MessageStatus.SENDING:
        sending[message.id] = None
    else:
        sending.pop(message.id, None)
    kept.to_send[gateway] = None
    if message.conversation is None and status not in ON_ITS_WAY:
        arm_message(state, message)


def arm_delivery(state: MessagesState, message: Message) -> None:
    """Set a timer for the end of an attempt, or for the next one."""
    delivery = message.delivery
    if delivery is not None and delivery.until is not None:
        state.timers.set(term_over(state, delivery.term), TimerKind.MESSAGE, message.id)


def gone_until(state: MessagesState, gateway: Guid) -> int:
    """Until when a gateway that a reload removed may come back; after a restart nothing is waited for."""
    since = state.messages.gone.get(gateway)
    return over(state, since, GONE_FOR_GOOD) if since is not None else state.up


def arm_gone(state: MessagesState) -> None:
    """Set a timer for the end of that time, of each such gateway."""
    for gateway in state.messages.gone:
        state.timers.set(gone_until(state, gateway), TimerKind.MESSAGE_GATEWAY, gateway)


def gateways_replaced(state: MessagesState) -> None:
    """Know by which gateways nothing goes out any more, of those that had something to send."""
    kept = state.messages
    for key in kept.queued:
        gateway = state.config.message_gateways.get(key)
        if gateway is not None and gateway.sends:
            kept.gone.pop(key, None)
        else:
            kept.gone.setdefault(key, state.up)


def kept_for(message: Message) -> int:
    """How long a message that is on its way no more, and in no conversation in memory, stays there.

    A sentence may have to be confirmed yet. Whose conversation is out of memory goes as that did; what is
    reported of it brings it back.
    """
    return REPORTS_AWAITED if message.conversation_no is None else 0


def arm_message(state: MessagesState, message: Message) -> None:
    """Set a timer for when a message that is in no conversation leaves the memory."""
    state.timers.set(over(state, state.up, kept_for(message)), TimerKind.MESSAGE, message.id)


def delivery_moved(state: MessagesState, f: MessageMoved) -> None:
    """An outbound message goes on."""
    message = state.messages.messages[f.message]
    delivery = message.delivery
    assert delivery is not None
    assert may_deliver(delivery.status, f.status, f.outcome), f
    delivery.status, delivery.attempt, delivery.error = f.status, f.attempt, f.error
    delivery.until, delivery.term = f.until, Term(state.up, f.term)
    if f.status is MessageStatus.SENT and delivery.sent_at is None:
        delivery.sent_at = f.at
    _carry(state, message, delivery, None)
    old = message.content.delivery_system_id
    if f.delivery_id is not None and f.delivery_id != old:
        message.content = evolve(message.content, delivery_system_id=f.delivery_id)
        what: tuple[Guid, Guid | None] = (message.id, message.conversation)
        if old is not None:
            before = identifier(message.gateway, old, inbound=False)
            what = state.messages.known.get(message.gateway, {}).pop(before, what)
        name = identifier(message.gateway, f.delivery_id, inbound=False)
        known_as(state, message.gateway, name, what)
    index_delivery(state, message)
    arm_delivery(state, message)


def handed_over(state: MessagesState, f: MessageHandedOver) -> None:
    """A connector has it."""
    message = state.messages.messages[f.message]
    assert message.delivery is not None
    _carry(state, message, message.delivery, f.session)


def _carry(state: MessagesState, message: Message, delivery: Delivery, session: int | None) -> None:
    """Say who has the message now, and how much that is of theirs."""
    carried = state.messages.carried
    if delivery.session is not None:
        load = carried[delivery.session]
        load.messages -= 1
        load.size -= message.size
        if not load.messages:
            del carried[delivery.session]
    delivery.session = session
    if session is not None:
        load = carried.setdefault(session, Load())
        load.messages += 1
        load.size += message.size


def retry_due(state: MessagesState, f: RetryDue) -> None:
    """The message waits for a connector again, behind those that wait already."""
    kept, gateway = state.messages, state.messages.messages[f.message].gateway
    kept.queued[gateway][f.message] = None
    kept.to_send[gateway] = None


def gateways_asked(state: MessagesState, f: RegisterAsked) -> None:
    """A connector asked for message gateways: what waits there may have somebody to go to."""
    if f.register.messages:
        for gateway in state.config.message_gateways_by_peer.get(f.register.peer or "", ()):
            if state.messages.queued.get(gateway.id):
                state.messages.to_send[gateway.id] = None


def sending_settled(state: MessagesState, f: SendingSettled) -> None:
    """Nothing more can be handed over by this gateway now."""
    state.messages.to_send.pop(f.gateway, None)


def message_forgotten(state: MessagesState, f: MessageForgotten) -> None:
    """Let a message go that is in no conversation."""
    drop_message(state, state.messages.messages[f.message])


def drop_message(state: MessagesState, message: Message) -> None:
    """Take a message out of memory. Its key stays, and how far it was, for whoever sends it again."""
    del state.messages.messages[message.id]
    if message.agent is None or message.key is None or message.delivery is None:
        return
    written = state.messages.keys.get((message.agent, message.key))
    if written is not None and written.message == message.id:
        written.status = message.delivery.status


TABLE: Final[dict[type, Callable[[Any, Any], None]]] = {
    MessageForgotten: message_forgotten,
    MessageHandedOver: handed_over,
    MessageMoved: delivery_moved,
    RetryDue: retry_due,
    SendingSettled: sending_settled,
}
"""What is of deliveries alone."""
