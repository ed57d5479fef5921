"""The state that follows the store: a look at what is new, and the fold of that.

A look may be taken in a thread; it changes nothing. What it brought is folded by whoever shows the state to
others, so that these never see half of it.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from attrs import define, frozen
from sqlalchemy import Connection

from broker.reporting.figures.fold import fold, forget
from broker.reporting.figures.reader import Batch, Cursor, PastChanged, read_more, read_whole
from broker.reporting.figures.state import State, Targets, day_start
from broker.reporting.times import HOUR

BEFORE: Final = HOUR
"""What lies so long before the first moment of a day is of the day before."""


@frozen
class Look:
    """What a look brought.

    Attributes:
        cursor: How far the store is read now.
        batch: What is new.
        at: When it was taken, by the wall.
        state: The state anew, where everything was read.
    """

    cursor: Cursor
    batch: Batch
    at: int
    state: State | None = None


@define
class Follower:
    """The state, and how far it is.

    Attributes:
        targets: How contacts are counted.
        zone: Whose days.
        state: What is known; None before the first look.
        cursor: How far the store was read.
        until: Until when it tells, in the broker's own time.
        at: When it was looked at last.
        begun: How often everything was read.
    """

    targets: Targets
    zone: tzinfo
    state: State | None = None
    cursor: Cursor | None = None
    until: int = 0
    at: int = 0
    begun: int = 0

    def kept_since(self, now: int) -> int:
        """The first moment of yesterday."""
        return day_start(day_start(now, self.zone) - BEFORE, self.zone)

    def look(self, connection: Connection, now: int) -> Look:
        """See what is new; nothing changes by that."""
        since = self.kept_since(now)
        if self.cursor is not None and self.cursor.since <= since:
            try:
                return Look(*read_more(connection, self.cursor, now), now)
            except PastChanged:
                pass
        cursor, batch = read_whole(connection, since, now)
        return Look(cursor, batch, now, fold(State(self.targets, self.zone, since), batch.entries))

    def take(self, look: Look) -> bool:
        """Go on by what a look brought.

        Returns:
            Whether anything is new.
        """
        if look.state is not None:
            self.state = look.state
            self.begun += 1
        elif self.state is not None:
            fold(self.state, look.batch.entries)
        assert self.state is not None
        forget(self.state, self.kept_since(look.at))
        self.cursor, self.until, self.at = look.cursor, look.batch.until, look.at
        return bool(look.batch.entries)
