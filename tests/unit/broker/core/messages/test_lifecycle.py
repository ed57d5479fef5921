"""B-52, B-57: which move of a conversation and of a message may follow which."""

from __future__ import annotations

from broker.core.facts.causes import AttemptOutcome, ConversationCause
from broker.core.messages.lifecycle import (
    CONVERSATION,
    DELIVERY,
    ON_ITS_WAY,
    may_deliver,
    may_move,
)
from protocol.values import ChatStatus, MessageStatus


def test_every_cause_of_a_conversation_is_used() -> None:
    used = {cause for causes in CONVERSATION.values() for cause in causes}
    assert used == set(ConversationCause) - {ConversationCause.STARTED}


def test_every_outcome_of_an_attempt_is_used() -> None:
    assert {o for outcomes in DELIVERY.values() for o in outcomes if o} == set(AttemptOutcome)


def test_nothing_follows_the_end_but_a_reopening() -> None:
    after = {b: c for (a, b), c in CONVERSATION.items() if a is ChatStatus.CLOSED}
    assert after == {
        ChatStatus.PILOT: {ConversationCause.REOPENED},
        ChatStatus.ANSWERED: {ConversationCause.OPENED},
    }
    assert not may_move(ChatStatus.CLOSED, ChatStatus.WAITING, ConversationCause.ROUTED)


def test_what_was_sent_is_never_tried_again() -> None:
    """I-12."""
    sent = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)
    for before in sent:
        for after in (*ON_ITS_WAY, MessageStatus.CANCELLED):
            for outcome in (None, *AttemptOutcome):
                assert not may_deliver(before, after, outcome)


def test_an_attempt_is_only_begun_where_none_is_open() -> None:
    """I-12."""
    sending = {move: why for move, why in DELIVERY.items() if move[1] is MessageStatus.SENDING}
    begun = {before for (before, _), why in sending.items() if None in why}
    assert begun == {MessageStatus.QUEUED, MessageStatus.RETRY}
