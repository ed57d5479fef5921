"""What a sentence costs the store: without sockets and core, and without a thread of its own.

Theory of operation: a commit has so many sentences, spread over many chats at random, and as many
confirmations of those in the commit before. What counts is the processor's time of the process, user and
system; the least of several rounds, since whatever else the machine does only adds to it. The disk is
where the system has its temporary files.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from attrs import frozen

from broker.console.columns import table
from broker.core.facts import ChatStarted, Fact, SentenceConfirmed, SentenceStored
from broker.core.sentence import Words
from broker.store import Store
from protocol.values import Guid

_AT: Final = 1_790_000_000_000_000
_GATEWAY: Final = Guid("00000000-0000-4000-a000-000000000001")


@frozen(kw_only=True)
class StoreLoad:
    """How much is written.

    Attributes:
        chats: Open chats.
        length: Sentences of each that are there before.
        sizes: Sentences of a commit, a measurement for each.
        sentences: Sentences of a round, about.
        rounds: How often each is measured.
        text_bytes: The length of a text.
    """

    chats: int = 1_000
    length: int = 100
    sizes: Sequence[int] = (1, 64, 512)
    sentences: int = 10_000
    rounds: int = 5
    text_bytes: int = 120


@frozen
class StoreCost:
    """What was measured of one size.

    Attributes:
        size: Sentences of a commit, and confirmations.
        cpu: Microseconds of the processor for a sentence.
        wall: Microseconds for a commit, by the clock on the wall.
    """

    size: int
    cpu: float
    wall: float


class _Talk:
    """Chats in which somebody says something, now here and now there.

    Args:
        load: How many there are.
    """

    def __init__(self, load: StoreLoad) -> None:
        self._random = Random(1)  # noqa: S311 - for a load that is the same each time
        self._counts = [0] * load.chats
        self._text = "x" * load.text_bytes
        self._before: list[SentenceStored] = []

    def said(self, number: int) -> list[Fact]:
        """So many sentences, and the confirmations of those before."""
        confirmed = [SentenceConfirmed(f.chat, f.no, f.counter, _AT) for f in self._before]
        self._before = [self._sentence() for _ in range(number)]
        return [*confirmed, *self._before]

    def _sentence(self) -> SentenceStored:
        place = self._random.randrange(len(self._counts))
        self._counts[place] += 1
        key = f"{self._random.getrandbits(128):032x}"
        words = Words(key, "Visitor", self._text, _AT, False, 0, _AT, None)
        return SentenceStored(_chat(place + 1), place + 1, self._counts[place], words)


def _chat(no: int) -> Guid:
    return Guid(f"00000000-0000-4000-a000-{no:012x}")


def _started(no: int) -> ChatStarted:
    return ChatStarted(
        chat=_chat(no),
        no=no,
        at=_AT,
        gateway=_GATEWAY,
        tracking_id=f"visitor-{no}",
        party_name="Visitor",
        remote_address=None,
        culture=None,
        user_token=None,
        ext_response=None,
    )


def measure_store(load: StoreLoad) -> list[StoreCost]:
    """Fill a store, and time commits of each size."""
    with TemporaryDirectory(prefix="parley-bench-") as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            store.commit([_started(no) for no in range(1, load.chats + 1)])
            talk = _Talk(load)
            for _ in range(load.length):
                store.commit(talk.said(load.chats))
            store.commit(talk.said(1))
            rounds = [
                [_round(store, talk, load, n) for n in load.sizes] for _ in range(load.rounds)
            ]
        finally:
            store.close()
    return [
        StoreCost(size, min(c.cpu for c in found), min(c.wall for c in found))
        for size, found in zip(load.sizes, zip(*rounds, strict=True), strict=True)
    ]


def _round(store: Store, talk: _Talk, load: StoreLoad, size: int) -> StoreCost:
    store.commit(talk.said(size))
    commits = [talk.said(size) for _ in range(max(10, min(1_000, load.sentences // size)))]
    wall, cpu = time.perf_counter(), time.process_time()
    for facts in commits:
        store.commit(facts)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return StoreCost(size, cpu * 1e6 / len(commits) / size, wall * 1e6 / len(commits))


def shown_costs(load: StoreLoad, costs: Sequence[StoreCost]) -> str:
    """The costs as a table."""
    about = f"{load.chats:,} chats of {load.length:,} sentences, the least of {load.rounds} rounds"
    head = ["sentences a commit", "CPU us a sentence", "us a commit"]
    cells = [[f"{c.size:,}", f"{c.cpu:,.1f}", f"{c.wall:,.0f}"] for c in costs]
    return "\n".join([about, *table(head, cells, texts=0)])
