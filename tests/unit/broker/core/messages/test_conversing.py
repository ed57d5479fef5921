"""B-57: a conversation keeps its age over its moves."""

from __future__ import annotations

from typing import Any

from broker.core.decision import Decision
from broker.core.effects import AgentToWorkplace, ConversationToAgent
from broker.core.facts.causes import ConversationCause, DecisionKind, WrapupEnd
from broker.core.facts.details import Forced
from broker.core.facts.messages import (
    ConversationMoved,
    ConversationParked,
    ConversationUnparked,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
    DraftDropped,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Aside, Conversation, Draft
from broker.core.messages.conversing import (
    decided,
    ended,
    moved,
    parked,
    told_unparked,
    unparked,
    woken,
    wrap_up,
    wrap_up_over,
)
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, CloseReason
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
ASIDE = Aside(at=1, until=None, by=ALICE)


def holding(status: ChatStatus = ChatStatus.WAITING, **members: Any) -> Conversation:
    return Conversation(
        id=TALK, no=1, gateway=MAIL, pair=MAIL, remote_address="a@b", status=status, **members
    )


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


def test_aside_it_does_not_wait() -> None:
    one = holding(ChatStatus.ANSWERED, enqueued_at=AT, waited=5, agent=ALICE)
    parked = moved(one, STAMP, ChatStatus.WAITING, ConversationCause.PARKED)
    assert (parked.enqueued_at, parked.waited, parked.waiting_since) == (AT, 5, None)
    assert (parked.before, parked.agent) == (ALICE, None)


def test_what_was_put_aside_waits_again() -> None:
    one = holding(enqueued_at=AT, waited=5, aside=ASIDE)
    decision = woken(one, STAMP)
    back, waits = decision.facts
    assert isinstance(back, ConversationUnparked)
    assert isinstance(waits, ConversationMoved)
    assert (waits.cause, waits.enqueued_at, waits.waiting_since) == ("woken", AT, AT + 60)
    assert decision.notices == [ConversationToAgent(conversation=TALK, agent=ALICE)]
    assert woken(holding(), STAMP) == Decision()
    assert unparked(holding(), STAMP) == []


def test_whoever_put_it_aside_is_told_unless_they_see_it_anyway() -> None:
    one = holding(aside=ASIDE)
    assert told_unparked(one) == [ConversationToAgent(conversation=TALK, agent=ALICE)]
    assert told_unparked(one, ALICE) == told_unparked(holding()) == []
    assert told_unparked(holding(aside=Aside(at=1, until=None, by=None))) == []


def test_its_end_says_how_and_leaves_nothing_behind() -> None:
    draft = Draft(agent=ALICE, at=1, content=MessageContentInfo())
    one = holding(aside=ASIDE, draft=draft, last_agent=ALICE)
    unparked_, closed, dropped = ended(
        one,
        STAMP,
        ConversationCause.CLOSED,
        CloseReason.AGENT,
        code="Solved",
        note="x",
        is_spam=True,
    )
    assert isinstance(unparked_, ConversationUnparked)
    assert isinstance(dropped, DraftDropped)
    assert isinstance(closed, ConversationMoved)
    assert (closed.status, closed.agent, closed.close_reason) == ("Closed", ALICE, "Agent")
    assert (closed.code, closed.note, closed.is_spam) == ("Solved", "x", True)
    plain = ended(holding(), STAMP, ConversationCause.RULE, CloseReason.RULE)
    assert len(plain) == 1


def test_a_wrap_up_is_told_to_its_agent_from_its_beginning_to_its_end() -> None:
    told = [AgentToWorkplace(agent=ALICE)]
    one = holding(ChatStatus.CLOSED)
    begins = wrap_up(one, STAMP, ALICE, 20)
    (started,) = begins.facts
    assert isinstance(started, ConversationWrapupStarted)
    assert (started.agent, started.until, begins.notices) == (ALICE, AT + 80, told)
    assert wrap_up_over(one, STAMP, WrapupEnd.EXPIRED) == Decision()
    one.wrapping = ALICE
    ends = wrap_up_over(one, STAMP, WrapupEnd.AGENT, code="Sold", note="x")
    (over,) = ends.facts
    assert isinstance(over, ConversationWrapupEnded)
    assert (over.agent, over.cause, over.code, over.note) == (ALICE, "agent", "Sold", "x")
    assert ends.notices == told


def test_a_line_of_the_log_is_plain() -> None:
    line = decided(holding(), STAMP, DecisionKind.FORCED, Forced(by=ALICE), ALICE)
    assert (line.conversation, line.no, line.at) == (TALK, 1, AT + 60)
    assert (line.kind, line.agent, line.detail) == ("forced", ALICE, {"by": ALICE})


def test_what_is_put_aside_is_so_before_it_waits() -> None:
    aside, waits = parked(holding(ChatStatus.PILOT), STAMP, AT + 90, ALICE)
    assert isinstance(aside, ConversationParked)
    assert isinstance(waits, ConversationMoved)
    assert (aside.until, aside.by, waits.cause) == (AT + 90, ALICE, "parked")
    assert (waits.enqueued_at, waits.waiting_since) == (AT + 60, None)
