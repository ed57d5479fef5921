"""Which state of an agent may follow which, and why (B-28).

What writes a change asserts it by this table, as `broker.core.chats.lifecycle` does for chats. The
diagram in the documentation is made from it.
"""

from __future__ import annotations

from typing import Final

from broker.core.distribution_state import AgentPresence
from broker.core.facts import AgentMoved
from broker.core.facts.causes import AgentCause
from broker.core.inputs import Stamp
from protocol.values import AgentState, Guid

_AT_WORK: Final = (AgentState.READY, AgentState.PAUSE, AgentState.POST_CALL)

_LEAVES: Final = frozenset({AgentCause.NEXT, AgentCause.FORCED, AgentCause.LOST})

AGENT: Final[dict[tuple[AgentState, AgentState], frozenset[AgentCause]]] = {
    (AgentState.LOG_OFF, AgentState.PAUSE): frozenset({AgentCause.LOGIN}),
    **{
        (before, after): frozenset(
            {AgentCause.ASKED, AgentCause.NEXT, AgentCause.FORCED}
            | (
                {AgentCause.MISSED}
                if (before, after) == (AgentState.READY, AgentState.PAUSE)
                else set()
            )
        )
        for before in _AT_WORK
        for after in _AT_WORK
    },
    **{(before, AgentState.LOG_OFF): _LEAVES for before in _AT_WORK},
}
"""The causes for which an agent may go from one state to another, or be given another `NextState`."""

_NONE: Final[frozenset[AgentCause]] = frozenset()


def may_move(before: AgentState, after: AgentState, cause: AgentCause) -> bool:
    """Whether an agent may go from one state to another for that cause."""
    return cause in AGENT.get((before, after), _NONE)


def move_agent(
    presence: AgentPresence,
    stamp: Stamp,
    state: AgentState,
    cause: AgentCause,
    *,
    reason: str | None = None,
    next_state: AgentState | None = None,
    by: Guid | None = None,
) -> AgentMoved:
    """Change the state of an agent; what they missed before is forgotten."""
    same = (presence.state, presence.reason) == (state, reason)
    return AgentMoved(
        agent=presence.agent,
        at=stamp.now,
        since=presence.since if same else stamp.now,
        state=state,
        reason=reason,
        next_state=next_state,
        cause=cause,
        workplace=presence.workplace,
        missed=0,
        by=by,
    )
