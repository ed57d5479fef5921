"""The core in virtual time, with an agenda of what the world around it is going to do.

Theory of operation: the core's own timers hold what it is going to do, the agenda what everybody
else is, and whichever is earlier happens next. At one moment the timers come first, then the
agenda by `Rank`, then what was planned first. An act may put inputs into the core; what the core
decides is told to listeners, who plan further acts and never put anything themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, Final, cast

from attrs import define, evolve, field

from broker.config.model import Config
from broker.core.broker import restore, step
from broker.core.effects import Dismiss
from broker.core.facts import Fact
from broker.core.inputs import Booted, FrameArrived, Input, Stamp, TimePassed
from broker.core.state import Recovered, State
from broker.reporting.listened import ALWAYS, Listened
from protocol.frame import Frame

_SEED: Final = b"whatif"
"""Ids differ from those of the record anyway, and no figure depends on them."""


class Rank(IntEnum):
    """What comes first at one moment."""

    END = 0
    DUTY = 1
    DEED = 2
    ARRIVAL = 3


Act = Callable[[], None]


@define
class VirtualCore:
    """A broker without sockets and store.

    Attributes:
        config: Its configuration.
        now: The time: that of a broker which is never away, as the record's own time is.
        listened: What the clock on the wall showed in it, by which rules have their hours.
        on_fact: Who is told what the core decides.
        on_dismissal: Who is told which session the core said good-bye to.
    """

    config: Config
    now: int
    listened: Listened = ALWAYS
    on_fact: list[Callable[[Fact], None]] = field(factory=list)
    on_dismissal: list[Callable[[int], None]] = field(factory=list)
    _state: State = field(init=False)
    _agenda: list[tuple[int, int, int, Act]] = field(factory=list)
    _planned: int = 0
    _inputs: int = 0
    _sessions: int = 0

    def __attrs_post_init__(self) -> None:
        # What visitors filled in was good when they did; it is not judged again by other forms.
        unjudged = evolve(self.config, scenarios=dict.fromkeys(self.config.scenarios, ()))
        self._state = restore(unjudged, Recovered(), self.listened.wall(self.now), self.now)
        self.put(Booted())

    def new_session(self) -> int:
        """A number for a connection."""
        self._sessions += 1
        return self._sessions

    def sitting_at(self, workplace: str) -> int | None:
        """The session that serves a workplace."""
        return self._state.workplace_sessions.get(workplace)

    def plan(self, at: int, rank: Rank, act: Act) -> None:
        """Have something done at a time, or at once when that is past."""
        self._planned += 1
        heappush(self._agenda, (max(at, self.now), rank, self._planned, act))

    def put(self, input: Input) -> None:
        """Let the core decide about something that happens now."""
        self._inputs += 1
        wall = self.listened.wall(self.now)
        facts, effects = step(self._state, Stamp(wall, self._inputs, _SEED, self.now), input)
        for fact in facts if wall == self.now else self._in_own_time(facts):
            for hear in self.on_fact:
                hear(fact)
        for effect in effects:
            if isinstance(effect, Dismiss):
                for hear_of in self.on_dismissal:
                    hear_of(effect.session)

    def _in_own_time(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Facts as those hear of them who know no clock on the wall."""
        for fact in facts:
            yield evolve(cast("Any", fact), at=self.now) if hasattr(fact, "at") else fact

    def say(self, session: int, type: str, payload: object) -> None:
        """Send a frame."""
        self.put(FrameArrived(session, Frame(type, payload)))

    def go_on(self, goes_on: Callable[[int], bool]) -> None:
        """Let time pass as long as something is to happen and it may.

        Args:
            goes_on: Whether what is next may happen, given its time.
        """
        while True:
            due = self._state.timers.due
            planned = self._agenda[0][0] if self._agenda else None
            nexts = [at for at in (due, planned) if at is not None]
            if not nexts or not goes_on(min(nexts)):
                return
            self.now = max(self.now, min(nexts))
            if due is not None and due <= self.now:
                self.put(TimePassed())
            else:
                heappop(self._agenda)[3]()
