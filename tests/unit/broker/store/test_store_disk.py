"""How much room the rows take, and that what is deleted gives it back."""

from __future__ import annotations

import queue
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import trio
from sqlalchemy import NullPool, create_engine

from broker.core.facts import Fact
from broker.store import CommitError, Store, StoreError, StoreThread, dialects, thread
from tests.support.store_facts import confirmed, said, started

pytestmark = pytest.mark.slow

DOC = Path(__file__).parents[4] / "docs" / "store.md"
CHATS, LENGTH, TEXT = 100, 20, "x" * 250
GUID = "0b54b5c6-5f3e-4a53-8d6c-{:012}"


def fill(store: Store, first: int = 1) -> None:
    """Chats of 20 sentences of 250 characters each, all confirmed, as on the wire."""
    for no in range(first, first + CHATS):
        facts: list[Fact] = [started(no)]
        for counter in range(1, LENGTH + 1):
            key = GUID.format(no * 1_000 + counter)
            at = 1_790_000_000_000_000 + counter
            outbound = counter % 2 == 0
            facts.append(said(no, counter, key, outbound=outbound, text=TEXT, at=at, time_sent=at))
            facts.append(confirmed(no, counter, at=at))
        store.commit(facts)


def size(url: str) -> int:
    """The bytes of the database on the disk, its log left out."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        with sqlite3.connect(path) as connection:
            pages, of = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "page_size")
            )
        connection.close()
        return int(pages * of)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as asking:
        found = asking.exec_driver_sql(
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c"
            " WHERE c.relkind = 'r' AND c.relname IN"
            " ('sentences', 'confirmations', 'chats', 'chat_events')"
        ).scalar_one()
    engine.dispose()
    return int(found)


def test_a_sentence_takes_as_much_as_the_page_says(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figure of docs/store.md for sizing a disk, to a fifth."""
    store = Store.open(url)
    fill(store)
    before = size(url)
    fill(store, CHATS + 1)
    took = (size(url) - before) / (CHATS * LENGTH)
    store.close()
    with capsys.disabled():
        print(f"\n{url.partition(':')[0]}: {took:.0f} bytes a sentence of {len(TEXT)} characters")
    word = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    told = re.search(rf"(\d+) bytes on {word}", DOC.read_text(encoding="utf-8"))
    assert told is not None
    assert took == pytest.approx(int(told[1]), rel=0.2)


PURGE = """
DELETE FROM sentences WHERE chat_no IN (SELECT no FROM chats WHERE no <= 90)
"""
KEPT = "SELECT count(*) FROM sentences"


def tidied(store: Store) -> int:
    """Tidy up until there is nothing more to do; in how many goes."""
    goes = 0
    while store.tidy():
        goes += 1
    return goes


def purge(url: str) -> None:
    """Delete most sentences beside the broker, as the page says; their confirmations go with them."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(PURGE)
        left = "SELECT count(*) FROM confirmations"
        assert connection.execute(left).fetchone() == connection.execute(KEPT).fetchone()
    connection.close()


def test_a_database_shrinks_when_rows_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A little at a time, and commits go on between."""
    monkeypatch.setattr(dialects, "TIDY_PAGES", 32)
    url = f"sqlite:///{tmp_path}/store.db"
    store = Store.open(url)
    fill(store)
    fill(store, CHATS + 1)
    whole = size(url)
    assert tidied(store) == 0
    purge(url)
    assert size(url) == whole
    assert store.tidy()
    assert size(url) == whole - dialects.TIDY_PAGES * 4096
    store.commit([said(91, LENGTH + 1)])
    assert tidied(store) <= whole // (dialects.TIDY_PAGES * 4096)
    assert size(url) < whole * 0.7
    assert (tmp_path / "store.db").stat().st_size == size(url)
    store.close()


def test_an_old_database_is_left_as_it_is_until_it_is_converted(tmp_path: Path) -> None:
    """The statement of docs/store.md makes it one that shrinks."""
    old, url = tmp_path / "store.db", f"sqlite:///{tmp_path}/store.db"
    with sqlite3.connect(old) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE made (at)")
        connection.execute("DROP TABLE made")
    connection.close()
    store = Store.open(url)
    fill(store)
    purge(url)
    whole = size(url)
    assert tidied(store) == 0
    assert size(url) == whole
    store.close()
    told = re.search(r'sqlite3 \S+ "(PRAGMA auto_vacuum[^"]+)"', DOC.read_text(encoding="utf-8"))
    assert told is not None
    converting = sqlite3.connect(old, isolation_level=None)
    for statement in told[1].split(";"):
        converting.execute(statement)
    converting.close()
    store = Store.open(url)
    assert size(url) < whole * 0.6
    fill(store, CHATS + 1)
    whole = size(url)
    purge_all = sqlite3.connect(old)
    with purge_all:
        purge_all.execute("DELETE FROM sentences")
    purge_all.close()
    tidied(store)
    assert size(url) < whole * 0.5
    store.close()


def test_a_disk_that_fails_while_tidying_up_fails_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-11."""
    store = Store.open(f"sqlite:///{tmp_path}/store.db")

    def fail(_connection: object) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(dialects, "tidy", fail)
    with pytest.raises(StoreError, match="cannot be tidied up: disk I/O error"):
        store.tidy()
    assert not store.tidy()
    with pytest.raises(CommitError, match="failed before"):
        store.commit([started(1)])
    store.close()


class Quiet:
    """A store that notes what its thread does with it."""

    is_local = False

    def __init__(self, outcomes: Sequence[bool | Exception]) -> None:
        self.outcomes = list(outcomes)
        self.done: queue.SimpleQueue[str] = queue.SimpleQueue()

    def commit(self, _facts: object) -> None:
        self.done.put("commit")

    def tidy(self) -> bool:
        self.done.put("tidy")
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_the_thread_tidies_up_in_quiet_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as there is something to do, and again after the next commit, come what may."""
    monkeypatch.setattr(thread, "QUIET", 0.0)
    monkeypatch.setattr(thread, "AGAIN", 0.0)
    store = Quiet([True, True, False, StoreError("the disk failed")])
    worker = StoreThread(cast("Store", store))
    worker.start()
    came = [await trio.to_thread.run_sync(store.done.get) for _ in range(3)]
    ended: list[BaseException | None] = []
    worker.commit([started(1)], ended.append)
    came += [await trio.to_thread.run_sync(store.done.get) for _ in range(2)]
    await worker.aclose()
    assert came == ["tidy", "tidy", "tidy", "commit", "tidy"]
    assert ended == [None]
    assert store.outcomes == []
