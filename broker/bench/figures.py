"""What a measurement found, and how it is printed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from broker.console import columns

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_MILLION: Final = 1_000_000
_MIB: Final = 1 << 20


@frozen(kw_only=True)
class Process:
    """The state of a process at one moment.

    Attributes:
        cpu_seconds: Processor time since its start, user and system.
        rss_bytes: Memory that it holds.
    """

    cpu_seconds: float
    rss_bytes: int

    @classmethod
    def read(cls, pid: int) -> Process:
        """Read it from `/proc`."""
        # The name, in brackets, may hold blanks: count the fields after it.
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return cls(
            cpu_seconds=(int(stat[11]) + int(stat[12])) / _TICKS,
            rss_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        )


@frozen(kw_only=True)
class Latency:
    """Percentiles in milliseconds."""

    p50: float
    p99: float
    p999: float

    @classmethod
    def of(cls, nanoseconds: Iterable[int]) -> Latency | None:
        """Take them from single values; None without any."""
        values = sorted(nanoseconds)
        if not values:
            return None

        def at(share: float) -> float:
            return values[min(len(values) - 1, int(len(values) * share))] / _MILLION

        return cls(p50=at(0.5), p99=at(0.99), p999=at(0.999))


@frozen(kw_only=True)
class Figures:
    """One measurement. A sentence is a durable row, its echo, its delivery, its confirmation.

    Attributes:
        name: What was measured.
        seconds: How long.
        sentences: How many came full circle.
        per_second: The same for one second.
        echo: From sending to the echo, which comes after the commit.
        delivery: From sending to the agent.
        circle: From sending to the confirmation's return.
        errors: Refusals by code and text.
        unfinished: Sentences that did not come back after the end.
        broker_cpu_us: Processor time of the broker for one sentence, in microseconds.
        loader_cpu_us: The same of all loader processes together.
        rss_bytes: Memory of the broker at the end.
    """

    name: str
    seconds: float
    sentences: int
    per_second: float
    echo: Latency | None
    delivery: Latency | None
    circle: Latency | None
    errors: Mapping[str, int]
    unfinished: int
    broker_cpu_us: float | None
    loader_cpu_us: float
    rss_bytes: int | None


@frozen
class _Column:
    title: str
    cell: Callable[[Figures], str]


def _milliseconds(latency: Latency | None, name: str) -> str:
    return "-" if latency is None else f"{getattr(latency, name):.2f}"


_COLUMNS: Final = (
    _Column("sentences/s", lambda row: f"{row.per_second:,.0f}"),
    _Column("echo p50", lambda row: _milliseconds(row.echo, "p50")),
    _Column("p99", lambda row: _milliseconds(row.echo, "p99")),
    _Column("p99.9", lambda row: _milliseconds(row.echo, "p999")),
    _Column("delivery p50", lambda row: _milliseconds(row.delivery, "p50")),
    _Column("p99", lambda row: _milliseconds(row.delivery, "p99")),
    _Column("p99.9", lambda row: _milliseconds(row.delivery, "p999")),
    _Column("CPU us", lambda row: "-" if row.broker_cpu_us is None else f"{row.broker_cpu_us:.0f}"),
    _Column("loader", lambda row: f"{row.loader_cpu_us:.0f}"),
    _Column("RSS MiB", lambda row: "-" if row.rss_bytes is None else f"{row.rss_bytes / _MIB:.0f}"),
    _Column("errors", lambda row: str(sum(row.errors.values()) + row.unfinished)),
)


def table(rows: Sequence[Figures]) -> str:
    """The measurements as a table.

    Latencies are in milliseconds, processor times (`CPU`: the broker's, `loader`) in microseconds
    for one sentence; the ratio is that of the rates to the first row's.
    """
    first = rows[0].per_second if rows else 0.0
    cells = [
        [
            row.name,
            *(column.cell(row) for column in _COLUMNS),
            f"{row.per_second / first if first else 0.0:.2f}",
        ]
        for row in rows
    ]
    head = ["measurement", *(column.title for column in _COLUMNS), "ratio"]
    lines = list(columns.table(head, cells))
    errors: Counter[str] = Counter()
    for row in rows:
        errors.update(row.errors)
    lines += [f"  {count} x {text}" for text, count in errors.most_common(10)]
    return "\n".join(lines)
