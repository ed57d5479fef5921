"""What the checker says of wait rules for conversations: I-16."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.checker.dump import Dump
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.i16_conversations import wait_rules
from broker.checker.post import ConversationDecisionRow, ConversationMoveRow, ConversationRow
from protocol.values import Guid

TALK, ANN, MAIL, OTHER, SALES = (Guid(f"{n * 8}-{n * 4}-4000-a000-{n * 12}") for n in "12345")
SECOND = 1_000_000
PLAIN = {"for": "messages", "project": None, "gateway": None, "close": False}
RULES = [
    {**PLAIN, "id": "1", "level": 1, "after": 5 * SECOND, "gateway": MAIL},
    {**PLAIN, "id": "2", "level": 2, "after": 9 * SECOND},
    {**PLAIN, "id": "3", "level": 1, "after": 0, "for": "chats"},
]
SETUP = {
    "wait_rules": RULES,
    "message_gateways": {MAIL: {"peer": "mail"}, OTHER: {"peer": "sms"}},
}
ROW = ConversationRow(
    id=TALK,
    no=1,
    gateway=MAIL,
    pair=MAIL,
    remote_address="eva",
    status="Waiting",
    project=SALES,
    waiting_since=SECOND,
    wait_level=2,
)
WAITS = tuple(
    ConversationMoveRow(conversation=TALK, at=SECOND, status=status, cause=cause)
    for status, cause in (("Pilot", "started"), ("Waiting", "routed"))
)


def applied(level: int, at: int, waited: int) -> ConversationDecisionRow:
    """A rule was applied, as the log has it."""
    detail = {"rule": str(level), "level": level, "waited": waited * SECOND}
    return ConversationDecisionRow(
        conversation=TALK, at=at * SECOND, kind="wait_rule", detail=detail
    )


GOOD = (applied(1, 6, 5), applied(2, 11, 10))


def said(
    *decisions: ConversationDecisionRow,
    row: ConversationRow = ROW,
    more: tuple[ConversationMoveRow, ...] = (),
    then: dict[str, Any] = SETUP,
) -> list[str]:
    """What is wrong with one to which these rules were applied, a minute after it began.

    `then` was read when the broker was started again.
    """
    events = [
        Event(0, Kind.SETUP, "", None, SETUP),
        Event(0, Kind.STARTED, "", None, {}),
        Event(SECOND, Kind.SETUP, "", None, then),
        Event(40 * SECOND, Kind.CALM, "", None, {}),
        Event(60 * SECOND, Kind.END, "", None, {}),
    ]
    dump = Dump(
        conversations=(row,),
        conversation_moves=(*WAITS, *more),
        conversation_decisions=decisions,
    )
    return [violation.text for violation in wait_rules(Story.read(events, dump))]


def test_levels_upwards_and_in_time_are_right() -> None:
    assert said(*GOOD) == []


@pytest.mark.parametrize(
    ("decisions", "text"),
    [
        ((GOOD[0], GOOD[0]), "level 1 came after level 1"),
        (GOOD[::-1], "level 1 came after level 2"),
        ((applied(1, 5, 4),), "too early, or is unknown"),
        ((applied(3, 6, 5),), "too early, or is unknown"),
    ],
)
def test_other_applications_are_not(
    decisions: tuple[ConversationDecisionRow, ...], text: str
) -> None:
    assert any(text in one for one in said(*decisions))


def test_what_somebody_has_or_put_aside_does_not_wait() -> None:
    for status, cause in (("Answered", "picked"), ("Waiting", "parked")):
        move = ConversationMoveRow(
            conversation=TALK, at=2 * SECOND, status=status, cause=cause, agent=ANN
        )
        assert any("did not wait" in text for text in said(*GOOD, more=(move,)))


def test_a_reopened_one_begins_anew() -> None:
    again = tuple(evolve(move, at=20 * SECOND) for move in WAITS)
    assert said(*GOOD, applied(1, 26, 5), applied(2, 31, 10), more=again) == []


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({}, None),
        ({"wait_level": 1}, "2 of level 2"),
        ({"wait_level": -1}, "1 of level 1"),
        ({"wait_level": -1, "gateway": OTHER}, "2 of level 2"),
        ({"wait_level": -1, "project": None}, None),
        ({"wait_level": -1, "parked_at": 2 * SECOND}, None),
        ({"wait_level": -1, "status": "Answered"}, None),
        ({"wait_level": 1, "waiting_since": 55 * SECOND}, None),
    ],
)
def test_what_was_due_is_named(change: dict[str, Any], due: str | None) -> None:
    found = said(*GOOD, row=evolve(ROW, **change))
    assert [due in text for text in found if due is not None] == ([True] if due else [])
    assert bool(found) is (due is not None)


def test_a_rule_of_a_gateway_that_is_no_more_is_due_to_nobody() -> None:
    """I-16, C-4: nor does it matter that the conversation's own is gone, if another one has its address."""
    waits = evolve(ROW, wait_level=0)
    without = {**SETUP, "wait_rules": RULES[:1], "message_gateways": {OTHER: {"peer": "sms"}}}
    assert said(row=waits, then=without) == []
    renamed = {**SETUP, "message_gateways": {ANN: {"peer": "mail"}}}
    renamed["wait_rules"] = [{**RULES[0], "gateway": ANN}]
    assert len(said(row=waits, then=renamed)) == 1
