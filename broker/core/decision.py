"""What deciding gives: facts and what is said of them, or a refusal. Always a value, never an exception.

Theory of operation: a decision says apart who is told and who is answered. Nobody who composes one has to
know what the parts of it announce: whoever is answered gets no push of the same thing beside the answer, and
who hears first is decided in one place, where the decision is rendered (`views.notifications.rendered`).
So an announcement that stands in a decision is never moved, changed or taken out again.
"""

from __future__ import annotations

from attrs import Factory, define, field, frozen

from broker.core.effects import Answer, Notice
from broker.core.facts import Fact
from protocol.errors import ErrorCode


@define
class Decision:
    """What was decided about one input, or about one move that followed from it.

    Everything that is announced is rendered after the facts are applied, so that it shows the state that
    the facts made.

    Attributes:
        notices: What others are told.
        answer: What the session that asked gets.
        before: What has to be known before the answer is read: that a chat is open again, or that
            another one has ended to make room.
    """

    facts: list[Fact] = Factory(list)
    notices: list[Notice] = Factory(list)
    answer: Answer | None = None
    before: list[Notice] = field(factory=list, kw_only=True)

    def add(self, other: Decision) -> None:
        """Append what else is decided; it answers nobody."""
        assert other.answer is None
        self.facts += other.facts
        self.notices += other.notices
        self.before += other.before

    def answering(self, answer: Answer | None) -> Decision:
        """This decision, made for somebody who asked for it."""
        assert self.answer is None
        self.answer = answer
        return self


@frozen
class Refusal:
    """The frame is refused; nothing changes (W-14, W-27)."""

    code: ErrorCode
    text: str


Outcome = Decision | Refusal
