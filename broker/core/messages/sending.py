"""Handing messages over to connectors: to whom, and how many at once (B-52, B-53).

Theory of operation: a gateway is looked at when something of it may have changed: a message came or went
on, a connector asked for its gateways, the configuration is another one. Its first message goes to the
session that has the fewest, until there is no message, no room or nobody; then the gateway is settled. Only
who asked for the gateway gets any: before that a connector does not know by which settings to send.
"""

from __future__ import annotations

from typing import Final

from broker.config.message_gateways import MessageGateway
from broker.core.decision import Decision
from broker.core.effects import DeliveryToAgents, MessageToConnector
from broker.core.facts.causes import AttemptOutcome
from broker.core.facts.messages import MessageHandedOver, SendingSettled
from broker.core.inputs import Stamp
from broker.core.message_state import Load, Message
from broker.core.messages.attempts import begun, moved
from broker.core.messages.deliveries import gone_until
from broker.core.messages.undelivered import undelivered
from broker.core.state import State
from protocol.values import Guid, MessageStatus

_NOTHING: Final = Load()
GONE: Final = "no gateway: the configuration has none any more by which this goes out"
"""What is said of a message that waited for a gateway that is gone."""
OUTBOX_SHARE: Final = 4
"""A session has no more than this part of an outbox of messages, so that it never is too slow for them."""


def next_handover(state: State, stamp: Stamp) -> Decision | None:
    """Hand the next message over, or say that nothing more can be handed over by a gateway now."""
    gateway = next(iter(state.messages.to_send), None)
    if gateway is None:
        return None
    return _handed_over(state, stamp, gateway) or Decision([SendingSettled(gateway)])


def _handed_over(state: State, stamp: Stamp, key: Guid) -> Decision | None:
    kept, gateway = state.messages, state.config.message_gateways.get(key)
    first = next(iter(kept.queued.get(key, ())), None)
    if first is None:
        return None
    if gateway is None or not gateway.sends:
        is_over = gone_until(state, key) <= stamp.up
        return _given_up(state, stamp, kept.messages[first]) if is_over else None
    if len(kept.sending[key]) >= gateway.in_flight:
        return None
    message = kept.messages[first]
    session = _carrier(state, gateway, message)
    if session is None:
        return None
    return Decision(
        [begun(message, stamp, gateway), MessageHandedOver(first, session)],
        [MessageToConnector(message=first, session=session), DeliveryToAgents(first)],
    )


def gateway_gone(state: State, stamp: Stamp, key: Guid) -> Decision:
    """The time is over in which a gateway might have come back: what waits for it fails."""
    gateway = state.config.message_gateways.get(key)
    if gateway is not None and gateway.sends:
        return Decision()
    return _handed_over(state, stamp, key) or Decision()


def _given_up(state: State, stamp: Stamp, message: Message) -> Decision:
    """The configuration has its gateway no more: it goes out in no way, and somebody is to know that."""
    outcome = AttemptOutcome.NO_GATEWAY
    failed = moved(message, stamp, MessageStatus.FAILED, outcome, error=GONE)
    decision = Decision([failed], [DeliveryToAgents(message.id)])
    decision.add(undelivered(state, stamp, message, [failed]))
    return decision


def _carrier(state: State, gateway: MessageGateway, message: Message) -> int | None:
    """The session that has the fewest messages, and room for this one; among equals each in its turn."""
    asked = [
        number
        for number in state.gateway_sessions.get(gateway.id, ())
        if gateway.id in state.sessions[number].message_gateways
    ]
    most = state.config.limits.outbox_bytes // OUTBOX_SHARE
    carried = state.messages.carried
    fit: list[tuple[int, int, int]] = []
    for place, number in enumerate(asked):
        load = carried.get(number, _NOTHING)
        if not load.messages or load.size + message.size <= most:
            fit.append((load.messages, (place - message.no) % len(asked), number))
    return min(fit)[-1] if fit else None
