"""Deadlines as data: what is due, and when somebody wants to be woken next."""

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """Deadlines by key, one each; equal ones are due in the order in which they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, K]] = []
        self._live: dict[K, int] = {}
        self._count = 0

    def __contains__(self, key: K) -> bool:
        return key in self._live

    def set(self, key: K, when: float) -> None:
        """Set the deadline of a key; one that it had is forgotten."""
        self._count += 1
        self._live[key] = self._count
        heapq.heappush(self._heap, (when, self._count, key))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._live):
            self._heap = [entry for entry in self._heap if self._live.get(entry[2]) == entry[1]]
            heapq.heapify(self._heap)

    def cancel(self, key: K) -> None:
        """Forget the deadline of a key, if it has one."""
        self._live.pop(key, None)

    def clear(self) -> None:
        """Forget all deadlines."""
        self._heap.clear()
        self._live.clear()

    @property
    def next(self) -> float | None:
        """The earliest deadline."""
        while self._heap and self._live.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[K]:
        """Take out the keys whose deadline has come, the earliest first."""
        keys: list[K] = []
        while (when := self.next) is not None and when <= now:
            key = heapq.heappop(self._heap)[2]
            del self._live[key]
            keys.append(key)
        return keys
