"""Run the broker and, beside it, the channel for e-mail, as one program: `make run`.

    python .ci/run.py parley.toml mail.toml [ARGUMENT OF PARLEY SERVE ...]

Both are children in sessions of their own, so that a Ctrl-C reaches this program alone and each of them is
told once. The broker is what counts: when it ends, all ends, with its exit status. The channel may end
earlier, for instance since the configuration has its gateway no more; that is said, and chats go on.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

LISTENS = "listening on "
"""How the line begins by which the broker says so."""
LOOK = 0.1
"""Seconds between two looks at the channel."""
STOP_SECONDS = 10.0
"""So long the channel may take to end."""


class Run:
    """The two programs."""

    def __init__(self, config: Path, mail: Path, arguments: Sequence[str]) -> None:
        self._mail = mail
        self._ends = threading.Event()
        self._broker = _started("serve", str(config), *arguments, output=subprocess.PIPE)
        self._channel: subprocess.Popen[str] | None = None

    def stop(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on."""
        self._ends.set()
        for child in (self._channel, self._broker):
            if child is not None and child.poll() is None:
                child.send_signal(signal.SIGTERM if number == signal.SIGHUP else number)

    def wait(self) -> int:
        """Run both until the broker ends; gives its exit status."""
        beside = threading.Thread(target=self._carry_mail)
        beside.start()
        status = self._broker.wait()
        if not self._ends.is_set() and self._channel is not None:
            self._channel.terminate()
        self._ends.set()
        beside.join()
        return status if status >= 0 else 128 - status

    def _carry_mail(self) -> None:
        """Start the channel when the broker says that it listens, and see it end."""
        assert self._broker.stdout is not None
        for line in self._broker.stdout:
            print(line, end="", flush=True)
            if self._channel is None and line.startswith(LISTENS) and not self._ends.is_set():
                self._channel = _started("email", str(self._mail), "--quiet")
                threading.Thread(target=self._tell_of_end, args=[self._channel]).start()

    def _tell_of_end(self, channel: "subprocess.Popen[str]") -> None:
        while channel.poll() is None and not self._ends.wait(LOOK):
            pass
        if not self._ends.is_set():
            status = channel.returncode
            print(f"Mail is not carried any more: parley email ended with {status}.", flush=True)
            return
        try:
            channel.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            channel.kill()
            channel.wait()


def _started(*arguments: str, output: int | None = None) -> "subprocess.Popen[str]":
    parley = Path(sys.executable).with_name("parley")
    return subprocess.Popen([parley, *arguments], start_new_session=True, stdout=output, text=True)


def main(arguments: Sequence[str]) -> int:
    """Run both until a signal comes."""
    config, mail, *others = arguments
    run = Run(Path(config), Path(mail), others)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, run.stop)
    return run.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
