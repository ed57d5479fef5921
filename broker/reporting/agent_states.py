"""What states agents were in, why, by whom, and for how long (B-28).

Theory of operation: a *spell* is a stretch of time in one state with one reason. It began by a cause,
and counts in the interval in which it began; its time lies where it lies. A change that leaves state
and reason as they are (another NextState) begins no spell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from attrs import define

from broker.core.facts.causes import AgentCause
from broker.reporting.contacts import Tallies
from broker.reporting.history import StateRow
from broker.reporting.times import Span
from protocol.values import AgentState

CAUSES: Final[Mapping[str, str]] = {
    AgentCause.ASKED: "by themselves",
    AgentCause.NEXT: "as they had asked for after their last chat",
    AgentCause.LOGIN: "coming to work",
    AgentCause.MISSED: "missed offers",
    AgentCause.LOST: "their connection was lost",
    AgentCause.FORCED: "forced by {by}",
}


@define
class StateDurations:
    """StateDurations of one kind: how many began, and how long they were."""

    begun: int = 0
    time: int = 0

    def add(self, other: StateDurations) -> None:
        """Take others in."""
        self.begun += other.begun
        self.time += other.time


def key_of(row: StateRow) -> str:
    """Agent, state, reason, cause and supervisor as the key of a tally."""
    return json.dumps([row.agent, row.state, row.reason, row.cause, row.by])


def name_of(name: Callable[[str | None], str]) -> Callable[[str | None], str]:
    """How such a key reads, given how an agent is called."""

    def shown(key: str | None) -> str:
        if key is None:
            return "-"
        agent, state, reason, cause, by = json.loads(key)
        why = CAUSES[cause].format(by=name(by)) if cause in CAUSES else cause
        return f"{name(agent)}: {state}" + (f" ({reason})" if reason else "") + f", {why}"

    return shown


def count_states(
    states: Iterable[StateRow], span: Span, now: int, tallies: Tallies[StateDurations]
) -> None:
    """Add durations up; being logged off is none.

    Args:
        states: Changes in order of time, each agent's state at the start before them.
        span: The time that is asked for.
        now: Until when the store tells.
        tallies: Where it is added.
    """
    current: dict[str, StateRow] = {}
    for row in states:
        before = current.get(row.agent)
        if before is not None and (before.state, before.reason) == (row.state, row.reason):
            continue
        if before is not None:
            _spend(before, row.at, span, tallies)
        current[row.agent] = row
        place = span.index(row.at)
        if place is not None and row.state != AgentState.LOG_OFF:
            tallies.at(place, key_of(row)).begun += 1
    for row in current.values():
        _spend(row, min(now, span.last), span, tallies)


def _spend(row: StateRow, until: int, span: Span, tallies: Tallies[StateDurations]) -> None:
    if row.state == AgentState.LOG_OFF:
        return
    for place, time in span.cut(row.at, until):
        tallies.at(place, key_of(row)).time += time
