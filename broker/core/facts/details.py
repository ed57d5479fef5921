"""What the log of decisions holds of a choice: who could have the chat, and who could not, and why (B-30).

In the fact and in its row it is plain values, which a later version may add to. Here is the one place that
knows their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from protocol.values import Guid


@frozen
class Passed:
    """An agent who had what was asked for and could not be offered the chat."""

    agent: Guid
    reason: str


@frozen
class Asked:
    """What the chat asked of an agent at that moment; wait rules change it (B-26)."""

    projects: tuple[Guid, ...]
    language: Guid | None
    skill: int
    weight: int = 1

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        return {
            "projects": list(self.projects),
            "language": self.language,
            "skill": self.skill,
            "weight": self.weight,
        }


@frozen(kw_only=True)
class Choice:
    """Whom a chat was offered to, or why to nobody: the detail of `offered` and of `waiting`.

    Attributes:
        waited: For how long it had; None where it did not wait.
        waiting: How many chats did.
        passed_over: Some of those who could not be offered it.
        reasons: How many could not, for each reason.
        not_qualified: How many agents lack what is asked for.
        candidates: Who could be, the best one first.
        by: What put the first before the second.
    """

    waited: int | None = None
    waiting: int | None = None
    passed_over: tuple[Passed, ...] = ()
    reasons: Mapping[str, int] = Factory(dict)
    not_qualified: int = 0
    asked: Asked | None = None
    candidates: tuple[Guid, ...] = ()
    by: str | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        chosen = {"candidates": list(self.candidates), "by": self.by} if self.candidates else {}
        if self.waited is None:
            return {**chosen}
        return {
            "waited": self.waited,
            "waiting": self.waiting,
            "passed_over": [{"agent": one.agent, "reason": one.reason} for one in self.passed_over],
            "reasons": dict(self.reasons),
            "not_qualified": self.not_qualified,
            "asked": self.asked.plain() if self.asked is not None else None,
            **chosen,
        }

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Choice:
        """What plain values say of a choice, and nothing of what else they say."""
        asked = detail.get("asked")
        return cls(
            waited=_number(detail.get("waited")),
            waiting=_number(detail.get("waiting")),
            passed_over=tuple(
                Passed(one["agent"], str(one["reason"])) for one in detail.get("passed_over") or ()
            ),
            reasons=dict(detail.get("reasons") or {}),
            not_qualified=detail.get("not_qualified") or 0,
            asked=_asked(asked) if isinstance(asked, Mapping) else None,
            candidates=tuple(detail.get("candidates") or ()),
            by=detail.get("by"),
        )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _asked(plain: Mapping[str, Any]) -> Asked:
    projects, language, skill = plain["projects"], plain["language"], plain["skill"]
    return Asked(tuple(projects), language, skill, plain.get("weight", 1))
