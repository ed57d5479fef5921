"""`parley record` and `parley replay` as a person uses them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from broker.tools.bench.idle import read_frame
from broker.tools.recording import Passed, Recording, load, to_json
from broker.tools.replay import replay_main
from broker.tools.served import free_port
from protocol.chat import ChatServiceInfo
from protocol.codec import encode
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import Role
from tests.replay.brokers import TestBroker

NAME = "happy-path"
HELLO = Hello(version=1, role=Role.CONNECTOR, peers=(NAME,), token=f"{NAME}-secret")
REQUEST = ChatServiceInfo(peer=NAME, tracking_id="v1")


@pytest.fixture
def recording(fresh_broker: TestBroker, tmp_path: Path) -> Path:
    """A question and its answer, recorded by the command."""
    out = tmp_path / "talk.jsonl"
    listen = ("127.0.0.1", free_port())
    command = [sys.executable, "-m", "broker.cli", "record", "--out", str(out)]
    command += ["--listen", f"127.0.0.1:{listen[1]}", "--to", _address(fresh_broker)]
    command += ["--config", str(fresh_broker.served.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline().startswith(b"recording ")
        with socket.create_connection(listen, timeout=10) as sock:
            sock.sendall(encode(Frame("SYS_HELLO", HELLO)))
            assert read_frame(sock).type == "SYS_WELCOME"
            sock.sendall(encode(Frame("ES_CHAT_REQUEST", REQUEST, {"Id": 1})))
            assert read_frame(sock).type == "SE_CHAT_RESPONSE"
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(10) == 0
    return out


def _address(broker: TestBroker) -> str:
    return f"{broker.address[0]}:{broker.address[1]}"


def test_what_was_recorded_replays(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    types = [line.type for line in load(recording).lines if isinstance(line, Passed)]
    assert types == ["SYS_HELLO", "SYS_WELCOME", "ES_CHAT_REQUEST", "SE_CHAT_RESPONSE"]
    assert f"{NAME}-secret" not in recording.read_text()
    config = fresh_broker.served.config
    assert replay_main([recording], _address(fresh_broker), config=config) == 0
    assert capsys.readouterr().out == "talk.jsonl: as recorded\n"


def test_a_difference_is_shown_and_gives_status_1(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    text = recording.read_text()
    assert '"Signal": "Closed"' in text
    recording.write_text(text.replace('"Signal": "Closed"', '"Signal": "Free"'))
    config = fresh_broker.served.config
    assert replay_main([recording], _address(fresh_broker), speed=0, config=config) == 1
    assert "expected 'Free'" in capsys.readouterr().out


def test_a_token_that_nobody_knows_and_a_file_that_is_none_give_status_2(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay_main([recording], _address(fresh_broker), speed=0) == 2
    assert "the token of happy-path is not known" in capsys.readouterr().out
    recording.write_text("nonsense")
    assert replay_main([recording], _address(fresh_broker)) == 2


def test_a_recording_that_wants_the_broker_restarted_needs_one_of_its_own(
    recording: Path, fresh_broker: TestBroker
) -> None:
    with recording.open("a") as file:
        file.write('{"do": "kill"}\n')
    config = fresh_broker.served.config
    assert replay_main([recording], _address(fresh_broker), speed=0, config=config) == 2


def test_lines_can_be_read_and_written_again(recording: Path) -> None:
    found = load(recording)
    assert isinstance(found, Recording)
    assert [to_json(line) for line in found.lines] == recording.read_text().splitlines()[1:]
