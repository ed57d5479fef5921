"""`parley` as a program: processes of it, and a client on a blocking socket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from attrs import define, field

from broker.child import free_port
from protocol.codec import encode
from protocol.connection import Connection, Side, State
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import Role
from tests.integration.peers import PATIENCE

PARLEY = (sys.executable, "-m", "broker")


def run(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*PARLEY, *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@define
class Child:
    """A broker in a process of its own.

    Attributes:
        said: Its lines on standard output until it was ready.
    """

    process: subprocess.Popen[str]
    address: tuple[str, int]
    said: list[str] = field(factory=list)

    def end(self, number: signal.Signals) -> tuple[int, list[dict[str, object]]]:
        """Send a signal and wait for the end; the exit status and the log."""
        self.process.send_signal(number)
        _out, log = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, [json.loads(line) for line in log.splitlines()]


@contextmanager
def serving(path: Path | str, **options: Any) -> Iterator[Child]:
    """Run `parley serve` and wait for its line."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*PARLEY, "serve", str(path)], **{**streams, **options})
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on 127.0.0.1:"), line
        port = int(line.rpartition(":")[2])
        yield Child(process, ("127.0.0.1", port), [line])
    finally:
        process.kill()
        process.communicate()


class Client:
    """A connector on a blocking socket."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address, timeout=PATIENCE)
        self.connection = Connection(Side.CLIENT, now=0)
        self.frames: list[Frame] = []
        hello = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="web-secret")
        self.connection.hello(hello)
        self.sock.sendall(self.connection.data_to_send())
        while self.connection.state is not State.OPEN:
            self.receive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.sock.close()

    def receive(self) -> bool:
        """Receive once; False at the end of the stream."""
        data = self.sock.recv(65_536)
        for event in self.connection.receive(data, 0):
            assert isinstance(event, Frame)
            self.frames.append(event)
        return bool(data)

    def ask(self, type: str, payload: object, id: int) -> Frame:
        """Send a frame and wait for its answer."""
        self.sock.sendall(encode(Frame(type, payload, {"Id": id})))
        while True:
            for frame in self.frames:
                if frame.re == id:
                    return frame
            assert self.receive(), self.frames


def fixed(path: Path) -> tuple[str, int]:
    """Have a configuration listen on a free port that is known before the broker prints it."""
    address = ("127.0.0.1", free_port())
    text = path.read_text()
    path.write_text(text.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{address[1]}"'))
    return address


def patient_client(process: subprocess.Popen[Any], address: tuple[str, int]) -> Client:
    """A client of a broker that may still be starting and has no output to tell when it is ready."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return Client(address)
        except OSError:
            assert process.poll() is None, f"ended with status {process.returncode}"
            assert time.monotonic() < until
            time.sleep(0.02)  # real time: a process of its own starts
