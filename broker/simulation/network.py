"""The network: bytes that come late, in pieces, or not at all.

A `SimulatedConnection` is one TCP connection: a `Pipe` each way. A pipe never reorders and never invents; it
delays, slices, stalls (a slow reader), and loses what is under way when it is cut. A pipe that
went dead swallows everything and tells nobody, as a half-open connection does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from attrs import define, field

from broker.simulation.rng import Rng
from broker.simulation.world import MS, World

WINDOW: Final = 65_536
"""Bytes that one direction takes before its writer has to wait."""
SLOW_WINDOW: Final = 1_024
"""The same when its reader is slow."""


def _nothing() -> None:
    pass


def _ignore(_data: bytes) -> None:
    pass


@define(eq=False, repr=False)
class Pipe:
    """One direction of a connection.

    Attributes:
        on_data: Told what arrives.
        on_end: Told when the writer closed, after all bytes, or the link was cut.
        on_room: Told when a full pipe has room again.
        slow: Bytes per second when the reader is slow; 0 when it is not.
        dead: Everything is swallowed.
        read_later: What arrived takes room until its reader has `taken` it.
    """

    world: World
    rng: Rng
    latency: int
    on_data: Callable[[bytes], None] = _ignore
    on_end: Callable[[], None] = _nothing
    on_room: Callable[[], None] = _nothing
    slow: int = 0
    dead: bool = False
    read_later: bool = False
    _pending: int = 0
    _free_at: int = 0
    _queue: deque[bytes | None] = field(factory=deque)
    _was_full: bool = False

    def write(self, data: bytes) -> int:
        """Send bytes; gives how many were taken."""
        if self.dead:
            return len(data)
        taken = data[: max(0, self._window - self._pending)]
        self._was_full = len(taken) < len(data)
        if taken:
            self._pending += len(taken)
            for piece in self._slices(taken):
                self._plan(piece)
        return len(taken)

    @property
    def has_room(self) -> bool:
        """Whether a writer need not wait."""
        return not self._was_full

    @property
    def _window(self) -> int:
        return SLOW_WINDOW if self.slow else WINDOW

    def close(self) -> None:
        """The reader gets the end after everything that was written."""
        if not self.dead:
            self._plan(None)

    def _slices(self, data: bytes) -> list[bytes]:
        if len(data) < 2 or not self.rng.happens(0.15):
            return [data]
        if len(data) < 200 and self.rng.happens(0.1):
            return [data[i : i + 1] for i in range(len(data))]
        cuts = sorted(self.rng.between(1, len(data) - 1) for _ in range(self.rng.between(1, 3)))
        edges = [0, *cuts, len(data)]
        return [data[a:b] for a, b in pairwise(edges) if a < b]

    def _plan(self, piece: bytes | None) -> None:
        delay = self.latency + self.rng.between(0, self.latency)
        if self.slow and piece is not None:
            delay += len(piece) * 1_000_000 // self.slow
        self._free_at = max(self._free_at, self.world.now + delay)
        self._queue.append(piece)
        self.world.at(self._free_at, self._arrive)

    def _arrive(self) -> None:
        if not self._queue:
            return
        piece = self._queue.popleft()
        if self.dead:
            return
        if piece is None:
            self.on_end()
            return
        if self.read_later:
            self.on_data(piece)
            return
        self._pending -= len(piece)
        self.on_data(piece)
        self._make_room()

    def taken(self, count: int) -> None:
        """The reader read so many bytes of what had arrived."""
        self._pending -= count
        self._make_room()

    def _make_room(self) -> None:
        if self._was_full and self._pending < self._window // 2 and not self.dead:
            self._was_full = False
            self.on_room()

    def kill(self) -> None:
        """Swallow everything from now on, also what is under way."""
        self.dead = True
        self._queue.clear()


@define(eq=False, repr=False)
class SimulatedConnection:
    """One connection between a client and the broker.

    Attributes:
        name: Unique in the run.
        up: From the client to the broker.
        down: From the broker to the client.
    """

    name: str
    up: Pipe
    down: Pipe

    @classmethod
    def make(cls, world: World, rng: Rng, name: str) -> SimulatedConnection:
        """A connection with a latency of its own."""
        latency = rng.choose((MS // 5, MS, 5 * MS, 40 * MS))
        up, down = rng.fork("up"), rng.fork("down")
        return cls(name, Pipe(world, up, latency), Pipe(world, down, latency))

    @property
    def cut_off(self) -> bool:
        """Whether nothing passes in either direction."""
        return self.up.dead and self.down.dead

    def cut(self) -> None:
        """Both sides learn, a moment later, that the connection is gone; what is under way is lost."""
        for pipe in (self.up, self.down):
            if not pipe.dead:
                pipe.kill()
                pipe.world.after(pipe.latency, pipe.on_end)

    def silence(self, *, up: bool, down: bool) -> None:
        """One or both directions go dead and nobody is told."""
        if up:
            self.up.kill()
        if down:
            self.down.kill()
