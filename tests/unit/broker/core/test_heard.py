"""B-13, B-14: how old stored things are, by the time in which the broker listened."""

import pytest

from broker.core.heard import Spans, age, earliest, heard_by

ONE: Spans = ((100, 200),)
OUTAGE: Spans = ((500, 520), (100, 200))
SET_BACK: Spans = ((50, 80), (100, 200))


@pytest.mark.parametrize(
    ("heard", "at", "old"),
    [
        (ONE, 150, 50),
        (ONE, 40, 100),  # before anybody noted anything: as old as that at least
        (ONE, 230, 0),  # nobody can have written it
        (OUTAGE, 510, 10),
        (OUTAGE, 150, 70),
        (OUTAGE, 210, 20),  # written after the life was noted last
        (SET_BACK, 60, 20),
        (SET_BACK, 150, 80),  # in the future of the second span: written in the first
        (SET_BACK, 90, 0),
        (SET_BACK, 900, 0),
    ],
)
def test_an_age_is_what_was_listened_since(heard: Spans, at: int, old: int) -> None:
    """B-13, B-14."""
    assert age(heard, at) == old


@pytest.mark.parametrize("heard", [ONE, OUTAGE, SET_BACK])
@pytest.mark.parametrize("most", [0, 5, 25, 110, 1_000])
def test_nothing_before_the_bound_is_young(heard: Spans, most: int) -> None:
    """B-12: recovery reads no more closed chats than may still be wanted, and all of those."""
    bound = earliest(heard, most)
    written = [at for begin, end in heard for at in range(begin, end + 1)]
    assert all(age(heard, at) >= most for at in written if at < bound)


def test_what_was_noted_after_a_moment_makes_nothing_older_at_it() -> None:
    """B-13: a state of some moment is built anew when it was noted since that the broker listened on."""
    spans: Spans = ((100, 130), (0, 50))
    assert heard_by(spans, 110) == ((100, 110), (0, 50))
    assert age(heard_by(spans, 110), 105) == 5
    assert heard_by(spans, 140) == heard_by(spans, 90) == spans
    assert heard_by((), 110) == ()
