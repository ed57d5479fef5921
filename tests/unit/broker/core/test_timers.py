"""What is due when, as data."""

from __future__ import annotations

from broker.core.timers import TimerKind, Timers
from protocol.values import Guid

A, B = Guid("a"), Guid("b")


def taken(timers: Timers) -> list[tuple[int, TimerKind, Guid]]:
    found = []
    while (due := timers.due) is not None:
        found.append((due, timers.heap[0][2], timers.heap[0][3]))
        timers.pop()
    return found


def test_the_earliest_fires_first_whenever_it_was_set() -> None:
    timers = Timers()
    assert timers.due is None
    for due, key in ((30, A), (10, B), (20, A)):
        timers.set(due, TimerKind.CHAT, key)
    assert taken(timers) == [
        (10, TimerKind.CHAT, B),
        (20, TimerKind.CHAT, A),
        (30, TimerKind.CHAT, A),
    ]


def test_ties_fire_in_the_order_in_which_they_were_set() -> None:
    """I-17: whatever their kinds and keys are."""
    timers = Timers()
    timers.set(10, TimerKind.WRAPUP, B)
    timers.set(10, TimerKind.OFFER, B)
    timers.set(10, TimerKind.OFFER, A)
    assert taken(timers) == [
        (10, TimerKind.WRAPUP, B),
        (10, TimerKind.OFFER, B),
        (10, TimerKind.OFFER, A),
    ]
