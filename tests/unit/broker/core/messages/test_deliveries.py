"""How far a message on its way out is, written down (B-52..B-55, I-12)."""

from __future__ import annotations

from broker.config.model import DAY
from broker.core.apply import apply
from broker.core.broker import restore
from broker.core.facts.causes import AttemptOutcome
from broker.core.facts.messages import (
    ConversationForgotten,
    MessageHandedOver,
    RetryDue,
    SendingSettled,
)
from broker.core.message_state import Delivery, Load, Message, identifier
from broker.core.messages.deliveries import known_as
from broker.core.state import State
from protocol.values import MessageStatus
from tests.support import letters
from tests.support.letters import AT, MAIL, TALK, guid, written
from tests.support.memory_store import memory_store


def second(state: State) -> Message:
    return state.messages.messages[guid(102)]


def delivery_of(state: State) -> Delivery:
    found = second(state).delivery
    assert found is not None
    return found


def test_a_message_is_known_by_the_name_that_it_has_now() -> None:
    known = written(*letters.a_life()).messages.known[MAIL]
    assert known[identifier(MAIL, "<1@example.org>", inbound=True)] == (guid(101), TALK)
    assert known[identifier(MAIL, "<new@broker>", inbound=False)] == (guid(102), TALK)
    assert len(known) == 2


def test_the_oldest_name_goes_when_there_are_too_many() -> None:
    state = written(message_ids=2)
    for name in (b"a", b"b", b"c"):
        known_as(state, MAIL, name, (guid(9), None))
    assert list(state.messages.known[MAIL]) == [b"b", b"c"]


def test_an_outbound_message_is_queued_then_sending_then_neither() -> None:
    state = written(*letters.a_reply())
    assert list(state.messages.queued[MAIL]) == [guid(102)]
    apply(state, letters.delivered(MessageStatus.SENDING, until=AT + 90, term=90))
    apply(state, MessageHandedOver(guid(102), 7))
    assert (list(state.messages.queued[MAIL]), list(state.messages.sending[MAIL])) == (
        [],
        [guid(102)],
    )
    delivery = second(state).delivery
    assert delivery is not None
    assert delivery.session == 7
    apply(state, letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT))
    assert list(state.messages.sending[MAIL]) == []
    assert list(state.messages.to_send) == [MAIL]
    apply(state, SendingSettled(MAIL))
    assert not state.messages.to_send


def test_who_carries_how_many_is_counted() -> None:
    state = written(*letters.a_reply())
    apply(state, letters.delivered(MessageStatus.SENDING, until=AT + 90, term=90))
    apply(state, MessageHandedOver(guid(102), 7))
    assert state.messages.carried == {7: Load(1, second(state).size)}
    apply(
        state, letters.delivered(MessageStatus.RETRY, AttemptOutcome.REFUSED, until=AT + 9, term=9)
    )
    assert (state.messages.carried, delivery_of(state).session) == ({}, None)


def test_a_retry_that_is_due_waits_behind_the_others() -> None:
    state = written(*letters.a_reply(sending=True), letters.stored(3, inbound=False))
    apply(
        state, letters.delivered(MessageStatus.RETRY, AttemptOutcome.REFUSED, until=AT + 9, term=9)
    )
    apply(state, SendingSettled(MAIL))
    apply(state, RetryDue(guid(102)))
    assert list(state.messages.queued[MAIL]) == [guid(103), guid(102)]
    assert list(state.messages.to_send) == [MAIL]


def test_when_it_was_sent_first_is_kept() -> None:
    state = written(*letters.a_reply(sending=True))
    for at, outcome in ((5, AttemptOutcome.SENT), (6, AttemptOutcome.LATE_REFUSED)):
        apply(state, letters.delivered(MessageStatus.SENT, outcome, at=AT + at))
    apply(state, letters.delivered(MessageStatus.FAILED, AttemptOutcome.BOUNCED, at=AT + 7))
    delivery = second(state).delivery
    assert delivery is not None
    assert delivery.sent_at == AT + 5


def test_its_conversation_is_found_by_its_name_after_that_is_out_of_memory() -> None:
    """B-56: a reply names the conversation that it goes on from, whatever the message is called by then."""
    facts = [*letters.a_life(), *letters.the_end()]
    live, store = written(*facts, ConversationForgotten(TALK)), memory_store()
    store.begin_life(AT - 1)
    store.commit(facts)
    far = AT + 365 * DAY
    store.note_life(far)
    back = restore(live.config, store.recover(live.config, far), far)
    assert not back.messages.conversations
    for state in (live, back):
        sent = letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT, delivery_id="<real@far>")
        apply(state, sent)
        name = identifier(MAIL, "<real@far>", inbound=False)
        assert state.messages.known[MAIL][name] == (guid(102), TALK)
