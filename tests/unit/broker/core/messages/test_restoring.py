"""B-12, I-10: what is stored of messages becomes the state that it was made from."""

from __future__ import annotations

import pytest

from broker.core.apply import apply
from broker.core.broker import restore
from broker.core.facts.causes import AttemptOutcome
from broker.core.facts.messages import ConversationForgotten, MessageHandedOver
from broker.core.invariants import durable
from broker.core.messages.restoring import remember_deliveries
from broker.core.state import State
from broker.core.timers import Term
from broker.store import Store
from protocol.values import MessageStatus
from tests.support import letters
from tests.support.letters import AT, MAIL, TALK, guid, written
from tests.support.memory_store import memory_store


@pytest.mark.parametrize("ended", [False, True])
def test_rows_give_the_state_back(ended: bool) -> None:
    facts = letters.a_life() + (letters.the_end() if ended else [])
    live, store = written(*facts), memory_store()
    store.begin_life(AT - 1)
    store.commit(facts)
    back = restore(live.config, store.recover(live.config, AT + 60), AT + 60)
    assert durable(back) == durable(live)
    assert durable(back)["conversations"]
    assert back.messages.known == live.messages.known
    assert back.messages.keys == live.messages.keys
    assert back.messages.sending == live.messages.sending
    numbers = (back.messages.next_conversation, back.messages.next_message)
    assert (*numbers, back.messages.next_offer) == (2, 3, 2)


def test_every_step_gives_the_state_back() -> None:
    store, live = memory_store(), written()
    store.begin_life(AT - 1)
    failed = letters.delivered(
        MessageStatus.FAILED, AttemptOutcome.PERMANENT, error="permanent: no"
    )
    late = letters.delivered(MessageStatus.SENT, AttemptOutcome.LATE_SENT)
    for fact in [*letters.a_life(), failed, late, *letters.the_end()]:
        apply(live, fact)
        store.commit([fact])
        assert durable(restored(live, store)) == durable(live), fact


def test_who_has_a_message_and_since_when_outlives_a_step_back() -> None:
    """B-53, I-12: of the state that went ahead, where the message is as far as it was."""
    live, store = written(*letters.a_life()), memory_store()
    apply(live, MessageHandedOver(guid(102), 7))
    store.commit(letters.a_life())
    back = restored(live, store)
    remember_deliveries(back, live)
    assert back.messages.carried == live.messages.carried != {}
    delivery = back.messages.messages[guid(102)].delivery
    assert delivery is not None
    assert (delivery.session, delivery.term) == (7, Term(AT, 90))
    apply(live, letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT))
    back = restored(live, store)
    remember_deliveries(back, live)
    assert not back.messages.carried


def restored(live: State, store: Store) -> State:
    recovered = store.recover(live.config, AT + 60)
    return restore(live.config, recovered, AT + 60)


def test_bodies_are_read_from_the_store() -> None:
    store = memory_store()
    store.commit(letters.a_life())
    found = store.read([("message", 1), ("draft", 1), ("message", 9)])
    assert found == {
        ("message", 1): ("<p>Do they fit?</p>", "Do they fit?"),
        ("draft", 1): (None, "Dear"),
    }


def test_a_name_outlives_its_conversation() -> None:
    """B-50: what has come before is known, though its conversation is out of memory."""
    facts = letters.a_life() + letters.the_end()
    live, store = written(*facts), memory_store()
    store.commit(facts)
    later = AT + live.config.message_gateways[MAIL].conversation_inertia * 2
    store.begin_life(later)
    back = restore(live.config, store.recover(live.config, later), later)
    assert TALK not in back.messages.conversations
    assert (guid(101), TALK) in back.messages.known[MAIL].values()


def test_a_key_outlives_its_conversation() -> None:
    """B-62: with how far the message was."""
    sent = letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT)
    facts = [*letters.a_life(), sent, *letters.the_end()]
    live, store = written(*facts), memory_store()
    store.commit(facts)
    later = AT + live.config.message_gateways[MAIL].conversation_inertia * 2
    store.begin_life(later)
    back = restore(live.config, store.recover(live.config, later), later)
    apply(live, ConversationForgotten(TALK))
    assert not back.messages.messages
    assert back.messages.keys == live.messages.keys != {}
