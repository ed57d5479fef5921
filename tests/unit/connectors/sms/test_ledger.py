"""Which parts of a text were taken and have arrived."""

from connectors.sms.ledger import KEPT, Ledger, Record, read, written


def test_a_text_is_taken_and_arrives_when_all_its_parts_are() -> None:
    ledger = Ledger()
    record = ledger.record("m", 2, 5.0)
    assert len(ledger) == 0
    assert record.missing() == (1, 2)
    record = ledger.take(record, 2, "b")
    assert not record.is_taken
    assert record.missing() == (1,)
    assert ledger.record("m", 2, 9.0) == record
    record = ledger.take(record, 1, "a")
    assert record.is_taken
    assert record.missing() == ()
    assert ledger.of_part("a") == record
    record = ledger.arrive(record, "b")
    assert not record.has_arrived
    record = ledger.arrive(record, "b")
    assert not record.has_arrived
    record = ledger.arrive(record, "a")
    assert record.has_arrived
    assert record.number_of("a") == 1


def test_parts_that_are_taken_at_the_same_time_are_all_noted() -> None:
    ledger = Ledger()
    before = ledger.record("m", 2, 0.0)
    ledger.take(before, 1, "a")
    assert ledger.take(before, 2, "b").ids == {1: "a", 2: "b"}


def test_a_text_that_is_cut_otherwise_begins_anew() -> None:
    ledger = Ledger()
    ledger.take(ledger.record("m", 2, 0.0), 1, "a")
    assert ledger.record("m", 3, 1.0) == Record(message_id="m", total=3, begun=1.0)


def test_what_is_let_go_is_not_known_any_more() -> None:
    ledger = Ledger()
    ledger.take(ledger.record("m", 1, 0.0), 1, "a")
    assert ledger.old(KEPT) == []
    assert ledger.old(KEPT + 1) == ["m"]
    ledger.drop("m")
    ledger.drop("m")
    assert ledger.of_part("a") is None
    assert ledger.known("m") is None


def test_a_record_is_kept_as_text() -> None:
    record = Record(
        message_id="m", total=3, ids={1: "a", 3: "ž"}, arrived=frozenset({3}), begun=1.5
    )
    assert read("m", written(record)) == record
    assert Ledger([record]).of_part("ž") == record
