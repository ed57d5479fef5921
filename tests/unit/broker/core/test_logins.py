"""Who may log in at a desk, decided without a clock (W-18)."""

from itertools import pairwise

import pytest

from broker.core.logins import (
    FORGOTTEN_AFTER,
    FREE_OF_ADDRESS,
    FREE_OF_AGENT,
    LONGEST_WAIT,
    REMEMBERED,
    Checked,
    LoginTries,
    Try,
    wait_after,
)
from protocol.values import Guid, LoginOutcome

ALICE, BOB = (Guid(f"00000000-0000-4000-b000-00000000000{n}") for n in range(2))
HOME = Try("alice", "192.0.2.1")
WRONG = Checked(agent=ALICE, password=False)
RIGHT = Checked(agent=ALICE, password=True)
FLOOR = 100


def tries() -> LoginTries:
    return LoginTries(floor=FLOOR)


def with_code(step: int | None, agent: Guid = ALICE, *, has_code: bool = True) -> Checked:
    return Checked(agent=agent, password=True, needs_code=True, has_code=has_code, step=step)


def wrong(state: LoginTries, tried: Try, times: int, now: float = 0.0) -> float:
    """Try wrongly as often as that, each time as soon as it may be; gives when the last one was."""
    for _ in range(times):
        while wait := state.begin(tried, now):
            now += wait
        assert state.settle(tried, WRONG) is LoginOutcome.REFUSED
    return now


def test_a_right_password_is_good_and_a_wrong_one_is_not() -> None:
    """W-18."""
    state = tries()
    assert state.begin(HOME, 0.0) == 0.0
    assert state.settle(HOME, WRONG) is LoginOutcome.REFUSED
    assert state.begin(HOME, 0.0) == 0.0
    assert state.settle(HOME, RIGHT) is LoginOutcome.GOOD


def test_nobody_is_refused_as_somebody_with_a_wrong_password() -> None:
    """W-18."""
    state = tries()
    state.begin(HOME, 0.0)
    assert state.settle(HOME, Checked(agent=None, password=False)) is LoginOutcome.REFUSED
    assert state.settle(HOME, Checked(agent=None, password=True)) is LoginOutcome.REFUSED


