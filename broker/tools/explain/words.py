"""The words for what the log of decisions holds: rules, candidates, reasons (B-3, B-20, B-21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.config.model import Agent, Skill
from broker.tools.explain.reading import Row
from broker.tools.report.show import duration
from broker.tools.report.source import Source
from protocol.values import Guid

REASONS: Final = {
    "away": "not connected",
    "leaving": "about to log off",
    "no free slot": "no free slot",
    "excluded": "let this chat go shortly before",
}
BY: Final = {
    "answered it before": "had this chat before",
    "skill": "the highest skill",
    "free slots": "the most free slots",
    "longest idle": "idle the longest",
    "agent id": "all else equal",
}
CLOSED: Final = {
    "Agent": "by the agent",
    "External": "by the visitor",
    "Inactivity": "because nobody wrote for too long",
    "Rule": "by a rule",
    "Admin": "by an administrator",
}


def reason(word: str) -> str:
    """Why somebody was passed over."""
    if word.startswith("state "):
        return f"in state {word.removeprefix('state ')}"
    return REASONS.get(word, word)


def gate(source: Source, detail: Mapping[str, Any]) -> str:
    """What the gate rules and the pre rules did."""
    rule = detail.get("gate")
    rules = source.config.gate_rules if source.config else ()
    text = f"Let in by gate rule {_ranked(rules, rule)}." if rule else "No gate rule matched."
    if detail.get("bot_passed_over"):
        text += f" The bot {source.name(detail['bot_passed_over'])} was passed over: it was away."
    return text


def refusal(source: Source, detail: Mapping[str, Any]) -> str:
    """Why the rules closed a chat."""
    if detail.get("group") == "project":
        return f"{gate(source, detail)} No project rule matched, so the chat was refused."
    rules = source.config.gate_rules if source.config else ()
    rule = detail.get("rule")
    by = f"gate rule {_ranked(rules, rule)}" if rule else "the gate: no rule of it matched"
    return f"Refused by {by}."


def routing(source: Source, chat: Row, detail: Mapping[str, Any]) -> str:
    """What the project rule asked for."""
    rule = detail.get("project_rule")
    rules = source.config.project_rules if source.config else ()
    text = f"{gate(source, detail)} Project rule {_ranked(rules, rule)} matched"
    known = next((each for each in rules if each.id == rule), None)
    if known is not None:
        asked = (known.project, known.language, known.skill, known.priority)
    elif rule == chat["rule"]:
        asked = (chat["project"], chat["language"], chat["skill"], chat["priority"])
    else:
        return f"{text}."
    project, language, skill, priority = asked
    text += f": project {source.name(project)}, "
    text += f"language {source.name(language)}, " if language else "any language, "
    return f"{text}skill {skill} or more, priority {priority}."


def _ranked(rules: Sequence[Any], id: object) -> str:
    known = next((rule for rule in rules if rule.id == id), None)
    return f"of rank {known.rank}" if known is not None else str(id)


def others(source: Source, detail: Mapping[str, Any]) -> str:
    """Who else could not take the chat, and why."""
    named = detail.get("passed_over") or ()
    parts = [f"{source.name(each['agent'])} ({reason(each['reason'])})" for each in named]
    left = dict(detail.get("reasons") or {})
    for each in named:
        left[each["reason"]] = left.get(each["reason"], 0) - 1
    counted = [f"{number} {reason(word)}" for word, number in left.items() if number > 0]
    if counted:
        parts.append(f"more: {', '.join(counted)}")
    text = f" Passed over: {'; '.join(parts)}." if parts else ""
    unfit = detail.get("not_qualified") or 0
    if unfit:
        agents, have = ("agent", "lacks") if unfit == 1 else ("agents", "lack")
        text += f" {unfit} {agents} {have} the project, the language or the skill."
    return text


def queue(detail: Mapping[str, Any]) -> str:
    """How long the chat had waited, and how many chats did."""
    waited, waiting = detail.get("waited"), detail.get("waiting")
    if not isinstance(waited, int) or not isinstance(waiting, int):
        return ""
    chats = "alone" if waiting <= 1 else f"as one of {waiting} chats"
    return f" It had waited {duration(waited)}, {chats}." if waited or waiting > 1 else ""


def choice(source: Source, detail: Mapping[str, Any]) -> str:
    """Why the first candidate was the first (B-21)."""
    candidates: Sequence[str] = detail.get("candidates") or ()
    if len(candidates) < 2:
        return "the only candidate"
    names = ", ".join(source.name(agent) for agent in candidates)
    by = BY.get(str(detail.get("by")), "by the order of B-21")
    return f"first of {len(candidates)} candidates ({names}): {by}"


def unfit(source: Source, chat: Row, agent: str) -> str | None:
    """What an agent lacks for a chat by the configuration as it is now; None when nothing."""
    if source.config is None:
        return None
    known = source.config.agents.get(Guid(agent))
    if known is None:
        return "the configuration does not know this agent"
    if known.retired or known.role == "bot":
        return "retired" if known.retired else "a bot"
    return _lacks(source, known, chat)


def _lacks(source: Source, agent: Agent, chat: Row) -> str | None:
    project, language, asked = chat["project"], chat["language"], chat["skill"]
    has = agent.skills.get(project)
    if not _on(has):
        return f"not in project {source.name(project)}, or switched off there"
    if has is not None and has.value < asked:
        return f"skill {has.value} in {source.name(project)}, asked for {asked}"
    if language is not None and not _on(agent.languages.get(language)):
        return f"does not serve the language {source.name(language)}"
    return None


def _on(skill: Skill | None) -> bool:
    return skill is not None and skill.enabled and skill.engaged
