"""What came of a time, as rows, recorded or replayed, and its figures.

Theory of operation: both kinds of history become the same rows, those that a report reads, and
are counted by the report's own functions. So a figure means here what it means there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Final, TypeVar

from attrs import define, evolve, field, frozen

from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    Fact,
    OfferEnded,
    OfferMade,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import ChatCause
from broker.reporting import agents
from broker.reporting import contacts as figures
from broker.reporting.agents import Work
from broker.reporting.contacts import Contacts, Tallies, Terms, part
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
from broker.reporting.times import Span
from protocol.values import ChatStatus

WHOLE: Final = -1
"""In place of an interval: all of them together."""
R = TypeVar("R", WrapupRow, OfferRow, ParkingRow, PartyRow)
EVERY: Final = "*"
"""In place of a project: all of them together, and what has none."""


@frozen(kw_only=True)
class Outcome:
    """What happened.

    Attributes:
        events: Chat by chat in the order of `no`, each in its order.
        wrapups: In the order of `no`.
        offers: All of them.
        states: The agents' states in order of time.
        held: Which chats were held by whom before the first event.
        parked: When agents put chats aside, in order of time; in a replay nobody does.
        joined: When agents were in others' chats, likewise.
        until: Until when it tells.
    """

    events: Sequence[EventRow]
    wrapups: Sequence[WrapupRow]
    offers: Sequence[OfferRow]
    states: Sequence[StateRow]
    held: Mapping[int, str] = field(factory=dict)
    parked: Sequence[ParkingRow] = ()
    joined: Sequence[PartyRow] = ()
    until: int

    def as_of(self, at: int) -> Outcome:
        """What was known of it at a moment: nothing later has begun, and nothing ended later."""
        return evolve(
            self,
            events=[row for row in self.events if row.at <= at],
            wrapups=_begun(self.wrapups, at, lambda row: evolve(row, ended=None, cause=None)),
            offers=_begun(self.offers, at, lambda row: evolve(row, ended=None, outcome=None)),
            states=[row for row in self.states if row.at <= at],
            parked=_begun(self.parked, at, lambda row: evolve(row, ended=None)),
            joined=_begun(self.joined, at, lambda row: evolve(row, ended=None)),
            until=min(self.until, at),
        )


def _begun(rows: Sequence[R], at: int, endless: Callable[[R], R]) -> list[R]:
    """What began by a moment, without its end where that is later."""
    return [
        row if row.ended is None or row.ended <= at else endless(row)
        for row in rows
        if row.at <= at
    ]


@define
class Scribe:
    """Writer of what the core decided, as a store would."""

    _events: list[EventRow] = field(factory=list)
    _wrapups: dict[tuple[int, int], WrapupRow] = field(factory=dict)
    _wrapping: dict[int, int] = field(factory=dict)
    _offers: dict[int, OfferRow] = field(factory=dict)
    _states: list[StateRow] = field(factory=list)
    _gateways: dict[int, str] = field(factory=dict)
    _projects: dict[int, str] = field(factory=dict)

    def take(self, fact: Fact) -> None:
        """Write a fact down, if figures depend on it."""
        match fact:
            case ChatStarted():
                self._gateways[fact.no] = fact.gateway
                self._event(fact, ChatStatus.PILOT, ChatCause.STARTED)
            case ChatReopened():
                self._event(fact, ChatStatus.PILOT, ChatCause.REOPENED)
            case ChatRouted():
                self._projects[fact.no] = fact.project
            case ChatMoved():
                told = (fact.agent, fact.close_reason, fact.project)
                self._event(fact, fact.status, fact.cause, *told)
            case OfferMade():
                about = (self._gateways[fact.no], self._projects.get(fact.no))
                self._offers[fact.offer] = OfferRow(
                    fact.agent, fact.at, None, None, *about, fact.no, fact.mode
                )
            case OfferEnded():
                made = self._offers[fact.offer]
                self._offers[fact.offer] = evolve(made, ended=fact.at, outcome=fact.outcome)
            case WrapupStarted():
                self._wrapping[fact.no] = fact.at
                row = WrapupRow(fact.no, fact.agent, fact.at, None)
                self._wrapups[fact.no, fact.at] = row
            case WrapupEnded():
                key = (fact.no, self._wrapping[fact.no])
                ended = evolve(self._wrapups[key], ended=fact.at, cause=fact.cause)
                self._wrapups[key] = ended
            case AgentMoved():
                self._states.append(StateRow(fact.agent, fact.at, fact.state))
            case _:
                pass

    def _event(
        self,
        fact: ChatStarted | ChatReopened | ChatMoved,
        status: ChatStatus,
        cause: str,
        agent: str | None = None,
        reason: str | None = None,
        project: str | None = None,
    ) -> None:
        gateway = self._gateways[fact.no]
        row = EventRow(fact.no, fact.at, status, cause, agent, reason, gateway, project)
        self._events.append(row)

    def outcome(self, until: int) -> Outcome:
        """Everything so far."""
        return Outcome(
            events=sorted(self._events, key=attrgetter("no")),
            wrapups=[self._wrapups[key] for key in sorted(self._wrapups)],
            offers=list(self._offers.values()),
            states=self._states,
            until=until,
        )


@frozen(kw_only=True)
class Score:
    """The figures of a time and a project.

    Attributes:
        contacts: What became of contacts; its service level is that of the first threshold.
        levels: The service level of each threshold.
        busy: How long agents held a chat of the project.
        staffed: How long they held any chat or were there for one.
    """

    contacts: Contacts
    levels: Mapping[int, float | None]
    busy: int
    staffed: int

    @property
    def occupancy(self) -> float | None:
        """Which part of the agents' time for chats went into this project."""
        return part(self.busy, self.staffed)


