"""Service levels and what is told with them, against days that were worked out by hand."""

from __future__ import annotations

import pytest

from broker.reporting.figures.log import Timed
from broker.reporting.figures.state import State
from broker.reporting.figures.sums import Asked, longest, of_day, of_times, total
from broker.reporting.figures.tallies import Tally
from tests.support.figures_log import THRESHOLD, S, answered, chat, folded, left, waits

ALL = Asked(by=())


def day_of(state: State, now: int, asked: Asked = ALL) -> Tally:
    """The figures of the day, at a second."""
    return total(of_day(state, asked, 0, now * S))


def worked_example() -> list[list[Timed]]:
    """A hundred contacts: 70 answered in time, 10 given up in time, the rest neither."""
    return [
        *(answered(no, 5) for no in range(70)),
        *(left(no, THRESHOLD) for no in range(70, 80)),
        *(answered(no, THRESHOLD + 1) for no in range(80, 88)),
        *(left(no, 60) for no in range(88, 95)),
        *(left(no, 60, reason="Rule") for no in range(95, 97)),
        *(waits(no) for no in range(97, 100)),
    ]


def test_the_three_service_levels_of_one_hundred_contacts() -> None:
    """Of 100 events 70 were answered and 10 given up within the threshold: 70, 77.8 and 80 percent."""
    tally = day_of(folded(*worked_example()), 200)
    assert tally.events == 100
    levels = (tally.negative, tally.ignored, tally.positive)
    assert [round(100 * (level or 0), 1) for level in levels] == [70.0, 77.8, 80.0]


def test_an_event_is_counted_when_the_threshold_passes_and_not_when_the_contact_ends() -> None:
    state = folded(waits(1), answered(2, 5))
    assert (day_of(state, THRESHOLD).events, day_of(state, THRESHOLD).negative) == (1, 1.0)
    assert (day_of(state, THRESHOLD + 1).events, day_of(state, THRESHOLD + 1).negative) == (2, 0.5)
    later = folded(left(1, 90), answered(2, 5))
    assert (day_of(later, 100).events, day_of(later, 100).negative) == (2, 0.5)


@pytest.mark.parametrize(
    ("one", "events"),
    [
        (left(1, THRESHOLD, reason="Rule"), 0),
        (left(1, THRESHOLD + 1, reason="Rule"), 1),
        (left(1, 3), 1),
        (answered(1, 3), 1),
        (waits(1, at=100), 0),
    ],
)
def test_what_is_an_event(one: list[Timed], events: int) -> None:
    """A contact that is closed by a rule within the threshold is none: it was neither served nor given up."""
    assert day_of(folded(one), 110).events == events


def test_who_gives_up_shortly_is_counted_nowhere_else() -> None:
    """Within, or in the very moment; whoever waits longer has given up as usual."""
    logs = (left(1, 4), left(2, 5), left(3, 6), left(4, 2, reason="Rule"))
    tally = day_of(folded(*logs, short=5), 100)
    assert (tally.short, tally.offered, tally.abandoned, tally.early) == (2, 2, 1, 1)
    usual = day_of(folded(*logs), 100)
    assert (usual.short, usual.offered, usual.abandoned) == (0, 4, 3)


def test_speed_and_handle_time() -> None:
    tally = day_of(folded(answered(1, 4, talk=100), answered(2, 10, talk=200)), 1_000)
    assert (tally.speed, tally.handle_time) == (7.0, 150.0)
    empty = Tally()
    assert (empty.negative, empty.ignored, empty.positive, empty.speed, empty.handle_time) == (
        *(None, None, None, None, None),
    )


def test_a_group_is_what_was_asked_for() -> None:
    state = folded(
        answered(1, 4),
        chat(2, (0, "Pilot", None, None), (0, "Waiting", None, None), project="sales"),
        chat(3, (0, "Pilot", None, None), (0, "Waiting", None, None), project=None, language="cs"),
    )
    by_project = of_day(state, Asked(), 0, 5 * S)
    assert {group: tally.offered for group, tally in by_project.items()} == {
        ("support",): 1,
        ("sales",): 1,
        (None,): 1,
    }
    both = Asked(by=("language", "gateway"))
    assert set(of_day(state, both, 0, 5 * S)) == {("en", "web"), ("cs", "web")}
    mine = Asked(projects=frozenset({"sales", "support"}))
    assert set(of_day(state, mine, 0, 5 * S)) == {("sales",), ("support",)}
    only = Asked(projects=frozenset({"sales"}), only=(("language", "en"),))
    assert set(of_day(state, only, 0, 5 * S)) == {("sales",)}
    assert of_day(state, Asked(only=(("gateway", "mail"),)), 0, 5 * S) == {}


def test_of_some_time() -> None:
    """A contact counts as a whole in the quarter in which it began to wait."""
    state = folded(answered(1, 30, at=890), waits(2, at=900))
    sums = of_times(state, ALL, (0, 900 * S, 1_800 * S), 10_000 * S)
    first, second = sums[0, ()], sums[1, ()]
    assert (first.offered, first.answered, first.overdue) == (1, 1, 0)
    assert (second.offered, second.waiting, second.overdue) == (1, 1, 1)
    assert of_times(state, ALL, (1_800 * S, 2_700 * S), 10_000 * S) == {}


def test_the_longest_wait_that_is_over() -> None:
    state = folded(answered(1, 30), left(2, 40), waits(3))
    assert longest(state, ALL, 0) == {(): 40 * S}
    assert longest(state, ALL, 86_400 * S) == {}
