"""What the server needs of the operating system: where something else may stand in for it.

In life these are the sockets of Python, a `selectors.DefaultSelector` and the clock of trio; in the
simulator they are its network and its own clock.
"""

from __future__ import annotations

from selectors import SelectorKey
from typing import Any, Protocol


class Pipe(Protocol):
    """What bytes are read from and written to: a socket, or the encryption over one."""

    def recv(self, size: int, /) -> bytes:
        """Read what came; BlockingIOError when nothing did, empty at the end of the stream."""

    def send(self, data: bytes | memoryview, /) -> int:
        """Send what goes; BlockingIOError when nothing does."""


class StreamSocket(Pipe, Protocol):
    """One connection."""

    def setblocking(self, flag: bool, /) -> None:
        """Whether calls wait."""

    def setsockopt(self, level: int, option: int, value: int, /) -> None:
        """Set an option of the system's."""

    def shutdown(self, how: int, /) -> None:
        """End one side of the stream, or both."""

    def close(self) -> None:
        """Let it go."""


class Listener(Protocol):
    """A listening socket."""

    def accept(self) -> tuple[StreamSocket, Any]:
        """Take a connection; BlockingIOError when there is none."""


class Selector(Protocol):
    """What says which of many sockets are ready."""

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch a socket."""

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch it for something else."""

    def unregister(self, fileobj: Any) -> SelectorKey:
        """Watch it no more."""

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """The sockets that are ready."""

    def close(self) -> None:
        """Let it go."""
