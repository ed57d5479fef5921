"""What somebody should know about a configuration without a fault, once all of it is read (C-1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from broker.config.context import Context
from broker.config.diagnostics import Report, spell
from broker.config.message_gateways import MessageGateway, MessageRule
from broker.config.model import Agent, Config, Gateway, ProjectRule, Server, WaitRule, WorkKind
from broker.config.section_reader import Table
from broker.config.sections.settings import is_open
from protocol.values import Guid


@frozen(kw_only=True)
class Tables:
    """Things with the tables that they were read from."""

    agents: Sequence[tuple[Table, Agent]]
    gateways: Sequence[tuple[Table, Gateway]]
    project_rules: Sequence[tuple[Table, ProjectRule]]
    wait_rules: Sequence[tuple[Table, WaitRule]]
    message_gateways: Sequence[tuple[Table, MessageGateway]]
    message_rules: Sequence[tuple[Table, MessageRule]]


def advise(root: Table, config: Config, tables: Tables) -> None:
    """Warn of what will hardly be meant."""
    for rule_table, rule in tables.project_rules:
        _warn_unattainable(rule_table, rule, config.agents.values())
    for rule_table, message_rule in tables.message_rules:
        _warn_unattainable(rule_table, message_rule, config.agents.values())
        _warn_passed_by(rule_table, message_rule, config)
    _warn_out_of_order(tables.wait_rules)
    for wait_table, wait_rule in tables.wait_rules:
        _warn_waits_as_chat(wait_table, wait_rule, config)
    for table, gateway in tables.gateways:
        _warn_too_heavy(table, gateway.weight, "chats", config)
    for table, message_gateway in tables.message_gateways:
        if message_gateway.is_distributed:
            _warn_too_heavy(table, message_gateway.weight, "conversations", config)
        _warn_mute(table, message_gateway, config)
    for table, agent in tables.agents:
        for key in ("max_chats", "max_messages"):
            _warn_too_few_seats(table, key, agent, config)
    _warn_no_pause(root.child("distribution"), config)


def _warn_too_few_seats(table: Table, key: str, agent: Agent, config: Config) -> None:
    """Say so when an agent may have more of something than any workplace lets them have (B-22)."""
    most = max((getattr(place, key) for place in config.workplaces.values()), default=None)
    if key in table and most is not None and getattr(agent, key) > most:
        table.warn(key, f"is more than every workplace allows: {most} is the most")


def _warn_passed_by(table: Table, rule: MessageRule, config: Config) -> None:
    """Say so when no message ever comes to a rule, since its gateway has none that need one."""
    gateway = config.message_gateways.get(rule.limits.gateway or Guid(""))
    if gateway is not None and not gateway.is_distributed:
        what = "only sends" if gateway.as_chat is None else "has as_chat"
        table.warn("gateway", f"{what}: nothing that comes by it needs a rule")


def _warn_waits_as_chat(table: Table, rule: WaitRule, config: Config) -> None:
    """Say so when a rule is for conversations of a gateway whose messages are sentences of chats (B-60)."""
    gateway = config.message_gateways.get(rule.limits.gateway or Guid(""))
    if rule.work is WorkKind.MESSAGES and gateway is not None and gateway.as_chat is not None:
        table.warn(
            "gateway",
            'has as_chat: what waits there are chats, for a rule without for = "messages"',
        )


def _warn_mute(table: Table, gateway: MessageGateway, config: Config) -> None:
    """Say so when what is to be answered comes in where nothing goes out."""
    key = "as_chat" if gateway.as_chat is not None else "acknowledge"
    if key in table and gateway.takes_in and config.sender_for(gateway) is None:
        table.warn(key, "needs a gateway of this peer, port and channel that sends")


def _warn_no_pause(table: Table, config: Config) -> None:
    """Say so when a chat comes back to who let it go without any pause (B-24)."""
    for key in ("retry_after", "retry_alone"):
        if key in table and not getattr(config.distribution, key):
            text = "is no pause: a chat goes back at once to the agent who has just rejected it"
            table.warn(key, text)


def _warn_too_heavy(table: Table, weight: int, what: str, config: Config) -> None:
    """Say so when what comes by a gateway takes more slots than anybody has (B-22, B-57)."""
    key = "max_chats" if what == "chats" else "max_messages"
    people = (agent for agent in config.agents.values() if agent.role != "bot")
    kinds = (("agent", people), ("workplace", config.workplaces.values()))
    for whose, things in kinds:
        most = max((getattr(thing, key) for thing in things), default=None)
        if most is not None and weight > most:
            text = f"is more than the {key} of every {whose}: nobody can take its {what}"
            table.warn("weight", text)
            return


def _warn_unattainable(
    table: Table, rule: ProjectRule | MessageRule, agents: Iterable[Agent]
) -> None:
    """Say so when nobody could ever take what a rule leads to."""
    if rule.project is None:
        return
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
    """Whether one chat, or one conversation, can come to both rules, as far as these tell."""
    if one.work is not other.work:
        return False

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
