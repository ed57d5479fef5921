"""What was decided about messages and conversations, written down (B-50..B-62)."""

from __future__ import annotations

from collections import deque

import pytest
from attrs import evolve

from broker.config.model import HOUR
from broker.core.apply import apply
from broker.core.facts.causes import AttemptOutcome, ConversationCause, WrapupEnd
from broker.core.facts.messages import (
    AddressMarked,
    ConversationForgotten,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
    DraftDropped,
    MessageForgotten,
)
from broker.core.message_state import Conversation, Message, Written
from broker.core.messages.apply import count_automatic
from broker.core.state import State
from broker.core.timers import TimerKind
from protocol.values import Channel, ChatStatus, MessageStatus
from tests.support import letters
from tests.support.letters import ALICE, AT, MAIL, TALK, WHICH, guid, written

SENT = Written(guid(102), MAIL, "d2", MessageStatus.SENT)


def talk_of(state: State) -> Conversation:
    return state.messages.conversations[TALK]


def second(state: State) -> Message:
    return state.messages.messages[guid(102)]


def test_a_life_leaves_what_it_should() -> None:
    state = written(*letters.a_life())
    talk = talk_of(state)
    assert (talk.status, talk.agent, talk.last_agent) == (ChatStatus.WAITING, None, ALICE)
    assert (talk.due_at, talk.waited, talk.answered_at) == (None, 5, AT + 5)
    assert [m.counter for m in talk.messages] == [1, 2]
    assert talk.notes[0].text == "Careful"
    assert talk.draft is not None
    assert talk.draft.size == 4
    assert talk.aside is not None
    assert talk.aside.by == ALICE
    assert talk.offer is None


def test_a_closed_one_knows_whose_wrap_up_runs() -> None:
    state = written(*letters.a_life(), *letters.the_end())
    apply(state, ConversationWrapupStarted(**WHICH, agent=ALICE, at=AT + 20, until=AT + 40))
    assert talk_of(state).wrapping == ALICE
    over = ConversationWrapupEnded(**WHICH, agent=ALICE, at=AT + 30, cause=WrapupEnd.AGENT)
    apply(state, over)
    assert talk_of(state).wrapping is None


def test_bodies_are_not_kept() -> None:
    talk = talk_of(written(*letters.a_life()))
    assert talk.messages[0].size > 0
    assert talk.messages[0].content.body_html is None
    assert talk.draft is not None
    assert talk.draft.content.body_text is None


def test_a_move_that_no_table_has_is_a_bug() -> None:
    state = written(*letters.a_life()[:13])
    with pytest.raises(AssertionError):
        apply(state, letters.delivered(MessageStatus.READ, AttemptOutcome.READ))
    with pytest.raises(AssertionError):
        apply(state, letters.moved(ChatStatus.ALERTING, ConversationCause.OFFERED))


def test_the_end_is_found_first_and_forgotten_later() -> None:
    state = written(*letters.a_life(), *letters.the_end())
    assert list(state.messages.closed[MAIL]) == [TALK]
    assert any(kind is TimerKind.CONVERSATION for _, _, kind, _ in state.timers.heap)
    apply(state, letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT))
    apply(state, ConversationForgotten(TALK))
    assert not state.messages.conversations
    assert not state.messages.messages
    assert state.messages.keys == {(ALICE, "k2"): SENT}
    assert state.messages.known[MAIL]


def test_what_is_on_its_way_outlives_its_conversation() -> None:
    """I-12: it is handed over until it is sent, and forgotten after that."""
    state = written(*letters.a_life(), *letters.the_end(), ConversationForgotten(TALK))
    assert list(state.messages.messages) == list(state.messages.sending[MAIL]) == [guid(102)]
    assert second(state).conversation is None
    apply(state, letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT))
    assert any(key == guid(102) for _, _, _, key in state.timers.heap)
    apply(state, MessageForgotten(guid(102)))
    assert not state.messages.messages
    assert state.messages.keys == {(ALICE, "k2"): SENT}


def test_without_threads_an_address_has_one_open_conversation() -> None:
    state = written(*letters.a_life(), channel=Channel.SMS)
    assert state.messages.open_addresses == {(MAIL, "eva@example.org"): TALK}
    for fact in letters.the_end():
        apply(state, fact)
    assert not state.messages.open_addresses


def test_a_draft_is_dropped() -> None:
    state = written(*letters.a_life(), DraftDropped(**WHICH, at=AT))
    assert talk_of(state).draft is None


def test_an_address_is_marked_and_not_any_more() -> None:
    marked = AddressMarked(pair=MAIL, address="spam@example.org", at=AT, by=ALICE, is_spam=True)
    state = written(marked)
    assert list(state.messages.spam) == [(MAIL, "spam@example.org")]
    apply(state, evolve(marked, is_spam=False))
    assert not state.messages.spam


def test_unanswered_are_those_after_the_last_answer() -> None:
    facts = [*letters.a_life(), letters.stored(3), letters.stored(4)]
    assert [m.counter for m in talk_of(written(*facts)).unanswered] == [3, 4]
    assert [m.counter for m in talk_of(written(*letters.a_life()[:11])).unanswered] == [1]


def test_an_answer_makes_the_time_to_answer_void() -> None:
    """B-57."""
    assert talk_of(written(*letters.a_life()[:12])).due_at == AT + 9
    assert talk_of(written(*letters.a_life()[:13])).due_at is None


def test_an_address_is_remembered_as_long_as_its_automatic_messages_count() -> None:
    """B-58, I-14."""
    state = written()
    count_automatic(state, (MAIL, "a@example.org"), AT)
    state.up = AT + HOUR - 1
    count_automatic(state, (MAIL, "b@example.org"), state.up)
    assert [address for _, address in state.messages.automatic] == [
        "a@example.org",
        "b@example.org",
    ]
    state.up += 1
    count_automatic(state, (MAIL, "b@example.org"), state.up)
    assert state.messages.automatic == {(MAIL, "b@example.org"): deque([state.up - 1, state.up])}


def test_what_is_restored_of_long_ago_is_not_remembered() -> None:
    state = written()
    count_automatic(state, (MAIL, "a@example.org"), AT - HOUR)
    assert not state.messages.automatic


def test_of_too_many_addresses_the_one_that_is_silent_longest_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """I-14."""
    monkeypatch.setattr("broker.core.messages.apply.AUTOMATIC_ADDRESSES", 2)
    state = written()
    for name in "abac":
        count_automatic(state, (MAIL, name), AT)
    assert [name for _, name in state.messages.automatic] == ["a", "c"]
