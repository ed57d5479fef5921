"""The words for what the log of decisions holds: rules, candidates, reasons (B-3, B-20, B-21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

from broker.config.model import Agent, Skill
from broker.core.facts.causes import (
    ChatCause,
    ChosenBy,
    Ineligible,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    PassedOver,
)
from broker.core.facts.details import (
    Asked,
    Choice,
    GivenToBot,
    LimitReached,
    Refused,
    Routed,
    Way,
    Widened,
)
from broker.reporting.explain.chat_rows import Row
from broker.reporting.formats import duration
from broker.reporting.source import Source
from protocol.values import CloseReason, Guid

REASONS: Final[Mapping[str, str]] = {
    Ineligible.AWAY: "not connected",
    Ineligible.LEAVING: "about to log off",
    Ineligible.PAUSED: "in state Pause",
    Ineligible.POST_CALL: "in state PostCall",
    Ineligible.LOGGED_OFF: "in state LogOff",
    Ineligible.NO_SLOT: "no free slot",
    Ineligible.CHATTING: "has a chat",
    Ineligible.CHATS_ALONE: "at a program that takes no messages",
    Ineligible.EXCLUDED: "let this chat go shortly before",
    Ineligible.IN_CHAT: "in this chat already",
}
PASSED_OVER: Final[Mapping[str, str]] = {
    PassedOver.SILENT: "it was silent for too long",
    PassedOver.MISSED: "it did not answer",
    PassedOver.REJECTED: "it declined",
    PassedOver.LOST: "its connection was lost",
    PassedOver.AGENT_LOST: "its connection was lost",
    PassedOver.FORCED: "a supervisor logged it off",
    PassedOver.GONE: "it is not in the configuration any more",
    PassedOver.RESTART: "the broker started anew",
}
BY: Final[Mapping[str, str]] = {
    ChosenBy.HAD_IT: "had this chat before",
    ChosenBy.SKILL: "the highest skill",
    ChosenBy.FREE_SLOTS: "the most free slots",
    ChosenBy.LONGEST_IDLE: "idle the longest",
    ChosenBy.AGENT_ID: "all else equal",
    ChosenBy.ONLY_CANDIDATE: "the only candidate",
    ChosenBy.ASKED_FOR: "asked for",
}
CLOSED: Final[Mapping[str, str]] = {
    CloseReason.AGENT: "by the agent",
    CloseReason.EXTERNAL: "by the visitor",
    CloseReason.INACTIVITY: "because nobody wrote for too long",
    CloseReason.RULE: "by a rule",
    CloseReason.ADMIN: "by a supervisor",
}
CLOSED_BY: Final[Mapping[str, str]] = {
    ChatCause.WAIT_RULE: "by a wait rule",
    ChatCause.BOT: "by the bot",
    ChatCause.UNBOUND: "because no connector took it over in time",
    ChatCause.FULL: "because it was full, and the visitor goes on in a new one",
    ChatCause.AGENT_LOST: "because its agent did not come back and no rule gives it to anybody",
}
"""What says more than the reason."""
PASSED_ON: Final[Mapping[str, str]] = {
    ChatCause.TRANSFERRED: "{one} handed the chat over: {other} has it now",
    ChatCause.LEFT: "{one} left the chat: {other}, who was in the conference, has it now",
    ChatCause.OWNER_LOST: "{one} did not come back: {other}, who was in the conference, has it now",
    ChatCause.FORCED: "{one} was logged off{by}: {other}, who was in the conference, has it now",
}
GIVEN_BACK: Final[Mapping[str, str]] = {
    ChatCause.RETURNED: "{one} gave the chat back: it waits again, as old as it was.",
    ChatCause.AGENT_LOST: "{one} did not come back; the chat waits again, before new ones.",
    ChatCause.FORCED: "{one} was logged off{by}; the chat waits again, before new ones.",
}
OFFER_ENDED: Final[Mapping[str, str]] = {
    OfferOutcome.ANSWERED: "{name} answered after {after}.",
    OfferOutcome.REJECTED: "{name} rejected the offer after {after}.",
    OfferOutcome.MISSED: "{name} did not answer within {after}.",
    OfferOutcome.WITHDRAWN: "The offer to {name} ended after {after}, with the chat or the wish.",
    OfferOutcome.LOST: "The workplace of {name} was lost {after} after the offer.",
    OfferOutcome.FORCED: "{name} was logged off by a supervisor {after} after the offer.",
    OfferOutcome.RESTART: "The broker started anew; the offer to {name} ended after {after}.",
}
CAME_TO_NOTHING: Final[Mapping[str, str]] = {
    OfferOutcome.REJECTED: "{whom} declined",
    OfferOutcome.MISSED: "{whom} did not answer",
    OfferOutcome.WITHDRAWN: "it was taken back, or the conversation ended",
    OfferOutcome.LOST: "{whom} was lost",
    OfferOutcome.FORCED: "{whom} was logged off",
    OfferOutcome.RESTART: "the broker started anew",
}
"""Why nobody came of whom somebody had asked for; whoever answered did."""
PARTY_ENDED: Final[Mapping[str, str]] = {
    PartyEnd.LEFT: "{name} left after {after}.",
    PartyEnd.LOST: "{name} did not come back and is out after {after}.",
    PartyEnd.FORCED: "{name} was logged off by a supervisor and is out after {after}.",
    PartyEnd.ENDED: "{name} is out after {after}: the conversation ended.",
    PartyEnd.RESTART: "{name} is out after {after}: the broker started anew.",
}
STILL_IN: Final = (PartyEnd.OWNER, PartyEnd.CHANGED, PartyEnd.ASKED)
"""The ends of a part in a chat that are told by what the same agent is in it from then on."""
PARKING_ENDED: Final[Mapping[str, str]] = {
    ParkingEnd.RETRIEVED: "{name} has it at hand again after {after}.",
    ParkingEnd.ENDED: "It had been put aside for {after} when that ended.",
}
W = TypeVar("W", bound=StrEnum)


def known(words: type[W], text: str) -> W | None:
    """The word that a row says; None when a later version wrote it."""
    try:
        return words(text)
    except ValueError:
        return None


def reason(word: str, asked: Asked | None = None) -> str:
    """Why somebody was passed over for a chat that asked for that."""
    weight = asked.weight if asked is not None else 1
    if word == Ineligible.NO_SLOT and weight > 1:
        return f"fewer than {weight} free slots, which such a chat takes"
    return REASONS.get(word, word)


def gate(source: Source, way: Way) -> str:
    """What brought the chat to the project rules: the gate, a bot, or this side."""
    if way.outbound:
        return "Begun by this side, so only project rules were asked."
    if way.owner:
        return "It was of no project yet, so the project rules were asked."
    if way.bot and not way.bot_passed_over:
        return f"The bot {source.name(way.bot)} handed the chat over."
    if way.bot_passed_over and way.why is not None:
        why = PASSED_OVER.get(way.why, way.why)
        return f"The bot {source.name(way.bot_passed_over)} was passed over: {why}."
    rules = source.config.gate_rules if source.config else ()
    text = "No gate rule matched."
    if way.gate:
        text = f"Let in by gate rule {_called(rules, way.gate)}."
    if way.bot_passed_over:
        text += f" The bot {source.name(way.bot_passed_over)} was passed over: it was away."
    return text


def partner(source: Source, given: GivenToBot) -> str:
    """Which bot got the chat, and by which rule."""
    rules = source.config.pre_rules if source.config else ()
    rule = _called(rules, given.rule)
    before = gate(source, Way(gate=given.gate))
    return f"{before} Pre rule {rule} matched: given to the bot {source.name(given.bot)}."


def wait_rule(source: Source, widened: Widened, name: str = "chat") -> str:
    """Which wait rule was applied, and what it changed (B-26)."""
    done: list[str] = []
    if widened.skill is not None:
        done.append(f"a skill of {widened.skill} is enough if more was asked for")
    if widened.projects:
        names = ", ".join(source.name(project) for project in widened.projects)
        done.append(f"agents of {names} may take it too")
    if widened.priority:
        done.append(f"its priority rose by {widened.priority}")
    if widened.note:
        done.append("the visitor was told")
    if widened.scenario:
        done.append("a form was offered to the visitor")
    if widened.close:
        done.append(f"the {name} was ended")
    what = "; ".join(done) or "nothing was changed"
    after = duration(widened.waited)
    rules = source.config.wait_rules if source.config else ()
    rule = next((rule.name for rule in rules if rule.id == widened.rule), None)
    called = f'"{rule}" of' if rule else "of"
    return f"Wait rule {called} level {widened.level} applied after {after}: {what}."


def refusal(source: Source, refused: Refused) -> str:
    """Why the rules closed a chat."""
    if refused.way is not None:
        before = gate(source, refused.way)
        return f"{before} No project rule matched, so the chat was refused."
    rules = source.config.gate_rules if source.config else ()
    by = "the gate: no rule of it matched"
    if refused.rule:
        by = f"gate rule {_called(rules, refused.rule)}"
    match refused.limit:
        case LimitReached(wait=int(wait)):
            why = f": the wait was {duration(wait)}, longer than it may be"
        case LimitReached(waiting=waiting):
            why = f": {waiting} chats waited, and no more may"
        case None:
            why = ""
    return f"Refused by {by}{why}."


def other(kind: str, detail: Mapping[str, Any]) -> str:
    """What is said of a decision of a later version, which has no words of its own here."""
    said = ", ".join(f"{name} {value}" for name, value in detail.items() if value is not None)
    return f"Decided: {kind} ({said})." if said else f"Decided: {kind}."


def routing(source: Source, chat: Row, routed: Routed) -> str:
    """What the project rule asked for."""
    rule, before = routed.rule, gate(source, routed.way)
    rules = source.config.project_rules if source.config else ()
    if rule is None:
        project = source.name(routed.project)
        return f"{before} It chose project {project}, for which there is no rule."
    text = f"{before} Project rule {_called(rules, rule)} matched"
    known = next((each for each in rules if each.id == rule), None)
    if known is not None:
        asked = (known.project, known.language, known.skill, known.priority)
    elif rule == chat["rule"]:
        asked = (chat["project"], chat["language"], chat["skill"], chat["priority"])
    else:
        return f"{text}."
    wanted, language, skill, priority = asked
    text += f": project {source.name(wanted)}, "
    text += f"language {source.name(language)}, " if language else "any language, "
    return f"{text}skill {skill} or more, priority {priority}."


def message_rule(source: Source, rule: Guid) -> str:
    """What a message rule is called (B-57)."""
    return _called(source.config.message_rules if source.config else (), rule)


def _called(rules: Sequence[Any], id: object) -> str:
    """What a rule is called; one without a name is known by its rank."""
    known = next((rule for rule in rules if rule.id == id), None)
    if known is None:
        return str(id)
    return f'"{known.name}"' if known.name else f"of rank {known.rank}"


def others(source: Source, choice: Choice) -> str:
    """Who else could not take the chat, and why."""
    named, asked, left = choice.passed_over, choice.asked, dict(choice.reasons)
    parts = [f"{source.name(each.agent)} ({reason(each.reason, asked)})" for each in named]
    for each in named:
        left[each.reason] = left.get(each.reason, 0) - 1
    counted = [f"{number} {reason(word, asked)}" for word, number in left.items() if number > 0]
    if counted:
        parts.append(f"more: {', '.join(counted)}")
    text = f" Passed over: {'; '.join(parts)}." if parts else ""
    if choice.not_qualified:
        agents, have = ("agent", "lacks") if choice.not_qualified == 1 else ("agents", "lack")
        text += f" {choice.not_qualified} {agents} {have} the project, the language or the skill."
    return text


def wrap_up(name: str, row: Row, ended: int | None) -> str:
    """How somebody wraps up a chat or a conversation, or did until a moment."""
    if ended is None:
        return f"{name} wraps up until {duration(row['until'] - row['at'])} later."
    code = f", code {row['code']}" if row["code"] else ""
    return f"{name} wrapped up for {duration(ended - row['at'])} ({row['cause']}{code})."


def queue(choice: Choice) -> str:
    """How long the chat had waited, and how many chats did."""
    waited, waiting = choice.waited, choice.waiting
    if waited is None or waiting is None:
        return ""
    chats = "alone" if waiting <= 1 else f"as one of {waiting} chats"
    return f" It had waited {duration(waited)}, {chats}." if waited or waiting > 1 else ""


def first(source: Source, choice: Choice) -> str:
    """Why the first candidate was the first (B-21)."""
    if len(choice.candidates) < 2:
        return BY[ChosenBy.ONLY_CANDIDATE]
    names = ", ".join(source.name(agent) for agent in choice.candidates)
    by = BY.get(choice.by or "", "by the order of B-21")
    return f"first of {len(choice.candidates)} candidates ({names}): {by}"


def unfit(source: Source, chat: Row, choice: Choice, agent: str) -> str | None:
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
    projects = (chat["project"], *(chat.get("further") or ()))
    asks = choice.asked or Asked(projects, chat["language"], chat["skill"])
    return _lacks(source, known, asks)


def _lacks(source: Source, agent: Agent, asked: Asked) -> str | None:
    language, skill = asked.language, asked.skill
    names = " or ".join(source.name(project) for project in asked.projects)
    has = [agent.skills.get(Guid(project)) for project in asked.projects if project]
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
