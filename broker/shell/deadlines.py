"""Deadlines of many connections, without looking at each of them again and again.

The deadline of a connection moves with every byte that it hears, always further away. So a
connection has one entry in a heap, which nobody touches when the deadline moves; when the entry
comes up, the holder says its true deadline and gets a new entry for that. Twenty thousand
connections with a heartbeat of 30 s cost some 700 looks a second.
"""

from __future__ import annotations

from heapq import heappop, heappush

from attrs import Factory, define


@define
class Deadlines:
    """A heap of `(when, key)`, at most one live entry for each key."""

    _heap: list[tuple[float, int]] = Factory(list)
    _armed: dict[int, float] = Factory(dict)

    @property
    def next(self) -> float | None:
        """When to call `due` again."""
        return self._heap[0][0] if self._heap else None

    def arm(self, key: int, when: float | None) -> None:
        """Have `key` come up at `when` at the latest; later is free, as it comes up anyway."""
        if when is None:
            return
        armed = self._armed.get(key)
        if armed is None or when < armed:
            self._armed[key] = when
            heappush(self._heap, (when, key))

    def forget(self, key: int) -> None:
        """The key is gone; its entry is dropped when it comes up."""
        self._armed.pop(key, None)

    def due(self, now: float) -> list[int]:
        """The keys that came up: look at each, then arm it again."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            when, key = heappop(self._heap)
            if self._armed.get(key) == when:
                del self._armed[key]
                found.append(key)
        return found
