"""The words for what the log of decisions holds: rules, candidates, reasons (B-3, B-20, B-21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.config.model import Agent, Skill
from broker.reporting.explain.chat_rows import Row
from broker.reporting.formats import duration
from broker.reporting.source import Source
from protocol.values import Guid

REASONS: Final = {
    "away": "not connected",
    "leaving": "about to log off",
    "no free slot": "no free slot",
    "excluded": "let this chat go shortly before",
    "in the chat": "in this chat already",
}
PASSED_OVER: Final = {
    "silent": "it was silent for too long",
    "missed": "it did not answer",
    "rejected": "it declined",
    "lost": "its connection was lost",
    "agent_lost": "its connection was lost",
    "forced": "a supervisor logged it off",
    "gone": "it is not in the configuration any more",
    "restart": "the broker started anew",
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
    "Admin": "by a supervisor",
}
CLOSED_BY: Final = {
    "wait_rule": "by a wait rule",
    "bot": "by the bot",
    "unbound": "because no connector took it over in time",
    "full": "because it was full, and the visitor goes on in a new one",
    "agent_lost": "because its agent did not come back and no rule gives it to anybody",
}


def reason(word: str, detail: Mapping[str, Any] | None = None) -> str:
    """Why somebody was passed over for a chat of which the log says `detail`."""
    if word.startswith("state "):
        return f"in state {word.removeprefix('state ')}"
    weight = ((detail or {}).get("asked") or {}).get("weight", 1)
    if word == "no free slot" and weight > 1:
        return f"fewer than {weight} free slots, which such a chat takes"
    return REASONS.get(word, word)


def gate(source: Source, detail: Mapping[str, Any]) -> str:
    """What brought the chat to the project rules: the gate, a bot, or this side."""
    if detail.get("outbound"):
        return "Begun by this side, so only project rules were asked."
    if detail.get("owner"):
        return "It was of no project yet, so the project rules were asked."
    bot, passed_over = detail.get("bot"), detail.get("bot_passed_over")
    if bot and not passed_over:
        return f"The bot {source.name(bot)} handed the chat over."
    if passed_over and "why" in detail:
        why = PASSED_OVER.get(str(detail["why"]), str(detail["why"]))
        return f"The bot {source.name(passed_over)} was passed over: {why}."
    rule = detail.get("gate")
    rules = source.config.gate_rules if source.config else ()
    text = f"Let in by gate rule {_ranked(rules, rule)}." if rule else "No gate rule matched."
    if passed_over:
        text += f" The bot {source.name(passed_over)} was passed over: it was away."
    return text


def partner(source: Source, detail: Mapping[str, Any]) -> str:
    """Which bot got the chat, and by which rule."""
    rules = source.config.pre_rules if source.config else ()
    rule = _ranked(rules, detail.get("rule"))
    before = gate(source, {"gate": detail.get("gate")})
    return f"{before} Pre rule {rule} matched: given to the bot {source.name(detail.get('bot'))}."


def wait_rule(source: Source, detail: Mapping[str, Any]) -> str:
    """Which wait rule was applied, and what it changed (B-26)."""
    done: list[str] = []
    if "skill" in detail:
        done.append(f"a skill of {detail['skill']} is enough if more was asked for")
    if detail.get("projects"):
        names = ", ".join(source.name(project) for project in detail["projects"])
        done.append(f"agents of {names} may take it too")
    if "priority" in detail:
        done.append(f"its priority rose by {detail['priority']}")
    if detail.get("note"):
        done.append("the visitor was told")
    if detail.get("scenario"):
        done.append("a form was offered to the visitor")
    if detail.get("close"):
        done.append("the chat was ended")
    what = "; ".join(done) or "nothing was changed"
    after = duration(int(detail.get("waited") or 0))
    return f"Wait rule of level {detail.get('level')} applied after {after}: {what}."


def refusal(source: Source, detail: Mapping[str, Any]) -> str:
    """Why the rules closed a chat."""
    if detail.get("group") == "project":
        return f"{gate(source, detail)} No project rule matched, so the chat was refused."
    rules = source.config.gate_rules if source.config else ()
    rule = detail.get("rule")
    by = f"gate rule {_ranked(rules, rule)}" if rule else "the gate: no rule of it matched"
    match detail.get("limit"):
        case "queue":
            why = f": {detail.get('waiting')} chats waited, and no more may"
        case "wait":
            why = f": the wait was {duration(int(detail.get('wait') or 0))}, longer than it may be"
        case _:
            why = ""
    return f"Refused by {by}{why}."


def other(kind: str, detail: Mapping[str, Any]) -> str:
    """What is said of a decision that has no words of its own."""
    said = ", ".join(f"{name} {value}" for name, value in detail.items() if value is not None)
    return f"Decided: {kind} ({said})." if said else f"Decided: {kind}."


def routing(source: Source, chat: Row, detail: Mapping[str, Any]) -> str:
    """What the project rule asked for."""
    rule = detail.get("project_rule")
    rules = source.config.project_rules if source.config else ()
    if rule is None:
        project = source.name(detail.get("project"))
        return f"{gate(source, detail)} It chose project {project}, for which there is no rule."
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
    parts = [f"{source.name(each['agent'])} ({reason(each['reason'], detail)})" for each in named]
    left = dict(detail.get("reasons") or {})
    for each in named:
        left[each["reason"]] = left.get(each["reason"], 0) - 1
    counted = [f"{number} {reason(word, detail)}" for word, number in left.items() if number > 0]
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


def unfit(source: Source, chat: Row, detail: Mapping[str, Any], agent: str) -> str | None:
    """What an agent lacks by the configuration as it is now for what was asked; None when nothing.

    What the log does not say was asked, the chat still asks.
    """
    if source.config is None:
        return None
    known = source.config.agents.get(Guid(agent))
    if known is None:
        return "the configuration does not know this agent"
    if known.retired or known.role == "bot":
        return "retired" if known.retired else "a bot"
    asked = detail.get("asked") or {
        "projects": [chat["project"], *(chat.get("further") or ())],
        "language": chat["language"],
        "skill": chat["skill"],
    }
    return _lacks(source, known, asked)


def _lacks(source: Source, agent: Agent, asked: Mapping[str, Any]) -> str | None:
    language, skill = asked["language"], asked["skill"]
    names = " or ".join(source.name(project) for project in asked["projects"])
    has = [agent.skills.get(Guid(project)) for project in asked["projects"] if project]
    values = [one.value for one in has if one is not None and _on(one)]
    if not values:
        return f"not in project {names}, or switched off there"
    if max(values) < skill:
        return f"skill {max(values)} in {names}, asked for {skill}"
    if language is not None and not _on(agent.languages.get(language)):
        return f"does not serve the language {source.name(language)}"
    return None


def _on(skill: Skill | None) -> bool:
    return skill is not None and skill.enabled and skill.engaged
