"""The thread that commits, so that the event loop never waits for the disk.

Theory of operation: batches go in by a queue and are committed one after the other in that
order; what became of each goes back into the loop's own thread. After a failure every batch
still in the queue fails as well, because the state that they were decided on is gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

import trio

from broker.core.facts import Fact
from broker.store.store import Store

Done = Callable[[BaseException | None], None]

SWITCH_INTERVAL: Final = 0.000_1
"""What `sys.setswitchinterval` should be in a process with this thread, in seconds.

A commit asks for Python's lock about five times; with Python's default of 5 ms a loop that is
busy all the time lets it wait up to 25 ms for that, whatever the disk does.
"""


class StoreThread:
    """Commits batches to a store in a thread of its own; one per store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[tuple[list[Fact], Done] | None] = SimpleQueue()
        self._loop: trio.lowlevel.TrioToken | None = None
        self._ended = trio.Event()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    def start(self) -> None:
        """Start the thread; to be called in the loop that is to get the results."""
        self._loop = trio.lowlevel.current_trio_token()
        self._thread.start()

    def commit(self, facts: list[Fact], done: Done) -> None:
        """Commit some facts after all those given before.

        Args:
            facts: The facts; the list is not changed any more by anybody.
            done: Called in the loop's thread with None, or with what went wrong.
        """
        self._queue.put((facts, done))

    async def aclose(self) -> None:
        """Commit what was given, then end the thread. The store stays open."""
        if self._loop is None:
            return
        self._queue.put(None)
        with trio.CancelScope(shield=True):
            await self._ended.wait()
        self._thread.join()

    def _work(self) -> None:
        failure: BaseException | None = None
        while (order := self._queue.get()) is not None:
            facts, done = order
            if failure is None:
                failure = self._try(facts)
            if not self._tell(done, failure):
                return
        self._tell(lambda _none: self._ended.set(), None)

    def _try(self, facts: list[Fact]) -> BaseException | None:
        try:
            self._store.commit(facts)
        except BaseException as error:  # noqa: BLE001 - nothing may end the thread unheard
            return error
        return None

    def _tell(self, done: Done, failure: BaseException | None) -> bool:
        assert self._loop is not None
        try:
            self._loop.run_sync_soon(done, failure)
        except trio.RunFinishedError:
            return False
        return True
