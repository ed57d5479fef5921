"""What chance decides in a replay, against estimates that were worked out by hand."""

from __future__ import annotations

from math import log

import pytest

from broker.reporting.whatif.sampling import Patience, fraction

# Of five visitors two gave up, after 10 and after 30; the others were answered at 20, 30 and 40.
KNOWN = Patience.estimate([(10, True), (20, False), (30, True), (30, False), (40, False)])


def test_the_estimate_is_that_of_kaplan_and_meier() -> None:
    """Four of five outlast 10, then three are left at 30, of whom one goes."""
    assert KNOWN.moments == [10, 30]
    assert KNOWN.survival == pytest.approx([4 / 5, 4 / 5 * 2 / 3])


def test_survival_is_a_step_and_then_an_exponential() -> None:
    assert [KNOWN.beyond(at) for at in (0, 9)] == [1.0, 1.0]
    assert KNOWN.beyond(10) == KNOWN.beyond(29) == pytest.approx(0.8)
    assert KNOWN.beyond(30) == pytest.approx(8 / 15)
    assert KNOWN.beyond(60) == pytest.approx((8 / 15) ** 2)


def test_draws_follow_the_estimate() -> None:
    draws = [KNOWN.draw(number / 1_000) for number in range(1_000)]
    assert draws.count(10) == 200
    late = sorted(draw for draw in draws if draw is not None and draw > 30)
    # Lengths are whole, so some of the exponential falls on its first point.
    assert draws.count(30) + len(late) == 800
    assert draws.count(30) == pytest.approx(267, abs=10)
    # What 4 of 15 outlast is the middle of what 8 of 15 do.
    assert late[len(late) // 2] == pytest.approx(30 * log(4 / 15) / log(8 / 15), abs=1)


def test_nobody_leaves_before_they_were_last_seen() -> None:
    draws = [KNOWN.draw(number / 100, 15) for number in range(100)]
    assert min(draw for draw in draws if draw is not None) == 30
    assert all(draw is not None and draw > 35 for draw in (KNOWN.draw(c / 9, 35) for c in range(9)))
    assert KNOWN.draw(0.0, 10) == 30


@pytest.mark.parametrize("waits", [[], [(5, False), (9, False)]])
def test_where_nobody_gave_up_everybody_stays(waits: list[tuple[int, bool]]) -> None:
    known = Patience.estimate(waits)
    assert not known.known
    assert (known.draw(0.5), known.draw(0.99, 7), known.median) == (None, None, None)


def test_when_all_gave_up_the_longest_wait_is_the_end() -> None:
    known = Patience.estimate([(10, True), (20, True)])
    assert [known.draw(chance) for chance in (0.0, 0.49, 0.51, 0.99)] == [10, 10, 20, 20]
    assert known.draw(0.5, 25) == 26
    assert Patience.estimate([(0, True), (0, False)]).draw(0.9) is None


def test_the_median_is_what_half_outlast() -> None:
    assert Patience.estimate([(10, True), (20, True), (30, True)]).median == 20


def test_chance_depends_on_the_seed_and_the_name_only() -> None:
    assert fraction(1, "a") == fraction(1, "a")
    assert len({fraction(1, "a"), fraction(1, "b"), fraction(2, "a")}) == 3
    draws = [fraction(0, str(number)) for number in range(2_000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.03)
