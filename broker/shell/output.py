"""Standard output and error of a broker: who writes there never waits, and no write ever fails.

Theory of operation: a pipe that nobody reads, a disk that is full or hangs, a reader that died, a
terminal that was stopped: each of them would stop or end the thread that writes, and with it all
conversations. So what is written goes into a bounded queue, and a thread of the stream's own
carries it to the descriptor. What finds no room, or cannot be written, is dropped and counted.
"""

from __future__ import annotations

import io
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

MOST_WAITING: Final = 1 << 20
"""Characters that may wait; a broker's log line has some 300."""
LAST_WORDS: Final = 1.0
"""Seconds that the end of the process waits for what is not written yet."""
_CHUNK: Final = 65_536
_NEWLINE: Final = ord("\n")


class QueuedStream(io.TextIOBase):
    """A text stream over a descriptor that nobody has to wait for.

    Attributes:
        dropped: Lines that found no room or could not be written.
        resumed: Called, by the thread that writes, with the number of lines that were lost in a
            gap once lines can be written again.
    """

    def __init__(self, descriptor: int, most_waiting: int = MOST_WAITING) -> None:
        super().__init__()
        self.dropped = 0
        self.resumed: Callable[[int], object] = lambda lost: None
        self._descriptor = descriptor
        self._most_waiting = most_waiting
        self._pieces: deque[str] = deque()
        self._waiting = 0
        self._told = 0
        self._torn = False
        # Its lock is reentrant: a finalizer may warn, here as well, while it is held.
        self._changed = threading.Condition()
        threading.Thread(target=self._carry, name=f"output {descriptor}", daemon=True).start()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        """What text becomes on its way out."""
        return "utf-8"

    def writable(self) -> bool:
        """Whether it may be written to."""
        return True

    def isatty(self) -> bool:
        """Whether a person reads."""
        return os.isatty(self._descriptor)

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Queue a text, or drop it when there is no room."""
        with self._changed:
            if self._waiting + len(text) > self._most_waiting:
                self.dropped += text.count("\n")
            else:
                self._pieces.append(text)
                self._waiting += len(text)
                self._changed.notify_all()
        return len(text)

    def flush(self) -> None:
        """Do nothing: nobody waits here; see `drain`."""

    def drain(self, seconds: float) -> bool:
        """Wait until all is written, but not for long.

        Returns:
            Whether all was written, or given up, in time.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def _carry(self) -> None:
        """Write what comes, for ever; the thread's whole life."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pieces)
                text = "".join(self._pieces)
                self._pieces.clear()
            lost = self._put(text.encode(errors="backslashreplace"))
            with self._changed:
                self.dropped += lost
                gap = 0 if lost else self.dropped - self._told
                self._told += gap
                self._waiting -= len(text)
                self._changed.notify_all()
            if gap:
                self.resumed(gap)

    def _put(self, data: bytes) -> int:
        """Write to the descriptor.

        Returns:
            How many lines were lost.
        """
        rest = memoryview(b"\n" + data if self._torn else data)
        while rest:
            try:
                written = os.write(self._descriptor, rest[:_CHUNK])
            except BlockingIOError:  # somebody who shares it made it non-blocking
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll()
            except OSError:
                return bytes(rest).count(b"\n")
            else:
                self._torn = written > 0 and rest[written - 1] != _NEWLINE
                rest = rest[written:]
        return 0


def drain_all(streams: tuple[QueuedStream, ...], seconds: float = LAST_WORDS) -> None:
    """Give several streams a time in common for their last words."""
    until = time.monotonic() + seconds
    for stream in streams:
        stream.drain(max(0.0, until - time.monotonic()))


def occupy_standard_descriptors() -> None:
    """Open what is closed of 0, 1 and 2, lest a database or a socket gets the number.

    What is written to such a number as a log would land in that file or connection.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is taken, and those below are open already.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
