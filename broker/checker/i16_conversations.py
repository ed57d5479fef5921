"""I-16: no conversation waits longer than the configuration says: for what wait rules do (B-26, B-57)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broker.checker.evidence import Story
from broker.checker.i06_slots import SETTLE
from broker.checker.i08_conversations import PILOT, WAITING
from broker.checker.post import ConversationDecisionRow, ConversationRow
from broker.checker.violation import Violation
from protocol.values import Guid


def wait_rules(story: Story) -> Iterator[Violation]:
    """Wait rules for messages are applied when they are due, upwards, each level once."""
    applied: dict[Guid, list[ConversationDecisionRow]] = {}
    for decision in story.dump.conversation_decisions:
        if decision.kind == "wait_rule":
            applied.setdefault(decision.conversation, []).append(decision)
    for conversation, decisions in applied.items():
        for text, at in _upwards(story, conversation, decisions):
            yield Violation("I-16", text, at, chat=conversation)
    end = story.end_at
    if end is None or story.calm_at is None:
        return
    for row in story.dump.conversations:
        due = _next_due(story, row)
        if due is not None and max(due[0], story.mail.moves[row.id][-1].at) < end - SETTLE:
            text = f"wait rule {due[1]['id']} of level {due[1]['level']} was due at {due[0]}"
            yield Violation("I-16", text, end, chat=row.id)


def _of_messages(setup: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [rule for rule in setup["wait_rules"] if rule["for"] == "messages"]


def _upwards(
    story: Story, conversation: Guid, decisions: list[ConversationDecisionRow]
) -> Iterator[tuple[str, int]]:
    moves = story.mail.moves[conversation]
    known = {rule["id"]: rule["after"] for s in story.setups for rule in _of_messages(s.data)}
    level, since = -1, 0
    for decision in decisions:
        begun = max(m.at for m in moves if m.status == PILOT and m.at <= decision.at)
        if begun != since:
            level, since = -1, begun
        if decision.detail["level"] <= level:
            text = f"a wait rule of level {decision.detail['level']} came after level {level}"
            yield text, decision.at
        level = decision.detail["level"]
        waits = any(
            move.status == WAITING and move.cause != "parked" and move.at <= decision.at
            for move, after in zip(moves, [*moves[1:], None], strict=True)
            if after is None or decision.at <= after.at
        )
        if not waits:
            yield f"the wait rule of level {level} was applied when it did not wait", decision.at
        after = known.get(decision.detail["rule"])
        if after is None or decision.detail["waited"] < after:
            yield f"the wait rule of level {level} came too early, or is unknown", decision.at


def _next_due(story: Story, row: ConversationRow) -> tuple[int, Mapping[str, Any]] | None:
    """The next wait rule of a conversation that waits, and when it is due."""
    if row.status != WAITING or row.parked_at is not None or row.waiting_since is None:
        return None
    if row.project is None:
        return None
    gateways = story.setup.data["message_gateways"]
    for rule in sorted(_of_messages(story.setup.data), key=lambda rule: int(rule["level"])):
        if rule["level"] <= row.wait_level or rule["project"] not in (None, row.project):
            continue
        # What came by one that is no more may go on by another one of the same address (C-4).
        own, meant = story.ways.get(row.gateway), gateways.get(rule["gateway"])
        is_for = own is not None and meant is not None and own["peer"] == meant["peer"]
        if rule["gateway"] is not None and not is_for:
            continue
        left = max(0, rule["after"] - row.waited_up)
        return story.timeline.over(row.waiting_since, left), rule
    return None
