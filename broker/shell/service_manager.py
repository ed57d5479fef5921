"""What the broker tells the service manager that started it (systemd's notify protocol).

A manager of `Type=notify-reload` names a socket in the environment and wants to be told when the
service is ready, when a reload begins and ends, and when the service is about to stop. A start may
take minutes, while the store is brought up to date: its manager is asked for patience again and again,
lest it end what would only have to begin anew. Without that socket nobody is told anything.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import trio
from attrs import field, frozen

VARIABLE: Final = "NOTIFY_SOCKET"
PLEAD_FOR: Final = 60
"""For how many seconds more the manager is asked to wait; it takes a loop that hangs for longer as lost."""
PLEAD_EVERY: Final = 15.0
"""Seconds until it is asked again."""


def _monotonic_usec() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000


@frozen
class Supervisor:
    """The service manager, or nobody.

    Attributes:
        address: The manager's socket: a path, or `@` and a name of the abstract kind.
    """

    address: str = field(default="")

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Supervisor:
        """The one that an environment names."""
        return cls(environ.get(VARIABLE, ""))

    def starting(self) -> None:
        """The store is about to be opened."""
        self._tell("STATUS=opening the store")

    def upgrading(self, before: str, after: str) -> None:
        """The store is brought up to date, which may take long; from any thread."""
        self._tell(
            f"STATUS=upgrading the store from schema {before} to {after}: this may take minutes"
        )

    async def plead(self, starts: Callable[[], bool]) -> None:
        """Ask for more time again and again as long as the service starts."""
        while self.address and starts():
            self._tell(f"EXTEND_TIMEOUT_USEC={PLEAD_FOR * 1_000_000}")
            await trio.sleep(PLEAD_EVERY)

    def ready(self) -> None:
        """The service serves; also said at the end of a reload."""
        self._tell("READY=1", "STATUS=")

    def reloading(self) -> None:
        """A reload begins; the manager tells by the time whether it is the one it asked for."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={_monotonic_usec()}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> None:
        """Send, unless that would have to wait; a manager that is deaf harms nobody."""
        if not self.address:
            return
        name = os.fsencode(self.address)
        if name.startswith(b"@"):
            name = b"\0" + name[1:]
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto("\n".join(lines).encode(), name)
