"""B-52..B-55, I-12: how attempts end, how long the pauses are, and when it is given up."""

from __future__ import annotations

import pytest

from broker.config.message_gateways import RETRIES
from broker.config.model import DAY, MINUTE, SECOND
from broker.core.apply import apply
from broker.core.facts.causes import AttemptOutcome
from broker.core.facts.messages import ConversationForgotten, MessageForgotten, RetryDue
from broker.core.inputs import Stamp
from broker.core.messages.attempts import failed, message_due, outcome_of, refused_late
from broker.core.state import State
from protocol.values import MessageStatus
from tests.support import letters
from tests.support.letters import AT, MAIL, guid, written
from tests.support.mail import MAIL_CONFIG
from tests.support.mail_out import answers, carrier, delivery_of, handed, writes
from tests.support.playbook import Playbook

WHICH = guid(102)


def on_the_way(attempt: int = 1) -> State:
    """A state with a message of which an attempt is open."""
    sending = letters.delivered(
        MessageStatus.SENDING, attempt=attempt, until=AT + 90 * SECOND, term=90 * SECOND
    )
    return written(*letters.a_reply(), sending)


def stamp(up: int = AT, seq: int = 1) -> Stamp:
    return Stamp(AT + 50, seq, b"seed", up)


def pause_after(
    attempt: int, outcome: AttemptOutcome = AttemptOutcome.REFUSED, seq: int = 1
) -> int:
    """How long the pause is after an attempt."""
    state = on_the_way(attempt)
    fact = failed(state, state.messages.messages[WHICH], stamp(seq=seq), outcome, "no")
    assert fact.status is MessageStatus.RETRY
    assert fact.until == fact.at + fact.term
    return fact.term


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5])
def test_pauses_grow_and_differ_by_a_tenth(attempt: int) -> None:
    """B-52."""
    usual = RETRIES[attempt - 1]
    drawn = [pause_after(attempt, seq=seq) for seq in range(40)]
    assert all(usual * 0.9 <= pause <= usual * 1.1 for pause in drawn)
    assert max(drawn) - min(drawn) > usual * 0.1
    assert drawn == [pause_after(attempt, seq=seq) for seq in range(40)]


@pytest.mark.parametrize("outcome", [AttemptOutcome.REFUSED, AttemptOutcome.UNKNOWN])
def test_after_the_last_pause_it_has_failed(outcome: AttemptOutcome) -> None:
    """B-52."""
    state = on_the_way(len(RETRIES) + 1)
    fact = failed(state, state.messages.messages[WHICH], stamp(), outcome)
    assert (fact.status, fact.outcome, fact.until) == (MessageStatus.FAILED, outcome, None)


def test_what_is_refused_for_good_has_failed_at_once() -> None:
    """B-55."""
    state = on_the_way()
    message = state.messages.messages[WHICH]
    fact = failed(state, message, stamp(), AttemptOutcome.PERMANENT, "permanent: no")
    assert (fact.status, fact.error, fact.attempt) == (MessageStatus.FAILED, "permanent: no", 1)


def test_to_be_asked_to_wait_counts_no_attempt() -> None:
    """B-55: not even after the last one."""
    for attempt in (1, 6):
        state = on_the_way(attempt)
        message = state.messages.messages[WHICH]
        fact = failed(state, message, stamp(), AttemptOutcome.THROTTLED, "throttled: later")
        assert (fact.status, fact.attempt) == (MessageStatus.RETRY, attempt - 1)
        assert 27 * SECOND <= fact.term <= 33 * SECOND


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("permanent: no such address", AttemptOutcome.PERMANENT),
        ("throttled: too many", AttemptOutcome.THROTTLED),
        ("the line is busy", AttemptOutcome.REFUSED),
        ("not permanent: busy", AttemptOutcome.REFUSED),
        ("Permanent: busy", AttemptOutcome.REFUSED),
        ("", AttemptOutcome.REFUSED),
    ],
)
def test_what_an_error_text_says(error: str, outcome: AttemptOutcome) -> None:
    """B-55."""
    assert outcome_of(error) is outcome


