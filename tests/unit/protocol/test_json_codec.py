"""JSON, where the data files of tests/conformance do not reach (W-9)."""

import json
from typing import Any

import pytest
from attrs import evolve

from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.codec import encode, pack
from protocol.encoding import JSON, MESSAGEPACK, encoding_of
from protocol.errors import ErrorCode, LocalProtocolError, WireError
from protocol.frame import Frame
from protocol.json_codec import (
    assemble_json,
    decode_json,
    decode_json_body,
    encode_json,
    pack_json,
)
from protocol.session import Ping
from protocol.structure import PackedOnce
from protocol.values import Guid
from tests.conformance import samples

SENTENCE = {"Peer": "web", "TrackingId": "t", "ID": "s", "Text": "Hi"}


def refusal(body: bytes, *, by_client: bool = False) -> WireError:
    with pytest.raises(WireError) as caught:
        decode_json_body(body, by_client=by_client)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[",
        "[1,2]",
        '["SYS_PING"]',
        '["SYS_PING",{"Nonce":NaN}]',
        "[" * 5_000,
        '["SYS_PING",{"Nonce":"a","Nonce":"b"}]',
        '["SYS_PING",{"Nonce":"\\ud800"}]',
        '["SYS_PING",{"New":' + "[" * 40 + "]" * 40 + "}]",
        '["SYS_PING",{"New":1' + "0" * 5_000 + "}]",
    ],
)
def test_bad_json_is_a_bad_frame(text: str) -> None:
    """W-4, W-9."""
    with pytest.raises(WireError) as caught:
        decode_json(text)
    assert caught.value.code is ErrorCode.BAD_FRAME


@pytest.mark.parametrize("counter", ["1.0", "true", '"1"', "3000000000"])
def test_json_is_as_strict(counter: str) -> None:
    """W-5, W-9."""
    with pytest.raises(WireError) as caught:
        decode_json(
            '["ES_CHAT_SENTENCE",{"Peer":"p","TrackingId":"t","ID":"1","Text":"",'
            f'"Counter":{counter}}}]'
        )
    assert caught.value.path == "Counter"


def test_json_knows_whole_surrogate_pairs() -> None:
    """W-9."""
    assert decode_json('["SYS_PING",{"Nonce":"\\ud83d\\ude00"}]').payload == Ping(nonce="😀")


def test_an_unknown_type_cannot_be_written() -> None:
    with pytest.raises(LocalProtocolError):
        encode_json(Frame("ES_NONSENSE"))


def test_the_first_byte_tells_the_encoding() -> None:
    """W-9."""
    for frame in samples.frames().values():
        assert encoding_of(encode(frame)[4:]) is MESSAGEPACK
        assert encoding_of(encode_json(frame).encode()) is JSON


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b' ["SYS_PING",{}]',
        b'\xef\xbb\xbf["SYS_PING",{}]',
        encode(Frame("SYS_PING", Ping()))[4:],
        b'["SYS_PING",{"Nonce":"\xff"}]',
        b'["SYS_PING",{"Nonce":"\xed\xa0\x80"}]',
        b'["SYS_PING",{"Nonce":"\xc0\xaf"}]',
        b'["SYS_PING",{}]x',
        b'["SYS_PING",{}]["SYS_PING",{}]',
        b'["SYS_PING",{}',
        b'["SYS_PING",{"New":-Infinity}]',
        b"['SYS_PING',{}]",
        b'["SYS_PING",{"Nonce":"a\nb"}]',
        b'["SYS_PING",{"New":01}]',
        b'["SYS_PING",{},]',
    ],
)
def test_other_bytes_are_a_bad_frame(body: bytes) -> None:
    """W-4, W-9."""
    assert refusal(body).code is ErrorCode.BAD_FRAME


def test_half_a_pair_in_a_text_is_a_bad_frame() -> None:
    """W-4: also where it is not written as an escape."""
    with pytest.raises(WireError) as caught:
        decode_json('["SYS_PING",{"Nonce":"\ud800"}]')
    assert caught.value.code is ErrorCode.BAD_FRAME


def test_white_space_is_no_matter() -> None:
    """W-9: what JSON allows between values and behind them."""
    body = b'[ "SYS_PING" ,\r\n\t{ "Nonce" : "n" } ] \n'
    assert decode_json_body(body).payload == Ping(nonce="n")


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
def test_an_id_fits_both_encodings(number: int) -> None:
    """W-2: an answer could not carry it otherwise."""
    error = refusal(f'["SYS_PING",{{}},{{"Id":{number}}}]'.encode())
    assert (error.code, error.path, error.re) == (ErrorCode.BAD_PAYLOAD, "Headers.Id", None)


