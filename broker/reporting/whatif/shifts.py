"""Agents who come and go as they did."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from attrs import define, field

from broker.core.facts import AgentMoved, Fact
from broker.core.facts.causes import AgentCause
from broker.core.inputs import SessionClosed, SessionOpened
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.recorded import Change
from broker.reporting.whatif.virtual_core import Rank, VirtualCore
from protocol.agent import AgentStateInfo
from protocol.values import AgentState, Guid, Role


@define
class Seat:
    """Where an agent stands.

    Attributes:
        wanted: What they last wanted to be; None when they want nothing, being away.
        session: Their connection.
        workplace: Where they sit or sat.
        paused: How often they were set to pause for missed offers.
    """

    wanted: Change | None = None
    session: int | None = None
    workplace: str | None = None
    paused: int = 0


@define
class Shifts:
    """The workplaces and who sits there.

    Attributes:
        core: Where it happens.
        people: How they behave.
    """

    core: VirtualCore
    people: People
    _seats: dict[str, Seat] = field(factory=dict)
    _lines: dict[str, list[str]] = field(factory=dict)
    """Who waits until a workplace is free, because somebody works longer there than they did."""

    def enter(self, changes: Iterable[Change], grace: int) -> None:
        """Plan what agents did.

        Args:
            changes: What they did.
            grace: How long before they were written off an agent's connection was lost.
        """
        self.core.on_fact.append(self._hear)
        self.core.on_dismissal.append(
            lambda session: self.core.plan(self.core.now, Rank.END, partial(self._close, session))
        )
        agents = self.core.config.agents
        for change in changes:
            known = agents.get(Guid(change.agent))
            if known is None or known.role == "bot":
                continue
            early = grace if change.cause == AgentCause.LOST else 0
            rank = Rank.END if early else Rank.DUTY
            self.core.plan(change.at - early, rank, partial(self._turn, change))

    def at(self, agent: str) -> tuple[int, str] | None:
        """The session and the workplace of an agent who is there."""
        seat = self._seats.get(agent)
        if seat is None or seat.session is None or seat.workplace is None:
            return None
        return seat.session, seat.workplace

    def _turn(self, change: Change) -> None:
        seat = self._seats.setdefault(change.agent, Seat())
        if change.cause != AgentCause.LOST:
            seat.wanted = change
            self._follow(change.agent)
            return
        seat.wanted = None
        if seat.session is not None:
            self._close(seat.session)

    def _follow(self, agent: str) -> None:
        """Make an agent what they want to be, as far as the broker lets them."""
        seat = self._seats[agent]
        wanted = seat.wanted
        if wanted is None:
            return
        if AgentState.LOG_OFF in (wanted.state, wanted.next_state):
            if seat.session is not None:
                self._ask(seat.session, AgentStateInfo(state=AgentState.LOG_OFF))
            return
        moves = wanted.workplace not in (None, seat.workplace)
        if (seat.session is None or moves) and not self._sit(agent, seat, wanted.workplace):
            return
        if seat.session is not None:
            reasons = self.core.config.pause_reasons
            then = wanted.next_state
            asked = AgentStateInfo(
                state=AgentState(wanted.state),
                reason=wanted.reason if wanted.reason in reasons else None,
                next_state=AgentState(then) if then else None,
            )
            self._ask(seat.session, asked)

    def _ask(self, session: int, asked: AgentStateInfo) -> None:
        self.core.say(session, "CS_AGENT_STATE", asked)

    def _sit(self, agent: str, seat: Seat, workplace: str | None) -> bool:
        if workplace is None:
            return False
        there = self.core.sitting_at(workplace)
        if there is not None and there != seat.session:
            line = self._lines.setdefault(workplace, [])
            if agent not in line:
                line.append(agent)
            return False
        seat.session, seat.workplace = self.core.new_session(), workplace
        self.core.put(
            SessionOpened(
                session=seat.session,
                role=Role.WORKPLACE,
                workplace=workplace,
                agent_id=Guid(agent),
            )
        )
        return True

    def _close(self, session: int) -> None:
        self.core.put(SessionClosed(session))
        for seat in self._seats.values():
            if seat.session == session:
                seat.session = None
                for agent in self._lines.pop(seat.workplace or "", ()):
                    self._follow(agent)

    def _hear(self, fact: Fact) -> None:
        if not isinstance(fact, AgentMoved) or fact.cause is not AgentCause.MISSED:
            return
        seat = self._seats[fact.agent]
        back = self.people.back(fact.agent, seat.paused)
        seat.paused += 1
        if back is not None:
            self.core.plan(fact.at + back, Rank.DUTY, partial(self._follow, fact.agent))
