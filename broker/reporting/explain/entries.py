"""What a story is made of; its times are in the broker's own time (`Listened`)."""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class Entry:
    """Something that happened.

    Attributes:
        at: When.
        what: In one word: `started`, `routed`, `waiting`, `offered`, `answered` and so on.
        agent: Whom it concerns most.
        text: What happened, as a sentence.
        detail: The decision as it was logged, if it is one.
        also: Whom it concerns as well.
    """

    at: int
    what: str
    agent: str | None
    text: str
    detail: dict[str, Any] | None = None
    also: tuple[str, ...] = ()

    def concerns(self, agent: str) -> bool:
        """Whether it is about an agent."""
        return agent == self.agent or agent in self.also


@frozen
class Phase:
    """A stretch of time in one status; `end` is None while it lasts."""

    status: str
    start: int
    end: int | None

    def length(self, now: int) -> int:
        """How long it took, or takes so far."""
        return max(0, (now if self.end is None else self.end) - self.start)


@frozen
class Tenure:
    """A stretch of time in which one agent had the chat; `parked` are the parts they had put it aside."""

    agent: str
    start: int
    end: int | None
    parked: tuple[Phase, ...] = ()

    def length(self, now: int) -> int:
        """How long they had it, or have it so far."""
        return max(0, (now if self.end is None else self.end) - self.start)

    def aside(self, now: int) -> int:
        """For how long of that they had put it aside."""
        return sum(phase.length(now) for phase in self.parked)
