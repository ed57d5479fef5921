"""What happened since the start, as plain numbers that cost nothing to count."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Final

from attrs import Factory, define

MINUTE: Final = 60.0
"""Visitors are told whole minutes, so an estimate that is off by less was right."""


@define
class Histogram:
    """How often a value fell into each range; `bounds` are the upper ends, the last one open."""

    bounds: tuple[float, ...]
    counts: list[int] = Factory(lambda self: [0] * (len(self.bounds) + 1), takes_self=True)
    total: float = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@define
class Counters:
    """Counted by the one thread of the loop; read by it as well, on demand.

    Attributes:
        connections: Accepted connections.
        rejected: Connections that were one too many.
        hellos_refused: Hellos that were not good.
        logins: Logins at desks, by what came of them (W-18).
        sentences: Sentences committed.
        commits: Committed transactions.
        losses: Times that the store was lost and opened again.
        rows_refused: Inputs that were refused because the database refused a row of theirs.
        slow_consumers: Sessions ended because they did not read (W-24).
        messages: Messages with HTML, by what could be kept of it, attachments whose `kind` was looked at, or
            `refused` (B-50, B-61).
        cleaners_replaced: Processes that died of a message, or took too long.
        typing_dropped: Typing frames that a slow reader did not get (W-23).
        refusals: `SYS_ERROR` frames by code.
        byes: `SYS_BYE` frames by code.
        commit_seconds: How long a commit took.
        commit_facts: How many facts a commit held.
        estimate_error: How far expected waits were off, in seconds, whichever way (B-26).
        estimates: How many of them were `right` (to the minute), `too_short` or `too_long`.
        lag: The longest time that the loop was late since it was last asked, seconds.
    """

    connections: int = 0
    rejected: int = 0
    hellos_refused: int = 0
    sentences: int = 0
    losses: int = 0
    rows_refused: int = 0
    slow_consumers: int = 0
    typing_dropped: int = 0
    cleaners_replaced: int = 0
    messages: Counter[str] = Factory(
        lambda: Counter(cleaned=0, plain_text=0, plain=0, kind=0, refused=0)
    )
    logins: Counter[str] = Factory(Counter)
    refusals: Counter[str] = Factory(Counter)
    byes: Counter[str] = Factory(Counter)
    commit_seconds: Histogram = Factory(
        lambda: Histogram((0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5))
    )
    commit_facts: Histogram = Factory(
        lambda: Histogram((1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024))
    )
    estimate_error: Histogram = Factory(
        lambda: Histogram((5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600))
    )
    estimates: Counter[str] = Factory(lambda: Counter(right=0, too_short=0, too_long=0))
    lag: float = 0.0

    def note(self, event: str, fields: Mapping[str, object]) -> None:
        """Count what the core wants logged, if it is a figure as well."""
        if event != "wait_estimate_judged":
            return
        told, waited = fields["estimated_seconds"], fields["waited_seconds"]
        if not isinstance(told, (int, float)) or not isinstance(waited, (int, float)):
            raise TypeError("seconds are numbers")
        error = waited - told
        self.estimate_error.add(abs(error))
        word = "too_short" if error > 0 else "too_long"
        self.estimates[word if abs(error) > MINUTE else "right"] += 1
