"""The broker's own time, by hand (B-30)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.reporting.listened import ALWAYS, BEYOND, FOREVER, Listened, Outage, stretches_of

M = 60_000_000
OUTAGE = Listened(stretches_of([(0, 10 * M), (100 * M, 200 * M)], 0, 1_000 * M))
"""Away from 10 to 100."""
BACK = Listened(stretches_of([(0, 100 * M), (40 * M, 90 * M)], 0, 1_000 * M), {"t": [7]})
"""Set back from 100 to 40 after the row number 7."""


@pytest.mark.parametrize("at", [-5, 0, 10**15, 10**18])
def test_without_any_rows_every_time_is_its_own(at: int) -> None:
    assert (ALWAYS.own(at), ALWAYS.wall(at), ALWAYS.after(at, at + 3)) == (at, at, at + 3)
    assert Listened(stretches_of([], 0, 5)).stretches == ALWAYS.stretches
    assert list(ALWAYS.outages(at, at + 5)) == []


def test_an_outage_takes_a_microsecond() -> None:
    assert OUTAGE.own(10 * M) == 10 * M
    assert OUTAGE.own(100 * M) == 10 * M + 1
    assert OUTAGE.own(130 * M) - OUTAGE.own(4 * M) == 36 * M + 1
    assert [OUTAGE.wall(own) for own in (10 * M, 10 * M + 1)] == [10 * M, 100 * M]
    assert list(OUTAGE.walls(4 * M, 20 * M)) == [(4 * M, 10 * M), (100 * M, 110 * M - 1)]
    assert list(OUTAGE.outages(0, 20 * M)) == [Outage(10 * M, 10 * M, 100 * M)]
    assert list(OUTAGE.outages(0, 10 * M)) == []


def test_what_is_from_an_outage_is_from_its_nearer_end() -> None:
    assert OUTAGE.own(12 * M) == 10 * M
    assert OUTAGE.own(90 * M) == 10 * M + 1


def test_before_the_first_row_and_behind_the_last_everything_counts() -> None:
    assert OUTAGE.own(-50 * M) == -50 * M
    assert OUTAGE.own(300 * M) - OUTAGE.own(200 * M) == 100 * M


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    before, after = BACK.of_row("t", 7, 99 * M), BACK.of_row("t", 8, 41 * M)
    assert after - before == 2 * M + 1
    assert (BACK.wall(before), BACK.wall(after)) == (99 * M, 41 * M)
    assert BACK.after(before, 41 * M) == after
    assert BACK.after(before, 100 * M) == before + M
    assert BACK.after(after, 50 * M) == after + 9 * M
    assert BACK.shown(before, after) == (40 * M, 100 * M)
    assert list(BACK.outages(before, after)) == [Outage(100 * M, 100 * M, 40 * M)]


def test_what_cannot_have_come_later_came_at_once() -> None:
    assert BACK.after(BACK.of_row("t", 8, 80 * M), 41 * M) == BACK.of_row("t", 8, 80 * M)


def test_own_times_are_those_of_the_wall_where_one_asks() -> None:
    days = [(0, 10 * M), (100 * M, 200 * M), (50 * M, 400 * M)]
    found = Listened(stretches_of(days, 150 * M, 180 * M))
    assert found.own(160 * M) == 160 * M
    assert found.touching(150 * M, 180 * M) == (0, 1)
    assert found.touching(350 * M, 380 * M) == (1, 1)
    late = Listened(stretches_of(days, 350 * M, 380 * M))
    assert late.own(360 * M, 1) == 360 * M


def test_a_slow_clock_is_none_that_was_set_back() -> None:
    """Notes of one that walks a correction off overlap by some seconds."""
    slow = stretches_of([(0, 10 * M), (10 * M - BEYOND // 4, 11 * M), (11 * M - 9, 12 * M)], 0, M)
    assert [(s.begin, s.end, s.era) for s in slow] == [(-FOREVER, 12 * M, 0)]
    inside = stretches_of([(0, 10 * M), (10 * M - 9, 10 * M - 5)], 0, M)
    assert [(s.begin, s.end) for s in inside] == [(-FOREVER, 10 * M)]


spans = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 90)).map(
        lambda pair: (pair[0] * M, (pair[0] + pair[1]) * M)
    ),
    min_size=1,
    max_size=8,
)


@given(spans=spans, start=st.integers(0, 500), ats=st.lists(st.integers(0, 600), min_size=2))
def test_whatever_the_rows_say_time_goes_on(
    spans: list[tuple[int, int]], start: int, ats: list[int]
) -> None:
    """Own times of an era keep the order of the wall, and those of a later era are later."""
    found = Listened(stretches_of(spans, start * M, (start + 50) * M))
    walls = sorted(at * M for at in ats)
    owns = [found.own(at, era) for era in range(found.eras) for at in walls]
    last = found.own(found.extent(found.eras - 1)[1], found.eras - 1)
    assert owns == sorted(owns) or max(walls) > found.extent(found.eras - 1)[0]
    for era in range(found.eras):
        mine = [found.own(at, era) for at in walls]
        assert mine == sorted(mine)
        assert era + 1 == found.eras or mine[-1] < found.own(0, era + 1)
    listened = sum(end - begin for begin, end in found.walls(found.own(0), last))
    gaps = len(found.stretches) - 1
    assert listened >= 0
    assert last - found.own(0) >= listened - gaps
    for own in owns:
        assert all(found.after(own, at) >= own for at in walls)
