"""`parley bench`: which measurements, and how they are printed."""

from __future__ import annotations

import json
import multiprocessing
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Final

from attrs import asdict, evolve, field, frozen

from broker.bench import stub
from broker.bench.core import CoreLoad, measure_core
from broker.bench.figures import Figures, table
from broker.bench.idle import measure_idle
from broker.bench.loader import LoadFailed
from broker.bench.prefill import fill_store
from broker.bench.run import Target, measure, own_broker
from broker.bench.settings import Load
from broker.bench.store import StoreLoad, measure_store, shown_costs
from broker.child import NotServing
from broker.recording.proxy import parse_address
from protocol.display import shown

_PREFILL_TEXT: Final = 100


@frozen(kw_only=True)
class Bench:
    """What to measure.

    Attributes:
        load: The load; the modes below change one thing of it at a time.
        to: A broker that runs already, configured for the load; None: start one.
        pid: The process of that broker, to read its cost.
        outstanding: Numbers of sentences on their way, a measurement for each.
        rates: Sentences per second, a measurement for each.
        open_chats: Numbers of open chats, a measurement for each.
        prefill_rows: Numbers of rows in the store before the start, a measurement for each.
        idle: Connections that say nothing, to see their memory; 0: not measured.
        against_stub: Measure the loader itself, against a stand-in for a broker.
    """

    load: Load = field(factory=Load)
    to: str | None = None
    pid: int | None = None
    outstanding: Sequence[int] = ()
    rates: Sequence[float] = ()
    open_chats: Sequence[int] = ()
    prefill_rows: Sequence[int] = ()
    idle: int = 0
    against_stub: bool = False


STANDARD: Final = Bench(
    load=Load(seconds=5, warmup=1.5),
    outstanding=(64, 1_000),
    rates=(3_000,),
    open_chats=(100, 5_000),
    idle=1_000,
    against_stub=True,
)
"""What `make bench` measures, in about a minute."""


@contextmanager
def stand_in() -> Iterator[Target]:
    """Run a stand-in for a broker in a process of its own."""
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as listener:
        context = multiprocessing.get_context("fork")
        process = context.Process(target=stub.serve, args=(listener,), daemon=True)
        process.start()
        try:
            yield Target(listener.getsockname()[:2], process.pid)
        finally:
            process.kill()
            process.join()


def _target(bench: Bench, load: Load) -> AbstractContextManager[Target]:
    if bench.to is None:
        return own_broker(load)
    return nullcontext(Target(parse_address(bench.to), bench.pid))


def _loads(bench: Bench) -> Iterator[tuple[str, Load]]:
    """The measurements on one and the same broker."""
    for number in bench.outstanding:
        chats = max(bench.load.chats, number)
        yield (
            f"{number} outstanding",
            evolve(bench.load, outstanding=number, chats=chats, rate=None),
        )
    for rate in bench.rates:
        yield f"{rate:,.0f} a second", evolve(bench.load, rate=rate)


def measurements(bench: Bench) -> Iterator[Figures]:
    """Measure one after the other; each open chats and rows measurement has a fresh broker."""
    if bench.against_stub:
        with stand_in() as target:
            for name, load in _loads(evolve(bench, rates=())):
                yield measure(f"loader alone, {name}", load, target)
    for name, load in _loads(bench):
        with _target(bench, load) as target:
            yield measure(name, load, target)
    for chats in bench.open_chats:
        load = evolve(bench.load, chats=chats)
        with own_broker(load) as target:
            yield measure(f"{chats:,} open chats", load, target)
    for rows in bench.prefill_rows:
        fill = partial(fill_store, rows=rows, text_bytes=_PREFILL_TEXT)
        with own_broker(bench.load, fill if rows else None) as target:
            yield measure(f"{rows:,} rows before", bench.load, target)


def bench_main(bench: Bench, *, as_json: bool = False) -> int:
    """Measure and print.

    Args:
        bench: What to measure.
        as_json: Print one JSON object in place of the table.

    Returns:
        Exit status: 1 when the broker failed.
    """
    if not any((bench.outstanding, bench.rates, bench.open_chats, bench.prefill_rows, bench.idle)):
        bench = evolve(bench, outstanding=(bench.load.outstanding,))
    rows: list[Figures] = []
    status = 0
    try:
        for figures in measurements(bench):
            rows.append(figures)
            if not as_json:
                print(f"measured: {figures.name}", flush=True)
        idle = measure_idle(bench.idle) if bench.idle else None
    except (LoadFailed, NotServing, OSError) as error:
        print(f"the measurement failed: {shown(str(error))}")
        idle, status = None, 1
    if as_json:
        found: dict[str, Any] = {"measurements": [asdict(row) for row in rows]}
        found["idle"] = None if idle is None else asdict(idle)
        print(json.dumps(found, indent=1))
        return status
    if rows:
        print(table(rows))
    if idle is not None:
        print(idle)
    return status


def bench_core(load: CoreLoad | None = None, *, as_json: bool = False) -> int:
    """Measure what single decisions cost, and print it.

    Args:
        load: How many of what; None: what the documentation of the benchmark says.
        as_json: Print one JSON object in place of the table.

    Returns:
        Exit status.
    """
    figures = measure_core(load or CoreLoad())
    print(json.dumps(asdict(figures), indent=1) if as_json else figures)
    return 0


def bench_store(load: StoreLoad | None = None, *, as_json: bool = False) -> int:
    """Measure what a sentence costs the store, and print it.

    Args:
        load: How much of what; None: what the documentation of the benchmark says.
        as_json: Print one JSON list in place of the table.

    Returns:
        Exit status.
    """
    load = load or StoreLoad()
    costs = measure_store(load)
    print(
        json.dumps([asdict(cost) for cost in costs], indent=1)
        if as_json
        else shown_costs(load, costs)
    )
    return 0
