"""Readers of the rules that judge a chat before it waits, and what all groups of rules share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from broker.config.consequences import Dangling
from broker.config.context import Context
from broker.config.diagnostics import Path
from broker.config.model import GateRule, Hours, PreRule, ProjectRule, RuleLimits
from broker.config.parse import (
    Parser,
    choice,
    culture,
    duration,
    integer,
    listing,
    pattern,
    suggestion,
    text,
    text_pattern,
    zone,
)
from broker.config.partners import TextMatch
from broker.config.pattern import Pattern
from broker.config.section_reader import Table
from broker.config.sections.hours import ALWAYS, parse_hours, week_of
from protocol.values import Guid, Signal

RANK = integer(-(2**31))
_FIXED = frozenset({"EST", "MST", "HST"})
"""Names that sound like the time of a place and stay on its winter time all year."""
_LIMIT_SIGNAL = choice(Signal.BUSY, Signal.CLOSED, Signal.HIDDEN)
PRIORITY = integer(-1_000_000, 1_000_000)


def read_gate_rules(root: Table, context: Context) -> Iterator[GateRule]:
    """`[[gate_rules]]`."""
    for table, identity, rank in _rules(root, "gate_rules", "gate_rule", context):
        rule = GateRule(
            id=identity,
            rank=rank,
            limits=rule_limits(table, context),
            signal=table.read("signal", choice(*Signal), None),
            fallback=table.read("fallback", choice(Signal.CLOSED, Signal.HIDDEN), Signal.CLOSED),
            scenario=table.read("scenario", context.reference("scenario"), None),
            queue_limit=table.read("queue_limit", integer(), None),
            wait_limit=table.read("wait_limit", duration(1), None),
            limit_signal=table.read("limit_signal", _LIMIT_SIGNAL, Signal.CLOSED),
        )
        _check_limits(table, rule)
        yield rule


def _check_limits(table: Table, rule: GateRule) -> None:
    """Say so when a limit has no effect, or the signal for it no limit."""
    limits = [key for key in ("queue_limit", "wait_limit") if key in table]
    if rule.signal in (Signal.CLOSED, Signal.HIDDEN):
        for key in limits:
            table.warn(key, f'means nothing with signal = "{rule.signal}"')
    if "limit_signal" in table and not limits:
        table.warn("limit_signal", "means nothing without queue_limit or wait_limit")
    elif rule.limit_signal is Signal.BUSY and rule.signal is not Signal.FREE:
        text = 'is the signal with nobody free already; "Busy" goes with signal = "Free"'
        table.warn("limit_signal", text)


def read_pre_rules(root: Table, context: Context, agents: frozenset[Guid]) -> Iterator[PreRule]:
    """`[[pre_rules]]`.

    Args:
        root: The document.
        context: What the readers share.
        agents: The agents whose role is `bot`.
    """
    bot = _bot(context, agents)
    for table, identity, rank in _rules(root, "pre_rules", "pre_rule", context):
        yield PreRule(
            id=identity,
            rank=rank,
            limits=rule_limits(table, context),
            bot=table.need("bot", bot, Guid("")),
        )


def _bot(context: Context, agents: frozenset[Guid]) -> Parser[Guid]:
    """A parser of the name of a built-in bot or of an agent that is one."""

    def parse(value: object) -> Guid:
        if not isinstance(value, str):
            raise ValueError("must be the name of a bot")
        built_in, everybody = context.identities.names("bot"), context.identities.names("agent")
        external = {name: agent for name, agent in everybody.items() if agent in agents}
        if value in built_in and value in external:
            raise ValueError(f'"{value}" is an agent and a built-in bot; rename one of them')
        found = built_in.get(value) or external.get(value)
        if found is None:
            if value in everybody:
                raise ValueError('is an agent whose role is not "bot"')
            text = f'there is no bot "{value}"{suggestion(value, built_in | external)}'
            raise Dangling(("bot", "agent"), value, text)
        return found

    return parse


def read_project_rules(root: Table, context: Context) -> Iterator[tuple[Table, ProjectRule]]:
    """`[[project_rules]]`, each with its table, so that it can be looked at again."""
    for table, identity, rank in _rules(root, "project_rules", "project_rule", context):
        yield (
            table,
            ProjectRule(
                id=identity,
                rank=rank,
                limits=rule_limits(table, context),
                project=table.need("project", context.reference("project"), Guid("")),
                language=table.read("language", context.reference("language"), None),
                skill=table.read("skill", integer(), 1),
                priority=table.read("priority", PRIORITY, 0),
            ),
        )


def _rules(root: Table, key: str, kind: str, context: Context) -> Iterator[tuple[Table, Guid, int]]:
    """The tables of a group with their ids and ranks."""
    numbered = Numbered("rank")
    for table in root.children(key):
        with table:
            rank = table.read("rank", RANK, 0)
            yield table, numbered.claim(table, context, kind, rank), rank


class Numbered:
    """Gives the rules of one group their ids; one without a name is known by its place."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._nameless: Counter[int] = Counter()

    def claim(self, table: Table, context: Context, kind: str, number: int) -> Guid:
        """The id of a rule, from its name or from its number and its order among the equal."""
        name = table.read("name", text(), None)
        if name is None:
            self._nameless[number] += 1
            name = f"{self._word} {number} no. {self._nameless[number]}"
        return context.identities.claim(table, kind, name)


