"""Every recording, played against a real broker over TCP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broker.recording.format import Passed, load
from broker.recording.player import Pace, Player
from protocol.catalogue import CATALOGUE
from protocol.errors import ErrorCode
from tests.replay.brokers import BrokerOf, cells_of
from tests.replay.stage import SCENARIOS, tokens

HERE = Path(__file__).parent
RECORDINGS = sorted(HERE.glob("*.jsonl"))
OF_MESSAGES = ("_MESSAGE_", "_CONVERSATION_", "_BLOB_")
"""What is in the type of a frame about messages, conversations and attachments."""
NOT_OF_MESSAGES = {
    ErrorCode.BAD_FRAME: "what it is in is no frame of any type",
    ErrorCode.FRAME_TOO_LARGE: "the length alone was read",
    ErrorCode.BAD_HELLO: "of the first frame alone",
    ErrorCode.VERSION_NOT_SERVED: "of the first frame alone",
    ErrorCode.AUTH_FAILED: "of the first frame alone",
    ErrorCode.HELLO_TIMEOUT: "of the first frame alone",
    ErrorCode.UNKNOWN_TYPE: "all of their types are known",
    ErrorCode.UNKNOWN_CHAT: "they name no chat",
    ErrorCode.UNKNOWN_SCENARIO: "they name no form",
    ErrorCode.RATE_LIMITED: "it goes by connection and size, whatever the type: far-too-fast, rate-limited",
}
"""The codes that nothing about messages is refused with, and why not."""


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


def _passed() -> list[Passed]:
    """Every frame of every recording."""
    return [line for path in RECORDINGS for line in load(path).lines if isinstance(line, Passed)]


def test_every_refusal_of_the_protocol_is_recorded() -> None:
    said = {line.frame[1]["Code"] for line in _passed() if line.type == "SYS_ERROR"}
    assert set(ErrorCode) - said == set()


def test_every_frame_is_recorded() -> None:
    """But for logins (W-18): nothing of one may be written down."""
    secret = {name for name in CATALOGUE if name.startswith("SYS_LOGIN")}
    assert set(CATALOGUE) - {line.type for line in _passed()} == secret


def test_every_frame_of_a_client_about_messages_is_recorded_refused_and_with_every_code() -> None:
    refused = {
        (line.frame[1].get("Type"), line.frame[1]["Code"])
        for line in _passed()
        if line.type == "SYS_ERROR"
    }
    asked = {
        name
        for name, spec in CATALOGUE.items()
        if name[:2] in ("ES", "CS") and any(part in name for part in OF_MESSAGES)
    }
    assert asked - {name for name, _ in refused} == set()
    codes = {code for name, code in refused if name in asked}
    assert codes == set(ErrorCode) - set(NOT_OF_MESSAGES)


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
