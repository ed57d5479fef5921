"""Live figures that follow a store, against the same read anew, and against `parley report`."""

from __future__ import annotations

from datetime import UTC

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from broker.config.model import HOUR, MINUTE, SECOND
from broker.reporting.figures.following import Follower
from broker.reporting.figures.state import day_start
from broker.reporting.times import DAY
from tests.support.busy_life import BusyLife
from tests.support.core_in_memory import START
from tests.support.figures_held import TARGETS, assert_reported, told
from tests.support.memory_store import memory_store
from tests.support.set_clock import later, moment
from tests.support.store_life import Life


def look(follower: Follower, connection: Connection, now: int) -> None:
    """Follow the store."""
    with connection.begin():
        found = follower.look(connection, now)
    follower.take(found)


@example(seed=117, acts=250, every=3, busy=False)
@example(seed=69, acts=300, every=5, busy=True)
@example(seed=120, acts=300, every=1, busy=True)
@example(seed=2224211893, acts=164, every=7, busy=True)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    acts=st.integers(10, 120),
    every=st.integers(1, 30),
    busy=st.booleans(),
)
def test_what_follows_is_what_is_read_anew_and_what_is_reported(
    seed: int, acts: int, every: int, busy: bool
) -> None:
    """A cursor and a fold come to the same as a fold of everything, and as the reports."""
    life = (BusyLife if busy else Life).of_seed(seed)
    store = memory_store()
    connection = store._connection
    follower = Follower(TARGETS, UTC)
    for number in range(acts):
        life.act()
        if number % every == 0:
            store.commit(life.take())
            look(follower, connection, life.now)
    store.commit(life.take())
    now = life.now + MINUTE
    look(follower, connection, now)
    anew = Follower(TARGETS, UTC)
    look(anew, connection, now)
    assert told(follower) == told(anew)
    assert follower.begun == 1
    for day in (day_start(now - DAY, UTC), day_start(now, UTC)):
        assert_reported(follower, connection, day)
    store.close()


# What lies in the outage, or on its edge, and clocks that are set back.
@example(seed=69, acts=300, cut=40, away=14 * HOUR, busy=True)
@example(seed=126, acts=300, cut=2, away=-240 * HOUR, busy=True)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    acts=st.integers(10, 120),
    cut=st.integers(0, 1_000),
    away=st.sampled_from([90 * SECOND, HOUR, 14 * HOUR, -240 * HOUR]),
    busy=st.booleans(),
)
def test_it_follows_over_an_outage_and_a_set_clock(
    seed: int, acts: int, cut: int, away: int, busy: bool
) -> None:
    """What was counted before is not counted otherwise by it."""
    life = (BusyLife if busy else Life).of_seed(seed)
    facts = life.batch(acts)
    whole = [n for n in range(1, len(facts)) if moment(facts[n - 1]) < moment(facts[n])]
    whole.append(len(facts))  # what was decided at one moment is written at once
    cut = whole[cut % len(whole)]
    left = max(map(moment, facts[:cut]))
    now = max(life.now, left) + MINUTE + away
    store = memory_store()
    follower = Follower(TARGETS, UTC)
    connection = store._connection
    store.begin_life(START - HOUR)
    look(follower, connection, START)
    half = whole[whole.index(cut) // 2]
    for some in (facts[:half], facts[half:cut]):
        store.commit(some)
        store.note_life(max((moment(fact) for fact in some), default=START))
        look(follower, connection, max((moment(fact) for fact in some), default=START))
    store.note_life(left)
    look(follower, connection, left + 5 * SECOND)
    store.commit([later(fact, left, away) for fact in facts[cut:]])
    store.note_life(now, since=left + away)
    look(follower, connection, now)
    anew = Follower(TARGETS, UTC)
    look(anew, connection, now)
    if follower.kept_since(now) == follower.kept_since(START):
        assert told(follower) == told(anew)
    for day in (day_start(now - DAY, UTC), day_start(now, UTC)):
        assert_reported(anew, connection, day)
        assert_reported(follower, connection, day)
    store.close()
