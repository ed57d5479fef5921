"""Encoding and decoding, where the data files of tests/conformance do not reach."""

import json
from datetime import datetime
from typing import Any

import msgpack
import pytest
from attrs import evolve, fields

from protocol import codec, limits
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.codec import (
    assemble,
    decode,
    encode,
    from_wire,
    pack,
    to_wire,
)
from protocol.errors import ErrorCode, LocalProtocolError, WireError
from protocol.frame import Frame
from protocol.json_codec import decode_json
from protocol.message import MessageContentInfo
from protocol.session import Ping
from protocol.structure import PackedOnce
from tests.conformance import samples

SENTENCE = {"Peer": "web", "TrackingId": "t", "ID": "s", "Text": "Hi"}


def refusal(frame: list[Any], *, by_client: bool = False) -> WireError:
    with pytest.raises(WireError) as caught:
        decode(msgpack.packb(frame), by_client=by_client)
    return caught.value


def test_one_packing_serves_many_receivers() -> None:
    packed = pack("SYS_PONG", Ping(nonce="n"))
    plain, answer = assemble(packed), assemble(packed, {"Re": 7})
    assert decode(plain[4:]) == Frame("SYS_PONG", Ping(nonce="n"))
    assert decode(answer[4:]).re == 7
    assert plain == encode(Frame("SYS_PONG", Ping(nonce="n")))


def test_a_kept_array_is_packed_once() -> None:
    """W-5: the frame is the same map, whatever else is in it."""
    words = PackedOnce(ChatSentenceInfo(peer="web", id=str(n), text="Hi") for n in range(300))
    names = [m.name for m in fields(ChatStatusInfo) if str(m.type) == "str | None"]
    for count in (0, len(names)):
        named: dict[str, Any] = dict.fromkeys(names[:count], "x")
        full = ChatStatusInfo(**named, sentences=words, internal=words)
        sent = pack("SE_CHAT_STATUS", full)
        usual = evolve(full, sentences=(*words,), internal=(*words,))
        assert msgpack.unpackb(b"\x92" + sent, timestamp=3) == msgpack.unpackb(
            b"\x92" + pack("SE_CHAT_STATUS", usual), timestamp=3
        )
    assert words.packed is not None
    words.packed = msgpack.packb(["as it was"])
    assert b"as it was" in pack("SE_CHAT_STATUS", ChatStatusInfo(sentences=words))


def test_a_fault_carries_type_and_id_of_its_frame() -> None:
    """W-5, W-14: the text names the member."""
    error = refusal(["ES_CHAT_SENTENCE", {**SENTENCE, "Counter": 7.9}, {"Id": "a"}])
    assert (error.type, error.re) == ("ES_CHAT_SENTENCE", "a")
    assert error.text == "Counter: int32 expected, not this float"


def test_an_unknown_type_carries_its_id() -> None:
    """W-14."""
    error = refusal(["ES_NEW", None, {"Id": 9}])
    assert (error.code, error.type, error.re) == (ErrorCode.UNKNOWN_TYPE, "ES_NEW", 9)


def test_a_long_unknown_type_is_cut_in_the_error() -> None:
    assert refusal(["x" * 5_000, None]).type == "x" * limits.TYPE_NAME


def test_a_fault_never_shows_the_value() -> None:
    hello = {"Version": 1, "Role": "connector", "Peers": "web-secret", "Token": 5}
    assert "secret" not in refusal(["SYS_HELLO", hello]).text


@pytest.mark.parametrize("payload", [SENTENCE, {"Counter": "nonsense"}])
def test_a_frame_of_the_broker_is_refused_unread_from_a_client(payload: object) -> None:
    """W-14."""
    assert refusal(["SE_CHAT_SENTENCE", payload], by_client=True).code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("member", ["BodyHtml", "BodyText"])
def test_bodies_of_messages_are_counted_in_bytes(member: str) -> None:
    whole = to_wire(samples.full(MessageContentInfo))
    whole[member] = "ž" * (limits.BYTE_LENGTHS[member] // 2)
    assert from_wire("ES_MESSAGE_RECEIVING", whole)
    whole[member] += "x"
    with pytest.raises(WireError) as caught:
        from_wire("ES_MESSAGE_RECEIVING", whole)
    assert (caught.value.code, caught.value.path) == (ErrorCode.TOO_LONG, member)


def test_a_text_may_have_exactly_its_length() -> None:
    """W-14: TooLong, never cut."""
    longest = {**SENTENCE, "Text": "ž" * 32_768}
    decode(msgpack.packb(["ES_CHAT_SENTENCE", longest]))
    longest["Text"] += "x"
    error = refusal(["ES_CHAT_SENTENCE", longest])
    assert (error.code, error.path) == (ErrorCode.TOO_LONG, "Text")


def test_the_two_ways_of_decoding_agree_on_size() -> None:
    """A sentence is decoded the short way up to 4,096 bytes and the careful way after it."""
    for size in range(3_900, 4_300, 7):
        body = msgpack.packb(["ES_CHAT_SENTENCE", {**SENTENCE, "Text": "x" * size}])
        payload = decode(body).payload
        assert isinstance(payload, ChatSentenceInfo)
        assert payload.text == "x" * size


def test_many_small_frames_cannot_hide_in_one_array() -> None:
    """W-4."""
    body = msgpack.packb(["SE_CHAT_LIST", [{}] * 4_000])
    with pytest.raises(WireError, match="BadFrame"):
        decode(body)


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        ([{"ChatId": bytes(16)}] * 1_500, "members"),
        ([{f"x{number}": None for number in range(250)}] * 40, "members"),
        ([[None] * 100] * 60, "elements"),
    ],
)
def test_more_than_a_real_frame_holds_is_refused(payload: object, what: str) -> None:
    """W-4."""
    with pytest.raises(WireError, match=f"too many {what}"):
        decode(msgpack.packb(["SE_CHAT_LIST", payload]))


