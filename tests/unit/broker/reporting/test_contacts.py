"""The figures of a report against histories that were worked out by hand (B-30)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from broker.reporting import agent_states, agents
from broker.reporting import contacts as figures
from broker.reporting.agents import Hold, Work
from broker.reporting.contacts import Base, Contacts, Tallies, Terms
from broker.reporting.history import (
    Contact,
    EventRow,
    OfferRow,
    ParkingRow,
    PartyRow,
    StateRow,
    WrapupRow,
    contacts,
)
from broker.reporting.times import DAY, Span, parse_moment
from protocol.values import to_micros

S = 1_000_000


def events(no: int, *steps: tuple[int, str, str | None, str | None]) -> list[EventRow]:
    """The events of one chat: second, status, agent, close reason; each Pilot begins a contact."""
    rows: list[EventRow] = []
    for at, status, agent, reason in steps:
        pilot = "reopened" if rows else "started"
        cause = pilot if status == "Pilot" else status.lower()
        rows.append(EventRow(no, at * S, status, cause, agent, reason, "web", "support"))
    return rows


def answered(no: int, at: int, wait: int, talk: int, agent: str = "alice") -> list[EventRow]:
    """A chat that waits at once, is answered and hung up."""
    return events(
        no,
        (at, "Pilot", None, None),
        (at, "Waiting", None, None),
        (at, "Alerting", agent, None),
        (at + wait, "Answered", agent, None),
        (at + wait + talk, "Closed", agent, "Agent"),
    )


def left(no: int, at: int, wait: int, reason: str = "External") -> list[EventRow]:
    """A chat that is closed before an answer."""
    return events(
        no,
        (at, "Pilot", None, None),
        (at, "Waiting", None, None),
        (at + wait, "Closed", None, reason),
    )


def counted(
    rows: list[EventRow], wrapups: list[WrapupRow] | None = None, now: int = 10_000
) -> Contacts:
    """The figures of everything."""
    cells = Tallies(Contacts)
    terms = Terms(Span(0, 10_000 * S, None, UTC), now * S, 20 * S, lambda row: row.project)
    figures.count_contacts(contacts(rows, wrapups or []), terms, cells)
    return cells.total()


def test_what_became_of_contacts() -> None:
    """B-30: each offered contact is answered, abandoned, lapsed or still waits."""
    rows = [
        *answered(1, 100, 10, 60),
        *answered(2, 200, 20, 40),
        *answered(3, 300, 21, 80),
        *left(4, 400, 5),
        *left(5, 500, 50),
        *left(6, 600, 90, "Inactivity"),
        *events(7, (700, "Pilot", None, None), (700, "Closed", None, "Rule")),
        *events(8, (800, "Pilot", None, None), (800, "Waiting", None, None)),
    ]
    found = counted(rows, now=1_000)
    assert (found.offered, found.answered, found.abandoned) == (7, 3, 2)
    assert (found.lapsed, found.waiting, found.refused) == (1, 1, 1)
    assert (found.in_time, found.early) == (2, 1)
    assert found.service_level(Base.OFFERED) == 2 / 7
    assert found.service_level(Base.SETTLED) == 2 / 5
    assert found.service_level(Base.PATIENT) == 2 / 6
    assert (found.waited, found.longest) == (51 * S, 200 * S)
    assert (found.handled, found.talk) == (3, 180 * S)


def test_no_contacts_have_no_service_level() -> None:
    assert [Contacts().service_level(base) for base in Base] == [None, None, None]


def test_a_contact_counts_where_it_began_to_wait() -> None:
    cells = Tallies(Contacts)
    terms = Terms(Span(0, 300 * S, 100 * S, UTC), 900 * S, 20 * S, lambda row: row.gateway)
    rows = [*answered(1, 99, 10, 60), *answered(2, 100, 1, 1), *answered(3, 300, 1, 1)]
    figures.count_contacts(contacts(rows, []), terms, cells)
    assert {place: tally.answered for place, tally in cells.by_interval().items()} == {0: 1, 1: 1}


def test_a_reopened_chat_is_another_contact() -> None:
    rows = [
        *answered(1, 100, 10, 60),
        *events(1, (500, "Pilot", None, None), (500, "Waiting", None, None)),
        *events(1, (530, "Closed", None, "External")),
    ]
    rows[-1:] = [EventRow(1, 530 * S, "Closed", "closed", None, "External", "web", "support")]
    found = counted(rows)
    assert (found.offered, found.answered, found.abandoned) == (2, 1, 1)


def test_a_lost_agent_splits_the_work_and_not_the_contact() -> None:
    """B-11: the second wait is none of the visitor's first answer."""
    rows = events(
        1,
        (0, "Pilot", None, None),
        (0, "Waiting", None, None),
        (5, "Answered", "alice", None),
        (65, "Waiting", None, None),
        (100, "Answered", "bob", None),
        (130, "Closed", "bob", "Agent"),
    )
    (contact,) = contacts(rows, [WrapupRow(1, "bob", 130 * S, 142 * S)])
    assert [(h.agent, h.time) for h in contact.handlings] == [("alice", 60 * S), ("bob", 42 * S)]
    found = counted(rows, [WrapupRow(1, "bob", 130 * S, 142 * S)])
    assert (found.answered, found.waited) == (1, 5 * S)
    assert (found.handled, found.talk, found.wrapup) == (1, 90 * S, 12 * S)