@frozen(kw_only=True)
class Question:
    """What is asked.

    Attributes:
        span: About which time.
        thresholds: After how long an answer still is in time; at least one.
        base: Of what the service level is a part.
    """

    span: Span
    thresholds: Sequence[int]
    base: figures.Base = figures.Base.OFFERED


Scores = Mapping[tuple[int, str | None], Score]
"""Figures by interval (or `WHOLE`) and project (or `EVERY`)."""


def score(outcome: Outcome, question: Question) -> Scores:
    """The figures of an outcome."""
    span, first = question.span, question.thresholds[0]
    tallies = {
        threshold: _sums(_contacts(outcome, span, threshold)) for threshold in question.thresholds
    }
    projects = dict.fromkeys(row.project for row in outcome.events)
    times = {project: _times(outcome, span, project) for project in (EVERY, *projects)}
    nothing = Contacts()
    found: dict[tuple[int, str | None], Score] = {}
    for place, project in tallies[first]:
        mine, all_of_it = times.get(project, {}).get(place), times[EVERY].get(place)
        found[place, project] = Score(
            contacts=tallies[first][place, project],
            levels={
                threshold: tally.get((place, project), nothing).service_level(question.base)
                for threshold, tally in tallies.items()
            },
            busy=mine.busy if mine is not None else 0,
            staffed=all_of_it.busy + all_of_it.available if all_of_it is not None else 0,
        )
    return found


def _sums(tallies: Tallies[Contacts]) -> dict[tuple[int, str | None], Contacts]:
    """The tallies of each interval and project, and of all of either."""
    sums = dict(tallies.by_place)
    sums |= {(place, EVERY): tally for place, tally in tallies.by_interval().items()}
    sums |= {(WHOLE, project): tally for project, tally in tallies.totals().items()}
    sums[WHOLE, EVERY] = tallies.total()
    return sums


def _contacts(outcome: Outcome, span: Span, threshold: int) -> Tallies[Contacts]:
    tallies = Tallies(Contacts)
    terms = Terms(span, outcome.until, threshold, _project)
    figures.count_contacts(contacts(outcome.events, outcome.wrapups), terms, tallies)
    figures.count_offers(outcome.offers, terms, tallies)
    return tallies


def _project(row: Contact | OfferRow | PartyRow) -> str | None:
    return row.project


def _times(outcome: Outcome, span: Span, project: str | None) -> dict[int, Work]:
    """What agents did with their time in each interval, as far as chats of a project go."""
    of = {row.no: row.project for row in outcome.events}

    def mine(no: int) -> bool:
        return project == EVERY or (no in of and of[no] == project)

    events = sorted((row for row in outcome.events if mine(row.no)), key=attrgetter("at"))
    wrapups = sorted((row for row in outcome.wrapups if mine(row.no)), key=attrgetter("at"))
    held = {no: agent for no, agent in outcome.held.items() if mine(no) and no not in of}
    start = min(span.first, events[0].at) if events else span.first
    holds = (
        agents.talks(events, held, start),
        agents.wraps(wrapups),
        agents.wraps([row for row in outcome.parked if mine(row.no)], -1),
        agents.wraps([row for row in outcome.joined if mine(row.no)]),
    )
    tallies = Tallies(Work)
    agents.count_time(outcome.states, holds, span, outcome.until, tallies)
    return {**tallies.by_interval(), WHOLE: tallies.total()}
