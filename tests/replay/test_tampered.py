"""A recording that the broker does not follow is reported, and readably so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from broker.recording.format import Closed, Line, Passed, Recording, load
from broker.recording.player import Finding, Pace, Player
from tests.replay.brokers import TestBroker, cells_of
from tests.replay.stage import tokens

HERE = Path(__file__).parent


def _index(lines: tuple[Line, ...], type_name: str, nth: int = 0) -> int:
    found = [
        n for n, line in enumerate(lines) if isinstance(line, Passed) and line.type == type_name
    ]
    return found[nth]


async def _findings(
    broker: TestBroker, name: str, tamper: Callable[[list[Line]], None]
) -> list[Finding]:
    recording = load(HERE / f"{name}.jsonl")
    lines = list(recording.lines)
    tamper(lines)
    player = Player(
        Recording(recording.header, tuple(lines)),
        broker.address,
        pace=Pace(speed=0, seconds=3.0),
        host=broker,
        tokens=tokens(cells_of("usual")),
    )
    return await player.play()


def _changed(lines: list[Line], index: int, old: str, new: str) -> None:
    line = lines[index]
    assert isinstance(line, Passed)
    text = json.dumps(line.frame)
    assert old in text
    lines[index] = evolve(line, frame=json.loads(text.replace(old, new)))


async def test_an_expected_frame_that_does_not_come_is_missing(fresh_broker: TestBroker) -> None:
    def tamper(lines: list[Line]) -> None:
        index = _index(tuple(lines), "SE_CHAT_CONFIRM")
        lines.insert(index, lines[index])

    (finding,) = await _findings(fresh_broker, "happy-path", tamper)
    assert (finding.kind, finding.what) == ("missing", "SE_CHAT_CONFIRM")
    assert '"ID": "m1"' in str(finding)


async def test_a_frame_that_is_not_recorded_is_unexpected(fresh_broker: TestBroker) -> None:
    def tamper(lines: list[Line]) -> None:
        del lines[_index(tuple(lines), "SC_CHAT_SENTENCE")]

    (finding,) = await _findings(fresh_broker, "happy-path", tamper)
    assert (finding.kind, finding.what) == ("unexpected", "SC_CHAT_SENTENCE")


async def test_a_different_member_is_shown_with_its_path(fresh_broker: TestBroker) -> None:
    def tamper(lines: list[Line]) -> None:
        index = _index(tuple(lines), "SC_CHAT_STATUS")
        _changed(lines, index, '"Text": "Hello?"', '"Text": "Hullo?"')

    (finding,) = await _findings(fresh_broker, "happy-path", tamper)
    assert str(finding).splitlines()[1:] == [
        "    Sentences[0].Text",
        "      expected 'Hullo?'",
        "      got      'Hello?'",
    ]


async def test_one_recorded_chat_is_one_live_chat(fresh_broker: TestBroker) -> None:
    def tamper(lines: list[Line]) -> None:
        chats = {
            line.frame[1]["TrackingId"]: line.frame[1]["ChatId"]
            for line in lines
            if isinstance(line, Passed) and line.type == "SE_CHAT_STATUS"
        }
        index = _index(tuple(lines), "SC_CHAT_ALERT", 1)
        _changed(lines, index, chats["two"], chats["one"])

    findings = await _findings(fresh_broker, "most-free", tamper)
    assert findings[0].kind == "different"
    assert findings[0].differences[0].path == "ChatId"


async def test_time_that_runs_backwards_is_a_difference(fresh_broker: TestBroker) -> None:
    def tamper(lines: list[Line]) -> None:
        index = _index(tuple(lines), "SC_CHAT_SENTENCE", 1)
        line = lines[index]
        assert isinstance(line, Passed)
        _changed(lines, index, line.frame[1]["TimeSent"], "2020-01-01T00:00:00Z")

    findings = await _findings(fresh_broker, "happy-path", tamper)
    assert findings[0].differences[0].path == "TimeSent"


async def test_a_close_that_is_not_recorded_is_unexpected(fresh_broker: TestBroker) -> None:
    def tamper(lines: list[Line]) -> None:
        lines.remove(next(line for line in lines if isinstance(line, Closed)))

    (finding,) = await _findings(fresh_broker, "version-not-served", tamper)
    assert (finding.kind, finding.what) == ("unexpected", "close")
