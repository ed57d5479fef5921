"""Deadlines of many keys."""

from broker.shell.deadlines import Deadlines


def test_a_key_comes_up_once_at_its_time() -> None:
    deadlines = Deadlines()
    deadlines.arm(1, 5.0)
    deadlines.arm(2, 3.0)

    assert deadlines.next == 3.0
    assert deadlines.due(2.9) == []
    assert deadlines.due(5.0) == [2, 1]
    assert deadlines.due(9.0) == []
    assert deadlines.next is None


def test_a_later_deadline_leaves_the_entry_alone_and_an_earlier_one_counts() -> None:
    deadlines = Deadlines()
    deadlines.arm(1, 5.0)
    deadlines.arm(1, 50.0)
    assert deadlines.due(5.0) == [1]

    deadlines.arm(1, 50.0)
    deadlines.arm(1, 7.0)
    assert deadlines.due(7.0) == [1]
    assert deadlines.due(50.0) == []


def test_a_forgotten_key_does_not_come_up() -> None:
    deadlines = Deadlines()
    deadlines.arm(1, 5.0)
    deadlines.forget(1)
    assert deadlines.due(5.0) == []


def test_no_deadline_is_none() -> None:
    deadlines = Deadlines()
    deadlines.arm(1, None)
    assert deadlines.next is None
