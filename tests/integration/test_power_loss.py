"""Power is lost at every point of a store's life: what it acknowledged is there (I-1, I-2, I-3)."""

from __future__ import annotations

from itertools import cycle
from random import Random

import apsw
import pytest

from broker.store import CommitError, dialects
from tests.support.power_cuts import Fork, faults, forks, often, rows
from tests.support.power_loss import Cut, Disk
from tests.support.power_loss_store import Connection, store_on
from tests.support.store_facts import said, started


def test_nothing_acknowledged_is_lost_wherever_the_power_fails() -> None:
    """I-1, I-2, I-3, W-20."""
    found: list[str] = []
    cuts = 0
    for seed in range(2):
        for fork in forks(seed, batches=30, every=3, settle=often):
            cuts += 1
            found += faults(fork)
    assert found == []
    assert cuts >= 500, cuts


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_a_store_that_does_not_sync_each_commit_is_caught(synchronous: str) -> None:
    """The test bites: with a weaker setting acknowledged batches are lost."""

    def weaken(connection: Connection) -> None:
        often(connection)
        connection.apsw.execute(f"PRAGMA synchronous = {synchronous}")

    lost = [fault for f in forks(1, batches=12, every=5, settle=weaken) for fault in faults(f)]
    assert any("acknowledged batch is lost" in fault for fault in lost)


def test_power_that_fails_while_the_store_recovers_loses_nothing() -> None:
    """I-1."""
    chance, found = Random(5), []
    for fork in forks(7, batches=6, every=11, settle=often):
        again: list[Fork] = []

        def watch(operation: str, fork: Fork = fork, again: list[Fork] = again) -> None:
            way = chance.choice(list(Cut))
            name = f"{fork.name}, then {way} before {operation}"
            again.append(Fork(name, fork.disk.cut(way, chance), fork.moments))

        fork.disk.watch = watch
        with store_on(fork.disk):
            pass
        assert again
        found += [fault for second in again[::4] for fault in faults(second)]
    assert found == []


def test_power_that_fails_while_the_file_is_made_leaves_an_empty_store() -> None:
    chance, disk, made = Random(3), Disk(), []
    ways = cycle(Cut)

    def watch(_operation: str) -> None:
        made.append(disk.cut(next(ways), chance))

    disk.watch = watch
    with store_on(disk):
        pass
    assert len(made) > 60
    for found in made:
        with store_on(found) as (store, _connection):
            store.commit([started(1), said(1, 1)])
            assert rows(store, "PRAGMA integrity_check") == [("ok",)]
            assert rows(store, "SELECT count(*) FROM sentences") == [(1,)]


def failing(disk: Disk, operation: str) -> None:
    """The next operation of this kind fails, once."""

    def watch(happens: str) -> None:
        if happens == operation:
            disk.watch = lambda _name: None
            raise apsw.IOError("the disk failed")

    disk.watch = watch


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_a_disk_that_fails_fails_the_commit_and_the_store(operation: str) -> None:
    disk = Disk()
    with store_on(disk) as (store, _connection):
        store.commit([started(1)])
        failing(disk, operation)
        with pytest.raises(CommitError, match="IOError"):
            store.commit([said(1, 1)])
        with pytest.raises(CommitError, match="failed before"):
            store.commit([said(1, 1)])
    with store_on(disk.cut(Cut.LOST, Random(1))) as (store, _connection):
        assert rows(store, "SELECT count(*) FROM sentences") == [(0,)]
        store.commit([said(1, 1)])


def after_a_failed_sync() -> int:
    """Sentences left of one that was acknowledged after an earlier sync failed."""
    disk = Disk()
    opened = store_on(disk)
    store, _connection = opened.__enter__()
    store.commit([started(1)])
    failing(disk, "sync")
    with pytest.raises(CommitError):
        store.commit([started(2)])
    # The process dies here; what the failed sync left is still shown, and not on the disk.
    survivor = disk.copy()
    opened.__exit__(None, None, None)
    with store_on(survivor) as (store, _connection):
        store.commit([said(1, 1)])
        after = survivor.cut(Cut.LOST, Random(1))
    with store_on(after) as (store, _connection):
        return len(rows(store, "SELECT 1 FROM sentences"))


def test_a_store_opened_after_a_failed_sync_rests_on_nothing_unsynced() -> None:
    assert after_a_failed_sync() == 1


def test_without_emptying_the_log_a_failed_sync_would_lose_a_later_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The test above bites."""
    kept = tuple(pragma for pragma in dialects._PRAGMAS if "wal_checkpoint" not in pragma)
    monkeypatch.setattr(dialects, "_PRAGMAS", kept)
    assert after_a_failed_sync() == 0
