"""How many frames a connection may send."""

import math

from hypothesis import given
from hypothesis import strategies as st

from broker.shell.rate import COUNTS_AS_ONE, Budget, TokenBucket


def test_a_burst_of_one_second_passes_and_no_more() -> None:
    bucket = TokenBucket.full(10, now=0.0)
    assert bucket.take(10, 0.0) == 0
    assert bucket.take(1, 0.0) == 1


def test_it_fills_up_again() -> None:
    bucket = TokenBucket.full(10, now=0.0)
    bucket.take(10, 0.0)
    assert bucket.take(4, 0.5) == 0
    assert bucket.take(4, 0.5) == 3
    assert bucket.take(11, 99.0) == 1


def test_twice_the_rate_is_refused_by_half_and_borne_for_ever() -> None:
    bucket = TokenBucket.full(10, now=0.0)
    bucket.take(10, 0.0)
    refused = [bucket.take(2, 0.1 * turn + 0.05) for turn in range(1, 500)]
    assert sum(refused) in range(490, 510)
    assert not bucket.spent


def test_far_more_than_the_rate_is_not_borne() -> None:
    """W-13."""
    bucket = TokenBucket.full(10, now=0.0)
    assert bucket.take(20, 0.0) == 10
    assert not bucket.spent
    assert bucket.take(1, 0.0) == 1
    assert bucket.spent


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 3)), max_size=50))
def test_never_more_than_the_rate_allows(turns: list[tuple[int, float]]) -> None:
    """I-14."""
    bucket = TokenBucket.full(10, now=0.0)
    now, served = 0.0, 0
    for frames, pause in turns:
        now += pause
        served += frames - bucket.take(frames, now)
        assert served <= 10 + 10 * now + 1e-6


def test_a_long_frame_counts_as_many() -> None:
    """W-14: 4 KiB count as one."""
    bucket = TokenBucket.full(10, now=0.0)
    assert bucket.take(1, 0.0, 5 * COUNTS_AS_ONE) == 0
    assert bucket.take(6, 0.0, 6 * COUNTS_AS_ONE) == 1


def test_a_frame_that_never_ends_is_counted() -> None:
    """W-13, I-14: bytes without an end of a frame use the rate up, and then the patience."""
    bucket = TokenBucket.full(10, now=0.0)
    assert bucket.take(0, 0.0, 10 * COUNTS_AS_ONE) == 0
    assert bucket.take(1, 0.0) == 1
    assert not bucket.spent
    bucket.take(0, 0.0, 10 * COUNTS_AS_ONE)
    assert bucket.spent


def test_answers_are_paid_after_the_fact() -> None:
    """W-14: whoever has anything left may ask, and pays off what came of it."""
    budget = Budget(math.inf, at=0.0)
    assert budget.allows(100, 0.0)
    budget.pay(99)
    assert budget.allows(100, 0.0)
    budget.pay(151)
    assert not budget.allows(100, 1.5)
    assert budget.allows(100, 1.6)
