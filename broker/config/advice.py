"""What somebody should know about a configuration without a fault, once all of it is read (C-1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from broker.config.context import Context
from broker.config.diagnostics import Report, spell
from broker.config.model import Agent, Config, Gateway, ProjectRule, Server, WaitRule, Workplace
from broker.config.section_reader import Table
from broker.config.sections.settings import is_open
from protocol.values import Guid


@frozen
class Tables:
    """Things with the tables that they were read from."""

    agents: Sequence[tuple[Table, Agent]]
    gateways: Sequence[tuple[Table, Gateway]]
    project_rules: Sequence[tuple[Table, ProjectRule]]
    wait_rules: Sequence[tuple[Table, WaitRule]]


def advise(root: Table, config: Config, tables: Tables) -> None:
    """Warn of what will hardly be meant."""
    for rule_table, rule in tables.project_rules:
        _warn_unattainable(rule_table, rule, config.agents.values())
    _warn_out_of_order(tables.wait_rules)
    for table, gateway in tables.gateways:
        _warn_too_heavy(table, gateway, config.agents.values(), config.workplaces.values())
    for table, agent in tables.agents:
        _warn_too_few_seats(table, agent, config.workplaces.values())
    _warn_no_pause(root.child("distribution"), config)


def _warn_too_few_seats(table: Table, agent: Agent, workplaces: Iterable[Workplace]) -> None:
    """Say so when an agent may have more chats than any workplace lets them have (B-22)."""
    most = max((place.max_chats for place in workplaces), default=None)
    if most is not None and agent.max_chats > most:
        table.warn("max_chats", f"is more than every workplace allows: {most} is the most")


def _warn_no_pause(table: Table, config: Config) -> None:
    """Say so when a chat comes back to who let it go without any pause (B-24)."""
    for key in ("retry_after", "retry_alone"):
        if key in table and not getattr(config.distribution, key):
            text = "is no pause: a chat goes back at once to the agent who has just rejected it"
            table.warn(key, text)


def _warn_too_heavy(
    table: Table, gateway: Gateway, agents: Iterable[Agent], workplaces: Iterable[Workplace]
) -> None:
    """Say so when a chat of a gateway takes more slots than anybody has (B-22)."""
    people = max((agent.max_chats for agent in agents if agent.role != "bot"), default=None)
    seats = max((place.max_chats for place in workplaces), default=None)
    for most, whose in ((people, "agent"), (seats, "workplace")):
        if most is not None and gateway.weight > most:
            text = f"is more than the max_chats of every {whose}: nobody can take its chats"
            table.warn("weight", text)
            return


def _warn_unattainable(table: Table, rule: ProjectRule, agents: Iterable[Agent]) -> None:
    """Say so when nobody could ever take the chats of a rule."""
    able = [
        agent
        for agent in agents
        if (rule.language is None or rule.language in agent.languages)
        and (skill := agent.skills.get(rule.project)) is not None
        and skill.value >= rule.skill
    ]
    if not able:
        table.warn("skill", "no agent has this project, this language and so much skill")


def _warn_out_of_order(rules: Sequence[tuple[Table, WaitRule]]) -> None:
    """Say so where a rule has to wait for one of a lower level that is due later."""
    for table, rule in rules:
        before = [
            (lower.after, spell(place.path))
            for place, lower in rules
            if lower.level < rule.level and lower.after > rule.after and _may_meet(lower, rule)
        ]
        if before:
            text = "is less than that of {}, a lower level: it will be applied right after that one"
            table.warn("after", text.format(max(before)[1]))


def _may_meet(one: WaitRule, other: WaitRule) -> bool:
    """Whether one chat can come to both rules, as far as project and gateway tell."""

    def common(left: Guid | None, right: Guid | None) -> bool:
        return left is None or right is None or left == right

    return common(one.project, other.project) and common(one.limits.gateway, other.limits.gateway)


def warn_of_clear_tokens(context: Context, report: Report, server: Server) -> None:
    """Say once that secrets stand in clear text, where others than this machine could use them."""
    if not context.clear_tokens or not is_open(server):
        return
    first, *others = context.clear_tokens
    more = f", like {len(others)} more" if others else ""
    report.warn(first, f"is clear text{more}; put what `parley hash-token` prints into token_hash")