def rule_limits(table: Table, context: Context) -> RuleLimits:
    """What a rule of any group tests."""
    limits = RuleLimits(
        gateway=table.read("gateway", context.reference("gateway"), None),
        culture=table.read("culture", culture, None),
        user_token=table.read("user_token", pattern, None),
        ext_response=table.read("ext_response", pattern, None),
        hours=_hours(table, context),
        form=tuple(_form(table, context)),
    )
    warn_doubt(table, ("user_token",), limits.user_token)
    warn_doubt(table, ("ext_response",), limits.ext_response)
    return limits


def warn_doubt(table: Table, member: Path, found: Pattern | None) -> None:
    """Say so when a pattern may not do what its writer thinks."""
    if found is not None and found.doubt is not None:
        table.report.warn((*table.path, *member), found.doubt)


def _hours(table: Table, context: Context) -> Hours | None:
    entries = table.read("hours", listing(parse_hours), None)
    where = table.read("timezone", zone, ZoneInfo("UTC"))
    name = table.read("calendar", context.reference("calendar"), None)
    if "timezone" in table and "hours" not in table and "calendar" not in table:
        table.warn("timezone", "means nothing without hours or a calendar")
    if where.key in _FIXED or where.key.startswith(("Etc/GMT+", "Etc/GMT-")):
        table.warn("timezone", 'has no summer time; write a place like "America/New_York"')
    if entries is not None and not entries:
        table.fault("hours", "has no entry; leave it out for always")
    if entries is None and name is None:
        return None
    week = week_of(entry for found in entries for entry in found) if entries else ALWAYS
    return Hours(week=week, zone=where, calendar=context.calendars[name] if name else None)


def _form(table: Table, context: Context) -> Iterator[tuple[Guid, TextMatch]]:
    """Controls of forms and what must be found in what was filled in."""
    control_of = context.reference("control")
    for name, raw in table.entries("form"):
        try:
            control, expected = control_of(name), _expected(raw, context)
        except ValueError as fault:
            table.report.fault((*table.path, "form", name), fault)
        else:
            if isinstance(raw, str):
                warn_doubt(table, ("form", name), expected.patterns[0])
            yield control, expected


def _expected(raw: object, context: Context) -> TextMatch:
    """A pattern, or `{ match = "name" }` for a text match."""
    if not isinstance(raw, dict):
        return TextMatch(id=Guid(""), name="", patterns=(text_pattern(raw),))
    if list(raw) != ["match"]:
        raise ValueError('must be a pattern, or { match = "..." } with the name of a text match')
    return context.text_matches[context.reference("text_match")(raw["match"])]