def test_a_thousand_real_sentences_are_far_from_the_bounds() -> None:
    """W-4."""
    status = {"Peer": "web", "TrackingId": "t", "Status": "Answered"}
    short = {"ID": "1", "Text": "", "Counter": 1, "IsOutbound": False, "Model": 0}
    sentences = [{**short, "TimeSent": msgpack.Timestamp(1)}] * 1_000
    payload = decode(msgpack.packb(["SE_CHAT_STATUS", {**status, "Sentences": sentences}])).payload
    assert isinstance(payload, ChatStatusInfo)
    assert payload.sentences is not None
    assert len(payload.sentences) == 1_000


def test_a_thousand_literals_are_far_from_the_bounds() -> None:
    literal = {"LiteralGroup": 1, "LiteralValue": 1, "Culture": "cs", "DisplayName": "Ano"}
    payload = decode(msgpack.packb(["SE_WS_LITERALS_INFO", [literal] * 1_000])).payload
    assert isinstance(payload, tuple)
    assert len(payload) == 1_000


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("ES_NONSENSE", Ping()),
        ("SYS_PING", ChatCommandInfo()),
        ("SYS_PING", None),
        ("SE_CHAT_LIST", ChatCommandInfo()),
        ("SE_CHAT_LIST", (Ping(),)),
        ("ES_WS_ROUTING", None),
        ("ES_CHAT_SENTENCE", ChatSentenceInfo(time_sent=datetime(2026, 1, 1))),
        ("ES_CHAT_SENTENCE", ChatSentenceInfo(counter=1 << 70)),
    ],
)
def test_what_cannot_be_sent_is_our_own_fault(kind: str, payload: object) -> None:
    with pytest.raises(LocalProtocolError):
        pack(kind, payload)


def test_more_times_than_a_real_frame_has_are_refused() -> None:
    """W-4: timestamps cost far more than their bytes, so thousands of them are not read."""
    moment = msgpack.Timestamp(1, 0)
    few, many = [moment] * 60, [moment] * 700
    assert refusal(["ES_CHAT_START", {"Unknown": few}]).text == "Peer: must not be null"
    assert refusal(["ES_CHAT_START", {"Unknown": many}]).text == "too many times for its length"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (["ES_CHAT_SENTENCE", {**SENTENCE, "Text": "a\0b"}, {"Id": 7}], "Text"),
        (["ES_CHAT_SENTENCE", {**SENTENCE, "Text": "\0"}], "Text"),
        (
            ["SYS_HELLO", {"Version": 1, "Role": "connector", "Peers": ["\0"], "Token": "t"}],
            "Peers[0]",
        ),
        (
            ["SYS_HELLO", {"Version": 1, "Role": "connector", "Peers": ["p"], "Token": "\0"}],
            "Token",
        ),
        (["SYS_PING", {"Nonce": "a"}, {"Id": "\0"}], "Headers.Id"),
        (["SYS_PING", {"Nonce": "a"}, {"Id": 7, "\0": 1}], "Headers"),
        (["SYS_PING", {"Nonce": "a", "New": [{"\0": 1}]}, {"Id": 7}], "Payload"),
    ],
)
def test_no_text_holds_the_character_that_ends_one_in_c(body: list[Any], path: str) -> None:
    """W-5, W-9: neither in MessagePack nor in JSON, on the short way nor on the careful one."""
    for found in (refusal(body), _json_refusal(body)):
        assert (found.code, found.path) == (ErrorCode.BAD_PAYLOAD, path)
        assert found.text.startswith(f"{path}: ")
        # What the answer repeats of the frame can be sent.
        assert found.re == (7 if len(body) == 3 and path != "Headers.Id" else None)


def test_a_type_with_that_character_is_named_without_it() -> None:
    """W-14: a refusal can be read by whoever it is for."""
    found = refusal(["ES_\0", {}])
    assert (found.code, found.type) == (ErrorCode.UNKNOWN_TYPE, "ES_\ufffd")
    assert "\0" not in found.text


def _json_refusal(body: list[Any]) -> WireError:
    with pytest.raises(WireError) as caught:
        decode_json(json.dumps(body))
    return caught.value


def test_a_short_way_is_kept_for_frames_alone() -> None:
    """W-4: a peer may call its frames what it wants."""
    ways = codec._SHORT_BY_CLIENT
    sent = ["ES_CHAT_SENTENCE", SENTENCE]
    assert decode(msgpack.packb(sent), by_client=True).type == "ES_CHAT_SENTENCE"
    known = dict(ways)
    assert known[b"ES_CHAT_SENTENCE"] is not None
    assert refusal(["ES_NO_FRAME", SENTENCE], by_client=True).code is ErrorCode.UNKNOWN_TYPE
    assert dict(ways) == known
    assert refusal(["SE_CHAT_SENTENCE", SENTENCE], by_client=True).code is ErrorCode.NOT_ALLOWED
    assert ways[b"SE_CHAT_SENTENCE"] is None
