"""Live figures held against the same read anew, and against `parley report`."""

from __future__ import annotations

from datetime import UTC
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection

from broker.config.model import SECOND
from broker.reporting.contacts import Contacts
from broker.reporting.contacts import Terms as ReportTerms
from broker.reporting.figures.following import Follower
from broker.reporting.figures.state import Spent, State, Targets
from broker.reporting.figures.tallies import Tally, Terms, wait_of
from broker.reporting.lives import of_span
from broker.reporting.report import count_contacts, count_work
from broker.reporting.times import DAY, Span

THRESHOLD: Final = 3 * SECOND
TARGETS: Final = Targets(Terms(THRESHOLD))


def told(follower: Follower) -> dict[str, Any]:
    """Everything that a state says, in plain values."""
    state = follower.state
    assert state is not None
    chats = {
        (c.no, c.status, c.project, c.language, c.holder, c.waiting_since)
        for c in state.chats.values()
        if c.is_open
    }
    pending = {(one.chat.no, one.contact.queued, one.key) for one in state.pending.values()}
    agents = {key: (a.state, a.reason, a.since, a.held) for key, a in state.agents.items()}
    return {
        "cells": {key: one for key, one in state.by_slot.items() if one != Tally()},
        "totals": {key: one for key, one in state.totals.items() if one != Tally()},
        "longest": {key: wait for key, wait in state.longest.items() if wait},
        "chats": chats,
        "pending": pending,
        "agents": {key: one for key, one in agents.items() if one[0] != "LogOff" or one[3]},
        "work": {key: one for key, one in spent(state, follower).items() if one != Spent()},
        "conversations": dict(state.conversations),
        "listed": {
            slot: sorted(one.order for one in some) for slot, some in state.slots.items() if some
        },
    }


def spent(state: State, follower: Follower) -> dict[tuple[int, str], Spent]:
    """What agents did by now, by day."""
    return {
        (day, agent): state.spent_by(agent, day, follower.until)
        for day in {state.day_of(follower.at), *(day for day, _ in state.days)}
        for agent in state.agents
    }


def assert_reported(follower: Follower, connection: Connection, day: int) -> None:
    """Hold the figures of a day against those of the reports."""
    state = follower.state
    assert state is not None
    with connection.begin():
        span, until = of_span(connection, Span(day, day + DAY, None, UTC), follower.at)
        now = follower.until if until is None else until
        for by in ("project", "gateway"):
            terms = ReportTerms(span, now, THRESHOLD, attrgetter(by))
            for key, tally in count_contacts(connection, terms).totals().items():
                keys = [k for d, k in state.totals if d == day and getattr(k, by) == key]
                figures = Tally()
                for one in keys:
                    figures.add(state.totals[day, one])
                assert_same(figures, tally)
                waits = [state.longest.get((day, one), 0) for one in keys]
                waits += [
                    wait_of(one.contact, follower.until)
                    for one in state.pending.values()
                    if one.key in keys and one.slot is not None and state.day_of(one.slot) == day
                ]
                assert max(waits, default=0) == tally.longest
        work = count_work(connection, span, now)
    for agent in state.agents:
        mine, theirs = state.spent_by(agent, day, follower.until), work.at(0, agent)
        assert (mine.logged_in, mine.busy, mine.available) == (
            theirs.staffed,
            theirs.busy,
            theirs.available,
        )


def assert_same(figures: Tally, report: Contacts) -> None:
    """What both count they count alike."""
    shared = (
        *("offered", "answered", "in_time", "abandoned", "early", "lapsed", "waiting"),
        *("waited", "handled", "talk", "hold", "wrapup"),
    )
    assert {n: getattr(figures, n) for n in shared} == {n: getattr(report, n) for n in shared}
