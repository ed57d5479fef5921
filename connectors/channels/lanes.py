"""Several things done side by side, each behind what it must not overtake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final

import anyio
import anyio.abc
from attrs import define, field

IN_HAND: Final = 8
"""Messages that one box hands over at once, as many as the usual `[limits] receiving` lets pass."""
BYTES_IN_HAND: Final = 16 * 1024 * 1024
"""How many bytes they have; a longer one is handed over alone."""


@define(eq=False)
class Lanes:
    """Things that are done side by side; those with a key in common in the order in which they were put.

    Attributes:
        tasks: Where it does them.
        most: How many may be begun and not done.
        most_bytes: How many bytes these may have, unless one has more by itself.
    """

    tasks: anyio.abc.TaskGroup
    most: int = IN_HAND
    most_bytes: int = BYTES_IN_HAND
    _count: int = 0
    _bytes: int = 0
    _ended: anyio.Event = field(factory=anyio.Event)
    _last: dict[Hashable, anyio.Event] = field(factory=dict)

    async def put(
        self, keys: Iterable[Hashable], do: Callable[[], Awaitable[None]], size: int = 0
    ) -> None:
        """Begin something, once there is room for it; one task puts everything.

        Args:
            keys: What it goes by: it waits for everything put before that has one of them.
            do: Does it.
            size: How many bytes it has.
        """
        while self._count >= self.most or (self._count and self._bytes + size > self.most_bytes):
            await self._ended.wait()
        self._count, self._bytes = self._count + 1, self._bytes + size
        done = anyio.Event()
        before: dict[anyio.Event, None] = {}
        for key in keys:
            if key in self._last:
                before[self._last[key]] = None
            self._last[key] = done
        before.pop(done, None)  # the same key twice
        self.tasks.start_soon(self._do, list(before), done, do, size)

    async def _do(
        self,
        before: Iterable[anyio.Event],
        done: anyio.Event,
        do: Callable[[], Awaitable[None]],
        size: int,
    ) -> None:
        try:
            for other in before:
                await other.wait()
            await do()
        finally:
            done.set()
            self._last = {key: last for key, last in self._last.items() if last is not done}
            self._count, self._bytes = self._count - 1, self._bytes - size
            self._ended.set()
            self._ended = anyio.Event()