def test_what_is_not_finished_has_no_handle_time_yet() -> None:
    rows = answered(1, 0, 5, 60)
    assert counted(rows[:-1]).handled == 0
    assert counted(rows, [WrapupRow(1, "alice", 65 * S, None)]).handled == 0
    assert counted(rows, [WrapupRow(1, "alice", 65 * S, 80 * S)]).wrapup == 15 * S


def test_an_agent_who_takes_over_begins_a_handling() -> None:
    rows = events(
        1,
        (0, "Pilot", None, None),
        (0, "Waiting", None, None),
        (5, "Answered", "alice", None),
        (6, "Answered", "alice", None),
        (30, "Answered", "bob", None),
        (50, "Closed", "bob", "Agent"),
    )
    (contact,) = contacts(rows, [])
    assert [(h.agent, h.time) for h in contact.handlings] == [("alice", 25 * S), ("bob", 20 * S)]


def test_one_chat_at_a_time_is_in_memory() -> None:
    taken = 0

    def endless() -> Iterator[EventRow]:
        nonlocal taken
        for no in range(1, 1_000_000):
            for row in answered(no, no, 1, 1):
                taken += 1
                yield row

    found = contacts(endless(), [])
    assert isinstance(next(found), Contact)
    assert taken < 20


def offer(at: int, ended: int | None, outcome: str | None) -> OfferRow:
    return OfferRow("alice", at * S, None if ended is None else ended * S, outcome, "web", "sales")


OFFERS = [
    offer(0, 4, "answered"),
    offer(10, 12, "answered"),
    offer(20, 50, "missed"),
    offer(60, 61, "rejected"),
    offer(70, 75, "withdrawn"),
    offer(80, None, None),
    offer(100, 130, "missed"),
]


def test_offers_by_what_they_were_about_and_by_agent() -> None:
    span = Span(0, 100 * S, None, UTC)
    by_project = Tallies(Contacts)
    figures.count_offers(OFFERS, Terms(span, 0, 0, lambda row: row.project), by_project)
    sales = by_project.at(0, "sales")
    assert (sales.missed, sales.rejected) == (1, 1)
    by_agent = Tallies(Work)
    agents.count_offers(OFFERS, span, by_agent)
    alice = by_agent.at(0, "alice")
    assert alice.offers == 6
    assert alice.outcomes == {"answered": 2, "missed": 1, "rejected": 1, "other": 1}
    assert alice.answering == 6 * S


def test_occupancy_and_states() -> None:
    """Ready from 0, two chats from 100 and 150 to 200, a wrap-up to 220, pause at 300, gone at 400."""
    states = [
        StateRow("alice", 0, "Ready"),
        StateRow("alice", 300 * S, "Pause"),
        StateRow("alice", 400 * S, "LogOff"),
    ]
    rows = [
        *answered(1, 90, 10, 100),
        *answered(2, 140, 10, 50),
    ]
    rows.sort(key=lambda row: row.at)
    holds = (agents.talks(rows, {}, 0), agents.wraps([WrapupRow(2, "alice", 200 * S, 220 * S)]))
    cells = Tallies(Work)
    agents.count_time(states, holds, Span(0, 500 * S, 250 * S, UTC), 10_000 * S, cells)
    first, second = cells.at(0, "alice"), cells.at(1, "alice")
    assert (first.busy, first.load, first.available) == (120 * S, 170 * S, 130 * S)
    assert first.occupancy == 120 / 250
    assert second.states == {"Ready": 50 * S, "Pause": 100 * S}
    assert (second.busy, second.available, second.staffed) == (0, 50 * S, 150 * S)


