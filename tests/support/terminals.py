"""The terminal programs as a person or a script drives them: by pipes, and in tmux."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from attrs import define, frozen

from broker.child import ServedBroker, free_port

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "broker" / "config" / "sample.toml"
PATIENCE = 30.0
LOOK = 0.05
"""Seconds between two looks at what another process shows; nothing depends on it."""


def sample_broker(directory: Path) -> ServedBroker:
    """A broker of the sample configuration, on ports of its own; not started yet."""
    address = ("127.0.0.1", free_port())
    config = directory / "parley.toml"
    text = SAMPLE.read_text("utf-8").replace("127.0.0.1:7070", f"127.0.0.1:{address[1]}")
    config.write_text(text.replace("127.0.0.1:7071", f"127.0.0.1:{free_port()}"), "utf-8")
    return ServedBroker(config, address, directory / "broker.log")


def command(program: str, broker: ServedBroker, *arguments: str) -> list[str]:
    """The command line of a program."""
    where = f"{broker.address[0]}:{broker.address[1]}"
    return [sys.executable, "-m", "connectors.terminal", program, where, *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


class Piped:
    """A program in plain mode: lines in, lines out."""

    def __init__(self, arguments: list[str]) -> None:
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._ended = False
        self.child = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(),
            text=True,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            with self._came:
                self.lines.append(line.rstrip("\n"))
                self._came.notify_all()
        with self._came:
            self._ended = True
            self._came.notify_all()

    def types(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def shows(self, text: str, times: int = 1) -> str:
        """Wait for a line that has this text in it."""

        def found() -> list[str]:
            return [line for line in self.lines if text in line]

        with self._came:
            self._came.wait_for(lambda: len(found()) >= times or self._ended, PATIENCE)
            if len(found()) < times:
                raise AssertionError(f"no line with {text!r} in:\n" + "\n".join(self.lines))
            return found()[times - 1]

    def leaves(self) -> int:
        """End the input and wait for the end of the program."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        status = self.child.wait(PATIENCE)
        self._reader.join()
        assert self.child.stdout is not None
        self.child.stdout.close()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        if self.child.stdin is not None and not self.child.stdin.closed:
            self.leaves()


@define
class Tmux:
    """A tmux server of the test's own, one window for each program."""

    socket: Path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server", check=False)

    def opens(self, name: str, arguments: list[str]) -> "Pane":
        """Run a program on a terminal of 100 columns and 20 rows."""
        self._tmux("new-session", "-d", "-s", name, "-x", "100", "-y", "20", *arguments)
        return Pane(self, name)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-f", "/dev/null", "-S", str(self.socket), *arguments],
            check=check,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**environment(), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"},
        )
        return done.stdout


@frozen
class Pane:
    """One terminal."""

    tmux: Tmux
    name: str

    def types(self, text: str) -> None:
        self.tmux._tmux("send-keys", "-t", self.name, "-l", text)

    def presses(self, *keys: str) -> None:
        self.tmux._tmux("send-keys", "-t", self.name, *keys)

    def enters(self, text: str) -> None:
        self.types(text)
        self.presses("Enter")

    def screen(self) -> str:
        return self.tmux._tmux("capture-pane", "-p", "-t", self.name, check=False)

    def shows(self, *texts: str) -> str:
        """Wait until all of this is on the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if all(text in screen for text in texts):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f"not all of {texts} on the screen:\n{screen}")
            time.sleep(LOOK)  # real time: another process draws
