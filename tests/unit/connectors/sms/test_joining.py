"""Parts that come one by one."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.joining import MISSING, Joiner, Piece
from connectors.sms.parts import PartOf

WAIT = 100.0


def piece(number: int, total: int = 3, **given: object) -> Piece:
    values: dict[str, object] = {
        "id": f"m{number}",
        "sender": "+420603123456",
        "receiver": "90210",
        "part": PartOf(int(given.pop("reference", 7)), total, number),  # type: ignore[call-overload]  # a number
        "text": f"<{number}>",
        "came": 0.0,
    }
    return Piece(**{**values, **given})  # type: ignore[arg-type]  # each has the type of its member


def joiner(most: int = 100) -> Joiner:
    return Joiner(wait=WAIT, most=most)


@given(st.permutations([1, 2, 3, 4]))
def test_parts_come_in_any_order(order: list[int]) -> None:
    it = joiner()
    *before, last = [it.add(piece(number, 4)) for number in order]
    assert before == [[], [], []]
    (joined,) = last
    assert joined.is_complete
    assert (joined.id, joined.text) == ("m1", "<1><2><3><4>")
    assert len(it) == 0
    assert it.deadline is None


def test_a_text_of_one_part_is_whole_at_once() -> None:
    (joined,) = joiner().add(piece(1, 1))
    assert joined.text == "<1>"


def test_texts_are_told_apart_by_everything_that_says_whose_they_are() -> None:
    it = joiner()
    assert it.add(piece(1, 2)) == []
    for other in (
        piece(2, 2, sender="+420603000000"),
        piece(2, 2, receiver="90211"),
        piece(2, 2, reference=8),
        piece(2, 3),
    ):
        assert it.add(other) == []
    assert len(it) == 5


def test_what_does_not_come_is_marked_after_a_while() -> None:
    it = joiner()
    it.add(piece(2, 5, came=10.0))
    it.add(piece(4, 5, came=20.0))
    assert it.deadline == 10.0 + WAIT
    assert it.expire(109.9) == []
    (joined,) = it.expire(110.0)
    assert not joined.is_complete
    assert joined.text == f"{MISSING}<2>{MISSING}<4>{MISSING}"
    assert joined.id == "m2/2"
    assert it.expire(1000.0) == []


def test_a_part_that_comes_again_changes_nothing() -> None:
    it = joiner()
    assert it.add(piece(1, 2)) == []
    assert it.add(piece(1, 2)) == []
    assert it.add(piece(1, 2, id="other")) == []
    assert len(it.add(piece(2, 2))) == 1


def test_a_part_that_comes_again_behind_its_whole_text_changes_nothing() -> None:
    it = joiner()
    it.add(piece(1, 2))
    it.add(piece(2, 2))
    assert it.add(piece(2, 2, came=50.0)) == []
    assert len(it) == 0
    assert it.add(piece(2, 2, text="another", came=50.0)) == []
    assert len(it) == 1


def test_a_reference_that_comes_again_gives_out_the_text_before_it() -> None:
    it = joiner()
    it.add(piece(1, 3))
    (joined,) = it.add(piece(1, 3, id="n1", text="new"))
    assert joined.text == f"<1>{MISSING}"
    assert len(it) == 1


def test_no_more_wait_than_may_and_the_oldest_is_given_out() -> None:
    it = joiner(most=2)
    it.add(piece(1, came=5.0, reference=1))
    it.add(piece(1, came=1.0, reference=2))
    (joined,) = it.add(piece(1, came=9.0, reference=3))
    assert joined.pieces[0].part.reference == 2
    assert len(it) == 2


def test_a_pair_that_was_cut_is_whole_again() -> None:
    it = joiner()
    it.add(piece(1, 2, text="a\ud83d"))
    (joined,) = it.add(piece(2, 2, text="\ude00b"))
    assert joined.text == "a😀b"
    it.add(piece(1, 2, reference=8, text="a\ud83d", came=1.0))
    (lone,) = it.expire(1.0 + WAIT)
    assert lone.text == f"a�{MISSING}"
