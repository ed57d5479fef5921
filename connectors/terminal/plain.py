"""Line by line, for pipes and simple terminals: what comes is printed, what is typed is sent."""

import asyncio
import codecs
import os
import sys
import threading
from typing import TextIO

import anyio

from connectors.terminal.conversation import Conversation, Line
from connectors.terminal.program import Terminal

AHEAD = 64
"""Lines that are read ahead of what is done with them."""


NOT_WRITTEN = 2
"""Exit status when the output could not be written."""


class Plain:
    """The face of a program whose input is a pipe.

    Each line of the output is `[counter] who: text`, with the ticks of delivery behind own lines, or
    begins with `*` for what the program itself says. With several chats `#number` stands before it.
    """

    def __init__(self, output: TextIO | None = None, descriptor: int | None = None) -> None:
        """Talk over two streams.

        Args:
            output: Where it prints; None: standard output.
            descriptor: What it reads; None: standard input, which may have been closed before the start.
        """
        self._output = output or sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - to its end
        if descriptor is None:
            descriptor = 0 if sys.stdin is not None else os.open(os.devnull, os.O_RDONLY)
        self._descriptor = descriptor
        self._fault: OSError | None = None
        self._terminal: Terminal | None = None

    async def run(self, terminal: Terminal) -> None:
        """Take lines until the input ends, and wait until all of them have their echo."""
        self._terminal = terminal
        if self._fault is not None:
            self._end(self._fault)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._take, terminal)
            await terminal.done.wait()
            tasks.cancel_scope.cancel()
        if terminal.declined:
            terminal.status = terminal.status or 1

    async def _take(self, terminal: Terminal) -> None:
        lines = _Lines(self._descriptor)
        while (line := await lines.next()) is not None:
            await terminal.enter(line)
        if lines.fault:
            terminal.decline(f"the input cannot be read: {lines.fault}")
        await terminal.finish()
        terminal.done.set()

    def show(self, talk: Conversation | None, line: Line) -> None:
        """Print a line."""
        if line.counter:
            text = f"{_place(talk)}[{line.counter}] {line.who or '?'}: {line.text} {line.tick}"
        else:
            text = f"* {_place(talk)}{line.text}"
        self._print(text.rstrip().replace("\n", "\n  "))

    def delivered(self, talk: Conversation, counter: int) -> None:
        """Print that an own line is with the other side."""
        self._print(f"* {_place(talk)}[{counter}] delivered")

    def _print(self, text: str) -> None:
        try:
            print(text, file=self._output, flush=True)
        except OSError as error:
            # The interpreter's own last flush must not fail as well.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._output.fileno())
            self._fault = error
            if not isinstance(error, BrokenPipeError):
                print(f"the output cannot be written: {error.strerror}", file=sys.stderr)
            self._end(error)

    def _end(self, error: OSError) -> None:
        """End the program: nobody reads any more, as behind `| head`, or what it says cannot be kept."""
        if self._terminal is not None:
            self._terminal.status = 0 if isinstance(error, BrokenPipeError) else NOT_WRITTEN
            self._terminal.done.set()

    async def edit(self, text: str) -> str | None:
        """A pipe has no editor."""
        return None

    def ring(self) -> None:
        """A pipe has no bell."""

    def refresh(self) -> None:
        """What was printed stays."""


def _place(talk: Conversation | None) -> str:
    return f"#{talk.number} " if talk is not None and talk.number else ""


class _Lines:
    """Lines of a descriptor, read by a thread of their own: a read cannot be cancelled.

    Attributes:
        fault: What kept it from being read to its end; empty: nothing.
    """

    def __init__(self, descriptor: int) -> None:
        self.fault = ""
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        threading.Thread(target=self._read, daemon=True).start()

    async def next(self) -> str | None:
        """The next line; None at the end."""
        line = await self._queue.get()
        self._room.release()
        return line

    def _read(self) -> None:
        # os.read and not sys.stdin: a daemon thread must hold no lock when the interpreter ends.
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        rest = ""
        while data := self._data():
            *lines, rest = (rest + decoder.decode(data)).split("\n")
            for line in lines:
                self._put(line)
        if rest:
            self._put(rest)
        self._put(None)

    def _data(self) -> bytes:
        """More of the input; nothing at its end."""
        try:
            return os.read(self._descriptor, 65_536)
        except OSError as error:
            self.fault = error.strerror or str(error)
            return b""

    def _put(self, line: str | None) -> None:
        self._room.acquire()
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, line)
        except RuntimeError:
            return  # the loop is closed: nobody reads any more
