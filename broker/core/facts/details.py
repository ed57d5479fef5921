"""What the log of decisions says besides who was chosen: one class for each thing that it tells (B-30).

In the fact and in its row it is plain values, which a later version may add to. Here is the one place that
knows their names. What is read may be of another version: what it does not say is None, and words are
taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from attrs import Factory, frozen

from broker.core.facts.causes import DecisionKind
from protocol.values import Guid


class Detail(Protocol):
    """What one kind of decision says."""

    def plain(self) -> dict[str, object]:
        """The same in plain values."""


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
        mode: What its owner asked somebody for, if that was it.
    """

    waited: int | None = None
    waiting: int | None = None
    passed_over: tuple[Passed, ...] = ()
    reasons: Mapping[str, int] = Factory(dict)
    not_qualified: int = 0
    asked: Asked | None = None
    candidates: tuple[Guid, ...] = ()
    by: str | None = None
    mode: str | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        chosen: dict[str, object] = {}
        if self.candidates:
            chosen = {"candidates": list(self.candidates), "by": self.by}
        if self.mode is not None:
            chosen["mode"] = self.mode
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
            mode=detail.get("mode"),
        )


@frozen(kw_only=True)
class Way:
    """How a chat came to its project rules.

    Attributes:
        outbound: Whether this side began it, and nothing else was asked.
        is_gated: Whether the gate was asked; `gate` is the rule that let it in, if one matched.
        bot: Which bot handed it over.
        owner: Who had opened it and was lost.
        bot_passed_over: Which bot did not keep it, or did not get it.
        why: Why not; None of one that was away.
    """

    outbound: bool = False
    is_gated: bool = False
    gate: Guid | None = None
    bot: Guid | None = None
    owner: Guid | None = None
    bot_passed_over: Guid | None = None
    why: str | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        said: dict[str, object] = {"outbound": True} if self.outbound else {}
        if self.is_gated:
            said["gate"] = self.gate
        if self.bot is not None:
            said["bot"] = self.bot
        if self.owner is not None:
            said["owner"] = self.owner
        if self.bot_passed_over is not None or self.why is not None:
            said["bot_passed_over"] = self.bot_passed_over
        if self.why is not None:
            said["why"] = self.why
        return said

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Way:
        """What plain values say of it."""
        return cls(
            outbound=bool(detail.get("outbound")),
            is_gated="gate" in detail,
            gate=detail.get("gate"),
            bot=detail.get("bot"),
            owner=detail.get("owner"),
            bot_passed_over=detail.get("bot_passed_over"),
            why=_word(detail.get("why")),
        )


@frozen(kw_only=True)
class Routed:
    """By which project rule a chat got its project: the detail of `routed` (B-3).

    Attributes:
        rule: None where a bot chose a project for which there is none.
    """

    way: Way
    rule: Guid | None
    project: Guid | None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        return {**self.way.plain(), "project_rule": self.rule, "project": self.project}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Routed:
        """What plain values say of it."""
        rule, project = detail.get("project_rule"), detail.get("project")
        return cls(way=Way.read(detail), rule=rule, project=project)


@frozen(kw_only=True)
class Sorted:
    """What became of a message's conversation by the rules: the detail of `routed` and `refused` (B-57).

    Attributes:
        rule: The message rule; None: none matched, or none was asked.
        why: `spam` or `automatic`, if that decided.
    """

    rule: Guid | None = None
    project: Guid | None = None
    why: str | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        why = {"why": self.why} if self.why is not None else {}
        return {"message_rule": self.rule, "project": self.project, **why}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Sorted:
        """What plain values say of it."""
        rule, project = detail.get("message_rule"), detail.get("project")
        return cls(rule=rule, project=project, why=_word(detail.get("why")))


@frozen(kw_only=True)
class GivenToBot:
    """By which rules a bot got a chat: the detail of `bot` (B-40)."""

    gate: Guid | None
    rule: Guid | None
    bot: Guid | None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        return {"gate": self.gate, "rule": self.rule, "bot": self.bot}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> GivenToBot:
        """What plain values say of it."""
        return cls(gate=detail.get("gate"), rule=detail.get("rule"), bot=detail.get("bot"))


@frozen(kw_only=True)
class LimitReached:
    """Which bound of a gate rule was met: so many waited, or so long was the wait (B-27)."""

    waiting: int | None = None
    wait: int | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        if self.wait is not None:
            return {"limit": "wait", "wait": self.wait}
        return {"limit": "queue", "waiting": self.waiting}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> LimitReached | None:
        """What plain values say of it, if they do."""
        match detail.get("limit"):
            case "wait":
                return cls(wait=_number(detail.get("wait")) or 0)
            case "queue":
                return cls(waiting=_number(detail.get("waiting")))
            case _:
                return None


