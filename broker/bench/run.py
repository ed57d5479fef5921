"""One measurement: the broker, the loader processes, the figures."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from broker.bench.config import write_config
from broker.bench.figures import Figures, Latency, Process
from broker.bench.settings import Load
from broker.bench.worker import Worker, WorkerFigures
from broker.child import ServedBroker, free_port


@frozen
class Target:
    """The broker that is measured; without a pid nothing is known of its cost."""

    address: tuple[str, int]
    pid: int | None = None


@contextmanager
def own_broker(
    load: Load, prepare: Callable[[ServedBroker], None] | None = None
) -> Iterator[Target]:
    """Run a broker for the load, on a configuration and a store in a temporary directory.

    Args:
        load: What it must be configured for.
        prepare: Called with the broker, not started yet, to fill its store.
    """
    directory = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    try:
        address = ("127.0.0.1", free_port())
        config = directory / "bench.toml"
        write_config(config, address, load)
        broker = ServedBroker(config, address, directory / "broker.log")
        if prepare is not None:
            prepare(broker)
        with broker:
            yield Target(address, broker.pid)
    finally:
        shutil.rmtree(directory)


def measure(name: str, load: Load, target: Target) -> Figures:
    """Load a broker and say what it did.

    Raises:
        LoadFailed: The broker refused what the load needs, or did not answer.
    """
    workers = [Worker(load.share(n), target.address) for n in range(load.processes)]
    try:
        for step in ("connect", "open"):
            for worker in workers:
                worker.begin(step)
            for worker in workers:
                worker.result()
        for worker in workers:
            worker.begin("measure")
        time.sleep(load.warmup)
        before = None if target.pid is None else Process.read(target.pid)
        time.sleep(load.seconds)
        after = None if target.pid is None else Process.read(target.pid)
        parts = [worker.result() for worker in workers]
    finally:
        for worker in workers:
            worker.end()
    return _figures(name, load, parts, before, after)


def _figures(
    name: str,
    load: Load,
    parts: list[WorkerFigures],
    before: Process | None,
    after: Process | None,
) -> Figures:
    sentences = sum(len(part.circle) for part in parts)
    each = 1_000_000 / max(sentences, 1)
    errors: Counter[str] = Counter()
    for part in parts:
        errors.update(part.errors)
    cost = None if before is None or after is None else after.cpu_seconds - before.cpu_seconds
    return Figures(
        name=name,
        seconds=load.seconds,
        sentences=sentences,
        per_second=sentences / load.seconds,
        echo=Latency.of(value for part in parts for value in part.echo),
        delivery=Latency.of(value for part in parts for value in part.delivery),
        circle=Latency.of(value for part in parts for value in part.circle),
        errors=dict(errors),
        unfinished=sum(part.unfinished for part in parts),
        broker_cpu_us=None if cost is None else cost * each,
        loader_cpu_us=sum(part.cpu_seconds for part in parts) * each,
        rss_bytes=None if after is None else after.rss_bytes,
    )
