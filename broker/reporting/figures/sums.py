"""What is told at a moment: what was counted, and what time alone did since.

Nothing here changes the state, and nothing grows with the day but the list of contacts that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


def waiting(state: State, is_told: Callable[[int], bool]) -> Iterator[tuple[Key, Counted]]:
    """The contacts that wait, and began to in a quarter that is told of."""
    for one in state.pending.values():
        if one.key is not None and one.slot is not None and is_told(one.slot):
            yield one.key, one


def of_day(state: State, asked: Asked, day: int, now: int) -> dict[Group, Tally]:
    """What became of the contacts of a day, by group."""
    counted = ((key, tally) for (its, key), tally in state.totals.items() if its == day)
    return _sums(state, asked, counted, lambda slot: state.day_of(slot) == day, now)


def of_time(state: State, asked: Asked, start: int, end: int, now: int) -> dict[Group, Tally]:
    """What became of the contacts of some quarters, by group."""
    counted = ((key, tally) for (slot, key), tally in state.by_slot.items() if start <= slot < end)
    return _sums(state, asked, counted, lambda slot: start <= slot < end, now)


def _sums(
    state: State,
    asked: Asked,
    counted: Iterable[tuple[Key, Tally]],
    is_told: Callable[[int], bool],
    now: int,
) -> dict[Group, Tally]:
    sums: dict[Group, Tally] = {}
    for key, tally in counted:
        if asked.wants(key):
            sums.setdefault(asked.group(key), Tally()).add(tally)
    for key, one in waiting(state, is_told):
        if asked.wants(key) and is_overdue(state, one, now):
            sums.setdefault(asked.group(key), Tally()).overdue += 1
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
