"""The thread that commits: order, failures, the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import trio

from broker.config.model import Config
from broker.store import CommitError, RowRefusedError, Store, StoreThread
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
