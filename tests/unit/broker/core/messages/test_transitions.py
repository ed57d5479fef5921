"""B-57, B-30: the facts of one change of a conversation."""

from __future__ import annotations

from typing import Any

from broker.core.facts.causes import ConversationCause, DecisionKind
from broker.core.facts.details import Forced
from broker.core.facts.messages import ConversationMoved, ConversationUnparked, DraftDropped
from broker.core.inputs import Stamp
from broker.core.message_state import Aside, Conversation, Demanded, Draft
from broker.core.messages.transitions import decided, ended, moved, unparked, woken
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, CloseReason
from tests.support.letters import ALICE, MAIL, PROJECT, TALK

NOW = Stamp(500, 1, b"test", 500)
ASIDE = Aside(at=1, until=None, by=ALICE)


def conversation(status: ChatStatus = ChatStatus.WAITING, **members: Any) -> Conversation:
    return Conversation(
        id=TALK,
        no=4,
        gateway=MAIL,
        pair=MAIL,
        remote_address="a@b",
        status=status,
        demanded=Demanded(project=PROJECT),
        **members,
    )


def test_its_age_is_kept_and_what_it_waited_is_summed_up() -> None:
    one = conversation(enqueued_at=100, waited=5, waiting_since=400)
    offered = moved(one, NOW, ChatStatus.ALERTING, ConversationCause.OFFERED, ALICE)
    assert (offered.enqueued_at, offered.waited, offered.waiting_since) == (100, 5, 400)
    picked = moved(one, NOW, ChatStatus.ANSWERED, ConversationCause.PICKED, ALICE)
    assert (picked.enqueued_at, picked.waited, picked.waiting_since) == (100, 105, None)
    assert (picked.before, picked.project) == (None, PROJECT)


def test_a_wait_begins_when_it_comes_into_the_queue() -> None:
    one = conversation(ChatStatus.PILOT)
    waits = moved(one, NOW, ChatStatus.WAITING, ConversationCause.ROUTED)
    assert (waits.enqueued_at, waits.waited, waits.waiting_since) == (500, 0, 500)


def test_aside_it_does_not_wait() -> None:
    one = conversation(ChatStatus.ANSWERED, enqueued_at=100, waited=5, agent=ALICE)
    parked = moved(one, NOW, ChatStatus.WAITING, ConversationCause.PARKED)
    assert (parked.enqueued_at, parked.waited, parked.waiting_since) == (100, 5, None)
    assert (parked.before, parked.agent) == (ALICE, None)


def test_what_was_put_aside_waits_again() -> None:
    one = conversation(enqueued_at=100, waited=5, aside=ASIDE)
    back, waits = woken(one, NOW)
    assert isinstance(back, ConversationUnparked)
    assert isinstance(waits, ConversationMoved)
    assert (waits.cause, waits.enqueued_at, waits.waiting_since) == ("woken", 100, 500)
    assert woken(conversation(), NOW) == unparked(conversation(), NOW) == []


def test_its_end_says_how_and_leaves_nothing_behind() -> None:
    draft = Draft(agent=ALICE, at=1, content=MessageContentInfo())
    one = conversation(aside=ASIDE, draft=draft, last_agent=ALICE)
    unparked_, closed, dropped = ended(
        one, NOW, ConversationCause.CLOSED, CloseReason.AGENT, code="Solved", note="x", is_spam=True
    )
    assert isinstance(unparked_, ConversationUnparked)
    assert isinstance(dropped, DraftDropped)
    assert isinstance(closed, ConversationMoved)
    assert (closed.status, closed.agent, closed.close_reason) == ("Closed", ALICE, "Agent")
    assert (closed.code, closed.note, closed.is_spam) == ("Solved", "x", True)
    plain = ended(conversation(), NOW, ConversationCause.RULE, CloseReason.RULE)
    assert len(plain) == 1


def test_a_line_of_the_log_is_plain() -> None:
    line = decided(conversation(), NOW, DecisionKind.FORCED, Forced(by=ALICE), ALICE)
    assert (line.conversation, line.no, line.at) == (TALK, 4, 500)
    assert (line.kind, line.agent, line.detail) == ("forced", ALICE, {"by": ALICE})
