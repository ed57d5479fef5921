"""What time it was, and when the broker listened: histories in which clocks are set and processes frozen.

What the broker records and shows has the time of its own clock, and that of a history is nobody's. A
CLOCK event says how far the two are apart from then on; so everything is put on the history's clock
before any law reads it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from attrs import define, evolve, field, fields

from broker.checker.dump import Dump
from broker.checker.history import Event, Kind

GRACE = 60_000_000
"""What is left at most for anything after the broker did not listen (B-13)."""
UNDER_WAY = 1_000_000
"""What was due so shortly before the broker died may have been decided, and not be durable."""
NOTED_EVERY = 15_000_000
"""So often the broker notes that it listens, besides what it writes."""
STALL = 3_000_000
"""Longer than that a commit is under way: the broker is deaf, though it did nothing before either."""
WALKED_OFF = 600_000_000
"""A clock that is put back by more begins behind what is stored."""
_DATED = frozenset(
    {
        *("agent", "note", "sentence", "status"),
        *("conversation", "conversation-note", "message", "message-status"),
    }
)
"""Facts whose rows say when they were written: the next start knows that somebody listened then."""
_MOMENTS = frozenset(
    {
        "at",
        "bound_at",
        "closed_at",
        "ended_at",
        "enqueued_at",
        "left_at",
        "moved_at",
        "parked_at",
        "started_at",
        "waiting_since",
        "woken_at",
    }
)


@define
class Timeline:
    """The clocks of a history.

    Attributes:
        deaf: When the broker did not listen, by what was done to it.
        began: When it began to listen, as it says itself, and since when it may not have listened.
        unnoted: When it listened, and the next start may not know that.
    """

    deaf: list[tuple[int, int]] = field(factory=list)
    began: list[tuple[int, int]] = field(factory=list)
    unnoted: list[tuple[int, int]] = field(factory=list)
    _lags: list[tuple[int, int]] = field(factory=list)

    @classmethod
    def read(cls, events: Iterable[Event]) -> Timeline:
        """Find out from the events."""
        line = cls()
        down: int | None = None
        unsure: int | None = None
        known = 0
        begins = False
        for event in events:
            if event.kind is Kind.STARTED or _is_dated(event):
                known = event.at
            if event.kind in (Kind.CRASHED, Kind.FAILED):
                if down is None:
                    line.unnoted.append((max(known, event.at - NOTED_EVERY), event.at))
                unsure = min(event.data.get("undurable", event.at), unsure or event.at)
            match event.kind:
                case Kind.CLOCK:
                    line._goes_by(event.data["core"], event.data["lag"], begins=begins)
                    begins = False
                case Kind.FROZEN:
                    line.deaf.append((event.at, event.data["until"]))
                case Kind.FAILED | Kind.DRAINING:
                    # A process that drains reads nothing; one whose store failed lives on, and can
                    # decide nothing before it has a state again: what was due meanwhile comes a
                    # grace after that.
                    down = event.at if down is None else down
                case Kind.CRASHED:
                    down = event.at if down is None else down
                    # Whoever is killed is frozen no more.
                    line.deaf = [(begin, min(end, event.at)) for begin, end in line.deaf]
                case Kind.STARTED:
                    # What was decided while the last commit was under way never was.
                    line.began.append((unsure or event.at, event.at))
                    if down is not None:
                        line.deaf.append((down, event.at))
                    down = unsure = None
                    begins = True
                case Kind.RESUMED:
                    line.began.append((event.at - event.data["deaf"] - STALL, event.at))
                case _:
                    pass
        line._lags.sort(key=lambda lag: lag[0])
        return line

    def _goes_by(self, core: int, lag: int, *, begins: bool) -> None:
        """From a time of the broker's clock on that is so much ahead."""
        if begins:
            # Who was killed took what it was for them later than this, and nothing of that is stored:
            # a clock does not begin behind what is.
            said_in_vain = range(core + 1, core + WALKED_OFF)
            self._lags = [known for known in self._lags if known[0] not in said_in_vain]
        self._lags.append((core, lag))

    def moment(self, at: int) -> int:
        """What a time of the broker's clock is on that of the history."""
        place = bisect_right(self._lags, at, key=lambda lag: lag[0])
        return at - self._lags[place - 1][1] if place else at

    def listened(self, since: int, until: int) -> int:
        """How long of that time the broker listened at most."""
        lost, reached = 0, since
        for begin, end in sorted(self.deaf):
            begin, end = max(begin, reached), min(end, until)
            if begin < end:
                lost += end - begin
                reached = end
        return until - since - lost

    def over(self, since: int, length: int) -> int:
        """When a time that somebody was given must be over at the latest."""
        end = since + length
        spans = [
            *((stop, 0, begin) for begin, stop in self.unnoted),
            *((stop, 1, begin) for begin, stop in self.deaf),
            *((stop, 2, begin) for begin, stop in self.began),
        ]
        for stop, kind, begin in sorted(spans):
            # What was due before the broker died was done, and is known.
            if since > stop or (begin if kind else stop) >= end + UNDER_WAY:
                continue
            if kind == 2:
                end = max(end, stop + min(GRACE, length))
            else:
                end += stop - max(begin, since)
        return end

    def put_right(self, dump: Dump) -> Dump:
        """A dump on the clock of the history."""
        if not self._lags:
            return dump
        changed: dict[str, Any] = {}
        for attribute in fields(Dump):
            rows = getattr(dump, attribute.name)
            if isinstance(rows, tuple):
                changed[attribute.name] = tuple(self._row(row) for row in rows)
        return evolve(dump, **changed)

    def _row(self, row: Any) -> Any:
        moments = {
            a.name: self.moment(value)
            for a in fields(type(row))
            if a.name in _MOMENTS and (value := getattr(row, a.name))
        }
        if hasattr(row, "until"):
            moments["until"] = moments["at"] + row.until - row.at
        if getattr(row, "parked_until", None) is not None:
            moments["parked_until"] = moments["parked_at"] + row.parked_until - row.parked_at
        return evolve(row, **moments)


def _is_dated(event: Event) -> bool:
    return event.kind is Kind.COMMITTED and any(f[0] in _DATED for f in event.data["facts"])
