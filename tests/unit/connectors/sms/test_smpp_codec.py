"""Units of SMPP as octets and back, judged by another codec."""

import struct

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.smpp_codec import LARGEST, BadPdu, Pdu, Tag, decode, encode, take_frame

ADDRESS = st.text(st.characters(min_codepoint=48, max_codepoint=57), max_size=20)


@given(
    ADDRESS, ADDRESS, st.binary(max_size=160), st.integers(1, 2**31 - 1), st.binary(max_size=300)
)
def test_what_is_written_reads_elsewhere(
    source: str, target: str, message: bytes, sequence: int, payload: bytes
) -> None:
    members = {
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "source_addr": source,
        "dest_addr_ton": 2,
        "dest_addr_npi": 1,
        "destination_addr": target,
        "esm_class": 0x40,
        "data_coding": 8,
        "registered_delivery": 1,
        "short_message": message,
    }
    data = encode(
        Pdu(
            command="submit_sm",
            sequence=sequence,
            members=members,
            options={Tag.PAYLOAD: payload, 0x1403: b"\x00"},
        )
    )
    other = smpp34.decode(data)
    assert isinstance(other, smpp34.SubmitSm)
    assert (other.source_addr, other.destination_addr) == (source, target)
    assert (other.esm_class, other.data_coding, other.registered_delivery) == (0x40, 8, 1)
    assert (other.source_addr_ton, other.dest_addr_ton) == (1, 2)
    assert (other.short_message, other.sequence_number) == (message, sequence)
    assert [(one.tag, one.value) for one in other.tlvs] == [
        (Tag.PAYLOAD, payload),
        (0x1403, b"\x00"),
    ]


@given(
    ADDRESS,
    st.binary(max_size=254),
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=50))),
)
def test_what_was_written_elsewhere_reads(
    source: str, message: bytes, options: list[tuple[int, bytes]]
) -> None:
    written = smpp34.DeliverSm(
        source,
        "90210",
        message,
        esm_class=4,
        data_coding=3,
        tlvs=[smpp34.Tlv(tag, value) for tag, value in options],
        sequence_number=7,
    )
    pdu = decode(written.encode())
    assert (pdu.command, pdu.sequence, pdu.status) == ("deliver_sm", 7, 0)
    assert (pdu.text("source_addr"), pdu.text("destination_addr")) == (source, "90210")
    assert (pdu.number("esm_class"), pdu.number("data_coding")) == (4, 3)
    assert pdu.members["short_message"] == message
    assert pdu.options == dict(options)
    assert not pdu.is_answer


def test_the_message_may_stand_in_an_optional_member() -> None:
    assert decode(smpp34.DeliverSm("1", "2", b"short").encode()).message == b"short"
    long = smpp34.DeliverSm("1", "2", tlvs=[smpp34.Tlv(Tag.PAYLOAD, b"long")])
    assert decode(long.encode()).message == b"long"
    assert decode(smpp34.DeliverSm("1", "2").encode()).message == b""


@pytest.mark.parametrize(
    "command",
    [
        "enquire_link",
        "enquire_link_resp",
        "unbind",
        "unbind_resp",
        "generic_nack",
        "deliver_sm_resp",
    ],
)
def test_short_units_read_as_they_were_written(command: str) -> None:
    pdu = decode(encode(Pdu(command=command, sequence=9, status=0x58)))
    assert (pdu.command, pdu.sequence, pdu.status) == (command, 9, 0x58)
    assert pdu.is_answer == (not command.endswith("link") and command != "unbind")


def test_an_answer_that_refuses_may_have_no_body() -> None:
    pdu = decode(struct.pack(">LLLL", 16, 0x80000004, 0x58, 9))
    assert (pdu.command, pdu.status, pdu.text("message_id")) == ("submit_sm_resp", 0x58, "")


def test_a_unit_that_is_cut_anywhere_is_refused_or_one_without_options() -> None:
    whole = smpp34.DeliverSm(
        "12345", "3160", b"hello", tlvs=[smpp34.Tlv(0x1E, b"id"), smpp34.Tlv(0x427, b"\x02")]
    ).encode()
    bare = smpp34.DeliverSm("12345", "3160", b"hello").encode()
    read, sequences = [], set()
    for length in range(16, len(whole)):
        cut = struct.pack(">L", length) + whole[4:length]
        try:
            read.append(len(decode(cut).options))
        except BadPdu as error:
            sequences.add(error.sequence)
    assert sequences == {int.from_bytes(whole[12:16], "big")}
    assert read == [0, 1]
    assert len(bare) < len(whole)


@given(st.binary(max_size=120), st.sampled_from([4, 5, 0x103, 0x80000004, 0x15, 9, 0x80000009, 77]))
def test_any_octets_are_read_or_refused(body: bytes, command: int) -> None:
    data = struct.pack(">LLLL", 16 + len(body), command, 0, 3) + body
    is_unknown = False
    try:
        sequence = decode(data).sequence
    except BadPdu as error:
        sequence, is_unknown = error.sequence, error.is_unknown
    assert sequence == 3
    assert is_unknown == (command == 77)


def test_frames_are_taken_one_by_one() -> None:
    one, two = (encode(Pdu(command="enquire_link", sequence=number)) for number in (1, 2))
    buffer = bytearray(one + two[:10])
    assert take_frame(buffer) == one
    assert take_frame(buffer) is None
    buffer += two[10:]
    assert take_frame(buffer) == two
    assert take_frame(buffer) is None
    assert not buffer


@pytest.mark.parametrize("length", [0, 15, LARGEST + 1, 0xFFFFFFFF])
def test_a_length_that_no_unit_has_ends_it(length: int) -> None:
    with pytest.raises(BadPdu):
        take_frame(bytearray(struct.pack(">L", length)))