def test_waits_grow_and_have_an_end() -> None:
    """W-18."""
    waits = [wait_after(wrong, FREE_OF_AGENT) for wrong in range(60)]
    assert waits[:FREE_OF_AGENT] == [0.0] * FREE_OF_AGENT
    assert all(one <= other for one, other in pairwise(waits))
    assert waits[FREE_OF_AGENT : FREE_OF_AGENT + 4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST_WAIT


def test_who_guesses_waits_and_so_does_the_right_password_meanwhile() -> None:
    """W-18."""
    state = tries()
    wrong(state, HOME, FREE_OF_AGENT)
    elsewhere = Try("alice", "198.51.100.7")
    assert state.begin(elsewhere, 0.0) == 1.0
    assert state.begin(elsewhere, 0.5) == 0.5
    assert state.begin(Try("bob", "192.0.2.1"), 0.5) == 0.0
    assert state.begin(elsewhere, 1.0) == 0.0
    assert state.settle(elsewhere, RIGHT) is LoginOutcome.GOOD


def test_the_name_counts_however_it_is_written() -> None:
    """W-18."""
    state = tries()
    wrong(state, Try("ALICE", "192.0.2.1"), FREE_OF_AGENT)
    assert state.begin(HOME, 0.0) == 1.0


def test_an_address_that_guesses_at_all_agents_waits() -> None:
    """W-18."""
    state = tries()
    for number in range(FREE_OF_ADDRESS):
        wrong(state, Try(f"agent{number}", "192.0.2.1"), 1)
    assert state.begin(Try("somebody", "192.0.2.1"), 0.0) == 1.0
    assert state.begin(Try("somebody", "192.0.2.2"), 0.0) == 0.0


def test_a_good_login_forgives_the_agent_and_not_the_address() -> None:
    """W-18: who has an account could guess at others for ever, logging in between."""
    state = tries()
    wrong(state, HOME, FREE_OF_AGENT - 1)
    for number in range(FREE_OF_ADDRESS - FREE_OF_AGENT):
        wrong(state, Try(f"agent{number}", "192.0.2.1"), 1)
    state.begin(HOME, 0.0)
    assert state.settle(HOME, RIGHT) is LoginOutcome.GOOD
    wrong(state, Try("last", "192.0.2.1"), 1)
    assert state.begin(Try("alice", "198.51.100.7"), 0.0) == 0.0
    assert state.begin(Try("bob", "192.0.2.1"), 0.0) == 1.0


def test_tries_that_begin_at_the_same_time_count_before_any_ends() -> None:
    """W-18."""
    state = tries()
    begun = [state.begin(HOME, 0.0) for _ in range(5)]
    assert begun == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_wrong_tries_are_forgotten_after_a_while() -> None:
    """W-18."""
    state = tries()
    now = wrong(state, HOME, FREE_OF_AGENT + 3)
    assert state.begin(HOME, now) > 0
    later = now + wait_after(FREE_OF_AGENT + 3, FREE_OF_AGENT) + FORGOTTEN_AFTER
    assert state.begin(HOME, later + 1.0) == 0.0
    assert state.begin(HOME, later + 1.0) == 0.0


def test_what_is_remembered_is_bounded() -> None:
    """W-18, I-14."""
    state = tries()
    wrong(state, HOME, FREE_OF_AGENT)
    for number in range(REMEMBERED):
        state.begin(Try(f"x{number}", f"address {number}"), 0.0)
    assert state.begin(HOME, 0.0) == 0.0


def test_a_code_is_asked_for_and_costs_no_try() -> None:
    """W-18."""
    state = tries()
    for _ in range(2 * FREE_OF_ADDRESS):
        assert state.begin(HOME, 0.0) == 0.0
        assert state.settle(HOME, with_code(None, has_code=False)) is LoginOutcome.CODE_NEEDED
    state.begin(HOME, 0.0)
    assert state.settle(HOME, with_code(FLOOR + 1)) is LoginOutcome.GOOD


def test_a_wrong_code_counts_as_a_wrong_try() -> None:
    """W-18."""
    state = tries()
    for _ in range(FREE_OF_AGENT):
        assert state.begin(HOME, 0.0) == 0.0
        assert state.settle(HOME, with_code(None)) is LoginOutcome.REFUSED
    assert state.begin(HOME, 0.0) == 1.0


@pytest.mark.parametrize(("step", "outcome"), [(-1, "Refused"), (0, "Refused"), (1, "Good")])
def test_a_code_is_good_once_and_so_is_none_of_an_earlier_step(step: int, outcome: str) -> None:
    """W-18."""
    state = tries()
    state.begin(HOME, 0.0)
    assert state.settle(HOME, with_code(FLOOR + 5)) is LoginOutcome.GOOD
    state.begin(HOME, 0.0)
    assert state.settle(HOME, with_code(FLOOR + 5 + step)) == outcome


def test_codes_of_one_agent_are_nothing_to_another() -> None:
    """W-18."""
    state = tries()
    for agent in (ALICE, BOB):
        state.begin(HOME, 0.0)
        assert state.settle(HOME, with_code(FLOOR + 1, agent)) is LoginOutcome.GOOD


@pytest.mark.parametrize(
    ("step", "outcome"), [(FLOOR - 1, "Refused"), (FLOOR, "Refused"), (FLOOR + 1, "Good")]
)
def test_after_a_start_no_code_of_before_is_taken(step: int, outcome: str) -> None:
    """W-18: it may have been used already, and that is not stored."""
    state = tries()
    state.begin(HOME, 0.0)
    assert state.settle(HOME, with_code(step)) == outcome
