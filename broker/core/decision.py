"""What deciding gives: facts and effects, or a refusal. Always a value, never an exception."""

from __future__ import annotations

from attrs import Factory, define, frozen

from broker.core.effects import Announcement, Effect
from broker.core.facts import Fact
from protocol.errors import ErrorCode


@define
class Decision:
    """What was decided about one input, or about one move that followed from it.

    Announcements among the effects are rendered after the facts are applied, so that they
    show the state that the facts made.
    """

    facts: list[Fact] = Factory(list)
    effects: list[Effect | Announcement] = Factory(list)

    def add(self, other: Decision) -> None:
        """Append another decision to this one."""
        self.facts += other.facts
        self.effects += other.effects


@frozen
class Refusal:
    """The frame is refused; nothing changes (W-14, W-27)."""

    code: ErrorCode
    text: str


Outcome = Decision | Refusal
