"""What is told at a moment: what was counted, and what time alone did since.

Nothing here changes the state, and nothing grows with the day but the list of contacts that is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from attrs import frozen

from broker.reporting.figures.state import Counted, Key, State
from broker.reporting.figures.tallies import Tally, wait_of

Dimension = Literal["project", "language", "gateway"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("project", "language", "gateway")
Group = tuple[str | None, ...]
"""What a group of figures has in common, in the order in which it was asked for."""


@frozen(kw_only=True)
class Asked:
    """Of what figures are told.

    Attributes:
        projects: Of which projects they may be; None: of all, and of what is of none.
        only: Which value a dimension must have.
        by: What a group has in common.
    """

    projects: frozenset[str] | None = None
    only: tuple[tuple[Dimension, str], ...] = ()
    by: tuple[Dimension, ...] = ("project",)

    def wants(self, key: Key) -> bool:
        """Whether something is told of."""
        if self.projects is not None and key.project not in self.projects:
            return False
        return all(getattr(key, name) == value for name, value in self.only)

    def group(self, key: Key) -> Group:
        """What it is told with."""
        return tuple(getattr(key, name) for name in self.by)


def is_overdue(state: State, one: Counted, now: int) -> bool:
    """Whether the threshold has passed for a contact that waits."""
    return wait_of(one.contact, now) > state.targets.of(one.contact.project).threshold


def overdue(state: State, asked: Asked, now: int) -> Iterator[tuple[int, Key]]:
    """Where the contacts count that wait, and for whom the threshold has passed."""
    for one in state.pending.values():
        if one.key is None or one.slot is None or not asked.wants(one.key):
            continue
        if is_overdue(state, one, now):
            yield one.slot, one.key


def of_day(state: State, asked: Asked, day: int, now: int) -> dict[Group, Tally]:
    """What became of the contacts of a day, by group."""
    sums: dict[Group, Tally] = {}
    for (its, key), tally in state.totals.items():
        if its == day and asked.wants(key):
            sums.setdefault(asked.group(key), Tally()).add(tally)
    for slot, key in overdue(state, asked, now):
        if state.day_of(slot) == day:
            sums.setdefault(asked.group(key), Tally()).overdue += 1
    return sums


def of_times(
    state: State, asked: Asked, bounds: Sequence[int], now: int
) -> dict[tuple[int, Group], Tally]:
    """What became of the contacts of some intervals, by interval and group.

    Args:
        state: What is known.
        asked: What is told.
        bounds: Where each interval begins, then the end; these are bounds of quarters.
        now: Until when.
    """
    sums: dict[tuple[int, Group], Tally] = {}
    for (slot, key), tally in state.by_slot.items():
        if bounds[0] <= slot < bounds[-1] and asked.wants(key):
            place = bisect_right(bounds, slot) - 1
            sums.setdefault((place, asked.group(key)), Tally()).add(tally)
    for slot, key in overdue(state, asked, now):
        if bounds[0] <= slot < bounds[-1]:
            place = bisect_right(bounds, slot) - 1
            sums.setdefault((place, asked.group(key)), Tally()).overdue += 1
    return sums


def longest(state: State, asked: Asked, day: int) -> dict[Group, int]:
    """The longest waits of a day that are over, by group."""
    return greatest(
        (asked.group(key), wait)
        for (its, key), wait in state.longest.items()
        if its == day and asked.wants(key)
    )


def greatest(found: Iterable[tuple[Group, int]]) -> dict[Group, int]:
    """The greatest number of each group."""
    most: dict[Group, int] = {}
    for group, number in found:
        most[group] = max(number, most.get(group, number))
    return most


def total(sums: Mapping[Group, Tally]) -> Tally:
    """All of them together."""
    found = Tally()
    for tally in sums.values():
        found.add(tally)
    return found
