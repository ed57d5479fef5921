"""What the checker says of whoever wraps up a conversation: I-6."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.checker.dump import Dump, WrapupRow
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.i08_conversations import holds, one_owner
from broker.checker.post import ConversationMoveRow, ConversationRow
from protocol.values import Guid

TALK, OTHER, ANN, BOB, MAIL = (Guid(f"{n * 8}-{n * 4}-4000-a000-{n * 12}") for n in "12345")
MOVES = tuple(
    ConversationMoveRow(conversation=TALK, at=at, status=status, cause=cause, agent=agent)
    for at, status, cause, agent in (
        (0, "Pilot", "started", None),
        (0, "Waiting", "routed", None),
        (1, "Answered", "picked", ANN),
        (5, "Closed", "closed", ANN),
    )
)
AGAIN = ConversationMoveRow(conversation=TALK, at=9, status="Pilot", cause="reopened")
WRAPS = WrapupRow(chat=TALK, agent=ANN, at=5, until=60)
SETUP = {
    "agents": {ANN: {"login": "ann", "max_messages": 1}},
    "message_places": {"101": 1},
    "message_gateways": {MAIL: {"weight": 1}},
}


def told(dump: Dump) -> Story:
    """A story in which Ann sits at a place with a slot for messages."""
    seat = {"client": "ann", "role": "workplace", "peers": ["101"], "login": "ann"}
    events = [Event(0, Kind.SETUP, "", None, SETUP), Event(0, Kind.DIALLED, "ann#1", None, seat)]
    return Story.read(events, dump)


def said(*wraps: WrapupRow, more: tuple[ConversationMoveRow, ...] = ()) -> list[str]:
    """What is wrong with one that Ann worked on, and with these wrap-ups."""
    rows = tuple(
        ConversationRow(
            id=one, no=1, gateway=MAIL, pair=MAIL, remote_address="eva", status="Closed"
        )
        for one in (TALK, OTHER)
    )
    dump = Dump(conversations=rows, conversation_moves=(*MOVES, *more), conversation_wrapups=wraps)
    return [violation.text for violation in one_owner(told(dump))]


def test_a_wrap_up_of_who_worked_on_it_is_right() -> None:
    assert said(WRAPS) == said() == []
    assert said(evolve(WRAPS, ended_at=8, cause="agent")) == []
    assert said(evolve(WRAPS, ended_at=9, cause="reopened"), more=(AGAIN,)) == []


@pytest.mark.parametrize("wrong", [evolve(WRAPS, agent=BOB), evolve(WRAPS, at=4)])
def test_nobody_else_wraps_it_up_and_at_no_other_time(wrong: WrapupRow) -> None:
    (text,) = [one for one in said(wrong) if "wraps it up" in one]
    assert "did not work on it" in text


@pytest.mark.parametrize("end", [None, 10])
def test_it_is_over_when_the_conversation_goes_on(end: int | None) -> None:
    (text,) = said(evolve(WRAPS, ended_at=end), more=(AGAIN,))
    assert text.startswith("it went on at 9")


def test_it_holds_the_slot() -> None:
    """B-57: whoever wraps one up has no room for another one meanwhile."""
    beside = tuple(
        evolve(move, conversation=OTHER, at=at)
        for move, at in zip(MOVES[:3], (6, 6, 7), strict=True)
    )
    (text,) = said(WRAPS, more=beside)
    assert "held 2 slots for messages" in text
    assert said(evolve(WRAPS, ended_at=7, cause="agent"), more=beside) == []


def test_what_is_wrapped_up_is_told_from_what_is_worked_on() -> None:
    """B-11: whoever goes keeps the one until its time is over, the other for the grace."""
    dump = Dump(
        conversations=(
            ConversationRow(
                id=TALK, no=1, gateway=MAIL, pair=MAIL, remote_address="eva", status="Closed"
            ),
        ),
        conversation_moves=MOVES,
        conversation_wrapups=(WRAPS,),
    )
    found = [(hold.at, hold.end, hold.wraps) for hold in holds(told(dump))]
    assert found == [(1, 5, False), (5, None, True)]


BY_ANN = evolve(MOVES[-1], close_reason="Agent", project=OTHER)


@pytest.mark.parametrize(
    ("end", "lengths", "is_missed"),
    [
        (BY_ANN, {OTHER: 9}, True),
        (BY_ANN, {OTHER: 0}, False),
        (BY_ANN, {}, False),
        (evolve(BY_ANN, project=None), {OTHER: 9}, False),
        (evolve(BY_ANN, close_reason="Admin"), {OTHER: 9}, False),
    ],
)
def test_who_closes_what_they_work_on_wraps_it_up(
    end: ConversationMoveRow, lengths: dict[Guid, int], *, is_missed: bool
) -> None:
    row = ConversationRow(
        id=TALK, no=1, gateway=MAIL, pair=MAIL, remote_address="eva", status="Closed"
    )
    for wraps in ((), (WRAPS,)):
        dump = Dump(
            conversations=(row,),
            conversation_moves=(*MOVES[:-1], end),
            conversation_wrapups=wraps,
        )
        seat = {"client": "ann", "role": "workplace", "peers": ["101"], "login": "ann"}
        setup = SETUP | {"wrapups": lengths}
        events = [Event(0, Kind.SETUP, "", None, setup), Event(0, Kind.DIALLED, "a#1", None, seat)]
        found = [one.text for one in one_owner(Story.read(events, dump))]
        assert bool(found) is (is_missed and not wraps)
