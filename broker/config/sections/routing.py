"""Readers of the rules that judge a chat before it waits, and what all groups of rules share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from attrs import frozen

from broker.config.consequences import Dangling
from broker.config.context import Context
from broker.config.converter import NEEDED, NO_ID, Nested, Reference, carried
from broker.config.diagnostics import Path
from broker.config.model import GateRule, Hours, PreRule, ProjectRule, RuleLimits, Span
from broker.config.parse import (
    Parser,
    choice,
    culture,
    duration,
    guid,
    integer,
    listing,
    pattern,
    suggestion,
    text,
    text_pattern,
    zone,
)
from broker.config.partners import TextMatch
from broker.config.section_reader import Table
from protocol.hours import ALWAYS, parse_hours, week_of
from protocol.pattern import Pattern
from protocol.values import Guid, Signal

UTC = ZoneInfo("UTC")
_FIXED = frozenset({"EST", "MST", "HST"})
"""Names that sound like the time of a place and stay on its winter time all year."""
PRIORITY = integer(-1_000_000, 1_000_000)
Entries = tuple[tuple[tuple[int, Span], ...], ...]
"""Hours as they were read: of each entry its days, each with its span."""


@frozen(kw_only=True)
class RuleKeys:
    """What a rule of any group has: its name, and what it tests."""

    name: Annotated[str | None, text()] = None
    id: Annotated[Guid | None, guid] = None
    gateway: Annotated[Guid | None, Reference("gateway")] = None
    culture: Annotated[str | None, culture] = None
    user_token: Annotated[Pattern | None, pattern] = None
    ext_response: Annotated[Pattern | None, pattern] = None
    hours: Annotated[Entries | None, listing(parse_hours)] = None
    timezone: Annotated[ZoneInfo, zone] = UTC
    calendar: Annotated[Guid | None, Reference("calendar")] = None
    form: Nested = None


@frozen(kw_only=True)
class RankedKeys(RuleKeys):
    """What a rule has that is tried in the order of rank."""

    rank: Annotated[int, integer(-(2**31))] = 0


@frozen(kw_only=True)
class GateRuleKeys(RankedKeys):
    """`[[gate_rules]]`."""

    signal: Annotated[Signal | None, choice(*Signal)] = None
    fallback: Annotated[Signal | None, choice(Signal.CLOSED, Signal.HIDDEN)] = None
    scenario: Annotated[Guid | None, Reference("scenario")] = None
    queue_limit: Annotated[int | None, integer()] = None
    wait_limit: Annotated[int | None, duration(1)] = None
    limit_signal: Annotated[Signal | None, choice(Signal.BUSY, Signal.CLOSED, Signal.HIDDEN)] = None


@frozen(kw_only=True)
class PreRuleKeys(RankedKeys):
    """`[[pre_rules]]`."""

    bot: Annotated[Guid, Reference("bot"), NEEDED] = NO_ID


@frozen(kw_only=True)
class ProjectRuleKeys(RankedKeys):
    """`[[project_rules]]`."""

    project: Annotated[Guid, Reference("project"), NEEDED] = NO_ID
    language: Annotated[Guid | None, Reference("language")] = None
    skill: Annotated[int | None, integer()] = None
    priority: Annotated[int | None, PRIORITY] = None


def read_gate_rules(root: Table, context: Context) -> Iterator[GateRule]:
    """`[[gate_rules]]`."""
    numbered = Numbered("rank")
    for table in root.children("gate_rules"):
        keys = table.read(GateRuleKeys, context.reference)
        identity = numbered.claim(table, keys, context, "gate_rule", keys.rank)
        rule = carried(GateRule, keys, id=identity, limits=rule_limits(table, keys, context))
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

    def lookup(kind: str) -> Parser[Guid]:
        return bot if kind == "bot" else context.reference(kind)

    numbered = Numbered("rank")
    for table in root.children("pre_rules"):
        keys = table.read(PreRuleKeys, lookup)
        identity = numbered.claim(table, keys, context, "pre_rule", keys.rank)
        yield carried(PreRule, keys, id=identity, limits=rule_limits(table, keys, context))


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
    numbered = Numbered("rank")
    for table in root.children("project_rules"):
        keys = table.read(ProjectRuleKeys, context.reference)
        identity = numbered.claim(table, keys, context, "project_rule", keys.rank)
        limits = rule_limits(table, keys, context)
        yield table, carried(ProjectRule, keys, id=identity, limits=limits)


class Nameable(Protocol):
    """What a rule is known by (C-2)."""

    @property
    def name(self) -> str | None:
        """Its name, where it has one."""

    @property
    def id(self) -> Guid | None:
        """The id that the file gives it."""


class Numbered:
    """The ids of the rules of one group; one without a name is known by its place."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._nameless: Counter[int] = Counter()

    def claim(self, table: Table, keys: Nameable, context: Context, kind: str, number: int) -> Guid:
        """The id of a rule, from its name or from its number and its order among the equal."""
        name = keys.name
        if name is None:
            self._nameless[number] += 1
            name = f"{self._word} {number} no. {self._nameless[number]}"
        return context.identities.claim(table, kind, name, keys.id)


def rule_limits(table: Table, keys: RuleKeys, context: Context) -> RuleLimits:
    """What a rule of any group tests."""
    warn_doubt(table, ("user_token",), keys.user_token)
    warn_doubt(table, ("ext_response",), keys.ext_response)
    form = tuple(_form(table, context))
    check_zone(table, keys.timezone, "hours")
    hours = hours_of(table, "hours", keys.hours, keys.timezone, keys.calendar, context)
    return carried(RuleLimits, keys, hours=hours, form=form)


def warn_doubt(table: Table, member: Path, found: Pattern | None) -> None:
    """Say so when a pattern may not do what its writer thinks."""
    if found is not None and found.doubt is not None:
        table.report.warn((*table.path, *member), found.doubt)


def check_zone(table: Table, where: ZoneInfo, *keys: str) -> None:
    """Say so when the time zone of a rule has no effect, or not the one that its writer thinks.

    Args:
        table: The rule.
        where: Its time zone.
        keys: What may have hours.
    """
    if "timezone" in table and not any(key in table for key in (*keys, "calendar")):
        table.warn("timezone", f"means nothing without {', '.join(keys)} or a calendar")
    if where.key in _FIXED or where.key.startswith(("Etc/GMT+", "Etc/GMT-")):
        table.warn("timezone", 'has no summer time; write a place like "America/New_York"')


def hours_of(
    table: Table,
    key: str,
    entries: Entries | None,
    where: ZoneInfo,
    calendar: Guid | None,
    context: Context,
) -> Hours | None:
    """The hours that stand under a key, or, without it, those that a calendar alone gives."""
    if entries is not None and not entries:
        table.fault(key, "has no entry; leave it out for always")
    if entries is None and calendar is None:
        return None
    week = week_of(entry for found in entries for entry in found) if entries else ALWAYS
    special = context.calendars[calendar] if calendar else None
    return Hours(week=week, zone=where, calendar=special)


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