def test_an_error_that_comes_late_changes_no_time() -> None:
    """B-52: neither that of the pause, nor that of an attempt that another session makes."""
    state = on_the_way()
    message = state.messages.messages[WHICH]
    state.up = AT + 30 * SECOND
    (fact,) = refused_late(state, message, stamp(state.up), "late")
    apply(state, fact)
    assert message.delivery is not None
    assert (message.delivery.status, message.delivery.error) == (MessageStatus.SENDING, "late")
    assert message.delivery.term.since + message.delivery.term.length == AT + 90 * SECOND


def test_a_timer_that_comes_early_does_nothing() -> None:
    state = on_the_way()
    assert message_due(state, stamp(AT + 90 * SECOND - 1), WHICH).facts == []
    assert message_due(state, stamp(AT + 90 * SECOND), guid(9)).facts == []
    (fact,) = message_due(state, stamp(AT + 90 * SECOND), WHICH).facts
    apply(state, fact)
    assert list(state.messages.sending[MAIL]) == []


def test_a_pause_that_is_over_is_over_once() -> None:
    state = on_the_way()
    late = AT + 90 * SECOND
    (unknown,) = message_due(state, stamp(late), WHICH).facts
    apply(state, unknown)
    far = stamp(late + MINUTE)
    assert message_due(state, far, WHICH).facts == [RetryDue(WHICH)]
    apply(state, RetryDue(WHICH))
    assert message_due(state, far, WHICH).facts == []


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    """I-14: a sentence stays for a day, to be confirmed; what has outlived its conversation goes at once."""
    sent = letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT)
    end = [*letters.the_end(), ConversationForgotten(letters.TALK)]
    state = written(*letters.a_life(), *end)
    assert message_due(state, stamp(AT + 1), WHICH).facts == []  # it is on its way yet
    apply(state, sent)
    assert message_due(state, stamp(AT + 1), WHICH).facts == [MessageForgotten(WHICH)]
    kept = written(*letters.a_life(), sent)
    assert message_due(kept, stamp(AT + DAY), WHICH).facts == []
    text = letters.stored(2, inbound=False, conversation=None, conversation_no=None, chat_no=1)
    state = written(text, letters.delivered(MessageStatus.SENDING), sent)
    assert message_due(state, stamp(AT + DAY - 1), WHICH).facts == []
    assert message_due(state, stamp(AT + DAY), WHICH).facts == [MessageForgotten(WHICH)]


def test_an_attempt_without_an_answer_is_unknown_and_made_again() -> None:
    """B-52, B-55: the same message under the same names, until it has failed."""
    play = Playbook(MAIL_CONFIG)
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    first = handed(mail, alice)
    for attempt, pause in enumerate(RETRIES, start=1):
        play.wait(90)
        alice.hears("SC_MESSAGE_STATUS", Status="Retry", Attempt=attempt, Error=None)
        play.check_store()
        play.wait(pause * 0.89 / SECOND)
        mail.silent()
        while not mail.heard:
            play.wait(1)
        again = handed(mail, alice, DeliverySystemId=first["DeliverySystemId"])
        assert again["MessageId"] == status["MessageId"]
    play.wait(90)
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", Attempt=6)
    play.wait(86_400)
    mail.silent()
    play.check_store()


def test_a_retry_that_is_due_waits_for_a_connector() -> None:
    """B-53: without a connector nothing is counted, however long that takes."""
    play = Playbook(MAIL_CONFIG)
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    answers(mail, status["MessageId"], "busy")
    alice.hears("SC_MESSAGE_STATUS", Status="Retry", Error="busy")
    mail.leaves()
    play.wait(7200)
    assert (delivery_of(play, status).attempt, delivery_of(play, status).error) == (1, "busy")
    play.restart()
    again = carrier(play)
    play.wait(61)
    assert handed(again)["MessageId"] == status["MessageId"]
    assert delivery_of(play, status).attempt == 2
