"""How old things are by the time in which the broker listened (B-13).

Theory of operation: stored times were taken from the system's clock, and nobody knows what happened to
that while no broker ran. The spans in which one listened are known, the latest first, each by the
clock that it had. The age of a thing is what they hold since its time. Where the clock was put back a
time may belong to two spans; the later one is believed, so that nothing is older than it is. One that
lies in the future of a span was written in an earlier one.
"""

from __future__ import annotations

from typing import Final

SEEN_EVERY: Final = 15_000_000
"""How often it is noted that the broker listens, in microseconds."""
Spans = tuple[tuple[int, int], ...]
"""From when until when, the latest first."""


def age(heard: Spans, at: int) -> int:
    """For how long the broker has listened since a stored time; 0 for one that nobody can have written."""
    total, at_least = 0, None
    for begin, end in heard:
        if begin <= at <= end:
            return total + end - at
        if begin <= at and at_least is None:
            at_least = total  # written after the span was last noted, unless an earlier one has it
        total += end - begin
    return total if at_least is None else at_least


def earliest(heard: Spans, most: int) -> int:
    """No time before this one can be younger than that; the first span must reach back far enough."""
    found = heard[0][1]
    for begin, end in heard:
        if end - begin >= most:
            return min(found, end - most)
        most -= end - begin
        found = min(found, begin)
    return found - most


def heard_by(heard: Spans, now: int) -> Spans:
    """The spans as they were at `now`: it may have been noted since that the broker listened on."""
    if heard and heard[0][0] <= now < heard[0][1]:
        return ((heard[0][0], now), *heard[1:])
    return heard
