"""The far side and the program of a connector as commands of the system."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

import anyio
import anyio.abc
from attrs import define, frozen


@frozen(kw_only=True)
class CommandFarSide:
    """A far side that is reached by commands, which a shell runs.

    Attributes:
        address: Where outbound messages may go.
        bad_address: Where none can go.
        inject_command: Makes a message come in; it finds its text in `$TEXT` (and `$1`).
        look_command: Prints what has arrived: each message with its text, one after the other.
    """

    address: str
    bad_address: str | None = None
    inject_command: str | None = None
    look_command: str | None = None

    @property
    def can_inject(self) -> bool:
        """Whether messages can be made to come in."""
        return self.inject_command is not None

    @property
    def can_look(self) -> bool:
        """Whether it can be seen what has arrived."""
        return self.look_command is not None

    async def inject(self, text: str) -> None:
        """Make a message come in."""
        assert self.inject_command is not None
        await _shell(self.inject_command, text)

    async def arrived(self) -> list[str]:
        """What has arrived: the lines that the command prints."""
        assert self.look_command is not None
        return (await _shell(self.look_command, "")).splitlines()


class CommandFailedError(Exception):
    """A command of the far side failed: that is no fault of the connector."""


async def _shell(command: str, text: str) -> str:
    done = await anyio.run_process(
        ["/bin/sh", "-c", command, "sh", text], env={**os.environ, "TEXT": text}, check=False
    )
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()
        raise CommandFailedError(f"{command!r} ended with status {done.returncode}: {why}")
    return done.stdout.decode(errors="replace")


@define(eq=False)
class CommandProgram:
    """The connector as a process that the kit starts.

    Attributes:
        command: The command and its arguments.
        quiet: Whether what it prints is thrown away.
    """

    command: Sequence[str]
    quiet: bool = True
    _process: anyio.abc.Process | None = None

    async def start(self) -> None:
        """Start it, in a group of its own so that its children end with it."""
        out = subprocess.DEVNULL if self.quiet else sys.stderr
        self._process = await anyio.open_process(
            list(self.command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )

    async def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with anyio.CancelScope(shield=True):
                await process.wait()

    async def stop(self, within: float) -> int | None:
        """Ask it to end in good order."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.terminate()
        with anyio.move_on_after(within):
            return await self._process.wait()
        return None
