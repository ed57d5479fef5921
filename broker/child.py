"""A broker of one's own: `parley serve` as a child process, for replay, benchmark and tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

from attrs import define, field

_POLL_SECONDS: Final = 0.02


class NotServing(Exception):
    """The child ended, or did not listen in time; the text holds the end of its log."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@define
class ServedBroker:
    """One `parley serve` that can be stopped, killed and started again on its port.

    Attributes:
        config: The configuration file; its `server.listen` is `address`.
        address: Where the child listens.
        log: What the child writes goes to the end of this file.
        start_seconds: How long a start may take.
    """

    config: Path
    address: tuple[str, int]
    log: Path
    start_seconds: float = 30.0
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """Process id of the running child."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start the child and wait until it accepts connections.

        Raises:
            NotServing: It ended, or did not listen in time.
        """
        assert self._child is None
        command = [sys.executable, "-m", "broker.cli", "serve", self.config.name]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                command,
                cwd=self.config.parent,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            )
        deadline = time.monotonic() + self.start_seconds
        while not self._accepts():
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NotServing(self.log.read_text(errors="replace")[-4000:])
            time.sleep(_POLL_SECONDS)

    def _accepts(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self, seconds: float = 30.0) -> int:
        """Ask the child to drain (SIGTERM), wait for its end.

        Returns:
            Its exit status.
        """
        assert self._child is not None
        child, self._child = self._child, None
        child.terminate()
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def kill(self) -> None:
        """End the child at once (SIGKILL), as a power cut would."""
        assert self._child is not None
        child, self._child = self._child, None
        child.kill()
        child.wait()

    def reload(self) -> None:
        """Have the child read its configuration again (SIGHUP)."""
        assert self._child is not None
        self._child.send_signal(signal.SIGHUP)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._child is not None:
            self.stop()
