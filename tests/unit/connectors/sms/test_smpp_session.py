"""One connection to an SMSC, second by second."""

import struct
from typing import Any

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.answers import Outcome
from connectors.sms.smpp_codec import Pdu, Tag, decode, encode, take_frame
from connectors.sms.smpp_session import (
    Account,
    Answered,
    BindRefused,
    Bound,
    Delivered,
    Event,
    Lost,
    SmppSession,
    Tuning,
)

MEMBERS = {"source_addr": "1", "destination_addr": "2", "short_message": b"hi"}
TUNING = Tuning(window=2, answer_wait=10.0, idle=30.0, taking=2)


class Smsc:
    """The other end of a session, and a clock."""

    def __init__(self, tuning: Tuning = TUNING) -> None:
        self.now = 0.0
        self.session = SmppSession(Account(system_id="me", password="secret"), tuning, now=0.0)

    def sent(self) -> list[Pdu]:
        buffer = bytearray(self.session.data_to_send())
        found = []
        while (frame := take_frame(buffer)) is not None:
            found.append(decode(frame))
        assert not buffer
        return found

    def answer(self, command: str, sequence: int, status: int = 0, **members: Any) -> list[Event]:
        pdu = Pdu(command=command, sequence=sequence, status=status, members=members)
        return self.session.receive(encode(pdu), self.now)

    def bind(self) -> None:
        (bind,) = self.sent()
        assert self.answer("bind_transceiver_resp", bind.sequence, system_id="smsc") == [Bound()]

    def submit(self, key: str) -> list[Event]:
        return self.session.submit(key, MEMBERS, {}, self.now)

    def at(self, now: float) -> list[Event]:
        self.now = now
        return self.session.tick(now)

    def deliver(self, sequence: int = 1) -> list[Event]:
        data = smpp34.DeliverSm("1", "2", b"hi", sequence_number=sequence).encode()
        return self.session.receive(data, self.now)


@pytest.fixture
def smsc() -> Smsc:
    it = Smsc()
    it.bind()
    return it


def test_it_binds_first() -> None:
    it = Smsc()
    it.submit("a")
    (bind,) = it.sent()
    assert bind.command == "bind_transceiver"
    assert (bind.text("system_id"), bind.text("password")) == ("me", "secret")
    assert bind.number("interface_version") == 0x34
    assert it.answer("bind_transceiver_resp", bind.sequence) == [Bound()]
    assert [one.command for one in it.sent()] == ["submit_sm"]


def test_a_bind_that_is_refused_ends_it() -> None:
    it = Smsc()
    it.submit("a")
    events = it.answer("bind_transceiver_resp", 1, status=0x0E)
    assert events == [
        BindRefused(0x0E),
        Answered(
            key="a",
            outcome=Outcome.TEMPORARY,
            text="the bind was refused: ESME_RINVPASWD",
        ),
        Lost("the bind was refused: ESME_RINVPASWD"),
    ]
    assert it.session.closing
    assert it.session.deadline is None


def test_a_bind_without_an_answer_ends_it() -> None:
    it = Smsc()
    assert it.session.deadline == 10.0
    assert it.at(9.9) == []
    assert it.at(10.0) == [Lost("the SMSC did not answer the bind")]
    refused = Smsc()
    (event,) = refused.answer("generic_nack", 1, status=0x0F)
    assert event == Lost("the bind was refused: ESME_RINVSYSID")


def test_messages_go_by_the_window(smsc: Smsc) -> None:
    for key in "abc":
        assert smsc.submit(key) == []
    first, second = smsc.sent()
    assert smsc.answer("submit_sm_resp", second.sequence, message_id="id-b") == [
        Answered(key="b", outcome=Outcome.SENT, id="id-b")
    ]
    (third,) = smsc.sent()
    assert len({first.sequence, second.sequence, third.sequence}) == 3


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0x58, "throttled"), (0x14, "throttled"), (0x0B, "permanent"), (0x08, "temporary")],
)
def test_b55_a_refusal_is_told_by_its_kind(smsc: Smsc, status: int, outcome: str) -> None:
    smsc.submit("a")
    (sent,) = smsc.sent()
    pdu = Pdu(
        command="submit_sm_resp",
        sequence=sent.sequence,
        status=status,
        options={Tag.STATUS_TEXT: b"why\0"},
    )
    (event,) = smsc.session.receive(encode(pdu), 1.0)
    assert isinstance(event, Answered)
    assert event.outcome is Outcome(outcome)
    assert event.text.endswith(" why")


def test_an_answer_of_another_kind_says_nothing(smsc: Smsc) -> None:
    smsc.submit("a")
    (sent,) = smsc.sent()
    (event,) = smsc.answer("generic_nack", sent.sequence)
    assert isinstance(event, Answered)
    assert event.outcome is Outcome.UNKNOWN


def test_b55_no_answer_is_unknown_and_a_late_one_is_told(smsc: Smsc) -> None:
    smsc.submit("a")
    (sent,) = smsc.sent()
    assert smsc.session.deadline == 10.0
    assert smsc.at(10.0) == [
        Answered(key="a", outcome=Outcome.UNKNOWN, text="no answer within 10 s")
    ]
    late = smsc.answer("submit_sm_resp", sent.sequence, message_id="x")
    assert late == [Answered(key="a", outcome=Outcome.SENT, id="x", late=True)]
    assert smsc.answer("submit_sm_resp", sent.sequence, message_id="x") == []


