"""The figures of random lives against naive ones, counted from the facts one question at a time (B-30)."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise
from operator import attrgetter

from attrs import frozen
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broker.config.model import MINUTE, SECOND
from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    Fact,
    OfferEnded,
    OfferMade,
    WrapupEnded,
    WrapupStarted,
)
from broker.store.store import Store
from broker.tools.report.command import count_contacts, count_work
from broker.tools.report.figures import Terms
from broker.tools.report.times import Span
from protocol.values import AgentState, ChatStatus, CloseReason, Guid
from tests.support.playbook import START
from tests.support.store_life import Life

THRESHOLD = 3 * SECOND


@frozen
class Visit:
    """The facts of a chat between a start or reopening and the next."""

    gateway: Guid
    project: Guid | None
    moves: list[ChatMoved]
    began: int

    def first(self, status: ChatStatus) -> int | None:
        """When it first had a status."""
        return next((move.at for move in self.moves if move.status is status), None)

    @property
    def reason(self) -> CloseReason | None:
        """Why it was closed."""
        return next((move.close_reason for move in self.moves if move.close_reason), None)


def visits(facts: list[Fact]) -> list[Visit]:
    """All visits of all chats."""
    found: list[Visit] = []
    starts = [f for f in facts if isinstance(f, ChatStarted)]
    for start in starts:
        mine = [f for f in facts if getattr(f, "no", None) == start.no]
        routed = [f.project for f in mine if isinstance(f, ChatRouted)]
        cuts = [n for n, f in enumerate(mine) if isinstance(f, ChatStarted | ChatReopened)]
        for cut, after in zip(cuts, [*cuts[1:], len(mine)], strict=True):
            moves = [f for f in mine[cut:after] if isinstance(f, ChatMoved)]
            began = mine[cut]
            assert isinstance(began, ChatStarted | ChatReopened)
            project = routed[-1] if routed else None
            found.append(Visit(start.gateway, project, moves, began.at))
    return found


def naive_contacts(facts: list[Fact], start: int, end: int, now: int) -> dict[str, int]:
    """The counts of one interval, each asked for by itself."""
    found = visits(facts)
    waited = ChatStatus.WAITING
    offered = [v for v in found if start <= (v.first(waited) or -1) < end]
    answered = [v for v in offered if v.first(ChatStatus.ANSWERED)]
    missing = [v for v in offered if v not in answered]
    waits = [(v.first(ChatStatus.ANSWERED) or 0) - (v.first(waited) or 0) for v in answered]
    others = [(v.first(ChatStatus.CLOSED) or now) - (v.first(waited) or 0) for v in missing]
    gone = [v for v in missing if v.reason is CloseReason.EXTERNAL]
    refused = [v for v in found if v.first(waited) is None and v.reason is CloseReason.RULE]
    ended = {f.offer: f.outcome for f in facts if isinstance(f, OfferEnded)}
    made = [f for f in facts if isinstance(f, OfferMade) and start <= f.at < end]
    return {
        "offered": len(offered),
        "answered": len(answered),
        "in_time": len([wait for wait in waits if wait <= THRESHOLD]),
        "abandoned": len(gone),
        "waiting": len([v for v in missing if v.first(ChatStatus.CLOSED) is None]),
        "lapsed": len([v for v in missing if v.reason and v not in gone]),
        "refused": len([v for v in refused if start <= v.began < end]),
        "waited": sum(waits),
        "longest": max(waits + others, default=0),
        "missed": len([f for f in made if ended.get(f.offer) == "missed"]),
        "rejected": len([f for f in made if ended.get(f.offer) == "rejected"]),
    }


def naive_time(facts: list[Fact], agent: Guid, start: int, end: int) -> dict[str, int]:
    """An agent's time: what holds in each stretch between two facts, asked for anew."""
    cuts = {start, end, *(at for f in facts if start < (at := getattr(f, "at", 0)) < end)}
    points = sorted(cuts)
    sums = dict.fromkeys(("busy", "load", "available", *AgentState), 0)
    for at, until in pairwise(points):
        past = [f for f in facts if getattr(f, "at", 0) <= at]
        states = [f.state for f in past if isinstance(f, AgentMoved) and f.agent == agent]
        state = states[-1] if states else AgentState.LOG_OFF
        last = {f.no: f for f in past if isinstance(f, ChatMoved | ChatReopened)}
        held = [f for f in last.values() if isinstance(f, ChatMoved) and f.agent == agent]
        held = [f for f in held if f.status is ChatStatus.ANSWERED]
        wraps = {f.no: f for f in past if isinstance(f, WrapupStarted | WrapupEnded)}
        work = [f for f in wraps.values() if isinstance(f, WrapupStarted) and f.agent == agent]
        slots = len(held) + len(work)
        sums[state] += until - at
        sums["busy"] += (until - at) * (slots > 0)
        sums["load"] += (until - at) * slots
        sums["available"] += (until - at) * (slots == 0 and state is AgentState.READY)
    return sums


# Lives with wrap-ups, which are rare: some end by themselves, some by a reopening.
@example(seed=117, acts=250, start=0, length=700, intervals=3)
@example(seed=4, acts=250, start=75, length=9_000, intervals=4)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    acts=st.integers(10, 120),
    start=st.integers(-1, 300),
    length=st.sampled_from([5, 40, 700, 9_000]),
    intervals=st.integers(1, 4),
)
def test_figures_are_those_of_a_naive_count(
    seed: int, acts: int, start: int, length: int, intervals: int
) -> None:
    """B-30: by gateway and project, by agent, in any intervals of any life."""
    life = Life.of_seed(seed)
    for _ in range(acts):
        life.act()
    facts = life.take()
    first = START + start * SECOND
    span = Span(first, first + length * SECOND, length * SECOND // intervals, UTC)
    now = life.now + MINUTE
    store = Store.open("sqlite://")
    store.commit(facts)
    with store._connection.begin():
        for by in ("gateway", "project"):
            terms = Terms(span, now, THRESHOLD, attrgetter(by))
            cells = count_contacts(store._connection, terms)
            for place, tally in cells.by_interval().items():
                began, ended = span.bounds[place : place + 2]
                wanted = naive_contacts(facts, began, ended, now)
                assert {name: getattr(tally, name) for name in wanted} == wanted
            wanted = naive_contacts(facts, span.start, span.end, now)
            assert {name: getattr(cells.total(), name) for name in wanted} == wanted
        work = count_work(store._connection, span, now)
    store.close()
    for agent in life.config.agents:
        for place in range(len(span.bounds) - 1):
            began, ended = span.bounds[place : place + 2]
            found = work.at(place, agent)
            wanted = naive_time(facts, agent, began, max(began, min(ended, now)))
            shown = {"busy": found.busy, "load": found.load, "available": found.available}
            shown |= {state: found.states.get(state.value, 0) for state in AgentState}
            assert shown | {AgentState.LOG_OFF: wanted[AgentState.LOG_OFF]} == wanted
