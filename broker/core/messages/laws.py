"""What must hold of messages on their way out, said a second time and naively (I-12, I-14, I-16)."""

from __future__ import annotations

from broker.core.deadlines import term_over
from broker.core.limits import LETTER_KEYS
from broker.core.message_state import Delivery, Load, Message, identifier
from broker.core.state import State
from broker.core.timers import TimerKind
from protocol.values import Guid, MessageStatus


def delivery_faults(state: State) -> list[str]:
    """Every law of outbound messages that the state breaks, in words."""
    under_way = [
        (m, m.delivery) for m in state.messages.messages.values() if m.delivery is not None
    ]
    faults = _queue_faults(state, under_way)
    faults += _carrier_faults(state, under_way)
    faults += _timer_faults(state, under_way)
    for message, _ in under_way:
        faults += _name_faults(state, message)
    return faults


def overloaded_gateways(state: State) -> list[str]:
    """Gateways of which more messages are under way than may be; a reload may make that so (B-53)."""
    return [
        f"I-14: gateway {key} has {len(sending)} messages under way"
        for key, sending in state.messages.sending.items()
        if (gateway := state.config.message_gateways.get(key)) is not None
        and len(sending) > gateway.in_flight
    ]


def _queue_faults(state: State, under_way: list[tuple[Message, Delivery]]) -> list[str]:
    """I-12: what waits and what is under way are found at their gateway, and nothing else is."""
    kept, faults = state.messages, list[str]()
    sending: dict[Guid, set[Guid]] = {}
    queued: dict[Guid, set[Guid]] = {}
    may_wait: dict[Guid, set[Guid]] = {}
    for message, delivery in under_way:
        if delivery.status is MessageStatus.SENDING:
            sending.setdefault(message.gateway, set()).add(message.id)
        elif delivery.status is MessageStatus.QUEUED:
            queued.setdefault(message.gateway, set()).add(message.id)
        elif delivery.status is MessageStatus.RETRY:
            may_wait.setdefault(message.gateway, set()).add(message.id)
    for gateway in kept.sending | sending:
        if set(kept.sending.get(gateway, ())) != sending.get(gateway, set()):
            faults.append(f"I-12: gateway {gateway} is sending other messages than are under way")
    for gateway in kept.queued | queued:
        waiting = set(kept.queued.get(gateway, ()))
        if waiting - may_wait.get(gateway, set()) != queued.get(gateway, set()):
            faults.append(f"I-12: at gateway {gateway} other messages wait than are queued")
    return faults


def _carrier_faults(state: State, under_way: list[tuple[Message, Delivery]]) -> list[str]:
    """I-12, I-14: only what is under way is with a session, and it is counted there."""
    faults: list[str] = []
    carried: dict[int, Load] = {}
    for message, delivery in under_way:
        if delivery.session is None:
            continue
        if delivery.status is not MessageStatus.SENDING:
            faults.append(f"I-12: message {message.id} is {delivery.status} and with a session")
        load = carried.setdefault(delivery.session, Load())
        load.messages, load.size = load.messages + 1, load.size + message.size
    if carried != state.messages.carried:
        faults.append(f"I-14: sessions have {carried} and not {state.messages.carried}")
    return faults


def _timer_faults(state: State, under_way: list[tuple[Message, Delivery]]) -> list[str]:
    """I-16: an attempt, and the pause before the next one, end by themselves."""
    armed = {
        (key, due) for due, _number, kind, key in state.timers.heap if kind is TimerKind.MESSAGE
    }
    faults: list[str] = []
    for message, delivery in under_way:
        ends = delivery.status in (MessageStatus.SENDING, MessageStatus.RETRY)
        if ends is not (delivery.until is not None):
            faults.append(f"I-16: message {message.id} is {delivery.status} until {delivery.until}")
        waits = message.id in state.messages.queued.get(message.gateway, ())
        if ends and not waits and (message.id, term_over(state, delivery.term)) not in armed:
            faults.append(f"I-16: message {message.id} is {delivery.status} for ever")
    return faults


def _name_faults(state: State, message: Message) -> list[str]:
    """B-52, B-62: it is found by its name at the far side, and by the key of who wrote it."""
    kept, faults = state.messages, list[str]()
    name = message.content.delivery_system_id
    names = kept.known.get(message.gateway, {})
    forgets = len(names) >= state.config.limits.message_ids
    called = identifier(message.gateway, name or "", inbound=False)
    if name is not None and not forgets and called not in names:
        faults.append(f"I-12: message {message.id} is not known by its name")
    found = kept.keys.get((message.agent, message.key)) if message.agent and message.key else None
    is_found = found is not None and found.message == message.id
    if message.key is not None and not is_found and len(kept.keys) < LETTER_KEYS:
        faults.append(f"I-2: message {message.id} is not found by its key")
    return faults