@frozen(kw_only=True)
class Refused:
    """Why the rules closed a chat: the detail of `refused` (B-3).

    Attributes:
        rule: Of the gate, which rule of it; None when none matched.
        limit: Of the gate, which bound was met.
        way: How it came to the project rules, none of which matched; None when the gate refused it.
    """

    rule: Guid | None = None
    limit: LimitReached | None = None
    way: Way | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        if self.way is not None:
            return {"group": "project", **self.way.plain()}
        limit = self.limit.plain() if self.limit is not None else {}
        return {"group": "gate", "rule": self.rule, **limit}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Refused:
        """What plain values say of it."""
        if detail.get("group") == "project":
            return cls(way=Way.read(detail))
        return cls(rule=detail.get("rule"), limit=LimitReached.read(detail))


@frozen(kw_only=True)
class Widened:
    """Which wait rule was applied, and what it did: the detail of `wait_rule` (B-26).

    Attributes:
        waited: For how long the chat had.
        skill: The skill that is enough from now on.
        projects: Whose agents may take it too.
        priority: By how much its priority rose.
        scenario: The form that was offered to the visitor.
        note: Whether the visitor was told something.
        close: Whether the chat was ended.
    """

    rule: Guid | None
    level: int | None
    waited: int
    skill: int | None = None
    projects: tuple[Guid, ...] = ()
    priority: int = 0
    scenario: Guid | None = None
    note: bool = False
    close: bool = False

    def plain(self) -> dict[str, object]:
        """The same in plain values; what the rule does not do is left out."""
        done: dict[str, object] = {
            "skill": self.skill,
            "projects": list(self.projects) or None,
            "priority": self.priority or None,
            "scenario": self.scenario,
            "note": self.note or None,
            "close": self.close or None,
        }
        said: dict[str, object] = {"rule": self.rule, "level": self.level, "waited": self.waited}
        return said | {name: value for name, value in done.items() if value is not None}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Widened:
        """What plain values say of it."""
        return cls(
            rule=detail.get("rule"),
            level=_number(detail.get("level")),
            waited=_number(detail.get("waited")) or 0,
            skill=_number(detail.get("skill")),
            projects=tuple(detail.get("projects") or ()),
            priority=_number(detail.get("priority")) or 0,
            scenario=detail.get("scenario"),
            note=bool(detail.get("note")),
            close=bool(detail.get("close")),
        )


@frozen(kw_only=True)
class AskedFor:
    """Who asked for somebody, and what for: the detail of `transfer` (B-29).

    Attributes:
        project: Whose agents are asked; None where one agent is.
    """

    mode: str | None
    by: Guid | None
    project: Guid | None = None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        return {"mode": self.mode, "by": self.by, "project": self.project}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> AskedFor:
        """What plain values say of it."""
        mode = _word(detail.get("mode"))
        return cls(mode=mode, by=detail.get("by"), project=detail.get("project"))


@frozen(kw_only=True)
class AskedEnded:
    """What came of that: the detail of `transfer_ended`."""

    mode: str | None
    by: Guid | None
    outcome: str | None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        return {"mode": self.mode, "by": self.by, "outcome": self.outcome}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> AskedEnded:
        """What plain values say of it."""
        mode, outcome = _word(detail.get("mode")), _word(detail.get("outcome"))
        return cls(mode=mode, by=detail.get("by"), outcome=outcome)


@frozen(kw_only=True)
class Forced:
    """Which supervisor closed a chat: the detail of `forced` (B-8)."""

    by: Guid | None

    def plain(self) -> dict[str, object]:
        """The same in plain values."""
        return {"by": self.by}

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> Forced:
        """What plain values say of it."""
        return cls(by=detail.get("by"))


AnyDetail = Choice | Routed | Refused | GivenToBot | Widened | AskedFor | AskedEnded | Forced

_READERS: Final[Mapping[DecisionKind, Callable[[Mapping[str, Any]], AnyDetail]]] = {
    DecisionKind.ROUTED: Routed.read,
    DecisionKind.REFUSED: Refused.read,
    DecisionKind.BOT: GivenToBot.read,
    DecisionKind.WAITING: Choice.read,
    DecisionKind.OFFERED: Choice.read,
    DecisionKind.WAIT_RULE: Widened.read,
    DecisionKind.TRANSFER: AskedFor.read,
    DecisionKind.TRANSFER_ENDED: AskedEnded.read,
    DecisionKind.FORCED: Forced.read,
}


def read_detail(kind: str, detail: Mapping[str, Any]) -> AnyDetail | None:
    """What a row of the log says; None when a later version wrote it, of which nothing is known here."""
    try:
        return _READERS[DecisionKind(kind)](detail)
    except ValueError:
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _asked(plain: Mapping[str, Any]) -> Asked:
    projects, language, skill = plain["projects"], plain["language"], plain["skill"]
    return Asked(tuple(projects), language, skill, plain.get("weight", 1))