def test_b55_what_was_sent_is_unknown_when_the_connection_is_lost(smsc: Smsc) -> None:
    for key in "abc":
        smsc.submit(key)
    smsc.sent()
    events = smsc.session.lost(1.0, "reset")
    outcomes = {one.key: one.outcome for one in events if isinstance(one, Answered)}
    assert outcomes == {
        "a": Outcome.UNKNOWN,
        "b": Outcome.UNKNOWN,
        "c": Outcome.TEMPORARY,
    }
    assert events[-1] == Lost("reset")
    assert smsc.session.lost(2.0, "again") == []
    (refused,) = smsc.submit("d")
    assert isinstance(refused, Answered)
    assert refused.outcome is Outcome.TEMPORARY


def test_a_message_that_cannot_be_written_is_refused(smsc: Smsc) -> None:
    (event,) = smsc.session.submit("a", {**MEMBERS, "source_addr": "žluť"}, {}, 0.0)
    assert isinstance(event, Answered)
    assert event.outcome is Outcome.PERMANENT
    assert smsc.sent() == []


def test_an_idle_smsc_is_asked_and_a_dead_one_is_left(smsc: Smsc) -> None:
    assert smsc.session.deadline == 30.0
    assert smsc.at(30.0) == []
    (asked,) = smsc.sent()
    assert asked.command == "enquire_link"
    assert smsc.session.deadline == 40.0
    assert smsc.answer("enquire_link_resp", asked.sequence) == []
    assert smsc.session.deadline == 60.0
    smsc.at(60.0)
    assert smsc.at(70.0) == [Lost("the SMSC does not answer any more")]


def test_it_answers_when_it_is_asked(smsc: Smsc) -> None:
    assert smsc.answer("enquire_link", 77) == []
    (answer,) = smsc.sent()
    assert (answer.command, answer.sequence) == ("enquire_link_resp", 77)


def test_a_goodbye_is_answered(smsc: Smsc) -> None:
    assert smsc.answer("unbind", 5) == [Lost("the SMSC said goodbye")]
    assert [one.command for one in smsc.sent()] == ["unbind_resp"]


def test_it_says_goodbye(smsc: Smsc) -> None:
    smsc.session.unbind(1.0)
    assert [one.command for one in smsc.sent()] == ["unbind"]
    assert smsc.session.closing
    never = Smsc()
    never.sent()
    never.session.unbind(1.0)
    assert never.sent() == []


def test_deliveries_are_answered_when_it_is_known_what(smsc: Smsc) -> None:
    (event,) = smsc.deliver(5)
    assert isinstance(event, Delivered)
    assert smsc.sent() == []
    assert smsc.deliver(5) == []
    smsc.session.respond(5, 0x64, 1.0)
    (answer,) = smsc.sent()
    assert (answer.command, answer.sequence, answer.status) == ("deliver_sm_resp", 5, 0x64)
    smsc.session.respond(5, 0, 1.0)
    assert smsc.sent() == []


def test_more_deliveries_than_may_be_taken_come_again(smsc: Smsc) -> None:
    assert len(smsc.deliver(1) + smsc.deliver(2)) == 2
    assert smsc.deliver(3) == []
    (answer,) = smsc.sent()
    assert (answer.sequence, answer.status) == (3, 0x14)


def test_what_is_not_known_is_refused_and_nothing_ends(smsc: Smsc) -> None:
    assert smsc.session.receive(struct.pack(">LLLL", 16, 0x77, 0, 9), 0.0) == []
    assert smsc.answer("query_sm", 10, message_id="1") == []
    assert smsc.session.receive(struct.pack(">LLLL", 18, 5, 0, 11) + b"xx", 0.0) == []
    assert smsc.session.receive(struct.pack(">LLLL", 16, 0x80000077, 0, 12), 0.0) == []
    nacks = [(one.command, one.sequence, one.status) for one in smsc.sent()]
    assert nacks == [("generic_nack", 9, 3), ("generic_nack", 10, 3), ("generic_nack", 11, 2)]
    assert not smsc.session.closing


def test_what_is_no_smpp_ends_it(smsc: Smsc) -> None:
    (event,) = smsc.session.receive(b"HTTP/1.1 400 Bad Request", 0.0)
    assert isinstance(event, Lost)


def test_no_more_in_a_second_than_agreed() -> None:
    it = Smsc(Tuning(window=10, per_second=2.0))
    it.bind()
    for key in "abc":
        it.submit(key)
    assert len(it.sent()) == 1
    assert it.session.deadline == 0.5
    it.at(0.5)
    assert len(it.sent()) == 1
    it.at(5.0)
    assert len(it.sent()) == 1


def test_numbers_begin_again_at_their_end() -> None:
    it = Smsc()
    it.bind()
    it.session._sequence = 0x7FFFFFFF
    it.submit("a")
    assert it.sent()[0].sequence == 1


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_whatever_comes_every_message_has_one_outcome(pieces: list[bytes]) -> None:
    it = Smsc()
    it.bind()
    events = [event for key in "abcd" for event in it.submit(key)]
    for piece in pieces:
        events += it.session.receive(piece, 1.0)
    events += it.at(100.0)
    events += it.session.lost(101.0, "reset")
    keys = [one.key for one in events if isinstance(one, Answered) and not one.late]
    assert sorted(keys) == ["a", "b", "c", "d"]
