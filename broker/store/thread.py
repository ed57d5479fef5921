"""The thread that commits, so that the event loop never waits for a disk that is slow.

Theory of operation: orders go in by a queue and are carried out one after the other; what became of each
goes back into the loop's own thread. After a failure every batch still in the queue fails as
well, because the state that they were decided on is gone: the store sees to that.

While the disk is quick (see `broker.store.pace`) a few facts are committed in the loop itself, when no
order is under way; a lock keeps the thread's work of quiet moments away meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, Final, TypeVar

import trio

from broker.core.effects import StoredKey
from broker.core.facts import BlobPieceStored, Fact
from broker.store.errors import StoreError
from broker.store.pace import Pace
from broker.store.store import Store

Done = Callable[[BaseException | None], None]
T = TypeVar("T")

QUIET: Final = 2.0
"""Seconds without an order after which the database is tidied up, a little at a time."""
AGAIN: Final = 0.05
SELDOM: Final = 60.0
"""Seconds until the next time while there is more to do, and when there was nothing left."""

SWITCH_INTERVAL: Final = 0.000_1
"""What `sys.setswitchinterval` should be in a process with this thread, in seconds.

A commit asks for Python's lock about five times; with Python's default of 5 ms a loop that is
busy all the time lets it wait up to 25 ms for that, whatever the disk does.
"""


class StoreThread:
    """Commits batches to a store in a thread of its own, or in the loop while that is quicker; one per store.

    Args:
        store: The store.
        clock: Seconds, by which commits are measured.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._clock = clock
        self._queue: SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None] = (
            SimpleQueue()
        )
        self._loop: trio.lowlevel.TrioToken | None = None
        self._ended = trio.Event()
        self._under_way = 0
        """Orders that the loop has not heard of again."""
        self._in_use = threading.Lock()
        self._pace = Pace()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    def start(self) -> None:
        """Start the thread; to be called in the loop that is to get the results."""
        self._loop = trio.lowlevel.current_trio_token()
        self._thread.start()

    def commit(self, facts: list[Fact], done: Done) -> None:
        """Commit some facts after all those given before.

        Args:
            facts: The facts; the list is not changed any more by anybody.
            done: Called in the loop's thread with None, or with what went wrong; before this returns
                when the commit was made in the loop.
        """
        if BlobPieceStored in map(type, facts):
            # It is long, and says nothing of how quick the disk is with what is short.
            self.ask(partial(self._store.commit, facts), done)
            return
        commit = partial(self._timed, facts)
        committed = partial(self._committed, len(facts), done)
        quick = self._store.is_local and self._pace.takes(len(facts), self._under_way)
        if quick and self._in_use.acquire(blocking=False):
            try:
                outcome = _outcome(commit)
            finally:
                self._in_use.release()
            committed(outcome)
            if self._store.log_is_long:
                self.ask(self._store.shorten_log, self._shortened)
        else:
            self.ask(commit, committed)

    def read(
        self,
        keys: Sequence[StoredKey],
        done: Callable[[dict[StoredKey, object] | BaseException], None],
    ) -> None:
        """Read what frames lack, after all that was given before; see `Store.read`."""
        self.ask(partial(self._store.read, keys), done)

    async def read_one(self, key: StoredKey) -> object:
        """Read one thing, and wait for it.

        Raises:
            StoreError: It cannot be read.
        """
        read = trio.Event()
        came: list[dict[StoredKey, object] | BaseException] = []

        def done(found: dict[StoredKey, object] | BaseException) -> None:
            came.append(found)
            read.set()

        self.read((key,), done)
        await read.wait()
        found = came[0]
        if isinstance(found, BaseException):
            raise found
        return found.get(key)

    def _timed(self, facts: list[Fact]) -> float:
        began = self._clock()
        self._store.commit(facts)
        return self._clock() - began

    def _committed(self, facts: int, done: Done, outcome: float | BaseException) -> None:
        if isinstance(outcome, BaseException):
            done(outcome)
            return
        self._pace.note(facts, outcome)
        done(None)

    def _shortened(self, _outcome: BaseException | None) -> None:
        """What failed there the next commit says."""

    def note_life(self, now: int, since: int | None, until: int | None, done: Done) -> None:
        """Have it noted, after all that was given before, that the broker is alive."""
        self.ask(partial(self._store.note_life, now, since, until), done)

    def ask(self, work: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """Do something else with the store, after all that was given before.

        Args:
            work: What is to be done.
            done: Called in the loop's thread with what came of it, or with what went wrong.
        """

        def outcome() -> T | BaseException:
            with self._in_use:
                return _outcome(work)

        def told(found: T | BaseException) -> None:
            self._under_way -= 1
            done(found)

        self._under_way += 1
        self._queue.put((outcome, told))

    async def aclose(self) -> None:
        """Commit what was given, then end the thread. The store stays open."""
        if self._loop is None:
            return
        self._queue.put(None)
        with trio.CancelScope(shield=True):
            await self._ended.wait()
        self._thread.join()

    def _work(self) -> None:
        wait = QUIET
        while True:
            try:
                order = self._queue.get(timeout=wait)
            except Empty:
                wait = self._tidy()
                continue
            if order is None:
                break
            wait = QUIET
            work, done = order
            if not self._tell(done, work()):
                return
        self._tell(lambda _none: self._ended.set(), None)

    def _tidy(self) -> float:
        """Use a quiet moment; when to do so again if it stays quiet."""
        try:
            with self._in_use:
                return AGAIN if self._store.tidy() else SELDOM
        except StoreError:
            return SELDOM  # the next commit says so

    def _tell(self, done: Callable[[Any], None], outcome: Any) -> bool:
        assert self._loop is not None
        try:
            self._loop.run_sync_soon(done, outcome)
        except trio.RunFinishedError:
            return False
        return True


def _outcome(work: Callable[[], T]) -> T | BaseException:
    try:
        return work()
    except BaseException as error:  # noqa: BLE001 - nothing may end the thread unheard
        return error