def test_a_state_lasts_until_now_and_not_longer() -> None:
    cells = Tallies(Work)
    span = Span(100 * S, 500 * S, None, UTC)
    agents.count_time([StateRow("bob", 0, "Ready")], (), span, 300 * S, cells)
    assert cells.total().states == {"Ready": 200 * S}


def test_who_held_a_chat_before_holds_it_at_the_start() -> None:
    rows = [EventRow(7, 130 * S, "Closed", "closed", "alice", "Agent", "web", None)]
    found = list(agents.talks(rows, {7: "alice"}, 100 * S))
    assert found == [Hold("alice", 100 * S, 1), Hold("alice", 130 * S, -1)]


def test_wrapups_end_in_their_own_order() -> None:
    rows = [
        WrapupRow(1, "a", 0, 50),
        WrapupRow(2, "b", 10, 20),
        WrapupRow(3, "c", 30, None),
    ]
    assert [(hold.agent, hold.at, hold.change) for hold in agents.wraps(rows)] == [
        ("a", 0, 1),
        ("b", 10, 1),
        ("b", 20, -1),
        ("c", 30, 1),
        ("a", 50, -1),
    ]


def test_intervals_are_as_long_as_asked_and_the_last_ends_with_the_whole() -> None:
    span = Span(0, 250 * S, 100 * S, UTC)
    assert span.bounds == [0, 100 * S, 200 * S, 250 * S]
    moments = (-1, 0, 100 * S - 1, 100 * S, 250 * S - 1, 250 * S)
    assert [span.index(at) for at in moments] == [None, 0, 0, 1, 2, None]
    assert list(span.cut(-50 * S, 120 * S)) == [(0, 100 * S), (1, 20 * S)]
    assert list(span.cut(150 * S, 900 * S)) == [(1, 50 * S), (2, 50 * S)]
    assert list(span.cut(300 * S, 200 * S)) == []


def test_days_are_days_of_the_calendar() -> None:
    """The day on which the clocks go back has 25 hours."""
    zone = ZoneInfo("Europe/Prague")
    start, end = parse_moment("2026-10-24", zone), parse_moment("2026-10-27", zone)
    bounds = Span(start, end, DAY, zone).bounds
    assert [(b - a) // (3_600 * S) for a, b in pairwise(bounds)] == [
        24,
        25,
        24,
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-09-21", "2026-09-20T22:00:00+00:00"),
        ("2026-09-21T08:30", "2026-09-21T06:30:00+00:00"),
        ("2026-09-21T08:30:00Z", "2026-09-21T08:30:00+00:00"),
        ("2026-09-21 08:30:00-05:00", "2026-09-21T13:30:00+00:00"),
    ],
)
def test_times_are_exact_or_of_the_zone(text: str, wanted: str) -> None:
    found = parse_moment(text, ZoneInfo("Europe/Prague"))
    assert found == to_micros(datetime.fromisoformat(wanted))


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "12:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time like"):
        parse_moment(text, UTC)


@pytest.mark.parametrize(("end", "interval"), [(0, None), (-5, 10), (10**12, 1)])
def test_a_time_that_cannot_be_cut_is_refused(end: int, interval: int | None) -> None:
    with pytest.raises(ValueError, match=r"later than the start|intervals"):
        Span(0, end, interval, UTC)


def row(
    at: int,
    status: str,
    cause: str,
    agent: str | None = None,
    project: str | None = "support",
    *,
    outbound: bool = False,
) -> EventRow:
    """An event of chat 1."""
    reason = {"Closed": {"wait_rule": "Rule", "bot": "Rule", "unbound": "Rule"}.get(cause, "Agent")}
    return EventRow(1, at * S, status, cause, agent, reason.get(status), "web", project, outbound)


