"""What a history says of the people in it."""

from __future__ import annotations

from broker.reporting.history import EventRow, OfferRow, WrapupRow
from broker.reporting.whatif.recorded import (
    Change,
    ChatRow,
    Reaction,
    Recorded,
    Talk,
    Told,
    Visit,
    Wait,
    alike,
    duties,
    pieces,
    visit,
)

S = 1_000_000
CHAT = ChatRow(1, "chat", "t1", "en", None, None)
Step = tuple[int, str, str | None, str | None]


def events(*steps: Step) -> list[EventRow]:
    """Events: second, status, agent, close reason."""
    return [
        EventRow(1, at * S, status, status.lower(), agent, reason, "web", "support")
        for at, status, agent, reason in steps
    ]


def visits(
    *steps: Step,
    wrapups: list[WrapupRow] | None = None,
    offers: list[OfferRow] | None = None,
    voices: list[int] | None = None,
    until: int = 1_000,
) -> list[Visit]:
    """The visits of a chat."""
    told = Told(
        chat=CHAT,
        events=events(*steps),
        wrapups=wrapups or [],
        offers=offers or [],
        voices=[at * S for at in voices or []],
        until=until * S,
    )
    return [visit(told, piece, n) for n, piece in enumerate(pieces(told.events, told.wrapups))]


COMES: tuple[Step, ...] = ((0, "Pilot", None, None), (0, "Waiting", None, None))


def test_who_gives_up_shows_how_patient_they_are() -> None:
    (found,) = visits(*COMES, (30, "Closed", None, "External"))
    assert (found.waited, found.left, found.talk) == (30 * S, True, None)


def test_who_is_closed_or_still_waits_does_not() -> None:
    for reason in ("Inactivity", "Rule", "Admin"):
        (found,) = visits(*COMES, (30, "Closed", None, reason))
        assert (found.waited, found.left) == (30 * S, False)
    (found,) = visits(*COMES, until=77)
    assert (found.waited, found.left) == (77 * S, False)


def test_a_conversation_has_its_length_its_end_and_its_wrapup() -> None:
    (found,) = visits(
        *COMES,
        (5, "Answered", "alice", None),
        (65, "Closed", "alice", "Agent"),
        wrapups=[WrapupRow(1, "alice", 65 * S, 75 * S, "agent")],
    )
    assert found.talk == Talk(60 * S, "Agent", wrapup=10 * S)
    assert (found.waited, found.left) == (5 * S, False)
    (found,) = visits(
        *COMES,
        (5, "Answered", "alice", None),
        (65, "Closed", "alice", "Agent"),
        wrapups=[WrapupRow(1, "alice", 65 * S, 95 * S, "expired")],
    )
    assert found.talk is not None
    assert found.talk.wrapup is None


def test_several_owners_had_one_conversation() -> None:
    (found,) = visits(
        *COMES,
        (5, "Answered", "alice", None),
        (25, "Answered", "bob", None),
        (65, "Closed", "bob", "External"),
    )
    assert found.talk == Talk(60 * S, "External")
    assert found.again == []


def test_a_lost_agent_parts_it_in_two_with_a_wait_between() -> None:
    lost = (*COMES, (5, "Answered", "alice", None), (25, "Waiting", None, None))
    (found,) = visits(*lost, (40, "Answered", "bob", None), (50, "Closed", "bob", "Agent"))
    assert found.talk == Talk(30 * S, "Agent")
    assert found.again == [Wait(15 * S, False)]
    (found,) = visits(*lost, (45, "Closed", "alice", "External"))
    assert found.talk == Talk(20 * S, None)
    assert found.again == [Wait(20 * S, True)]


def test_what_is_not_over_is_known_to_last_so_long() -> None:
    (found,) = visits(*COMES, (5, "Answered", "alice", None), until=100)
    assert found.talk is not None
    assert (found.talk.length, found.talk.over) == (95 * S, False)


