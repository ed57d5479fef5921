"""`parley record` and `parley replay` as a person uses them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest
from attrs import evolve

from broker.bench.idle import read_frame
from broker.child import free_port
from broker.config.load import load as load_config
from broker.recording.command import Replay, replay_main
from broker.recording.format import Passed, Recording, load, to_json
from broker.recording.player import Finding
from broker.recording.proxy import record_main
from broker.recording.tokens import read_token_file
from protocol.chat import ChatServiceInfo
from protocol.codec import encode
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import Role, parse_time
from tests.replay.brokers import TestBroker
from tests.replay.setting import write
from tests.support.requires import ROOT

HERE = Path(__file__).parent
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
    assert replay_main([recording], Replay(to=_address(fresh_broker), config=config)) == 0
    assert capsys.readouterr().out == "talk.jsonl: as recorded\n"


def test_a_difference_is_shown_and_gives_status_1(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    text = recording.read_text()
    assert '"Signal": "Closed"' in text
    recording.write_text(text.replace('"Signal": "Closed"', '"Signal": "Free"'))
    config = fresh_broker.served.config
    assert replay_main([recording], Replay(to=_address(fresh_broker), speed=0, config=config)) == 1
    assert "expected 'Free'" in capsys.readouterr().out


def test_a_token_that_nobody_knows_and_a_file_that_is_none_give_status_2(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay_main([recording], Replay(to=_address(fresh_broker), speed=0)) == 2
    assert "the token of happy-path is not known" in capsys.readouterr().err
    recording.write_text("nonsense")
    assert replay_main([recording], Replay(to=_address(fresh_broker))) == 2


def test_a_recording_that_wants_the_broker_restarted_needs_one_of_its_own(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is played then, and each file that cannot be is named."""
    wants = {"kill": "killed", "restart": "restarted", "reload": "configuration reloaded"}
    files = [recording]
    for do in wants:
        files.append(recording.with_name(f"{do}.jsonl"))
        files[-1].write_text(f'{recording.read_text()}{{"do": "{do}"}}\n')
    config = fresh_broker.served.config
    assert replay_main(files, Replay(to=_address(fresh_broker), speed=0, config=config)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for line, file, does in zip(said.err.splitlines(), files[1:], wants.values(), strict=True):
        assert line.startswith(f"parley replay: {file}: wants the broker")
        assert f"{does}: needs a harness" in line


def test_lines_can_be_read_and_written_again(recording: Path) -> None:
    found = load(recording)
    assert isinstance(found, Recording)
    assert [to_json(line) for line in found.lines] == recording.read_text().splitlines()[1:]


def test_a_broker_that_is_away_and_a_file_that_is_none_are_one_line_each(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = Replay(to=f"127.0.0.1:{free_port()}", speed=0)
    for file, words in (
        (recording, f"no broker answers at {away.to}: "),
        (tmp_path / "none.jsonl", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        tokens = tmp_path / "tokens"
        tokens.write_text(f"# of a test\n{NAME} = {NAME}-secret\n")
        assert replay_main([file], evolve(away, token_file=tokens)) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("parley replay: ")
        assert said.err.count("\n") == 1
        assert words in said.err


def test_findings_are_told_to_programs_too(
    recording: Path, fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    replay = Replay(
        to=_address(fresh_broker), speed=0, config=fresh_broker.served.config, as_json=True
    )
    assert replay_main([recording], replay) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["as_recorded"] is True
    assert told["recordings"] == [{"file": str(recording), "title": None, "findings": []}]
    recording.write_text(recording.read_text().replace('"Signal": "Closed"', '"Signal": "Free"'))
    assert replay_main([recording], replay) == 1
    told = json.loads(capsys.readouterr().out)
    (finding,) = told["recordings"][0]["findings"]
    assert (finding["kind"], finding["conn"], finding["what"]) == (
        *("different", 1),
        "SE_CHAT_RESPONSE",
    )
    assert finding["differences"] == [{"path": "Signal", "expected": "Free", "got": "Closed"}]


def test_the_header_says_when_and_of_what_it_was_made(
    recording: Path, fresh_broker: TestBroker
) -> None:
    header = load(recording).header
    assert header["to"] == _address(fresh_broker)
    assert header["by"] == f"parley {version('parley')}"
    assert parse_time(header["recorded"]) is not None


def test_a_store_that_knows_the_visitors_meets_others(
    fresh_broker: TestBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    """W-21: what a broker remembers of a run is not in the way of the next one."""
    known = Replay(to=_address(fresh_broker), speed=0, config=fresh_broker.served.config)
    files = [HERE / "wait-levels.jsonl", HERE / "bound-twice.jsonl"]
    assert replay_main(files, known) == 0
    again = evolve(known, seconds=0.5)
    assert replay_main(files, again) == 1
    for run in ("one", "two"):
        assert replay_main(files, evolve(known, fresh=run)) == 0
    assert replay_main(files[:1], evolve(known, names={"v1": "v1-renamed"})) == 0
    assert "finding" in capsys.readouterr().out


def test_two_replays_at_a_time_are_in_nobodys_way(fresh_broker: TestBroker) -> None:
    """Each has visitors of its own, at a broker that knows the recorded ones."""
    usual = Replay(to=_address(fresh_broker), speed=0, config=fresh_broker.served.config)
    tokens = usual.tokens()
    recordings = [load(HERE / f"{name}.jsonl") for name in ("wait-levels", "bound-twice")]

    def play(run: str, recording: Recording) -> list[Finding]:
        return evolve(usual, fresh=run).play(recording, tokens)

    with ThreadPoolExecutor(len(recordings)) as pool:
        for runs in ("ab", "cd"):
            assert list(pool.map(play, runs, recordings)) == [[], []]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"ES_CHAT_REQUEST"', '"\\u001b[31mX\\u202e"'),
        ('"SE_CHAT_RESPONSE"', '"\\u001b[31mX\\u202e"'),
        ('"from": "broker"', '"\\u001b[31mX\\u202e": 1'),
        ('"event": "close"', '"do": "\\u001b[31mX\\u202e\\nparley replay: good", "was": 1'),
        ('"SE_CHAT_RESPONSE", {', '"SE_CHAT_RESPONSE", {"\\u001b[31mX\\u202e": 1, '),
    ],
)
def test_what_a_recording_says_commands_no_terminal(
    recording: Path,
    fresh_broker: TestBroker,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
) -> None:
    """A recording may be somebody else's."""
    text = recording.read_text()
    assert old in text
    recording.write_text(text.replace(old, new))
    replay = Replay(
        to=_address(fresh_broker), speed=0, seconds=0.1, config=fresh_broker.served.config
    )
    assert replay_main([recording], replay) in (1, 2)
    said = "".join(capsys.readouterr())
    assert "31mX" in said
    assert all(line.isprintable() for line in said.split("\n"))


def test_record_says_in_a_line_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        out = tmp_path / "talk.jsonl"
        for arguments, words in (
            ((listen, "127.0.0.1:1", out), "in use"),
            ((listen, "127.0.0.1:1", tmp_path / "none" / "talk.jsonl"), "No such file"),
            ((listen, "127.0.0.1:1", out, tmp_path / "none.toml"), "no such file"),
        ):
            assert record_main(*arguments) == 2
            said = capsys.readouterr().err
            assert said.startswith("parley record: ")
            assert said.count("\n") == 1
            assert words in said


def test_a_stranger_gets_what_a_broker_must_be_configured_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """tests/conformance/README.md: the configuration is good, the tokens are those of its owners."""
    recordings = write("slow", tmp_path)
    config = load_config(tmp_path / "slow.toml").config
    known = read_token_file(tmp_path / "slow.tokens").by_name
    assert {gateway.peer for gateway in config.gateways.values()} <= set(known)
    listed = (tmp_path / "slow.txt").read_text().splitlines()
    assert [ROOT / line for line in listed] == recordings
    assert recordings
    write("usual", tmp_path)
    assert "tests/replay/killed.jsonl" not in (tmp_path / "usual.txt").read_text().splitlines()
    assert "tests/replay/killed.jsonl" in (tmp_path / "usual.harness.txt").read_text().splitlines()
    assert capsys.readouterr().out == ""
