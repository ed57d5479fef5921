"""The time of day, for what is recorded and shown (B-14)."""

from itertools import pairwise

import pytest
from attrs import define

from broker.shell.clock import Clock
from broker.shell.life_signs import Diary, Entry
from broker.shell.listening_clock import GAP, Attention

SECOND = 1_000_000
MINUTE = 60 * SECOND


@define
class Watches:
    """A system clock and a steady one, to be set by hand."""

    wall: int = 1_000 * MINUTE
    steady: int = 5 * MINUTE

    def pass_by(self, micros: int) -> None:
        self.wall += micros
        self.steady += micros

    def clock(self, last: int = 0) -> Clock:
        return Clock(wall=lambda: self.wall, monotonic=lambda: self.steady, last=last)

    def attention(self) -> Attention:
        return Attention(steady=lambda: self.steady)


@pytest.fixture
def watches() -> Watches:
    return Watches()


def test_it_says_what_the_system_says(watches: Watches) -> None:
    """B-14."""
    clock = watches.clock()
    watches.pass_by(123)
    assert clock() == watches.wall
    watches.pass_by(7 * MINUTE)
    assert clock() == watches.wall


@pytest.mark.parametrize("minutes", [90, -90, 60 * 24 * 400, -60 * 24 * 400])
def test_it_follows_a_clock_that_is_put_forward_or_far_back_at_once(
    watches: Watches, minutes: int
) -> None:
    """B-14."""
    clock = watches.clock()
    clock()
    watches.wall += minutes * MINUTE
    watches.pass_by(SECOND)
    assert clock() == watches.wall


@pytest.mark.parametrize("told", [True, False], ids=["while it runs", "between two lives"])
def test_it_walks_a_small_correction_off(watches: Watches, told: bool) -> None:
    """B-14: what is recorded keeps its order, and the time is right again soon."""
    clock = watches.clock(last=0 if told else watches.wall)
    if told:
        clock()
    watches.wall -= 9 * MINUTE
    said = [clock()]
    for _ in range(18 * 60):
        watches.pass_by(SECOND)
        said.append(clock())
    assert all(earlier <= later for earlier, later in pairwise(said))
    assert said[-2] >= watches.wall - SECOND
    assert said[-1] == watches.wall


def test_attention_counts_what_was_looked_at(watches: Watches) -> None:
    """B-13, B-14: a gap is no time, whatever the system's clock says; and it is remembered."""
    attention = watches.attention()
    for passed in (1, GAP, SECOND):
        watches.pass_by(passed)
        attention.look()
    assert attention.up == 1 + GAP + SECOND
    watches.wall += 90 * MINUTE
    watches.pass_by(GAP + 1)
    assert attention.look() == 1 + GAP + SECOND
    assert (attention.deaf, attention.frozen) == (GAP + 1, GAP + 1)


def test_attention_stands_still_while_a_commit_is_stalled(watches: Watches) -> None:
    """B-13: nothing may be answered then, so nobody's time runs; the process itself is not frozen."""
    attention = watches.attention()
    attention.commit_since = attention.look()
    while not attention.stalled:
        watches.pass_by(SECOND)
        attention.look()
    up = attention.up
    assert GAP < up <= GAP + SECOND
    watches.pass_by(SECOND)
    assert (attention.look(), attention.deaf, attention.frozen) == (up, SECOND, 0)
    attention.commit_since = None
    watches.pass_by(SECOND)
    assert attention.look() == up + SECOND


def test_the_diary_notes_now_and_then_that_all_is_well(watches: Watches) -> None:
    """B-13."""
    diary = Diary(watches.clock(), watches.attention())
    noted = []
    for _ in range(100):
        watches.pass_by(SECOND // 2)
        noted.append(diary.look())
    assert [when for when, said in enumerate(noted, 1) if said is not None] == [30, 60, 90]
    assert noted[29] == Entry(watches.wall - 35 * SECOND)


@pytest.mark.parametrize("wall", [3_600, -3_600], ids=["forward", "back"])
@pytest.mark.parametrize("frozen", [0, 600], ids=["clock set", "frozen"])
def test_the_diary_notes_a_gap_at_once(watches: Watches, wall: int, frozen: int) -> None:
    """B-13, B-14: a life that was interrupted, or whose clock was set, is two."""
    diary = Diary(watches.clock(), watches.attention())
    watches.pass_by(SECOND // 2)
    assert diary.look() is None
    before = watches.wall
    watches.wall += wall * SECOND
    watches.pass_by(SECOND // 2 + frozen * SECOND)
    listened = 0 if frozen else SECOND // 2
    assert diary.look() == Entry(watches.wall, watches.wall - listened, before)


def test_the_diary_makes_up_for_a_clock_that_is_slow(watches: Watches) -> None:
    """B-14: while a correction is walked off the rows hold as much as was listened."""
    diary = Diary(watches.clock(watches.wall), watches.attention())
    watches.wall -= MINUTE
    noted = []
    for _ in range(6 * MINUTE // SECOND):
        watches.pass_by(SECOND // 2)
        noted.append(diary.look())
    entries = [entry for entry in noted if entry is not None]
    slow = [entry.now - entry.since for entry in entries if entry.since is not None]
    assert (len(entries), slow) == (12, [15 * SECOND] * 8)
    assert entries[-1] == Entry(watches.wall)


def test_the_diary_begins_with_the_life_that_it_is_of(watches: Watches) -> None:
    """B-13, B-14: what was seen while the store was away is no part of the life that it noted then."""
    attention = watches.attention()
    diary = Diary(watches.clock(), attention)
    watches.pass_by(SECOND // 2)
    assert diary.look() is None
    watches.wall -= 3_600 * SECOND
    watches.pass_by(SECOND // 4)
    begun = watches.wall
    diary.begin(begun, attention.look())
    noted = []
    for _ in range(30):
        watches.pass_by(SECOND // 2)
        noted.append(diary.look())
    assert [entry for entry in noted if entry is not None] == [Entry(begun + 15 * SECOND)]


@pytest.mark.parametrize("by", [0, 300, -3_600])
def test_a_life_ends_when_nobody_is_listened_to_any_more(watches: Watches, by: int) -> None:
    """B-13: what a drain takes is a gap before a life of no length, which ends with the process.

    A clock that was set shortly before does not make that life longer.
    """
    diary = Diary(watches.clock(), watches.attention())
    assert diary.end() == Entry(watches.wall)
    watches.pass_by(SECOND)
    assert diary.look() is None
    watches.pass_by(SECOND // 4)
    seen = watches.wall
    if by:
        seen -= SECOND // 4
        watches.wall += by * SECOND
    diary.close()
    watches.pass_by(4 * SECOND)
    assert diary.look() is None
    assert diary.end() == Entry(watches.wall, watches.wall, seen)


def test_a_life_that_ends_at_once_says_what_its_clock_did(watches: Watches) -> None:
    """B-13."""
    diary = Diary(watches.clock(), watches.attention())
    before = watches.wall
    watches.wall += 300 * SECOND
    watches.pass_by(SECOND // 4)
    assert diary.end() == Entry(watches.wall, watches.wall - SECOND // 4, before)