def test_silence_counts_from_the_last_word() -> None:
    end: Step = (400, "Closed", "alice", "Inactivity")
    talk = (*COMES, (50, "Answered", "alice", None), end)
    (found,) = visits(*talk, voices=[20, 100])
    assert found.talk is not None
    assert (found.talk.voiced, found.voiced) == (50 * S, None)
    (found,) = visits(*talk, voices=[20])
    assert found.talk is not None
    assert (found.talk.voiced, found.voiced) == (None, 20 * S)
    (found,) = visits(*COMES, (400, "Closed", None, "Inactivity"))
    assert found.voiced == 0


def test_a_bot_is_over_when_the_visit_begins() -> None:
    (found,) = visits(
        (0, "Pilot", None, None),
        (0, "ICR", "bot", None),
        (40, "Waiting", None, None),
        (50, "Closed", None, "External"),
    )
    assert (found.at, found.waited) == (40 * S, 10 * S)


def test_what_no_visitor_asked_for_is_told_apart() -> None:
    def asked(*steps: Step, cause: str | None = None) -> list[bool]:
        rows = events(*steps)
        if cause is not None:
            last = rows[-1]
            rows[-1] = EventRow(1, last.at, last.status, cause, None, last.reason, "web", None)
        return [piece.asked for piece in pieces(rows, [])]

    refused: Step = (0, "Closed", None, "Rule")
    assert asked(*COMES) == [True]
    assert asked((0, "Pilot", None, None), refused) == [True]
    assert asked((0, "Pilot", None, None), refused, cause="unbound") == [False]
    assert asked((0, "Pilot", None, None), (0, "Answered", "alice", None)) == [False]
    assert asked((0, "Pilot", None, None), (0, "ICR", "bot", None), refused) == [False]


def test_each_reopening_is_a_visit_with_its_own_offers() -> None:
    def offer(at: int, ended: int | None, outcome: str | None) -> OfferRow:
        return OfferRow("alice", at * S, ended and ended * S, outcome, "web", "support", 1)

    first, second = visits(
        *COMES,
        (60, "Closed", None, "External"),
        (500, "Pilot", None, None),
        (500, "Waiting", None, None),
        offers=[offer(0, 30, "missed"), offer(40, 45, "rejected"), offer(500, None, None)],
    )
    assert first.reactions == {"alice": [Reaction("missed", 30 * S), Reaction("rejected", 5 * S)]}
    assert second.reactions == {"alice": [Reaction("open", 500 * S)]}
    assert (first.key, second.key) == ("chat/0", "chat/1")


def change(
    at: int, state: str, cause: str, agent: str = "alice", then: str | None = None
) -> Change:
    return Change(agent, at * S, state, None, then, cause, "101")


def test_a_pause_for_missed_offers_and_the_return_are_no_doings() -> None:
    changes = [
        change(0, "Pause", "login"),
        change(1, "Ready", "asked"),
        change(50, "Pause", "missed"),
        change(80, "Ready", "asked"),
        change(100, "Pause", "missed"),
        change(130, "Ready", "asked", then="LogOff"),
        change(140, "LogOff", "next"),
        change(200, "Pause", "missed", agent="bob"),
    ]
    kept, returns = duties(changes, 0)
    assert [(one.at // S, one.cause) for one in kept] == [
        (0, "login"),
        (1, "asked"),
        (130, "asked"),
    ]
    assert returns == {"alice": [30 * S, None], "bob": [None]}


def test_how_somebody_is_found_counts_whatever_made_them_so() -> None:
    kept, returns = duties([change(-5, "Pause", "missed"), change(9, "Ready", "asked")], 0)
    assert [(one.state, one.cause) for one in kept] == [("Pause", "found"), ("Ready", "asked")]
    assert returns == {}


def test_a_new_agent_is_there_when_another_was() -> None:
    past = Recorded(
        start=0,
        end=1,
        visits=[],
        changes=[change(0, "Ready", "asked"), change(1, "Ready", "asked", agent="bob")],
        returns={"alice": [5]},
    )
    found = alike(past, {"carol": ("alice", "103")})
    assert [(one.agent, one.workplace) for one in found.changes] == [
        ("alice", "101"),
        ("carol", "103"),
        ("bob", "101"),
    ]
    assert found.returns["carol"] == [5]
