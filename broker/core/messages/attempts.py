"""How an attempt to send a message begins and ends, and when the next one begins (B-52..B-55).

Theory of operation: one attempt of a message is open at a time (I-12). It ends by its connector's answer, or
when its time is over; then nobody knows what became of it. That the connection over which it was handed over
is gone ends nothing: the connector may be sending still, and may answer on another connection.
"""

from __future__ import annotations

from typing import Final

from broker.config.message_gateways import RETRIES, MessageGateway
from broker.core.deadlines import over, term_over
from broker.core.decision import Decision
from broker.core.effects import DeliveryToAgents
from broker.core.facts import Fact
from broker.core.facts.causes import AttemptOutcome
from broker.core.facts.messages import (
    MessageForgotten,
    MessageHandedOver,
    MessageMoved,
    RetryDue,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Delivery, Message, MessagesState
from broker.core.messages.deliveries import kept_for
from broker.core.messages.lifecycle import ON_ITS_WAY
from broker.core.messages.undelivered import undelivered
from protocol.values import Guid, MessageStatus

JITTER: Final = 10
"""How many percent a pause is longer or shorter, by chance (B-52)."""
PERMANENT: Final = "permanent:"
THROTTLED: Final = "throttled:"


def delivery_of(message: Message) -> Delivery:
    """How far an outbound message is."""
    assert message.delivery is not None
    return message.delivery


def moved(
    message: Message,
    stamp: Stamp,
    status: MessageStatus,
    outcome: AttemptOutcome | None = None,
    *,
    attempt: int | None = None,
    error: str | None = None,
    delivery_id: str | None = None,
    term: int | None = None,
) -> MessageMoved:
    """The fact that an outbound message goes on; `term` is how long that lasts by itself."""
    return MessageMoved(
        message=message.id,
        no=message.no,
        at=stamp.now,
        status=status,
        attempt=delivery_of(message).attempt if attempt is None else attempt,
        conversation_no=message.conversation_no,
        chat_no=message.chat_no,
        outcome=outcome,
        error=error,
        delivery_id=delivery_id,
        until=stamp.now + term if term is not None else None,
        term=term or 0,
    )


def begun(message: Message, stamp: Stamp, gateway: MessageGateway) -> MessageMoved:
    """The fact that an attempt begins."""
    attempt = delivery_of(message).attempt + 1
    return moved(message, stamp, MessageStatus.SENDING, attempt=attempt, term=gateway.deadline)


def outcome_of(error: str) -> AttemptOutcome:
    """What the error text of a connector says of the next attempt (B-55)."""
    if error.startswith(PERMANENT):
        return AttemptOutcome.PERMANENT
    return AttemptOutcome.THROTTLED if error.startswith(THROTTLED) else AttemptOutcome.REFUSED


def failed(
    state: MessagesState,
    message: Message,
    stamp: Stamp,
    outcome: AttemptOutcome,
    error: str | None = None,
) -> MessageMoved:
    """The fact that the open attempt did not succeed: the next one comes later, or none does."""
    gateway = state.config.message_gateways.get(message.gateway)
    retries = gateway.retries if gateway is not None else RETRIES
    attempt = delivery_of(message).attempt
    if outcome is AttemptOutcome.THROTTLED:
        # It was no attempt: the connector did not try.
        pause, attempt = retries[0], attempt - 1
    elif outcome is AttemptOutcome.PERMANENT or attempt > len(retries):
        return moved(message, stamp, MessageStatus.FAILED, outcome, error=error)
    else:
        pause = retries[attempt - 1]
    return moved(
        message,
        stamp,
        MessageStatus.RETRY,
        outcome,
        attempt=attempt,
        error=error,
        term=_jittered(pause, stamp),
    )


def _jittered(pause: int, stamp: Stamp) -> int:
    most = pause * JITTER // 100
    return pause - most + stamp.chance(2 * most + 1)


def refused_late(
    state: MessagesState, message: Message, stamp: Stamp, error: str
) -> list[MessageMoved | MessageHandedOver]:
    """The facts of an error that came after its attempt was given up: it is written down, and that is all.

    What the message waits for goes on as it was.
    """
    delivery = delivery_of(message)
    left = max(0, term_over(state, delivery.term) - stamp.up)
    facts: list[MessageMoved | MessageHandedOver] = [
        moved(
            message,
            stamp,
            delivery.status,
            AttemptOutcome.LATE_REFUSED,
            error=error,
            term=left if delivery.until is not None else None,
        )
    ]
    if delivery.session is not None:
        facts.append(MessageHandedOver(message.id, delivery.session))
    return facts


def message_due(state: MessagesState, stamp: Stamp, key: Guid) -> Decision:
    """A time of a message is over: of its attempt, of the pause before the next one, of its memory."""
    message = state.messages.messages.get(key)
    delivery = message.delivery if message is not None else None
    if message is None or delivery is None:
        return Decision()
    if delivery.status not in ON_ITS_WAY:
        return Decision(_out_of_memory(state, message, stamp))
    if delivery.until is None or term_over(state, delivery.term) > stamp.up:
        return Decision()
    if delivery.status is MessageStatus.RETRY:
        waits = key in state.messages.queued[message.gateway]
        return Decision([] if waits else [RetryDue(key)])
    unknown = failed(state, message, stamp, AttemptOutcome.UNKNOWN)
    decision = Decision([unknown], [DeliveryToAgents(key)])
    decision.add(undelivered(state, stamp, message, [unknown]))
    return decision


def _out_of_memory(state: MessagesState, message: Message, stamp: Stamp) -> list[Fact]:
    since = delivery_of(message).term.since
    stays = message.conversation is not None or over(state, since, kept_for(message)) > stamp.up
    return [] if stays else [MessageForgotten(message.id)]
