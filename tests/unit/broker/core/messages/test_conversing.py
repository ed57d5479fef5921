"""B-57: a conversation keeps its age over its moves."""

from __future__ import annotations

from broker.core.facts.causes import ConversationCause
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation
from broker.core.messages.conversing import moved
from protocol.values import ChatStatus
from tests.support.letters import ALICE, AT, MAIL, TALK


def talk(status: ChatStatus, *, since: int | None = None, waited: int = 0) -> Conversation:
    return Conversation(
        id=TALK,
        no=1,
        gateway=MAIL,
        pair=MAIL,
        remote_address="eva",
        status=status,
        enqueued_at=AT,
        waiting_since=since,
        waited=waited,
    )


STAMP = Stamp(AT + 60, 1, b"seed")


def test_an_offer_goes_on_with_the_wait() -> None:
    alerted = moved(
        talk(ChatStatus.WAITING, since=AT),
        STAMP,
        ChatStatus.ALERTING,
        ConversationCause.OFFERED,
        ALICE,
    )
    assert (alerted.enqueued_at, alerted.waited, alerted.waiting_since) == (AT, 0, AT)


def test_an_answer_ends_the_wait() -> None:
    answered = moved(
        talk(ChatStatus.ALERTING, since=AT, waited=5),
        STAMP,
        ChatStatus.ANSWERED,
        ConversationCause.ANSWERED,
        ALICE,
    )
    assert (answered.waited, answered.waiting_since) == (65, None)


def test_what_is_given_back_keeps_its_age() -> None:
    back = moved(
        talk(ChatStatus.ANSWERED, waited=65), STAMP, ChatStatus.WAITING, ConversationCause.RETURNED
    )
    assert (back.enqueued_at, back.waited, back.waiting_since) == (AT, 65, AT + 60)


def test_a_reopening_begins_anew() -> None:
    again = moved(
        talk(ChatStatus.CLOSED, waited=65), STAMP, ChatStatus.PILOT, ConversationCause.REOPENED
    )
    assert (again.enqueued_at, again.waited, again.waiting_since) == (None, 0, None)
