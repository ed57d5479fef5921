"""The processes that clean HTML, each looked after by a task (B-50).

Theory of operation: a process is started when there is something for it, and ended when there has been
nothing for a while. One that takes too long, or dies, since it wants too much memory or meets a fault of a
library, is replaced; the message that it died of is then read as plain text, and if even that cannot be
done, refused.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

import structlog
import trio
from attrs import Factory, define, field

from broker.cleaning.bodies import ANSWERED, READY, Bodies, Way, answer_size, order, read_answer
from broker.shell.cleaning import Cleaning, Order
from broker.shell.counters import Counters
from protocol.errors import ErrorCode

CLEANERS: Final = 2
WAYS: Final = (Way.CLEANED, Way.PLAIN)
"""How a message is cleaned: well, and if that cannot be, somehow."""
COMMAND: Final = (sys.executable, "-P", "-m", "broker.cleaning.worker")
START_SECONDS: Final = 20.0
"""How long a process may take until it is ready."""
SECONDS: Final = 60.0
"""How long one message may take; how much of the processor's time is the process's own to bound."""
IDLE_SECONDS: Final = 60.0
"""After so long without a message a process is ended."""


class CleanerGoneError(Exception):
    """A process died or said something that none of ours says."""


@define
class Cleaner:
    """One process."""

    process: trio.Process

    @classmethod
    async def start(cls, command: Sequence[str]) -> Cleaner:
        """Start one.

        Raises:
            OSError: None can be started.
            CleanerGoneError: It does not come up.
        """
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        process = await trio.lowlevel.open_process(
            list(command), stdin=pipe, stdout=pipe, stderr=nowhere
        )
        cleaner = cls(process)
        try:
            with trio.fail_after(START_SECONDS):
                await cleaner.come_up()
        except trio.TooSlowError:
            await cleaner.end()
            raise CleanerGoneError("it was not ready in time") from None
        except BaseException:
            await cleaner.end()
            raise
        return cleaner

    async def come_up(self) -> None:
        """Wait until it can begin.

        Raises:
            CleanerGoneError: It cannot.
        """
        if await self._read(len(READY)) != READY:
            raise CleanerGoneError("it said something else than that it is ready")

    async def clean(self, one: Order, way: Way) -> Bodies:
        """Have one message cleaned.

        Raises:
            CleanerGoneError: The process died.
        """
        assert self.process.stdin is not None
        try:
            await self.process.stdin.send_all(
                order(one.content, wants_text=one.wants_text, way=way)
            )
            head = await self._read(ANSWERED.size)
            return read_answer(head, await self._read(answer_size(head)))
        except (trio.BrokenResourceError, ValueError) as error:
            raise CleanerGoneError from error

    async def _read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        data = bytearray()
        while len(data) < size:
            more = await self.process.stdout.receive_some(size - len(data))
            if not more:
                raise CleanerGoneError("it ended")
            data += more
        return bytes(data)

    async def end(self) -> None:
        """End it, whatever it does."""
        with trio.CancelScope(shield=True):
            self.process.kill()
            await self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    await stream.aclose()


@define
class Cleaners:
    """The tasks that look after the processes.

    Attributes:
        cleaning: Where the messages wait.
        counters: Where it is counted what became of them.
        command: What is started.
        seconds: How long one message may take.
        idle_seconds: After so long without a message a process is ended.
    """

    cleaning: Cleaning
    counters: Counters = Factory(Counters)
    command: Sequence[str] = COMMAND
    seconds: float = SECONDS
    idle_seconds: float = IDLE_SECONDS
    _ready: trio.lowlevel.ParkingLot = field(factory=trio.lowlevel.ParkingLot, init=False)
    """Who has a process and nothing to do."""
    _without: trio.lowlevel.ParkingLot = field(factory=trio.lowlevel.ParkingLot, init=False)
    _log: Any = field(factory=lambda: structlog.get_logger(), init=False)

    async def run(self) -> None:
        """Clean what is there until cancelled."""
        self.cleaning.on_order = self._wake
        async with trio.open_nursery() as nursery:
            for _ in range(CLEANERS):
                nursery.start_soon(self._look_after_one)

    def _wake(self) -> None:
        (self._ready or self._without).unpark()

    async def _look_after_one(self) -> None:
        while True:
            await self._look_after(await self._next(self._without))

    async def _look_after(self, one: Order | None) -> None:
        """Do what there is to do with one process, until it is not needed or not good any more."""
        cleaner: Cleaner | None = None
        try:
            while one is not None:
                came: Bodies | ErrorCode = ErrorCode.BAD_PAYLOAD
                for way in WAYS if isinstance(one.content, str) else (Way.KIND,):
                    try:
                        cleaner = cleaner or await Cleaner.start(self.command)
                    except (OSError, CleanerGoneError) as error:
                        self._log.error("cleaner_not_started", reason=str(error))
                        came = ErrorCode.OVERLOADED
                        break
                    made = await self._try(cleaner, one, way)
                    if made is not None:
                        came = made
                        break
                    ended, cleaner = cleaner, None
                    await ended.end()
                self._give(one, came)
                with trio.move_on_after(self.idle_seconds):
                    one = await self._next(self._ready)
                    continue
                one = None
        finally:
            if cleaner is not None:
                await cleaner.end()

    async def _try(self, cleaner: Cleaner, one: Order, way: Way) -> Bodies | None:
        """Have one message cleaned; None when the process did not survive it."""
        cause = "took too long"
        with trio.move_on_after(self.seconds):
            try:
                return await cleaner.clean(one, way)
            except CleanerGoneError:
                cause = "died"
        self.counters.cleaners_replaced += 1
        self._log.warning(
            "cleaner_replaced", cause=cause, session=one.session, size=len(one.content)
        )
        return None

    def _give(self, one: Order, came: Bodies | ErrorCode) -> None:
        how = "refused" if isinstance(came, ErrorCode) else came.way.name.lower()
        self.counters.messages[how] += 1
        self.cleaning.done(one, came)

    async def _next(self, among: trio.lowlevel.ParkingLot) -> Order:
        while (one := self.cleaning.take()) is None:
            await among.park()
        return one
