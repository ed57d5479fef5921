"""Reader of the wait rules: what is done for a chat or a conversation that waits too long (B-26, B-57)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Final

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Reference, carried
from broker.config.model import WaitRule, WorkKind
from broker.config.parse import Parser, boolean, choice, duration, integer, suggestion, text
from broker.config.section_reader import Table
from broker.config.sections.routing import PRIORITY, Numbered, RuleKeys, rule_limits
from protocol.limits import text_length
from protocol.values import Guid

NOTE_LENGTH: Final = text_length("ChatSentenceInfo", "Text")
PLACEHOLDERS: Final = ("position", "wait")
"""What is filled into a note: the place in the queue, and how long it will take."""
FILLED: Final = 32
"""Room for a place or a wait when it is filled in; `wait_unknown` of `[notes]` may need more."""
EFFECTS: Final = ("skill", "projects", "priority", "note", "scenario", "close")
_OF_CHATS: Final = ("user_token", "ext_response", "form", "note", "scenario")
"""What a conversation has none of: nobody sits there who could be told or asked anything."""
_PLACEHOLDER: Final = re.compile(rf"\{{(?:{'|'.join(PLACEHOLDERS)})\}}")
_BRACE: Final = re.compile(r"\{(\w+)\}|[{}]")


@frozen(kw_only=True)
class WaitRuleKeys(RuleKeys):
    """`[[wait_rules]]`."""

    for_: Annotated[WorkKind, choice(*WorkKind)] = WorkKind.CHATS
    level: Annotated[int, integer(1, 1_000), NEEDED] = 0
    after: Annotated[int, duration(), NEEDED] = 0
    project: Annotated[Guid | None, Reference("project")] = None
    skill: Annotated[int | None, integer()] = None
    projects: Annotated[tuple[Guid, ...], Reference("project", many=True)] = ()
    priority: Annotated[int | None, PRIORITY] = None
    note: Annotated[str | None, text(NOTE_LENGTH)] = None
    scenario: Annotated[Guid | None, Reference("scenario")] = None
    close: Annotated[bool | None, boolean] = None


def read_wait_rules(
    root: Table, context: Context, wait_unknown: str
) -> Iterator[tuple[Table, WaitRule]]:
    """`[[wait_rules]]`, each with its table, so that it can be looked at again.

    Args:
        root: The document.
        context: What the readers share.
        wait_unknown: What may be filled in for a wait.
    """
    numbered = Numbered("level")
    note = note_text(max(FILLED, len(wait_unknown)))
    for table in root.children("wait_rules"):
        faults_before = len(table.report.faults)
        keys = table.read(WaitRuleKeys, _lookup(table, context))
        rule = carried(
            WaitRule,
            keys,
            work=keys.for_,
            id=numbered.claim(table, keys, context, "wait_rule", keys.level),
            limits=rule_limits(table, keys, context),
            note=table.looked_up("note", note, None),
        )
        # What could not be read is replaced by nothing, and must not be missed as well.
        if len(table.report.faults) == faults_before:
            _check_effects(table, rule)
        if rule.work is WorkKind.MESSAGES:
            _check_messages(table)
        yield table, rule


def _lookup(table: Table, context: Context) -> Callable[[str], Parser[Guid]]:
    """Where the references of a rule are looked up: the gateway among those of its kind of work."""
    is_of_messages = table.says("for", WorkKind.MESSAGES.value)

    def lookup(kind: str) -> Parser[Guid]:
        is_other = kind == "gateway" and is_of_messages
        return context.reference("message_gateway" if is_other else kind)

    return lookup


def _check_messages(table: Table) -> None:
    """Refuse what speaks to a visitor, or asks what only a visitor says (B-57)."""
    for key in _OF_CHATS:
        if key in table and table.is_sound(key):
            table.fault(key, 'goes with for = "chats" alone: nobody waits at the other end')


def note_text(filled: int) -> Parser[str]:
    """A text with placeholders that is no longer than a sentence once they are filled in.

    Args:
        filled: The most characters that take the place of one.
    """

    def parse(value: object) -> str:
        found = text(NOTE_LENGTH)(value)
        whole = _PLACEHOLDER.sub("." * filled, found)
        brace = _BRACE.search(whole)
        if brace is not None:
            word = brace[1] or ""
            said = f"has an unknown placeholder {brace[0]}" if word else "has a brace"
            hint = suggestion(word, PLACEHOLDERS)
            raise ValueError(f"{said}; braces stand in {{position}} and {{wait}} only{hint}")
        if len(whole) > NOTE_LENGTH:
            raise ValueError(f"is longer than {NOTE_LENGTH:,} characters once it is filled in")
        return found

    return parse


def _check_effects(table: Table, rule: WaitRule) -> None:
    effects = [key for key in EFFECTS if getattr(rule, key)]
    if rule.skill == 0:  # nobody is too unskilled any more
        effects.insert(0, "skill")
    if not effects:
        table.report.fault(table.path, f"has no effect; give one of {', '.join(EFFECTS)}")
    others = [key for key in effects if key not in ("note", "close")]
    if rule.close and others:
        table.fault("close", f"goes with a note alone, not with {', '.join(others)}")
    seen = {rule.project}
    for position, project in enumerate(rule.projects):
        if project in seen:
            table.report.fault(
                (*table.path, "projects", position), "is one of its projects already"
            )
        seen.add(project)
