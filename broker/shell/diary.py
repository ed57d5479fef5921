"""What the store is told, now and then, of when the broker was alive (B-13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from attrs import define, field

from broker.shell.attention import LOOK_EVERY, Attention
from broker.store.lives import SEEN_EVERY

JUMP: Final = 2 * LOOK_EVERY
"""Clocks that differ by more than that from one look to the next: nobody listened, or one was set."""


class Entry(NamedTuple):
    """What is to be noted.

    Attributes:
        now: All is well now.
        since: After a gap: it was from this moment on only.
        until: After a gap: when it was for the last time before, by the clock that was then.
    """

    now: int
    since: int | None = None
    until: int | None = None


@define
class Diary:
    """Compares the two clocks, and says what there is to be noted.

    Attributes:
        clock: The time of day as it is recorded.
        attention: The clock of deadlines.
    """

    clock: Callable[[], int]
    attention: Attention
    _wall: int = field(init=False)
    _up: int = field(init=False)
    _noted: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with an empty page."""
        self._wall, self._up = self.clock(), self.attention.look()
        self._noted = self._up

    def look(self) -> Entry | None:
        """What is to be noted, if anything is."""
        now, up = self.clock(), self.attention.look()
        passed = up - self._up
        gap = abs(now - self._wall - passed) > JUMP
        before, self._wall, self._up = self._wall, now, up
        if not gap and up - self._noted < SEEN_EVERY:
            return None
        self._noted = up
        return Entry(now, now - passed, before) if gap else Entry(now)
