"""When a commit is made in the loop."""

import pytest

from broker.store.pace import MOST_PROOF, PROOF, QUICK, SLOW, TRUSTED, Pace

BETWEEN = (QUICK + SLOW) / 2


def proven(times: int = 1) -> Pace:
    """A disk that proved itself so often, and failed between."""
    pace = Pace()
    for time in range(times):
        if time:
            pace.note(2 * SLOW)
        while not pace.in_loop:
            pace.note(QUICK)
    return pace


def quick_ones(pace: Pace) -> int:
    """How many quick commits it takes."""
    count = 0
    while not pace.in_loop:
        pace.note(QUICK)
        count += 1
    return count


def test_a_disk_proves_itself_by_quick_commits_in_a_row() -> None:
    pace = Pace()
    for _ in range(PROOF - 1):
        pace.note(QUICK)
    assert not pace.in_loop
    pace.note(BETWEEN)
    assert quick_ones(pace) == PROOF


def test_a_disk_of_two_milliseconds_never_holds_the_loop() -> None:
    pace = Pace()
    for _ in range(10_000):
        pace.note(SLOW)
        assert not pace.in_loop


def test_one_slow_commit_is_the_last_in_the_loop() -> None:
    pace = proven()
    pace.note(BETWEEN)
    assert pace.in_loop
    pace.note(SLOW * 1.01)
    assert not pace.in_loop


@pytest.mark.parametrize(("times", "needed"), [(1, PROOF), (2, 2 * PROOF), (30, MOST_PROOF)])
def test_each_time_it_takes_longer(times: int, needed: int) -> None:
    pace = proven(times)
    pace.note(2 * SLOW)
    assert quick_ones(pace) == min(2 * needed, MOST_PROOF)


def test_who_was_good_for_long_is_forgiven() -> None:
    pace = proven(5)
    for _ in range(TRUSTED):
        pace.note(QUICK)
    pace.note(2 * SLOW)
    assert quick_ones(pace) == 2 * PROOF
