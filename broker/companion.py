"""A program beside the broker: started when that serves, started again when it ends, stopped with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from random import random
from typing import Any, Final

import structlog
import trio

FIRST: Final = 1.0
LONGEST: Final = 30.0
"""Seconds from an end to the next start: at first, and at most."""
STEADY: Final = 60.0
"""A program that ran for so long begins with the shortest pause again."""
STOP_SECONDS: Final = 10.0
"""How long it may take to end."""

_log: Any = structlog.get_logger()


HEEDS_RELOAD: Final = frozenset({"figures"})
"""Programs that read the configuration again at SIGHUP; others would end by it."""


class Companion:
    """One such program, which is a command of our own."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        program: Sequence[str] = (sys.executable, "-m", "broker"),
        chance: Callable[[], float] = random,
    ) -> None:
        """Make it.

        Args:
            name: What it is called in the log.
            arguments: Its arguments.
            program: What is run with them.
            chance: Source of jitter.
        """
        self.name = name
        self._command = [*program, *arguments]
        self._chance = chance
        self._stopping = trio.Event()
        self._over = trio.Event()
        self._process: trio.Process | None = None

    async def run(self, when: trio.Event) -> None:
        """Start it when something happens, and again and again until `stop`."""
        try:
            await self._first_of(when, self._stopping)
            failures = 0
            while not self._stopping.is_set():
                began = trio.current_time()
                status = await self._once()
                if self._stopping.is_set():
                    return
                failures = 1 if trio.current_time() - began >= STEADY else failures + 1
                pause = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 10))
                pause *= 1.0 - 0.5 * self._chance()
                _log.error(
                    "companion_ended", name=self.name, status=status, again_in=round(pause, 1)
                )
                with trio.move_on_after(pause):
                    await self._stopping.wait()
        finally:
            self._over.set()

    def stop(self) -> None:
        """Have it end."""
        self._stopping.set()

    def reload(self) -> None:
        """Have it read the configuration again, if it can."""
        if self.name in HEEDS_RELOAD and self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    async def ended(self) -> None:
        """Have it end, and wait for that."""
        self.stop()
        await self._over.wait()

    async def _once(self) -> int | None:
        """Run it to its end."""
        # It lives as long as we hold the other end of its input: whatever happens to us, it ends.
        # A session of its own keeps Ctrl-C from it, which would be told twice.
        try:
            process = await trio.lowlevel.open_process(
                self._command, stdin=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            _log.error("companion_not_started", name=self.name, why=str(error))
            return None
        _log.info("companion_started", name=self.name, pid=process.pid)
        self._process = process
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stop_process, process)
            try:
                status = await process.wait()
            finally:
                self._process = None
                if process.returncode is None:
                    process.kill()
            nursery.cancel_scope.cancel()
        return status

    async def _stop_process(self, process: trio.Process) -> None:
        await self._stopping.wait()
        process.terminate()
        await trio.sleep(STOP_SECONDS)
        _log.warning("companion_killed", name=self.name)
        process.kill()

    @staticmethod
    async def _first_of(*events: trio.Event) -> None:
        async with trio.open_nursery() as nursery:

            async def wait(event: trio.Event) -> None:
                await event.wait()
                nursery.cancel_scope.cancel()

            for event in events:
                nursery.start_soon(wait, event)
