"""A clamd of the tests' own, with one signature of the tests' own, in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import AF_UNIX, socket
from time import sleep

from attrs import define

from tests.support.dovecot import free_port

VIRUS = b"a virus that only these tests know"
STREAM_BYTES = 1 << 20
"""What it takes of one file."""
_CONFIGURATION = """
Foreground yes
TCPSocket {port}
TCPAddr 127.0.0.1
LocalSocket {folder}/socket
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
LogFile {folder}/log
StreamMaxLength {most}
SelfCheck 0
"""


def program() -> str | None:
    """The scanner, where Debian puts it."""
    return shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


@define(eq=False)
class Clamd:
    """A scanner.

    Attributes:
        folder: Where it lives.
        port: Where it listens, besides its socket.
    """

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    @property
    def tcp(self) -> str:
        """Its address as the configuration has it."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def unix(self) -> str:
        """Its socket as the configuration has it."""
        return f"unix:{self.folder / 'socket'}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        found = program()
        assert found is not None
        self._process = subprocess.Popen(
            [found, "-c", self.folder / "clamd.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(600):
            assert self._process.poll() is None, self._told()
            if self._answers():
                return
            sleep(0.05)  # real time: another process starts
        raise AssertionError(self._told())

    def _answers(self) -> bool:
        with suppress(OSError), socket(AF_UNIX) as line:  # it listens there last
            line.settimeout(5)
            line.connect(str(self.folder / "socket"))
            line.sendall(b"zPING\0")
            return line.recv(5) == b"PONG\0"
        return False

    def _told(self) -> str:
        log = self.folder / "log"
        return log.read_text("utf-8", "replace") if log.exists() else "no log"

    def stop(self) -> None:
        """Stop it, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running() -> Iterator[Clamd]:
    """Run a scanner that knows `VIRUS`."""
    folder = Path(tempfile.mkdtemp(prefix="parley-clamd-"))
    scanner = Clamd(folder, free_port())
    values = {"folder": folder, "port": scanner.port, "most": STREAM_BYTES}
    (folder / "clamd.conf").write_text(_CONFIGURATION.format(**values))
    (folder / "signatures").mkdir()
    (folder / "signatures" / "tests.ndb").write_text(f"Parley.Test:0:*:{VIRUS.hex()}\n")
    try:
        scanner.start()
        yield scanner
    finally:
        scanner.stop()
        shutil.rmtree(folder)
