"""The broker's own time: how long it had listened, which no outage and no set clock disturbs (B-30).

Theory of operation: the store has a row for each stretch in which the broker listened (`lives`), by the
clock that it had then. Put one behind the other they are a time of its own, in which an outage takes a
microsecond and a clock that is set back takes nothing away. Reports read every row at its moment in that
time, so how long something took is a difference and never negative; only what is asked for and what
is shown goes by the clock on the wall. Stretches between two times at which the clock was set back are an
*era*: in one of them a later row has a later time. Own times are chosen so that they are those of the wall
where what is asked for begins; without any rows of `lives` they are so everywhere.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import Factory, field, frozen

from broker.core.heard import SEEN_EVERY

FOREVER: Final = 1 << 62
"""Longer than any time in microseconds that a row may have."""
BEYOND: Final = 4 * SEEN_EVERY
"""How far something may have been written behind the last note of a stretch."""
_SLOW: Final = BEYOND
"""Stretches that overlap by less are those of a slow clock; one that was set back is back by more."""


@frozen
class Stretch:
    """A stretch in which the broker listened: `begin` to `end` on the wall, from `own` on in its own time."""

    begin: int
    end: int
    era: int
    own: int


@frozen
class Outage:
    """Nobody listened after a moment: by the clock on the wall `begin` to `end`.

    Attributes:
        own: The moment in the broker's own time.
        begin: When it was last seen.
        end: When it was there again; earlier than that if its clock had been set back.
    """

    own: int
    begin: int
    end: int


@frozen
class Listened:
    """When the broker listened.

    Attributes:
        stretches: The stretches in their true order; the first has no beginning, since what was before the
            first row was listened to for all that is known, and the last one goes on.
        cuts: For each table the number of the last row of each era but the last.
    """

    stretches: Sequence[Stretch] = (Stretch(-FOREVER, FOREVER, 0, -FOREVER),)
    cuts: Mapping[str, Sequence[int]] = Factory(dict)
    _begins: list[int] = field(init=False)
    _owns: list[int] = field(init=False)
    _firsts: list[int] = field(init=False)

    @_begins.default
    def _make_begins(self) -> list[int]:
        return [stretch.begin for stretch in self.stretches]

    @_owns.default
    def _make_owns(self) -> list[int]:
        return [stretch.own for stretch in self.stretches]

    @_firsts.default
    def _make_firsts(self) -> list[int]:
        eras = [stretch.era for stretch in self.stretches]
        return [bisect_left(eras, era) for era in range(eras[-1] + 2)]

    @property
    def eras(self) -> int:
        """How many there are."""
        return self.stretches[-1].era + 1

    def extent(self, era: int) -> tuple[int, int]:
        """What the clock showed at the beginning and at the end of an era."""
        first, after = self._firsts[era : era + 2]
        return self.stretches[first].begin, self.stretches[after - 1].end

    def touching(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last era in which the broker listened at such a time of the wall."""
        found = [s.era for s in self.stretches if s.begin < end and s.end >= start]
        return (found[0], found[-1]) if found else (self.eras - 1, self.eras - 1)

    def era(self, table: str, number: int) -> int:
        """In which era a row was written."""
        return bisect_left(self.cuts[table], number) if self.eras > 1 else 0

    def own(self, at: int, era: int = 0) -> int:
        """The own time of a time on the wall in an era; of one in an outage that of its nearer end."""
        first, after = self._firsts[era : era + 2]
        place = bisect_right(self._begins, at, first, after) - 1
        if place < first:
            return self.stretches[first].own
        stretch = self.stretches[place]
        if at <= stretch.end or place + 1 == len(self.stretches):
            return stretch.own + at - stretch.begin
        if place + 1 < after and self.stretches[place + 1].begin - at < at - stretch.end:
            return self.stretches[place + 1].own
        return stretch.own + stretch.end - stretch.begin

    def of_row(self, table: str, number: int, at: int) -> int:
        """The own time of a row."""
        return self.own(at, self.era(table, number))

    def after(self, begun: int, at: int) -> int:
        """The own time of a time on the wall, the first one that is not before a moment."""
        now = self.stretches[self._place(begun)].era
        for era in range(now, self.eras):
            if self._has(at, era) and (found := self.own(at, era)) >= begun:
                return found
        return max(begun, self.own(at, now))

    def wall(self, own: int) -> int:
        """What the clock on the wall showed."""
        stretch = self.stretches[self._place(own)]
        return stretch.begin + own - stretch.own

    def walls(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches between two own times, by the clock on the wall."""
        for place in range(self._place(start), self._place(end) + 1):
            stretch = self.stretches[place]
            shift, last = stretch.begin - stretch.own, place + 1 == len(self.stretches)
            until = end + shift if last else min(end + shift, stretch.end)
            yield max(start + shift, stretch.begin), until

    def shown(self, start: int, end: int) -> tuple[int, int]:
        """The least and the greatest time that the clock on the wall showed between two own times."""
        walls = list(self.walls(start, end))
        return min(begin for begin, _ in walls), max(until for _, until in walls)

    def outages(self, start: int, end: int) -> Iterator[Outage]:
        """When nobody listened between two own times."""
        for place in range(self._place(start), self._place(end)):
            before, after = self.stretches[place : place + 2]
            yield Outage(before.own + before.end - before.begin, before.end, after.begin)

    def _has(self, at: int, era: int) -> bool:
        first, after = self._firsts[era : era + 2]
        place = bisect_right(self._begins, at, first, after) - 1
        return place >= first and at <= self.stretches[place].end + BEYOND

    def _place(self, own: int) -> int:
        return max(0, bisect_right(self._owns, own) - 1)


ALWAYS: Final = Listened()
"""What is taken for true when nothing is known."""


def stretches_of(spans: Iterable[tuple[int, int]], start: int, end: int) -> tuple[Stretch, ...]:
    """Put stretches one behind the other.

    Args:
        spans: From when until when the broker listened, in the order in which it did, by its clock.
        start: The first moment that is asked for, where own times are those of the wall.
        end: The first moment after it.
    """
    found: list[Stretch] = []
    for begin, until in spans:
        if not found:
            found.append(Stretch(-FOREVER, until, 0, -FOREVER))
            continue
        last = found[-1]
        if begin <= last.end - _SLOW:
            own = last.own + last.end - last.begin + 1
            found.append(Stretch(begin, until, last.era + 1, own))
        elif begin <= last.end + 1:
            found[-1] = Stretch(last.begin, max(last.end, until), last.era, last.own)
        else:
            own = last.own + last.end - last.begin + 1
            found.append(Stretch(begin, until, last.era, own))
    if not found:
        return tuple(ALWAYS.stretches)
    asked = (s for s in found if s.begin < end and s.end >= start)
    at = next(asked, found[-1])
    return tuple(Stretch(s.begin, s.end, s.era, s.own + at.begin - at.own) for s in found)
