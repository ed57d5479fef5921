"""Nothing that becomes of its output stops or ends a broker: pipes, full disks, closed descriptors."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from broker.child import free_port
from protocol.codec import encode
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import Role
from tests.integration.peers import PATIENCE, sentence, start_chat, write_config
from tests.integration.program import PARLEY, fixed, patient_client

PAGE = 4_096


@contextmanager
def process_of(command: list[str], **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is surely gone in the end."""
    process = subprocess.Popen(command, **streams)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def small_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that a few lines fill."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PAGE)
    try:
        yield reader, writer
    finally:
        for end in (reader, writer):
            with suppress(OSError):
                os.close(end)


def refused_hellos(address: tuple[str, int], count: int) -> None:
    """Strangers with a wrong token: two lines of the log each."""
    hello = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="wrong")
    for _ in range(count):
        with socket.create_connection(address, timeout=PATIENCE) as sock:
            sock.sendall(encode(Frame("SYS_HELLO", hello)))
            while sock.recv(PAGE):
                pass


def converses(process: subprocess.Popen[bytes], address: tuple[str, int]) -> None:
    """Hold a conversation, over many lines of the log."""
    with patient_client(process, address) as client:
        refused_hellos(address, 20)
        assert client.ask("ES_CHAT_START", start_chat(), 1).type == "SE_CHAT_STATUS"
        assert client.ask("ES_CHAT_SENTENCE", sentence("s1", "Hello?"), 2).re == 2


def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    address = fixed(path := write_config(tmp_path))
    with small_pipe() as (reader, writer):
        command = [*PARLEY, "serve", str(path)]
        with process_of(command, stdout=writer, stderr=writer) as process:
            converses(process, address)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        os.set_blocking(reader, False)
        assert len(os.read(reader, 2 * PAGE)) > PAGE - 512  # no further line went in


def test_a_log_whose_reader_died_ends_nothing(tmp_path: Path) -> None:
    address = fixed(path := write_config(tmp_path))
    port = free_port()
    text = path.read_text().replace('http = "127.0.0.1:0"', f'http = "127.0.0.1:{port}"')
    path.write_text(text)
    with small_pipe() as (reader, writer):
        os.close(reader)
        command = [*PARLEY, "serve", str(path)]
        with process_of(command, stdout=writer, stderr=writer) as process:
            converses(process, address)
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
                page = answer.read().decode()
            (lost,) = [
                float(line.split()[1])
                for line in page.splitlines()
                if line.startswith("parley_log_lines_dropped_total ")
            ]
            assert lost >= 40
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


def test_a_full_disk_of_the_log_ends_nothing_and_prevents_no_start(tmp_path: Path) -> None:
    address = fixed(path := write_config(tmp_path))
    with (
        Path("/dev/full").open("wb") as full,
        process_of([*PARLEY, "serve", str(path)], stdout=full, stderr=full) as process,
    ):
        converses(process, address)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_closed_descriptors_are_no_place_for_a_database(tmp_path: Path) -> None:
    address = fixed(path := write_config(tmp_path))
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *PARLEY, "serve", str(path)]
    with process_of(command) as process:
        converses(process, address)
        for number in range(3):
            assert Path(f"/proc/{process.pid}/fd/{number}").readlink() == Path(os.devnull)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("sink", ["full", "stuck"])
def test_a_faulty_configuration_has_its_status_whatever_becomes_of_its_list(
    tmp_path: Path, sink: str
) -> None:
    path = write_config(tmp_path, more="".join(f"key{number} = 1\n" for number in range(100)))
    with small_pipe() as (_, writer), Path("/dev/full").open("wb") as full:
        errors = full if sink == "full" else writer
        with process_of([*PARLEY, "serve", str(path)], stderr=errors) as process:
            assert process.wait(PATIENCE) == 2


CRASH = """
import trio
from broker import process
def crash(*_):
    raise RuntimeError("x" * 10_000)
trio.run = crash
process.serve({path!r})
"""


def test_a_bug_ends_the_process_though_nobody_reads_its_traceback(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    command = [sys.executable, "-c", CRASH.format(path=str(path))]
    with (
        small_pipe() as (_, writer),
        process_of(command, stderr=writer) as process,
    ):
        assert process.wait(PATIENCE) == 1
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("RuntimeError: " + "x" * 10_000)