def by_project(
    rows: list[EventRow], parkings: list[ParkingRow] | None = None
) -> dict[str, Contacts]:
    """The figures of each project."""
    cells = Tallies(Contacts)
    terms = Terms(Span(0, 10_000 * S, None, UTC), 10_000 * S, 20 * S, lambda row: row.project)
    figures.count_contacts(contacts(rows, [], parkings or []), terms, cells)
    return {str(key): tally for key, tally in cells.totals().items()}


PASSED_ON = [
    row(0, "Pilot", "started", project=None),
    row(0, "Waiting", "routed"),
    row(5, "Answered", "answered", "alice"),
    row(65, "Answered", "transferred", "bob", "sales"),
    row(95, "Waiting", "returned", None, "sales"),
    row(105, "Answered", "answered", "alice", "sales"),
    row(125, "Closed", "closed", "alice", "sales"),
]


def test_a_transfer_to_another_project_makes_no_second_contact() -> None:
    """B-29, B-30: offered and answered once, where it first waited; the move is told of both."""
    found = by_project(PASSED_ON)
    support, sales = found["support"], found["sales"]
    assert (support.offered, support.answered, support.waited) == (1, 1, 5 * S)
    assert (support.handled, support.talk) == (1, (60 + 30 + 20) * S)
    assert (support.transfers, support.transfers_out, support.returns) == (1, 1, 1)
    assert (sales.offered, sales.answered, sales.transfers_in, sales.handled) == (0, 0, 1, 0)


def test_the_work_is_of_those_who_had_the_chat() -> None:
    """B-29: each owner has their time; who handed over and who gave back is told."""
    cells, span = Tallies(Work), Span(0, 10_000 * S, None, UTC)
    parked = [ParkingRow(1, "alice", 20 * S, 50 * S), ParkingRow(1, "alice", 110 * S, 120 * S)]
    agents.count_handlings(contacts(PASSED_ON, [], parked), span, cells)
    alice, bob = cells.at(0, "alice"), cells.at(0, "bob")
    assert (alice.handlings, alice.talk, alice.hold) == (2, 80 * S, 40 * S)
    assert (bob.handlings, bob.talk, bob.hold) == (1, 30 * S, 0)
    assert (alice.transfers_out, alice.transfers_in) == (1, 0)
    assert (bob.transfers_out, bob.transfers_in, bob.returns) == (0, 1, 1)


def test_who_takes_a_chat_from_a_lost_owner_is_handed_nothing() -> None:
    """B-11, B-29: the owner is not said to have transferred it."""
    cells, span = Tallies(Work), Span(0, 10_000 * S, None, UTC)
    rows = [row(0, "Answered", "answered", "alice"), row(9, "Answered", "owner_lost", "bob")]
    agents.count_handlings(contacts(rows, []), span, cells)
    assert cells.at(0, "bob").transfers_in == 1
    assert cells.at(0, "alice").transfers_out == 0
    assert all(tally.transfers == 0 for tally in by_project(rows).values())


