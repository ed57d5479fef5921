"""The tasks that drive a server, and their place in time.

Theory of operation: `_serve` waits until a socket is ready and there is room for what lies in it;
`_keep_time` sleeps until the moment that the server named last. Either has the server do a turn.
"""

from __future__ import annotations

from collections.abc import Callable

import trio
from attrs import define, field

from broker.shell.cleaners import Cleaners
from broker.shell.listening_clock import LOOK_EVERY
from broker.shell.server import Server, Stage

LAG_INTERVAL = LOOK_EVERY / 1_000_000


@define
class ServerTasks:
    """Drives a server by trio.

    Attributes:
        server: The server, whose clock is that of trio.
        ready: The file descriptor that is readable while a socket of the server is ready.
    """

    server: Server
    ready: int
    _alarm: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _changed: trio.Event | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Be told when the next turn is wanted."""
        self.server.alarm = self._set_alarm

    async def run(self) -> None:
        """Serve until cancelled."""
        sessions = self.server.sessions
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._serve)
            nursery.start_soon(self._keep_time)
            nursery.start_soon(self._measure_lag)
            nursery.start_soon(sessions.checks.run)
            nursery.start_soon(Cleaners(sessions.cleaning, sessions.counters).run)

    async def drain(self, seconds: float) -> int:
        """Stop in good order; see `Server.begin_drain`.

        Args:
            seconds: How long that may take.

        Returns:
            How many connections had to be cut.
        """
        self.server.begin_drain(trio.current_time() + seconds)
        await self._until(lambda: self.server.stage is Stage.DRAINED)
        return self.server.cut

    async def _serve(self) -> None:
        while True:
            await trio.lowlevel.wait_readable(self.ready)
            await self._until(lambda: self.server.has_room)
            self._set_alarm(self.server.turn(trio.current_time()))

    async def _keep_time(self) -> None:
        when = self.server.next_turn()
        while True:
            with trio.CancelScope(deadline=when) as self._alarm:
                await trio.sleep_forever()
            when = self.server.turn(trio.current_time())
            self._tell_changed()

    async def _measure_lag(self) -> None:
        counters = self.server.sessions.counters
        while True:
            due = trio.current_time() + LAG_INTERVAL
            await trio.sleep_until(due)
            self.server.attention.look()
            counters.lag = max(counters.lag, trio.current_time() - due)

    def _set_alarm(self, when: float) -> None:
        """Something changed, and the next turn is wanted then."""
        if when < self._alarm.deadline:
            self._alarm.deadline = when
        self._tell_changed()

    def _tell_changed(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._changed is None:
                self._changed = trio.Event()
            await self._changed.wait()