def test_a_frame_of_the_broker_is_refused_unread_from_a_client() -> None:
    """W-14."""
    body = json.dumps(["SE_CHAT_SENTENCE", SENTENCE]).encode()
    assert refusal(body, by_client=True).code is ErrorCode.NOT_ALLOWED


def test_one_packing_serves_many_receivers() -> None:
    packed = pack_json("SYS_PONG", Ping(nonce="ž"))
    plain, answer = assemble_json(packed), assemble_json(packed, {"Re": 7})
    assert plain[4:] == '["SYS_PONG",{"Nonce":"ž"}]'.encode()
    assert answer[4:] == '["SYS_PONG",{"Nonce":"ž"},{"Re":7}]'.encode()
    for frame in (plain, answer):
        assert int.from_bytes(frame[:4]) == len(frame) - 4


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("ES_NONSENSE", Ping()),
        ("SYS_PING", ChatSentenceInfo()),
        ("SYS_PING", Ping(nonce="\ud800")),
    ],
)
def test_what_cannot_be_sent_is_our_own_fault(kind: str, payload: object) -> None:
    with pytest.raises(LocalProtocolError):
        pack_json(kind, payload)


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        ([{"ChatId": "x"}] * 3_000, "members"),
        ([[None] * 100] * 200, "elements"),
        ([[]] * 30_000, "values"),
        ([0] * 30_000, "values"),
    ],
)
def test_more_than_a_real_frame_holds_is_refused(payload: Any, what: str) -> None:
    """W-4, W-9."""
    body = json.dumps(["SE_CHAT_LIST", payload], separators=(",", ":")).encode()
    error = refusal(body)
    assert error.code is ErrorCode.BAD_FRAME
    assert f"too many {what}" in error.text


def test_more_entries_of_one_map_than_a_real_frame_has() -> None:
    """W-4: as in MessagePack."""
    payload = {f"x{number}": 1 for number in range(257)}
    assert "too many members" in refusal(json.dumps(["SYS_PING", payload]).encode()).text


@pytest.mark.parametrize("text", [",[{" * 10_000, '\\"' * 15_000, "\\," * 15_000])
def test_marks_inside_of_a_text_are_no_values(text: str) -> None:
    """W-4: a sentence may be made of commas and brackets, escaped or not."""
    body = json.dumps(["ES_CHAT_SENTENCE", {**SENTENCE, "Text": text}]).encode()
    payload = decode_json_body(body).payload
    assert isinstance(payload, ChatSentenceInfo)
    assert payload.text == text


@pytest.mark.parametrize(
    "text",
    ['["SYS_PING",{"New":"' + '\\"' * 400_000, "[" + '"",' * 300_000, '["' + "\\" * 500_000],
)
def test_texts_without_an_end_take_no_time(text: str) -> None:
    """W-4: quadratic work would take minutes, and this test with it."""
    assert refusal(text.encode()).code is ErrorCode.BAD_FRAME


def test_a_thousand_real_sentences_are_far_from_the_bounds() -> None:
    """W-4."""
    status = {"Peer": "web", "TrackingId": "t", "Status": "Answered"}
    short = {"ID": "1", "Text": "", "Counter": 1, "IsOutbound": False, "Model": 0}
    sentences = [{**short, "TimeSent": "2026-01-02T03:04:05Z"}] * 1_000
    body = json.dumps(["SE_CHAT_STATUS", {**status, "Sentences": sentences}]).encode()
    payload = decode_json_body(body).payload
    assert isinstance(payload, ChatStatusInfo)
    assert payload.sentences is not None
    assert len(payload.sentences) == 1_000


def test_a_kept_array_is_written_once() -> None:
    """W-9: the text is the same map, whatever else is in it; in MessagePack the bytes are others."""
    words = PackedOnce(ChatSentenceInfo(peer="web", id=str(n), text='"ü') for n in range(300))
    for bare in (ChatStatusInfo(), ChatStatusInfo(peer="web", chat_id=Guid("1"))):
        full = evolve(bare, sentences=words, internal=words)
        usual = evolve(bare, sentences=(*words,), internal=(*words,))
        pack("SE_CHAT_STATUS", full)
        sent = pack_json("SE_CHAT_STATUS", full)
        assert json.loads(sent + b"]") == json.loads(pack_json("SE_CHAT_STATUS", usual) + b"]")
    words.packed_json = b'["as it was"]'
    assert b"as it was" in pack_json("SE_CHAT_STATUS", ChatStatusInfo(sentences=words))
    assert b"as it was" not in pack("SE_CHAT_STATUS", ChatStatusInfo(sentences=words))