def test_parked_time_is_handle_time_and_no_work() -> None:
    """B-22, B-29: a parked chat holds no slot, a party does."""
    parked = [ParkingRow(1, "alice", 20 * S, 50 * S)]
    assert by_project(PASSED_ON, parked)["support"].hold == 30 * S
    cells, span = Tallies(Work), Span(0, 200 * S, None, UTC)
    party = PartyRow(1, "carol", 70 * S, 80 * S, "Consult", "web", "support")
    agents.count_parties([party], span, cells)
    holds = (agents.talks(PASSED_ON, {}, 0), agents.wraps(parked, -1), agents.wraps([party]))
    states = [StateRow(agent, 0, "Ready") for agent in ("alice", "bob", "carol")]
    agents.count_time(states, holds, span, 200 * S, cells)
    busy = {agent: cells.at(0, agent).busy // S for agent in ("alice", "bob", "carol")}
    assert busy == {"alice": 30 + 20, "bob": 30, "carol": 10}
    assert cells.at(0, "alice").available == 150 * S
    assert cells.at(0, "carol").joins == {"Consult": 1}


@pytest.mark.parametrize(
    ("end", "word", "refused"),
    [
        ([row(40, "Closed", "bot", None, None)], "contained", 0),
        ([row(40, "Closed", "closed", "robot", None)], "contained", 0),
        ([row(40, "Waiting", "bot_done"), row(44, "Answered", "answered", "al")], "bot_done", 0),
        ([row(40, "Waiting", "bot_silent")], "bot_silent", 0),
        ([EventRow(1, 40 * S, "Closed", "closed", None, "External", "web", None)], "bot", 0),
        ([EventRow(1, 40 * S, "Closed", "closed", None, "Rule", "web", None)], "bot", 1),
    ],
)
def test_what_came_of_a_bot(end: list[EventRow], word: str, refused: int) -> None:
    """B-40: time with a bot is no wait; what it ends is contained, not refused or abandoned."""
    rows = [row(0, "Pilot", "started", None, None), row(0, "ICR", "bot", None, None), *end]
    cells = Tallies(Contacts)
    terms = Terms(Span(0, 100 * S, None, UTC), 100 * S, 20 * S, lambda row: row.project)
    figures.count_contacts(contacts(rows, []), terms, cells)
    found = cells.total()
    assert (found.bots, found.with_bot, found.refused) == ({word: 1}, 1, refused)
    assert (found.abandoned, found.waited) == (0, 4 * S if word == "bot_done" else 0)
    assert found.offered == int(end[0].status == "Waiting")


def test_a_wait_rule_that_ends_a_chat_is_no_abandonment() -> None:
    """B-26: it is offered and lapsed, and told apart."""
    rows = [
        row(0, "Pilot", "started", project=None),
        row(0, "Waiting", "routed"),
        row(300, "Closed", "wait_rule"),
    ]
    found = counted(rows)
    assert (found.offered, found.lapsed, found.dismissed) == (1, 1, 1)
    assert (found.abandoned, found.refused) == (0, 0)


def test_outbound_chats_are_counted_apart() -> None:
    """B-2: in no service level, and not abandoned or refused when nobody binds them."""
    unbound = [
        row(0, "Pilot", "started", None, None, outbound=True),
        row(60, "Closed", "unbound", None, None, outbound=True),
    ]
    opened = [
        row(0, "Pilot", "started", None, None, outbound=True),
        row(0, "Answered", "opened", "alice", outbound=True),
        row(50, "Closed", "closed", "alice", outbound=True),
        row(90, "Pilot", "reopened", None, "support", outbound=True),
        row(90, "Waiting", "routed", outbound=True),
    ]
    found = counted(unbound)
    assert (found.outbound, found.unbound, found.reached) == (1, 1, 0)
    assert (found.offered, found.abandoned, found.lapsed, found.refused) == (0, 0, 0, 0)
    found = counted(opened)
    assert (found.outbound, found.reached, found.outbound_time) == (1, 1, 50 * S)
    assert (found.offered, found.answered, found.handled) == (1, 0, 0)
    cells = Tallies(Work)
    agents.count_handlings(contacts(opened, []), Span(0, 100 * S, None, UTC), cells)
    assert (cells.at(0, "alice").opened, cells.at(0, "alice").handlings) == (1, 1)


def test_spells_in_a_state_are_told_by_reason_cause_and_supervisor() -> None:
    """B-28: a change of the NextState is none; time is cut at the bounds, beginnings count once."""
    states = [
        StateRow("bob", 0, "Ready", None, "asked"),
        StateRow("bob", 50 * S, "Ready", None, "asked"),
        StateRow("bob", 150 * S, "Pause", "Lunch", "asked"),
        StateRow("bob", 160 * S, "Pause", None, "forced", "sue"),
        StateRow("bob", 170 * S, "LogOff", None, "asked"),
        StateRow("al", 180 * S, "PostCall", None, "next"),
    ]
    cells = Tallies(agent_states.StateDurations)
    span = Span(100 * S, 300 * S, 50 * S, UTC)
    agent_states.count_states(states, span, 200 * S, cells)
    name = agent_states.name_of(lambda agent: str(agent).title())
    found = {
        (place, name(key)): (t.begun, t.time // S) for (place, key), t in cells.by_place.items()
    }
    assert found == {
        (0, "Bob: Ready, by themselves"): (0, 50),
        (1, "Bob: Pause (Lunch), by themselves"): (1, 10),
        (1, "Bob: Pause, forced by Sue"): (1, 10),
        (1, "Al: PostCall, as they had asked for after their last chat"): (1, 20),
    }
    assert name(None) == "-"
