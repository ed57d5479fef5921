"""The installation as a run's history tells it to the checker: plain values of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from broker.config.model import Agent, Config, RuleLimits, Skill, WaitRule
from protocol.values import Guid


def _able(skills: Mapping[Guid, Skill]) -> dict[str, int]:
    return {k: s.value for k, s in skills.items() if s.enabled and s.engaged}


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "login": agent.login,
        "max_chats": agent.max_chats,
        "skills": _able(agent.skills),
        "languages": _able(agent.languages),
        "works": not agent.retired and agent.role != "bot",
        "role": agent.role,
    }


def _wait_rule(rule: WaitRule) -> dict[str, Any]:
    limits = rule.limits
    return {
        "id": rule.id,
        "level": rule.level,
        "after": rule.after,
        "project": rule.project,
        "gateway": limits.gateway,
        "culture": limits.culture,
        # The dump does not say what these test.
        "more": limits != RuleLimits(gateway=limits.gateway, culture=limits.culture),
        "note": rule.note is not None,
        "close": rule.close,
    }


def describe(config: Config) -> dict[str, Any]:
    """What the checker needs of a configuration: the data of a SETUP event."""
    return {
        "gateways": {
            g.id: {
                "peer": g.peer,
                "port": g.port,
                "inactivity": g.inactivity_timeout,
                "grace": g.workplace_grace,
                "weight": g.weight,
                "outbound_timeout": g.outbound_timeout,
            }
            for g in config.gateways.values()
        },
        "agents": {a.id: _agent(a) for a in config.agents.values()},
        "scripts": list(config.bots),
        "workplaces": {w.number: w.max_chats for w in config.workplaces.values()},
        "bots": list(config.bots),
        "wait_rules": [_wait_rule(rule) for rule in config.wait_rules],
        "retry_after": config.distribution.retry_after,
        "retry_alone": config.distribution.retry_alone,
        "transfer_timeout": config.distribution.transfer_timeout,
        "bot_timeout": config.distribution.bot_timeout,
        "park_timeout": config.distribution.park_timeout,
        "park_reserve": config.distribution.park_reserve,
        "heartbeat": config.server.heartbeat,
        "outbox_frames": config.limits.outbox_frames,
        "outbox_bytes": config.limits.outbox_bytes,
        "frame_bytes": config.limits.frame_bytes,
    }


@frozen
class Setup:
    """A SETUP event, to be read.

    Attributes:
        data: What `describe` gave.
        at: Since when it is in force, about.
    """

    data: Mapping[str, Any]
    at: int = 0

    def weight_of(self, gateway: Guid) -> int:
        """How many slots a chat of the gateway takes."""
        return int(self.data["gateways"].get(gateway, {}).get("weight", 1))

    def is_supervisor(self, agent: Guid | None) -> bool:
        """Whether somebody may see and do what supervisors may."""
        return bool(self.data["agents"].get(agent, {}).get("role") == "supervisor")

    def gateway_at(self, peer: str | None, port: str | None) -> Guid | None:
        """The gateway of an address."""
        for guid, gateway in self.data["gateways"].items():
            if gateway["peer"] == peer and gateway["port"] == port:
                return Guid(guid)
        return None

    def agent_of(self, login: str | None) -> Guid | None:
        """The agent of a login."""
        for guid, agent in self.data["agents"].items():
            if agent["login"] == login:
                return Guid(guid)
        return None
