"""What is measured: processes as Linux counts them, times as they are felt, and how it is printed."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from attrs import asdict, frozen

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MILLION: Final = 1_000_000
_BUSY: Final = (0, 1, 2, 5, 6)
"""Fields of the first line of `/proc/stat` that are work: user, nice, system, interrupts of both kinds."""


@frozen
class Usage:
    """A process at one moment.

    Attributes:
        cpu: Processor time since its start, in seconds.
        memory: Memory that it holds, in bytes.
    """

    cpu: float
    memory: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """Read it from `/proc`."""
        # The name, in brackets, may hold blanks: count the fields behind it.
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
        return cls((int(stat[11]) + int(stat[12])) / _TICKS, pages * _PAGE)


def machine_cpu() -> float:
    """Processor time that the whole machine has spent on work, in seconds."""
    first = Path("/proc/stat").read_text("utf-8").partition("\n")[0].split()[1:]
    return sum(int(first[place]) for place in _BUSY) / _TICKS


@frozen
class Times:
    """How long something took, in milliseconds.

    Attributes:
        count: How often it was measured.
        p50: Half took less.
        p99: Of a hundred one took longer.
    """

    count: int
    p50: float
    p99: float

    @classmethod
    def of(cls, nanoseconds: Iterable[int]) -> Self:
        """Of single values."""
        values = sorted(nanoseconds)
        if not values:
            return cls(0, 0.0, 0.0)

        def at(share: float) -> float:
            return values[min(len(values) - 1, int(len(values) * share))] / MILLION

        return cls(len(values), at(0.5), at(0.99))


@frozen(kw_only=True)
class Span:
    """What the processes did in a phase.

    Attributes:
        seconds: How long it was.
        web: Processor time of the web process.
        broker: The same of the broker.
        load: The same of this process.
        others: The same of everybody else on the machine.
    """

    seconds: float
    web: float
    broker: float
    load: float
    others: float


@frozen(kw_only=True)
class Figures:
    """One measurement.

    Attributes:
        polling: Visitors who poll.
        connected: Visitors who have a socket.
        cores: Cores of the machine.
        polling_opened: Processor time of the web process until one of the first had their chat, in us.
        connected_opened: The same of the second.
        polling_bytes: What its memory grew by for each of the first.
        connected_bytes: The same of the second.
        idle: Its share of a core while nobody does anything.
        request_us: Its processor time for a poll that finds nothing new (`GET /api/Chat`), in microseconds.
        request: How long that took.
        frames_us: The same of `POST /api/Frames` without frames.
        frames: How long that took.
        message_us: Its processor time for a sentence over sockets, either way, with echo and confirmation.
        to_agent: From a visitor's socket to the agent.
        to_visitor: From the agent to a visitor's socket.
        by_request_to_agent: From a visitor who polls (`POST /api/Chat/.../Sentence`) to the agent.
        by_request_us: Its processor time for such a sentence.
        refused: What was refused.
        unheard: Sentences that did not arrive.
        counted: What the web process says that it did, by operation and type of frame.
        spans: What the processes did, by phase.
    """

    polling: int
    connected: int
    cores: int
    polling_opened: float
    connected_opened: float
    polling_bytes: float
    connected_bytes: float
    idle: float
    request_us: float
    request: Times
    frames_us: float
    frames: Times
    message_us: float
    to_agent: Times
    to_visitor: Times
    by_request_to_agent: Times
    by_request_us: float
    refused: int
    unheard: int
    counted: Mapping[str, int]
    spans: Mapping[str, Span]


def as_json(figures: Figures) -> dict[str, object]:
    """All of it, for programs."""
    return asdict(figures)


def shown(figures: Figures) -> list[str]:
    """All of it, for people."""
    it = figures
    rows: Sequence[tuple[str, str, str]] = (
        ("", "processor time of the web process", "p50, p99"),
        (
            f"open, {it.polling:,} who poll",
            f"{it.polling_opened:,.0f} us, {it.polling_bytes / 1024:,.1f} KiB",
            "",
        ),
        (
            f"open, {it.connected:,} on sockets",
            f"{it.connected_opened:,.0f} us, {it.connected_bytes / 1024:,.1f} KiB",
            "",
        ),
        ("nobody does anything", f"{it.idle:.1%} of a core", ""),
        ("poll, nothing new", f"{it.request_us:,.0f} us", _times(it.request)),
        ("poll of frames, nothing new", f"{it.frames_us:,.0f} us", _times(it.frames)),
        ("sentence over sockets", f"{it.message_us:,.0f} us", ""),
        ("  visitor to agent", "", _times(it.to_agent)),
        ("  agent to visitor", "", _times(it.to_visitor)),
        ("sentence by request", f"{it.by_request_us:,.0f} us", _times(it.by_request_to_agent)),
    )
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [
        "  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in rows
    ]
    lines.append(f"refused: {it.refused}; not heard: {it.unheard}")
    for name, span in it.spans.items():
        whole = span.seconds * it.cores
        shares = (
            f"{who} {used / whole:.0%}"
            for who, used in (
                ("web", span.web),
                ("broker", span.broker),
                ("load", span.load),
                ("others", span.others),
            )
        )
        lines.append(f"{name}: {span.seconds:.1f} s; of {it.cores} cores: {', '.join(shares)}")
    return lines


def _times(times: Times) -> str:
    return f"{times.p50:,.1f} ms, {times.p99:,.1f} ms of {times.count:,}"
