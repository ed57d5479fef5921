"""When a commit is made in the loop."""

import pytest

from broker.store.pace import FEW, MOST, MOST_PROOF, PROOF, QUICK, SLOW, TRUSTED, Pace

BETWEEN = (QUICK + SLOW) / 2


def proven(times: int = 1) -> Pace:
    """A disk that proved itself so often, and failed between."""
    pace = Pace()
    for time in range(times):
        if time:
            pace.note(1, 2 * SLOW)
        while not pace.in_loop:
            pace.note(1, QUICK)
    return pace


def quick_ones(pace: Pace) -> int:
    """How many quick commits it takes."""
    count = 0
    while not pace.in_loop:
        pace.note(1, QUICK)
        count += 1
    return count


def test_a_disk_proves_itself_by_quick_commits_in_a_row() -> None:
    pace = Pace()
    for _ in range(PROOF - 1):
        pace.note(1, QUICK)
    assert not pace.in_loop
    pace.note(1, BETWEEN)
    assert quick_ones(pace) == PROOF


def test_a_disk_of_two_milliseconds_never_holds_the_loop() -> None:
    pace = Pace()
    for _ in range(10_000):
        pace.note(1, SLOW)
        assert not pace.in_loop


def test_one_slow_commit_is_the_last_in_the_loop() -> None:
    pace = proven()
    pace.note(1, BETWEEN)
    assert pace.in_loop
    pace.note(1, SLOW * 1.01)
    assert not pace.in_loop


@pytest.mark.parametrize(("times", "needed"), [(1, PROOF), (2, 2 * PROOF), (30, MOST_PROOF)])
def test_each_time_it_takes_longer(times: int, needed: int) -> None:
    pace = proven(times)
    pace.note(1, 2 * SLOW)
    assert quick_ones(pace) == min(2 * needed, MOST_PROOF)


def test_who_was_good_for_long_is_forgiven() -> None:
    pace = proven(5)
    for _ in range(TRUSTED):
        pace.note(1, QUICK)
    pace.note(1, 2 * SLOW)
    assert quick_ones(pace) == 2 * PROOF


def test_many_facts_are_never_taken_and_say_nothing_of_the_disk() -> None:
    pace = proven()
    assert pace.takes(MOST, 0)
    assert not pace.takes(MOST + 1, 0)
    assert not pace.takes(1, 1)
    pace.note(MOST + 1, 2 * SLOW)
    assert pace.takes(MOST, 0)


def test_what_holds_the_loop_for_long_is_not_made_there_whatever_it_is() -> None:
    pace = proven()
    pace.note(MOST, 2 * SLOW)
    assert not pace.in_loop


def test_only_few_facts_prove_a_disk() -> None:
    """More take a while by themselves, and wait for the loop."""
    pace = Pace()
    for _ in range(PROOF - 1):
        pace.note(FEW, QUICK)
        pace.note(FEW + 1, 2 * SLOW)
    assert not pace.in_loop
    pace.note(FEW, QUICK)
    assert pace.in_loop
