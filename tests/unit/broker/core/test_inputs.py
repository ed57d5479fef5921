"""What comes with an input: when, and which ids it may give (I-17)."""

from __future__ import annotations

from uuid import UUID

from broker.core.inputs import Stamp

STAMP = Stamp(now=5, seq=7, seed=b"seed")


def test_the_same_stamp_gives_the_same_ids_and_another_one_others() -> None:
    """I-17: two starts have other seeds, so the numbers of their inputs may be the same."""
    assert STAMP.guid(1) == Stamp(now=6, seq=7, seed=b"seed").guid(1)
    others = (Stamp(5, 8, b"seed"), Stamp(5, 7, b"other"))
    ids = {STAMP.guid(n) for n in range(10)} | {
        stamp.guid(n) for stamp in others for n in range(10)
    }
    assert len(ids) == 30


def test_an_id_looks_like_a_random_one() -> None:
    """W-6: of version 4 and the usual variant, in small letters."""
    for index in range(20):
        made = UUID(STAMP.guid(index))
        assert (made.version, str(made)) == (4, STAMP.guid(index))
        assert made.variant == "specified in RFC 4122"


def test_the_clock_of_deadlines_starts_as_that_of_the_day() -> None:
    assert (STAMP.up, Stamp(now=5, seq=7, seed=b"seed", up=3).up) == (5, 3)


def test_the_chance_of_an_input_is_its_own_and_below_what_is_asked() -> None:
    """I-17."""
    stamps = [Stamp(now=5, seq=seq, seed=b"seed") for seq in range(50)]
    drawn = [stamp.chance(7) for stamp in stamps]
    assert set(drawn) == set(range(7))
    assert drawn == [Stamp(now=6, seq=stamp.seq, seed=b"seed").chance(7) for stamp in stamps]
