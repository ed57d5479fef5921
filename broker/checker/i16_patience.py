"""I-16: nobody waits longer than the configuration says: for a bot, and for what wait rules do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broker.checker.dump import ChatRow, DecisionRow
from broker.checker.evidence import Story
from broker.checker.history import Kind
from broker.checker.i06_slots import SETTLE
from broker.checker.involvement import BOT, Span
from broker.checker.violation import Violation
from protocol.chat import ChatCommandInfo
from protocol.values import ChatStatus, Guid

ON_THE_WAY = 2_000_000
"""How long a frame of a bot may have been under way."""


def bots_silent(story: Story, end: int) -> Iterator[Violation]:
    """A bot that does not answer is passed over (B-40)."""
    signs = _signs(story)
    limit = max(s.data["bot_timeout"] for s in story.setups) + SETTLE
    for chat, spans in story.spans.of_chat.items():
        for span in spans:
            if span.part != BOT:
                continue
            until = span.end if span.end is not None else end
            for asked in _questions(story, span):
                answers = signs.get((chat, span.agent), []) + _said(story, span)
                # They spoke, or typed, perhaps just before the question reached them: then they are
                # silent on purpose.
                after = [at for at in answers if asked - ON_THE_WAY <= at <= until]
                heard = min(after, default=until)
                anew = [at for at in _restarts(story, span.agent) if asked <= at < heard]
                if heard > story.timeline.over(max([asked, *anew]), limit):
                    text = f"bot {span.agent} was asked at {asked} and was silent until {heard}"
                    yield Violation("I-16", text, heard, chat=chat)
                    break


def _questions(story: Story, span: Span) -> list[int]:
    """When a visitor said something while the bot had their chat; or before, if nobody answered that."""
    until = span.end
    rows = sorted(story.sentences[span.chat].values(), key=lambda row: row.counter)
    before = [row for row in rows if row.at < span.at and not row.own]
    asked = [row.at for row in rows if not row.outbound and row.at >= span.at]
    if before and not before[-1].outbound:
        asked.insert(0, span.at)
    return [at for at in asked if until is None or at < until]


def _said(story: Story, span: Span) -> list[int]:
    """When anything was said to the visitor."""
    return [row.at for row in story.sentences[span.chat].values() if row.outbound]


def _signs(story: Story) -> dict[tuple[Guid, Guid], list[int]]:
    """When each agent said that they type, or ceased to."""
    signs: dict[tuple[Guid, Guid], list[int]] = {}
    for connection in story.connections.values():
        agent = story.agent_of(connection)
        for event in connection.events:
            p = event.frame.payload if event.frame is not None else None
            typed = event.frame is not None and event.frame.type == "CS_CHAT_TYPING"
            if not typed or event.kind is not Kind.SENT or agent is None:
                continue
            if isinstance(p, ChatCommandInfo) and p.chat_id is not None:
                signs.setdefault((p.chat_id, agent), []).append(event.at)
    return signs


def _restarts(story: Story, agent: Guid) -> list[int]:
    """When a bot's patience began anew: with a start of the broker, and with its own comings and goings."""
    moments = [event.at for event in story.events if event.kind is Kind.STARTED]
    own: set[str] = set()
    for connection in story.connections.values():
        if story.agent_of(connection) == agent:
            own.add(connection.name)
            moments += [at for at in (connection.welcomed_at, connection.gone_at) if at is not None]
    # Of a bot that died in silence the broker learns late, and gives it time to come back then.
    moments += [e.at for e in story.events if e.kind is Kind.LEFT and e.conn in own]
    return moments


# -- wait rules


def wait_rules(story: Story, end: int) -> Iterator[Violation]:
    """Wait rules are applied when they are due, upwards, each level once (B-26)."""
    applied: dict[Guid, list[DecisionRow]] = {}
    for decision in story.dump.decisions:
        if decision.kind == "wait_rule":
            applied.setdefault(decision.chat, []).append(decision)
    for chat, decisions in applied.items():
        yield from _upwards(story, chat, decisions)
    for row in story.dump.chats:
        due = _next_due(story, row)
        since = story.moves[row.id][-1].at
        waits = row.status == ChatStatus.WAITING.value
        if waits and due is not None and max(due[0], since) < end - SETTLE:
            text = f"wait rule {due[1]['id']} of level {due[1]['level']} was due at {due[0]}"
            yield Violation("I-16", text, end, chat=row.id)


def _upwards(story: Story, chat: Guid, decisions: list[DecisionRow]) -> Iterator[Violation]:
    moves = story.moves[chat]
    level, since = -1, 0
    for decision in decisions:
        begun = max(m.at for m in moves if m.status == "Pilot" and m.at <= decision.at)
        if begun != since:
            level, since = -1, begun
        if decision.detail["level"] <= level:
            text = f"a wait rule of level {decision.detail['level']} came after level {level}"
            yield Violation("I-16", text, decision.at, chat=chat)
        level = decision.detail["level"]
        waited = [
            move
            for move, after in zip(moves, [*moves[1:], None], strict=True)
            if move.status == "Waiting" and move.at <= decision.at
            if after is None or decision.at <= after.at
        ]
        rules = [r for s in story.setups for r in s.data["wait_rules"]]
        known = [r for r in rules if r["id"] == decision.detail["rule"]]
        if not waited:
            text = f"the wait rule of level {level} was applied when it did not wait"
            yield Violation("I-16", text, decision.at, chat=chat)
        elif not known or decision.detail["waited"] < min(r["after"] for r in known):
            text = f"the wait rule of level {level} came too early, or is unknown"
            yield Violation("I-16", text, decision.at, chat=chat)
        elif known[0]["note"] and not any(
            row.own and row.at == decision.at for row in story.sentences[chat].values()
        ):
            text = f"the note of the wait rule of level {level} was not said"
            yield Violation("I-16", text, decision.at, chat=chat)


def _next_due(story: Story, chat: ChatRow) -> tuple[int, Mapping[str, Any]] | None:
    """The next wait rule of a chat and when it is due, as far as the dump can tell."""
    if chat.enqueued_at is None:
        return None
    found: tuple[int, Mapping[str, Any]] | None = None
    for rule in story.setup.data["wait_rules"]:
        if rule["for"] != "chats":
            continue
        if rule["level"] <= chat.wait_level or rule["project"] not in (None, chat.project):
            continue
        if rule["gateway"] not in (None, chat.gateway) or rule["more"]:
            continue
        if rule["culture"] is not None and not _speaks(rule["culture"], chat.culture):
            continue
        if found is None or rule["level"] < found[1]["level"]:
            found = (story.timeline.over(chat.enqueued_at, rule["after"]), rule)
    return found


def _speaks(wanted: str, culture: str | None) -> bool:
    return culture is not None and (culture == wanted or culture.startswith(f"{wanted}-"))
