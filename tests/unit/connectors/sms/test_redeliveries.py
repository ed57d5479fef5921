"""Which delivery is the same once more."""

import smpp34

from connectors.sms.redeliveries import KEPT, SHORTLY, SOON, Known, Redeliveries, print_of
from connectors.sms.smpp_codec import Pdu, decode


def test_what_was_answered_and_comes_again_on_the_same_connection_is_said_twice() -> None:
    it = Redeliveries()
    assert it.take("p", "one", 1, 0.0).name == "one"
    it.answer("p", 1.0)
    assert it.take("p", "two", 1, 2.0).name == "two"


def test_what_was_not_answered_well_comes_again() -> None:
    it = Redeliveries()
    it.take("p", "one", 1, 0.0)
    assert it.take("p", "two", 1, 60.0).name == "one"
    it.lose(1, 61.0)
    assert it.take("p", "three", 2, 62.0).name == "one"
    assert it.take("other", "four", 2, 62.0).name == "four"


def test_an_answer_may_not_have_arrived_when_its_connection_was_lost() -> None:
    it = Redeliveries()
    it.take("p", "one", 1, 0.0)
    it.answer("p", 1.0)
    it.lose(1, 1.0 + SHORTLY)
    assert it.take("p", "two", 2, 70.0).name == "one"


def test_an_answer_long_before_has_arrived() -> None:
    it = Redeliveries()
    it.take("p", "one", 1, 0.0)
    it.answer("p", 1.0)
    it.lose(1, SOON)
    assert it.take("p", "two", 2, SOON + 1.0).name == "two"


def test_what_does_not_come_again_soon_is_said_twice() -> None:
    it = Redeliveries()
    it.take("p", "one", 1, 0.0)
    it.answer("p", 1.0)
    it.lose(1, 2.0)
    assert it.take("p", "two", 2, 2.0 + SOON).name == "two"
    it = Redeliveries()
    it.take("p", "one", 1, 0.0)
    assert it.take("p", "two", 1, KEPT + 1.0).name == "two"
    it.answer("p", KEPT + 2.0)
    assert it.forget(2, KEPT + 2.0 + SOON) == []
    assert it.forget(2, KEPT + 3.0 + SOON) == ["p"]


def test_what_cannot_come_again_is_forgotten() -> None:
    it = Redeliveries()
    it.take("answered", "one", 1, 0.0)
    it.answer("answered", 0.0)
    it.take("open", "two", 1, 0.0)
    assert it.forget(1, SHORTLY) == []
    assert it.forget(2, SHORTLY + 1) == []
    assert it.forget(1, SHORTLY + 1) == ["answered"]
    assert it.forget(1, KEPT + 1) == ["open"]
    assert len(it) == 0
    assert it.answer("open", 1.0) is None


def test_what_is_stored_comes_from_connections_that_are_gone() -> None:
    known = Known(print="p", name="one", connection=1, came=0.0, answered=1.0)
    assert Redeliveries((known,)).take("p", "two", 1, 2.0).name == "one"


def deliver(sequence: int, text: bytes = b"yes", **given: int) -> Pdu:
    return decode(
        smpp34.DeliverSm("1", "2", text, sequence_number=sequence, **given).encode()  # type: ignore[arg-type]  # numbers
    )


def test_deliveries_are_alike_in_everything_but_their_number() -> None:
    assert print_of(deliver(1)) == print_of(deliver(2))
    assert print_of(deliver(1)) != print_of(deliver(1, b"no"))
    assert print_of(deliver(1)) != print_of(deliver(1, data_coding=3))
