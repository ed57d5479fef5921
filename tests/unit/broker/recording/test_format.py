from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from broker.recording.format import (
    BadRecording,
    Closed,
    Directive,
    Line,
    Opened,
    Passed,
    Raw,
    Splitter,
    header_json,
    load,
    parse,
    to_json,
)
from protocol.chat import ChatCommandInfo
from protocol.codec import encode
from protocol.frame import Frame
from tests.support.requires import ROOT

OPEN = '{"at": 1, "conn": 1, "event": "open"}'
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
        Passed(at=2, conn=1, sender="broker", frame=["SYS_PONG", {}], data=PING, partial=True),
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


def test_bytes_that_are_not_ours_are_kept_beside_the_frame() -> None:
    """W-6, W-7, W-9: an alias, JSON, a Guid in bytes, a member that nobody knows."""
    plain = encode(Frame("CS_CHAT_RESYNC", ChatCommandInfo(peer="1")))
    body = b'["CS_CHAT_RESYNC",{"Peer":"1","Later":true}]'
    others = (
        plain.replace(b"RESYNC", b"RESNYC"),
        len(body).to_bytes(4) + body,
    )
    for data in others:
        (line,) = _cut(data, 1_000)
        assert isinstance(line, Passed)
        assert (line.frame, line.data) == (["CS_CHAT_RESYNC", {"Peer": "1"}], data)
        assert parse([header_json(), OPEN, to_json(line)]).lines[1] == line
    (line,) = _cut(plain, 1_000)
    assert isinstance(line, Passed)
    assert line.data is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"conn": 1, "from": "kliens", "frame": ["SYS_PING", {}]}', "neither client nor broker"),
        ('{"conn": 2, "from": "client", "frame": ["SYS_PING", {}]}', "connection 2 was not opened"),
        ('{"from": "client", "frame": ["SYS_PNIG", {}]}', "there is no type SYS_PNIG"),
        ('{"from": "broker", "frame": ["SE_CHAT_STATSU", {}]}', "there is no type SE_CHAT_STATSU"),
        ('{"from": "client", "frame": ["ES_CHAT_STOP", {"Peer": 7}]}', "Peer"),
        ('{"from": "client", "frame": ["SYS_PING"]}', "[Type, Payload]"),
        ('{"from": "client", "frames": ["SYS_PING", {}]}', "frames: no such member"),
        ('{"from": "client", "hex": "0g"}', "hexadecimal"),
        ('{"from": "client"}', "is expected"),
        ('{"event": "closed", "from": "client"}', "neither open nor close"),
        ('{"event": "frame", "from": "client"}', "no such member"),
        ('{"event": "open"}', "was opened before"),
        ('{"at": "soon", "event": "close", "from": "client"}', "at: int expected"),
        ('{"at": -1, "event": "close", "from": "client"}', "at is 0 or later"),
        ('{"do": 1}', "do: a str is expected"),
        ("[]", "an object is expected"),
        ('{"from": ', "Expecting value"),
        ("[" * 5_000, "recursion"),
    ],
)
def test_a_line_that_nobody_understands_is_refused(line: str, words: str) -> None:
    with pytest.raises(BadRecording, match=r"^talk, line 3: ") as caught:
        parse([header_json(), OPEN, line], "talk")
    assert words in str(caught.value)


def test_who_writes_by_hand_may_leave_out_when_and_on_which_connection() -> None:
    found = parse([header_json(), '{"event": "open"}', '{"from": "client", "hex": "00"}'])
    assert found.lines == (
        Opened(at=0, conn=1),
        Raw(at=0, conn=1, sender="client", data=b"\x00", why=""),
    )


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(header_json().encode() + b"\n\xff\n")
    with pytest.raises(BadRecording, match="not UTF-8"):
        load(path)


def test_the_schema_reads_what_is_read_and_refuses_what_is_refused() -> None:
    """docs/schema/recording.schema.json, on every recording here and on lines that are none."""
    schema = json.loads((ROOT / "docs/schema/recording.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    recordings = sorted((ROOT / "tests/replay").glob("*.jsonl"))
    assert recordings
    for path in recordings[::7]:
        for line in path.read_text(encoding="utf-8").splitlines():
            validator.validate(json.loads(line))
    for bad in (
        {"conn": 1, "from": "kliens", "frame": ["SYS_PING", {}]},
        {"conn": 1, "from": "client"},
        {"conn": 1, "from": "client", "hex": "0g"},
        {"event": "open", "frame": []},
        {"parley": "recording", "version": 2},
    ):
        assert not validator.is_valid(bad)


def test_files_of_other_editors_are_read_or_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    text = "\r\n".join([header_json(title="É"), OPEN, ""])
    path.write_bytes(text.encode("utf-8-sig"))
    assert list(load(path).lines) == [Opened(at=1, conn=1)]
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(BadRecording, match="not UTF-8"):
        load(path)
