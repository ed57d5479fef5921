"""Facts about agents to rows; those of an agent keep their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.facts import AgentMoved, AgentSeated
from broker.store import schema
from broker.store.commands import Command
from broker.store.row import Record, Records, word_of

COUNT_MISSED: Final = Command(table=schema.agents, columns=("agent", "missed"), keys=1)
MOVE_AGENT: Final = Command(
    table=schema.agents,
    columns=("agent", "state", "reason", "next_state", "since", "workplace", "missed"),
    conflict="(agent)",
)
SEAT: Final = Command(
    table=schema.agents, columns=("agent", "workplace", "login", "seated_at"), keys=1
)
AGENT_EVENT: Final = Command(
    table=schema.agent_events,
    columns=("agent", "at", "state", "reason", "next_state", "cause", "workplace", "by_agent"),
)
HISTORIES: Final = (AGENT_EVENT,)
COMMANDS: Final = (COUNT_MISSED, MOVE_AGENT, SEAT, AGENT_EVENT)


def _agent(f: AgentMoved) -> Records:
    state, then = str(f.state), word_of(f.next_state)
    row = (f.agent, state, f.reason, then, f.since, f.workplace, f.missed)
    yield Record(MOVE_AGENT, f.agent, row)
    event = (f.agent, f.at, state, f.reason, then, str(f.cause), f.workplace, f.by)
    yield Record(AGENT_EVENT, f.agent, event)


def _seated(f: AgentSeated) -> Records:
    yield Record(SEAT, f.agent, (f.agent, f.workplace, f.login, f.at))


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    AgentMoved: _agent,
    AgentSeated: _seated,
}
