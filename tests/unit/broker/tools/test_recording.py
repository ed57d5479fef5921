from __future__ import annotations

import pytest

from broker.tools.recording import (
    BadRecording,
    Closed,
    Directive,
    Line,
    Opened,
    Passed,
    Raw,
    Splitter,
    Tokens,
    header_json,
    parse,
    to_json,
)
from protocol.chat import ChatCommandInfo
from protocol.codec import encode
from protocol.frame import Frame

PING = b"\x00\x00\x00\x0b\x92\xa8SYS_PING\x80"


def _cut(data: bytes, size: int) -> list[Passed | Raw]:
    splitter = Splitter(1, "client")
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    found = [line for piece in pieces for line in splitter.feed(piece, 7)]
    return [*found, *splitter.end(7)]


def _bytes_of(lines: list[Passed | Raw]) -> bytes:
    return b"".join(line.data for line in lines if isinstance(line, Raw))


def test_every_line_reads_back_as_it_was_written() -> None:
    lines: list[Line] = [
        Opened(at=1, conn=1),
        Passed(at=2, conn=1, sender="client", frame=["SYS_PING", {"Nonce": "ž"}, {"Id": 1}]),
        Raw(at=3, conn=1, sender="client", data=b"\x00\xff", why="cut off"),
        Directive(do="reload", arguments={"without": ["a"]}),
        Closed(at=4, conn=1, sender="broker"),
    ]
    recording = parse([header_json(title="All"), "", *map(to_json, lines)])
    assert list(recording.lines) == lines
    assert recording.header["title"] == "All"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"parley": "recording", "version": 2}', header_json() + "\n{}", "nonsense"],
)
def test_what_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(BadRecording):
        parse(text.splitlines())


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
def test_frames_are_found_in_any_slicing(size: int) -> None:
    command = ChatCommandInfo(peer="web", tracking_id="v1")
    data = PING + encode(Frame("ES_CHAT_STOP", command, {"Id": 5})) + PING
    lines = _cut(data, size)
    assert [line.type for line in lines if isinstance(line, Passed)] == [
        "SYS_PING",
        "ES_CHAT_STOP",
        "SYS_PING",
    ]
    assert isinstance(lines[1], Passed)
    assert lines[1].frame[1:] == [{"Peer": "web", "TrackingId": "v1"}, {"Id": 5}]


def test_a_frame_that_does_not_decode_is_kept_as_bytes_and_the_next_one_is_found() -> None:
    bad = b"\x00\x00\x00\x01\xc1"
    raw, ping = _cut(bad + PING, 1_000)
    assert isinstance(raw, Raw)
    assert raw.data == bad
    assert raw.why.startswith("BadFrame")
    assert isinstance(ping, Passed)


@pytest.mark.parametrize("start", [b"\x00\x10\x00\x01", b"\x00\x00\x00\x00"])
def test_after_a_length_that_is_none_all_is_bytes(start: bytes) -> None:
    data = start + PING
    assert _bytes_of(_cut(data, 5)) == data


def test_a_frame_that_was_cut_off_is_kept() -> None:
    (raw,) = _cut(PING[:-1], 4)
    assert isinstance(raw, Raw)
    assert (raw.data, raw.why) == (PING[:-1], "cut off")


def test_an_alias_is_kept_as_it_was_spelled() -> None:
    data = encode(Frame("CS_CHAT_RESYNC", ChatCommandInfo(peer="1")))
    (raw,) = _cut(data.replace(b"RESYNC", b"RESNYC"), 1_000)
    assert isinstance(raw, Raw)
    assert raw.why == "alias CS_CHAT_RESNYC"


TOKENS = Tokens({"web": "web-secret", "alice": "alice-secret"})


def _hello(**members: object) -> list[object]:
    return ["SYS_HELLO", {"Version": 1, **members}, {"Id": 1}]


@pytest.mark.parametrize(
    ("said", "owner"),
    [
        ({"Peers": ["web"], "Token": "web-secret"}, "web"),
        ({"Peers": ["101"], "Login": "alice", "Token": "alice-secret"}, "alice"),
    ],
)
def test_a_token_is_never_written_and_is_given_back(said: dict[str, object], owner: str) -> None:
    frame = _hello(**said)
    redacted = TOKENS.redact(frame)
    assert redacted[1]["Token"] == f"$TOKEN:{owner}"
    assert TOKENS.restore(redacted) == frame


def test_a_wrong_token_stays_wrong() -> None:
    redacted = TOKENS.redact(_hello(Peers=["web"], Token="guess"))
    assert "guess" not in str(redacted)
    assert TOKENS.restore(redacted)[1]["Token"] not in TOKENS.by_name.values()


def test_without_known_tokens_every_token_is_taken_for_right() -> None:
    assert Tokens().redact(_hello(Peers=["web"], Token="x"))[1]["Token"] == "$TOKEN:web"


def test_a_token_that_is_not_known_cannot_be_given_back() -> None:
    with pytest.raises(BadRecording, match="bob"):
        TOKENS.restore(_hello(Login="bob", Token="$TOKEN:bob"))


def test_other_frames_keep_what_they_say() -> None:
    frame = ["SYS_PING", {"Nonce": "web-secret"}]
    assert TOKENS.redact(frame) is frame
    assert TOKENS.restore(["SYS_HELLO", None]) == ["SYS_HELLO", None]
