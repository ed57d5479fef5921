"""B-13: the store has when the broker listened, and what was written shortly after it was noted."""

import pytest
from sqlalchemy import select

from broker.config.model import Config
from broker.core.facts.messages import ConversationOfferEnded
from broker.core.heard import SEEN_EVERY
from broker.store import Store
from broker.store.schema import lives
from tests.support import letters
from tests.support.store_facts import said, started

pytestmark = pytest.mark.slow

NOW = 1_000_000_000


def rows(store: Store) -> list[tuple[object, ...]]:
    """What is noted, in the order of writing."""
    columns = (lives.c.started_at, lives.c.seen_at, lives.c.ended_at, lives.c.cause)
    with store._connection.begin():
        found = store._connection.execute(select(*columns).order_by(lives.c.seq))
        return [tuple(row) for row in found]


def test_a_life_is_a_row_and_ends_for_a_reason(store: Store) -> None:
    """B-13: one that nobody ended was lost when it was last noted."""
    store.begin_life(NOW)
    store.note_life(NOW + 10)
    store.begin_life(NOW + 500)
    store.note_life(NOW + 900, since=NOW + 880)
    store.note_life(NOW + 950, cause="stopped")
    assert rows(store) == [
        (NOW, NOW + 10, NOW + 10, "lost"),
        (NOW + 500, NOW + 500, NOW + 500, "gap"),
        (NOW + 880, NOW + 950, NOW + 950, "stopped"),
    ]
    heard = store.recover(Config(), NOW + 2_000).heard
    assert heard == ((NOW + 880, NOW + 950), (NOW + 500, NOW + 500), (NOW, NOW + 10))


@pytest.mark.parametrize(
    ("later", "seen"), [(SEEN_EVERY, SEEN_EVERY), (0, 0), (2 * SEEN_EVERY, 0), (-SEEN_EVERY, 0)]
)
def test_whoever_wrote_was_alive(store: Store, later: int, seen: int) -> None:
    """B-13: until it would have been noted again; later it was a clock that was set forward."""
    store.begin_life(NOW)
    store.commit([started(1), said(1, 1, at=NOW + later)])
    assert store.recover(Config(), NOW + 10).heard == ((NOW, NOW + seen),)


LIFE = letters.a_life()


ALONE = [n for n, fact in enumerate(LIFE) if n and not isinstance(fact, ConversationOfferEnded)]
"""Where a commit may end: the end of an offer comes with what became of the conversation."""


@pytest.mark.parametrize("last", ALONE, ids=lambda n: type(LIFE[n]).__name__)
def test_whoever_wrote_of_messages_was_alive(store: Store, last: int) -> None:
    """B-13: a clock begins behind nothing of a conversation that says when it was written."""
    store.begin_life(letters.AT - 1)
    store.commit(LIFE[: last + 1])
    ((_, seen),) = store.recover(Config(), letters.AT + 5_000_000).heard
    assert seen >= max(fact.at for fact in LIFE[: last + 1] if hasattr(fact, "at"))


def test_what_was_found_of_the_end_of_a_life_is_known_for_good(store: Store) -> None:
    """B-13: another start that comes soon writes over what would tell it, and makes nothing younger."""
    store.begin_life(NOW)
    store.commit([started(1), said(1, 1, at=NOW + 9_000_000)])
    again = NOW + 20_000_000
    store.begin_life(again, store.recover(Config(), again).heard)
    store.commit([said(1, 2, at=again + 5)])
    assert store.recover(Config(), again + 10).heard == (
        (again, again + 5),
        (NOW, NOW + 9_000_000),
    )


def test_a_gap_says_until_when_all_was_well(store: Store) -> None:
    """B-13, B-14: the time between the last note and a clock that is set is not lost."""
    store.begin_life(NOW)
    store.note_life(NOW - 3_600, since=NOW - 3_700, until=NOW + 12)
    assert rows(store)[0] == (NOW, NOW + 12, NOW + 12, "gap")
    store.note_life(NOW, since=NOW - 5, until=NOW - 9_999)  # nothing ends before it was last seen
    assert rows(store)[1] == (NOW - 3_700, NOW - 3_600, NOW - 3_600, "gap")


def test_an_older_database_knows_nothing_of_lives(store: Store) -> None:
    """B-13."""
    store.commit([started(1)])
    assert store.recover(Config(), NOW).heard == ()
    store.note_life(NOW)  # a store that nobody lives with
    assert rows(store) == []
