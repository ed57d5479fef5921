"""What the checker says of messages that failed when nobody worked on them: I-7."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.checker.dump import Dump
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.i07_undelivered import reaches_somebody
from broker.checker.post import (
    ConversationMoveRow,
    ConversationRow,
    MessageMoveRow,
    MessageRow,
)
from protocol.values import Guid

TALK, ANN, MAIL, LETTER, SALES = (Guid(f"{n * 8}-{n * 4}-4000-a000-{n * 12}") for n in "12345")
SECOND = 1_000_000
GATEWAY = {"inertia": 60 * SECOND, "retired": False, "threads": True}
ROW = ConversationRow(
    id=TALK, no=1, gateway=MAIL, pair=MAIL, remote_address="eva", status="Closed", project=SALES
)
FAILED_AT = 20 * SECOND


def move(at: int, status: str, cause: str) -> ConversationMoveRow:
    """A move of the conversation, with Ann where it is with somebody."""
    agent = ANN if status in ("Answered", "Closed") else None
    return ConversationMoveRow(
        conversation=TALK, at=at * SECOND, status=status, cause=cause, agent=agent
    )


BEGUN = (move(0, "Pilot", "started"), move(0, "Waiting", "routed"), move(1, "Answered", "picked"))
CLOSED = move(9, "Closed", "closed")
PARKED = move(9, "Waiting", "parked")
BACK = (move(20, "Pilot", "reopened"), move(20, "Waiting", "undelivered"))


def said(
    *more: ConversationMoveRow,
    row: ConversationRow = ROW,
    agent: Guid | None = ANN,
    room: int = 1_000,
    **gateway: Any,
) -> list[str]:
    """What is wrong when Ann's message fails 20 s after the conversation began."""
    letter = MessageRow(
        id=LETTER,
        no=1,
        conversation=TALK,
        counter=1,
        gateway=MAIL,
        inbound=False,
        at=5 * SECOND,
        agent=agent,
        status="Failed",
        header={},
    )
    steps = ((5, "Queued"), (6, "Sending"), (20, "Failed"))
    setup = {"message_gateways": {MAIL: {**GATEWAY, **gateway}}, "room": room}
    dump = Dump(
        conversations=(row,),
        conversation_moves=(*BEGUN, *more),
        messages=(letter,),
        message_moves=tuple(
            MessageMoveRow(message=LETTER, at=at * SECOND, status=status, attempt=1)
            for at, status in steps
        ),
    )
    events = [Event(0, Kind.SETUP, "", None, setup), Event(0, Kind.STARTED, "", None, {})]
    return [violation.text for violation in reaches_somebody(Story.read(events, dump))]


def test_whoever_works_on_it_is_told_and_what_comes_back_is_seen() -> None:
    assert said() == []
    assert said(CLOSED, *BACK) == []
    assert said(PARKED, move(20, "Waiting", "woken")) == []


@pytest.mark.parametrize(("last", "where"), [(CLOSED, "closed"), (PARKED, "aside")])
def test_what_stays_where_nobody_looks_is_named(last: ConversationMoveRow, where: str) -> None:
    (text,) = said(last)
    assert text.endswith(f"its conversation stayed {where}")


def test_where_nothing_is_to_come_back_nothing_is_named() -> None:
    """A receipt, an unwanted one, one that is forgotten or let go, and one without a gateway."""
    assert said(CLOSED, agent=None) == []
    assert said(CLOSED, row=evolve(ROW, is_spam=True)) == []
    assert said(CLOSED, inertia=SECOND) == []
    assert said(CLOSED, room=6) == []
    assert said(CLOSED, retired=True) == []
    assert said(PARKED, row=evolve(ROW, project=None)) == []
