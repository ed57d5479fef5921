"""Signals at any moment, and what a service manager is told."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.store.schema import HEAD
from tests.integration.peers import PATIENCE, start_chat, write_config
from tests.integration.program import PARLEY, Child, Client, serving
from tests.support.old_store import make_old

READY = ["READY=1", "STATUS="]


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A broker that waits for its configuration, which comes through a pipe; and the pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*PARLEY, "serve", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    writer = os.open(pipe, os.O_WRONLY)  # waits until the broker reads
    try:
        yield process, writer
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_end_is_granted_before_there_is_a_broker(
    starting: tuple[subprocess.Popen[str], int], number: signal.Signals
) -> None:
    process, writer = starting
    process.send_signal(number)
    out, errors = process.communicate(timeout=PATIENCE)
    os.close(writer)
    assert (process.returncode, out, errors) == (0, "", "")


def test_a_reload_is_kept_until_it_can_be_obeyed_and_a_pipe_is_not_read_again(
    starting: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    """C-4: a configuration that can be read but once stays in force."""
    process, writer = starting
    process.send_signal(signal.SIGHUP)
    with os.fdopen(writer, "w") as pipe:
        pipe.write(write_config(tmp_path).read_text())
    assert process.stdout is not None
    assert process.stderr is not None
    address = ("127.0.0.1", int(process.stdout.readline().rpartition(":")[2]))
    log = map(json.loads, iter(process.stderr.readline, ""))
    fault = next(line for line in log if line["event"] == "configuration_fault")
    assert "can be read but once" in fault["finding"]
    assert next(log)["event"] == "reload_refused"
    with Client(address) as client:
        assert client.ask("ES_CHAT_START", start_chat(), 1).type == "SE_CHAT_STATUS"
        process.send_signal(signal.SIGHUP)
        assert next(line for line in log if line["event"] == "reload_refused")
        assert client.ask("ES_CHAT_START", start_chat("t2"), 2).type == "SE_CHAT_STATUS"


def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    """C-4."""
    path = write_config(tmp_path)
    with serving(path) as child:
        path.unlink()
        os.mkfifo(path)
        child.process.send_signal(signal.SIGHUP)
        assert child.process.stderr is not None
        log = map(json.loads, iter(child.process.stderr.readline, ""))
        fault = next(line for line in log if line["event"] == "configuration_fault")
        assert fault["finding"] == f"{path}: is no regular file, so it is not read again"
        status, _ = child.end(signal.SIGTERM)
        assert status == 0


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_service_manager_is_told(tmp_path: Path, kind: str) -> None:
    name = str(tmp_path / "notify") if kind == "path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name.replace("@", "\0", 1))
        manager.settimeout(PATIENCE)

        def told() -> list[str]:
            return manager.recv(4_096).decode().splitlines()

        environ = {**os.environ, "NOTIFY_SOCKET": name}
        with serving(write_config(tmp_path), env=environ) as child:
            assert told() == ["STATUS=opening the store"]
            assert told()[0].startswith("EXTEND_TIMEOUT_USEC=")
            assert told() == READY
            for _ in range(2):
                asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000
                child.process.send_signal(signal.SIGHUP)
                begun, when = told()
                assert begun == "RELOADING=1"
                assert int(when.removeprefix("MONOTONIC_USEC=")) >= asked
                assert told() == READY
            (tmp_path / "parley.toml").write_text("")
            child.process.send_signal(signal.SIGHUP)
            assert [told()[0], told()[0]] == ["RELOADING=1", "READY=1"]
            status, _ = ended(child)
            assert told() == ["STOPPING=1"]
            assert status == 0


def test_an_upgrade_of_the_store_is_told_of(tmp_path: Path) -> None:
    """Whoever waits for it, manager or person, can know why: it may take many minutes."""
    make_old(f"sqlite:///{tmp_path}/parley.db", "0003")
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        manager.settimeout(PATIENCE)
        environ = {**os.environ, "NOTIFY_SOCKET": name}
        with serving(write_config(tmp_path), env=environ) as child:
            told: list[str] = []
            while not told or told[-1] != "\n".join(READY):
                told.append(manager.recv(4_096).decode())
            status, log = ended(child)
    assert status == 0
    upgrading = [words for words in told if words.startswith("STATUS=upgrading")]
    assert len(upgrading) == 1
    assert f"from schema 0003 to {HEAD}" in upgrading[0]
    begun, done = [line for line in log if str(line["event"]).startswith("upgrade_")]
    assert (begun["event"], begun["schema"], begun["to_schema"]) == (
        "upgrade_started",
        "0003",
        HEAD,
    )
    assert (done["event"], done["schema"]) == ("upgrade_done", HEAD)
    assert isinstance(done["seconds"], float)
    assert log.index(done) < [line["event"] for line in log].index("broker_started")


def ended(child: Child) -> tuple[int, list[dict[str, object]]]:
    """End a broker in good order."""
    return child.end(signal.SIGTERM)
