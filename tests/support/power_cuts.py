"""The power is cut throughout a store's life, and each disk that is left is looked at.

A random life of chats is committed batch by batch on a disk that forgets. Before every write,
sync, truncation and deletion the power is cut, in a copy, in one of the four ways in which a
disk may be left. Each copy is then opened by the same store code and must hold all acknowledged
batches, each row once and without a gap; the batch under way may be there as a whole or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from itertools import cycle
from operator import add
from random import Random
from typing import Final

from attrs import Factory, define, frozen

from broker.core.broker import restore
from broker.core.facts import Fact, MessageStored, SentenceStored
from broker.core.facts.messages import ConversationNoted
from broker.core.invariants import durable
from broker.store import Store
from tests.support.power_loss import Cut, Disk
from tests.support.power_loss_store import Connection, store_on
from tests.support.store_life import Life, life_config

COUNTED: Final[Mapping[str, type[Fact]]] = {
    "sentences": SentenceStored,
    "messages": MessageStored,
    "conversation_notes": ConversationNoted,
}
"""Rows that are counted, and the facts that they are."""
NUMBERED: Final = (("sentences", "chat_no"), ("conversation_notes", "conversation_no"))
"""What is numbered from 1 within what."""
ONCE: Final = (
    ("sentences", "chat_no, outbound, id"),
    ("messages WHERE delivery_id IS NOT NULL", "gateway, inbound, delivery_id"),
    ("messages WHERE key IS NOT NULL", "agent, key"),
    ("messages WHERE conversation_no IS NOT NULL", "conversation_no, counter"),
    ("conversation_notes", "conversation_no, id"),
)
"""What there is one of."""


@frozen
class Moment:
    """What the store must give back after so many batches.

    Attributes:
        rows: How many there are of each kind.
    """

    now: int
    state: object
    rows: tuple[int, ...]


@define
class Chronicle:
    """What was committed so far; the last moment may not be acknowledged yet."""

    moments: list[Moment] = Factory(list)
    acknowledged: int = 0

    def note(self, life: Life, facts: list[Fact]) -> None:
        """A batch is about to be committed."""
        before = self.moments[-1].rows if self.moments else (0,) * len(COUNTED)
        told = [sum(isinstance(fact, kind) for fact in facts) for kind in COUNTED.values()]
        rows = tuple(map(add, before, told))
        self.moments.append(Moment(life.now, deepcopy(durable(life.state)), rows))


@frozen
class Fork:
    """A disk after a cut, and which moments it may show."""

    name: str
    disk: Disk
    moments: tuple[Moment, ...]


def often(connection: Connection) -> None:
    """Move the log into the database every few commits, to cut within that as well."""
    connection.apsw.wal_autocheckpoint(60)


def forks(
    seed: int, batches: int, every: int, settle: Callable[[Connection], None]
) -> Iterator[Fork]:
    """Live a life, and cut the power before each `every`th operation of the disk."""
    chance, ways = Random(seed), cycle(Cut)
    life, chronicle, disk = Life.of_seed(seed), Chronicle(), Disk()
    cuts: list[Fork] = []

    def watch(operation: str) -> None:
        if disk.operations % every == 0:
            allowed = tuple(chronicle.moments[max(0, chronicle.acknowledged - 1) :])
            way = next(ways)
            name = f"{way} before {operation} {disk.operations}"
            cuts.append(Fork(name, disk.cut(way, chance), allowed))

    with store_on(disk, settle) as (store, _connection):
        chronicle.note(life, [])
        chronicle.acknowledged = 1
        disk.watch = watch
        for _ in range(batches):
            facts = life.batch(1 + life.choose(12))
            chronicle.note(life, facts)
            store.commit(facts)
            chronicle.acknowledged += 1
            yield from cuts
            cuts.clear()


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    """Ask the database itself."""
    cursor = store._connection.connection.cursor()
    cursor.execute(query)
    found = [tuple(row) for row in cursor.fetchall()]
    cursor.close()
    return found


def faults(fork: Fork) -> list[str]:
    """What is wrong with a disk after a cut; empty when all is well."""
    try:
        with store_on(fork.disk) as (store, _connection):
            return [f"{fork.name}: {fault}" for fault in _faults(store, fork)]
    except Exception as error:  # noqa: BLE001 - whatever goes wrong after a cut is a fault
        return [f"{fork.name}: {error}"]


def _faults(store: Store, fork: Fork) -> Iterator[str]:
    if rows(store, "PRAGMA integrity_check") != [("ok",)]:
        yield "the file is damaged"
    if rows(store, "PRAGMA foreign_key_check"):
        yield "a row refers to nothing"
    for table, whole in NUMBERED:
        if rows(
            store, f"SELECT {whole} FROM {table} GROUP BY {whole} HAVING max(counter) <> count(*)"
        ):
            yield f"{table} of a {whole} have a gap (I-3)"
    for table, key in ONCE:
        if rows(store, f"SELECT 1 FROM {table} GROUP BY {key} HAVING count(*) > 1"):
            yield f"one of {table} is there twice (I-2)"
    counted = tuple(rows(store, f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED)
    config = life_config()
    for moment in fork.moments:
        recovered = store.recover(config, moment.now)
        shown = durable(restore(config, recovered, moment.now))
        if shown == moment.state and counted == moment.rows:
            return
    wanted = [moment.rows for moment in fork.moments]
    yield f"an acknowledged batch is lost (I-1): {counted} of {[*COUNTED]}, wanted {wanted}"
