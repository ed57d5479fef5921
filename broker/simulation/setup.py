"""A configuration as a run's history tells it to the checker: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broker.config.message_gateways import MessageGateway
from broker.config.model import Agent, Config, RuleLimits, Skill, WaitRule
from protocol.values import Guid


def _able(skills: Mapping[Guid, Skill]) -> dict[str, int]:
    return {k: s.value for k, s in skills.items() if s.enabled and s.engaged}


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "login": agent.login,
        "max_chats": agent.max_chats,
        "max_messages": agent.max_messages,
        "skills": _able(agent.skills),
        "languages": _able(agent.languages),
        "works": not agent.retired and agent.role != "bot",
        "role": agent.role,
    }


def _wait_rule(rule: WaitRule) -> dict[str, Any]:
    limits = rule.limits
    return {
        "id": rule.id,
        "for": rule.work.value,
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


def _message_gateway(gateway: MessageGateway) -> dict[str, Any]:
    return {
        "peer": gateway.peer,
        "threads": gateway.has_threads,
        "in": gateway.takes_in,
        "out": gateway.sends,
        "as_chat": gateway.as_chat,
        "notes": gateway.notes_as_messages,
        "confirm_delivered": gateway.confirm_delivered,
        "weight": gateway.weight,
        "deadline": gateway.deadline,
        "retries": list(gateway.retries),
        "in_flight": gateway.in_flight,
        "retired": gateway.retired,
        "inertia": gateway.conversation_inertia,
        "grace": gateway.workplace_grace,
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
        "message_places": {w.number: w.max_messages for w in config.workplaces.values()},
        "message_gateways": {g.id: _message_gateway(g) for g in config.message_gateways.values()},
        "wrapups": {p.id: p.wrapup for p in config.projects.values()},
        "room": config.limits.conversations,
        "while_chatting": config.distribution.messages_while_chatting,
        "wait_rules": [_wait_rule(rule) for rule in config.wait_rules],
        "retry_after": config.distribution.retry_after,
        "retry_alone": config.distribution.retry_alone,
        "transfer_timeout": config.distribution.transfer_timeout,
        "bot_timeout": config.distribution.bot_timeout,
        "park_timeout": config.distribution.park_timeout,
        "park_reserve": config.distribution.park_reserve,
        "heartbeat": config.server.heartbeat,
        "hello": config.limits.hello,
        "drain": config.server.drain,
        "outbox_frames": config.limits.outbox_frames,
        "outbox_bytes": config.limits.outbox_bytes,
        "frame_bytes": config.limits.frame_bytes,
    }
