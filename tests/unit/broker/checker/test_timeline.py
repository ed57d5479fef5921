"""The checker's own reckoning of when the broker listened (B-13)."""

from __future__ import annotations

import pytest

from broker.checker.history import Event, Kind
from broker.checker.timeline import Timeline

SECOND = 1_000_000


def timeline(*moments: tuple[int, Kind]) -> Timeline:
    """That of a broker that was started at 0."""
    return Timeline.read(Event(at * SECOND, kind) for at, kind in ((0, Kind.STARTED), *moments))


@pytest.mark.parametrize("kind", [Kind.CRASHED, Kind.FAILED])
def test_what_is_due_while_the_broker_is_down_comes_a_grace_later(kind: Kind) -> None:
    """B-13, I-16: gone with its process, or without a state since its store failed."""
    line = timeline((100, kind), (103, Kind.STARTED))
    assert line.listened(0, 110 * SECOND) == 107 * SECOND
    assert line.over(91 * SECOND, 10 * SECOND) == 113 * SECOND
    assert line.over(89 * SECOND, 10 * SECOND) == 99 * SECOND


def test_what_was_due_just_before_the_broker_died_may_not_be_durable() -> None:
    """B-13, I-16: its commit was under way; so it comes a grace after the start."""
    line = timeline((100, Kind.CRASHED), (103, Kind.STARTED))
    assert line.over(89 * SECOND + SECOND // 2, 10 * SECOND) == 113 * SECOND


@pytest.mark.parametrize("kind", [Kind.CRASHED, Kind.FAILED])
def test_what_was_decided_while_the_last_commit_took_long_is_not_durable(kind: Kind) -> None:
    """B-13, I-16: however long ago that began."""
    events = [
        Event(0, Kind.STARTED),
        Event(100 * SECOND, kind, data={"undurable": 96 * SECOND}),
        Event(103 * SECOND, Kind.STARTED),
    ]
    line = Timeline.read(events)
    assert line.over(87 * SECOND, 10 * SECOND) == 113 * SECOND
    assert line.over(84 * SECOND, 10 * SECOND) == 94 * SECOND


@pytest.mark.parametrize(
    ("facts", "until"),
    [([["sentence", "chat"]], 1103), ([["confirm", "chat"]], 1113), ([], 1113)],
)
def test_what_was_listened_since_it_was_last_noted_may_be_unknown(
    facts: list[list[str]], until: int
) -> None:
    """B-13, I-16: unless something was written whose row says when."""
    events = [
        Event(0, Kind.STARTED),
        Event(1_000 * SECOND, Kind.COMMITTED, data={"facts": [["sentence", "chat"]]}),
        Event(1_010 * SECOND, Kind.COMMITTED, data={"facts": facts}),
        Event(1_010 * SECOND, Kind.CRASHED),
        Event(1_013 * SECOND, Kind.STARTED),
    ]
    assert Timeline.read(events).over(1_000 * SECOND, 100 * SECOND) == until * SECOND


def test_a_process_that_ends_after_its_store_failed_is_down_from_then_on() -> None:
    """B-13."""
    line = timeline((100, Kind.FAILED), (101, Kind.CRASHED), (104, Kind.STARTED))
    assert line.listened(90 * SECOND, 110 * SECOND) == 16 * SECOND


def test_what_is_due_while_a_commit_takes_long_comes_a_grace_after_it() -> None:
    """B-13: the broker is deaf from its fourth second on, and answered nobody in the three before."""
    line = Timeline.read(
        [Event(0, Kind.STARTED), Event(100 * SECOND, Kind.RESUMED, data={"deaf": SECOND})]
    )
    assert line.over(89 * SECOND, 8 * SECOND) == 108 * SECOND
    assert line.over(86 * SECOND, 8 * SECOND) == 94 * SECOND


@pytest.mark.parametrize(
    ("begins", "means"),
    [(95, 106), (-605, 99)],
    ids=["behind what was said in vain", "behind what is stored"],
)
def test_a_clock_that_begins_anew_means_its_own_times(begins: int, means: int) -> None:
    """B-14: whoever was killed was further, with nothing stored; or the clock was put back by much."""
    clocks = ((0, 0, 0), (97, 96, -1), (103, begins, begins - 103))
    read = [
        Event(at * SECOND, Kind.CLOCK, data={"core": core * SECOND, "lag": lag * SECOND})
        for at, core, lag in clocks
    ]
    line = Timeline.read(
        [Event(0, Kind.STARTED), *read[:2], Event(103 * SECOND, Kind.STARTED), read[2]]
    )
    assert line.moment(94 * SECOND) == 94 * SECOND
    assert line.moment(98 * SECOND) == means * SECOND
    assert line.moment((begins + 5) * SECOND) == 108 * SECOND
