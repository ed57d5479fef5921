"""Logs for the fold of live figures, written by hand: seconds, statuses, agents."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from broker.reporting.figures.fold import fold
from broker.reporting.figures.log import AgentStep, ChatStep, Timed, in_order
from broker.reporting.figures.state import State, Targets
from broker.reporting.figures.tallies import Terms
from broker.reporting.history import EventRow, StateRow

S: Final = 1_000_000
THRESHOLD: Final = 20
Step = tuple[int, str, str | None, str | None]


def chat(
    no: int, *steps: Step, project: str | None = "support", language: str | None = "en"
) -> list[Timed]:
    """What a chat goes through: second, status, agent, close reason; each Pilot begins a contact."""
    found: list[Timed] = []
    for at, status, agent, reason in steps:
        pilot = "reopened" if found else "started"
        cause = pilot if status == "Pilot" else status.lower()
        event = EventRow(no, at * S, status, cause, agent, reason, "web", project)
        found.append(ChatStep(event, f"chat-{no}", language))
    return found


def waits(no: int, at: int = 0) -> list[Timed]:
    """A chat that waits."""
    return chat(no, (at, "Pilot", None, None), (at, "Waiting", None, None))


def answered(no: int, wait: int, at: int = 0, talk: int = 60, agent: str = "alice") -> list[Timed]:
    """One that is answered, and hung up."""
    return chat(
        no,
        (at, "Pilot", None, None),
        (at, "Waiting", None, None),
        (at, "Alerting", agent, None),
        (at + wait, "Answered", agent, None),
        (at + wait + talk, "Closed", agent, "Agent"),
    )


def left(no: int, wait: int, at: int = 0, reason: str = "External") -> list[Timed]:
    """One that is closed before an answer."""
    return chat(
        no,
        (at, "Pilot", None, None),
        (at, "Waiting", None, None),
        (at + wait, "Closed", None, reason),
    )


def agent(name: str, *steps: tuple[int, str]) -> list[Timed]:
    """What states somebody is in."""
    return [AgentStep(StateRow(name, at * S, state)) for at, state in steps]


def folded(*logs: list[Timed], short: int = -1, until: int | None = None) -> State:
    """The state after some logs; those of a time are left out that comes later."""
    terms = Terms(THRESHOLD * S, -1 if short < 0 else short * S)
    entries = in_order(entry for log in logs for entry in log)
    known = [one for one in entries if until is None or one.at <= until * S]
    return fold(State(Targets(terms), UTC, 0), known)
