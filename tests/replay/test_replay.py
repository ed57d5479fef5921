"""Every recording, played against a real broker over TCP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broker.recording.format import Passed, load
from broker.recording.player import Pace, Player
from protocol.catalogue import CATALOGUE
from tests.replay.brokers import BrokerOf, cells_of
from tests.replay.stage import SCENARIOS, tokens

HERE = Path(__file__).parent
RECORDINGS = sorted(HERE.glob("*.jsonl"))
REFUSALS = (
    "BadFrame",
    "FrameTooLarge",
    "BadHello",
    "VersionNotServed",
    "AuthFailed",
    "HelloTimeout",
    "UnknownType",
    "BadPayload",
    "NotAllowed",
    "UnknownGateway",
    "UnknownChat",
    "ChatClosed",
    "UnknownAgent",
    "UnknownScenario",
    "UnknownMessage",
    "WrongState",
    "TooLong",
    "KeyReused",
    "RateLimited",
    "Overloaded",
)
"""The codes of W-14."""


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
async def test_the_broker_does_as_recorded(path: Path, broker_of: BrokerOf) -> None:
    recording = load(path)
    kind = str(recording.header["broker"])
    broker = broker_of(kind)
    player = Player(
        recording, broker.address, pace=Pace(speed=0), host=broker, tokens=tokens(cells_of(kind))
    )
    findings = await player.play()
    assert not findings, "\n".join(str(finding) for finding in findings)


def test_every_dialogue_is_recorded_and_every_recording_has_its_dialogue() -> None:
    assert {path.stem for path in RECORDINGS} == set(SCENARIOS)


def test_every_refusal_of_the_protocol_is_recorded() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in RECORDINGS)
    assert [code for code in REFUSALS if f'"Code": "{code}"' not in said] == []


def test_every_frame_that_is_served_is_recorded() -> None:
    passed = {
        line.type for path in RECORDINGS for line in load(path).lines if isinstance(line, Passed)
    }
    parts = ("_MESSAGE_", "_CONVERSATION_", "_BLOB_")
    later = {name for name in CATALOGUE if any(part in name for part in parts)}
    assert set(CATALOGUE) - later - passed == set()


def test_no_connector_is_shown_what_agents_do_among_themselves() -> None:
    """B-29: neither their notes nor who is asked, consulted or watching."""
    shown = [
        json.dumps(line.frame)
        for path in RECORDINGS
        for line in load(path).lines
        if isinstance(line, Passed) and line.type.startswith("SE_")
    ]
    assert len(shown) > len(RECORDINGS)
    told = ('"Internal"', '"Parties"', '"IsParked"', '"Model": 10', '"Info"')
    assert [frame for frame in shown if any(word in frame for word in told)] == []
