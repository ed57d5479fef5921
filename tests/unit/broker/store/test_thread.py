"""The thread that commits: order, failures, the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import trio

from broker.config.model import Config
from broker.core.facts import BlobBegun, BlobPieceStored, Fact
from broker.store import CommitError, RowRefusedError, Store, StoreThread, dialects
from broker.store.pace import MOST, PROOF, QUICK, SLOW
from protocol.values import Guid
from tests.support.memory_store import put_tables
from tests.support.store_facts import confirmed, said, started


@pytest.fixture
def memory() -> Iterator[Store]:
    store = Store.open("sqlite://")
    yield store
    store.close()


def noted(results: list[str], name: str) -> Callable[[BaseException | None], None]:
    def done(error: BaseException | None) -> None:
        trio.lowlevel.current_task()  # only in the loop's own thread
        results.append(f"{name} {'failed' if error else 'stored'}")

    return done


async def test_batches_are_committed_in_order_and_the_end_waits_for_them(memory: Store) -> None:
    """I-4, I-11."""
    results: list[str] = []
    thread = StoreThread(memory)
    thread.start()
    thread.commit([started(1)], noted(results, "start"))
    for counter in range(1, 6):
        thread.commit([said(1, counter)], noted(results, str(counter)))
    await thread.aclose()
    assert results == ["start stored", *(f"{n} stored" for n in range(1, 6))]
    (chat,) = memory.recover(Config(), 9).chats
    assert [s.counter for s in chat.transcript.sentences] == [1, 2, 3, 4, 5]


async def test_after_a_failure_everything_fails(memory: Store) -> None:
    """I-11."""
    results: list[str] = []
    errors: list[BaseException | None] = []
    thread = StoreThread(memory)
    thread.start()
    thread.commit([started(1)], noted(results, "first"))
    thread.commit([confirmed(1, 1)], errors.append)
    thread.commit([started(2)], noted(results, "third"))
    await thread.aclose()
    assert results == ["first stored", "third failed"]
    assert [type(error) for error in errors] == [CommitError]
    assert [chat.no for chat in memory.recover(Config(), 9).chats] == [1]


async def test_after_a_refused_row_the_next_batch_is_taken(memory: Store) -> None:
    """I-11: and the store can be asked for other things in the same order."""
    results: list[object] = []
    thread = StoreThread(memory)
    thread.start()
    thread.commit([started(1)], results.append)
    thread.commit([started(1)], results.append)
    thread.ask(lambda: memory.find_refused([[started(2)], [started(1)]]), results.append)
    thread.commit([started(2)], results.append)
    thread.ask(lambda: 1 // 0, results.append)
    await thread.aclose()
    kinds = [type(result) for result in results]
    assert kinds == [type(None), RowRefusedError, int, type(None), ZeroDivisionError]
    assert results[2] == 1


async def test_a_fault_of_the_program_is_a_failure_too(memory: Store) -> None:
    errors: list[BaseException | None] = []
    thread = StoreThread(memory)
    thread.start()
    thread.commit([None], errors.append)  # type: ignore[list-item]  # is a fault on purpose
    await thread.aclose()
    assert [type(error) for error in errors] == [CommitError]


async def test_the_end_waits_even_when_it_is_cancelled(memory: Store) -> None:
    results: list[str] = []
    thread = StoreThread(memory)
    thread.start()
    thread.commit([started(1)], noted(results, "start"))
    with trio.CancelScope() as scope:
        scope.cancel()
        await thread.aclose()
    assert results == ["start stored"]


async def test_a_thread_that_never_began_ends_at_once(memory: Store) -> None:
    await StoreThread(memory).aclose()


class Disk(Store):
    """A store whose commits take as long as they are told, on a clock of their own."""

    seconds = 0.0
    takes = QUICK / 2

    def __init__(self, *of: Any, **named: Any) -> None:
        super().__init__(*of, **named)
        self.threads: list[str] = []

    def commit(self, facts: Sequence[Fact]) -> None:
        super().commit(facts)
        self.seconds += self.takes
        self.threads.append(threading.current_thread().name)

    def clock(self) -> float:
        return self.seconds


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    put_tables(tmp_path / "store.db")
    store = Disk.open(f"sqlite:///{tmp_path}/store.db")
    yield store
    store.close()


async def commit(thread: StoreThread, facts: list[Fact]) -> str:
    """Commit and wait for the outcome; who made it."""
    ended = trio.Event()
    thread.commit(facts, lambda error: ended.set() if error is None else None)
    at_once = ended.is_set()
    with trio.fail_after(10):
        await ended.wait()
    return "loop" if at_once else "thread"


async def test_a_quick_disk_is_waited_for_in_the_loop(disk: Disk) -> None:
    """I-11: until it is slow once; the outcome is told before the call returns."""
    thread = StoreThread(disk, disk.clock)
    thread.start()
    assert await commit(thread, [started(1)]) == "thread"
    counters = count(1)
    made = [await commit(thread, [said(1, next(counters))]) for _ in range(PROOF + 4)]
    assert made == ["thread"] * (PROOF - 1) + ["loop"] * 5
    assert disk.threads == ["store"] * PROOF + ["MainThread"] * 5
    disk.takes = 2 * SLOW
    assert await commit(thread, [said(1, next(counters))]) == "loop"
    disk.takes = QUICK / 2
    again = [await commit(thread, [said(1, next(counters))]) for _ in range(2 * PROOF + 1)]
    assert again == ["thread"] * 2 * PROOF + ["loop"]
    await thread.aclose()
    (chat,) = disk.recover(Config(), 9).chats
    assert [s.counter for s in chat.transcript.sentences] == list(range(1, next(counters)))


async def test_many_facts_and_what_follows_an_order_are_the_threads(disk: Disk) -> None:
    """I-4: nothing overtakes what the thread was given."""
    thread = StoreThread(disk, disk.clock)
    thread.start()
    await commit(thread, [started(1)])
    for counter in range(1, PROOF + 1):
        await commit(thread, [said(1, counter)])
    many = [said(1, counter) for counter in range(100, 101 + MOST)]
    assert await commit(thread, list(many)) == "thread"
    results: list[str] = []
    thread.ask(lambda: None, lambda _none: results.append("asked"))
    thread.commit([said(1, 101 + MOST)], noted(results, "behind"))
    assert results == []
    await thread.aclose()
    assert results == ["asked", "behind stored"]


async def test_a_piece_of_an_attachment_is_the_threads_and_proves_nothing(disk: Disk) -> None:
    """B-61: however long it takes, what is short is committed in the loop as before."""
    thread = StoreThread(disk, disk.clock)
    thread.start()
    await commit(thread, [started(1)])
    for counter in range(1, PROOF + 1):
        await commit(thread, [said(1, counter)])
    blob = Guid("00000000-0000-4000-a000-000000000001")
    begun = BlobBegun(
        blob=blob, no=1, at=1, owner="peer/web", name=None, content_type=None, size=9, sha256="x"
    )
    piece = BlobPieceStored(blob=blob, no=1, at=1, offset=0, data=b"x" * 5)
    disk.takes = 100 * SLOW
    assert await commit(thread, [begun, piece, said(1, PROOF + 1)]) == "thread"
    disk.takes = QUICK / 2
    assert await commit(thread, [said(1, PROOF + 2)]) == "loop"
    await thread.aclose()


async def test_a_failure_in_the_loop_is_told_like_another(disk: Disk) -> None:
    """I-11."""
    thread = StoreThread(disk, disk.clock)
    thread.start()
    await commit(thread, [started(1)])
    for counter in range(1, PROOF + 1):
        await commit(thread, [said(1, counter)])
    errors: list[BaseException | None] = []
    thread.commit([said(1, 1)], errors.append)  # it is there already
    thread.commit([confirmed(1, 77)], errors.append)
    assert [type(error) for error in errors] == [RowRefusedError, CommitError]
    await thread.aclose()


async def test_a_long_log_is_shortened_by_the_thread(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "LOG_PAGES", 100)
    shortened: list[str] = []
    shorten = disk.shorten_log

    def watched() -> None:
        shortened.append(threading.current_thread().name)
        shorten()

    monkeypatch.setattr(disk, "shorten_log", watched)
    thread = StoreThread(disk, disk.clock)
    thread.start()
    await commit(thread, [started(1)])
    for counter in range(1, 400):
        await commit(thread, [said(1, counter)])
    await thread.aclose()
    assert set(shortened) == {"store"}
    assert not disk.log_is_long
