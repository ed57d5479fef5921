"""The figures of random lives against naive ones, counted from the facts one question at a time (B-30)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from itertools import pairwise
from operator import attrgetter

from attrs import frozen
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broker.config.model import HOUR, MINUTE, SECOND, Config
from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatStarted,
    ChatUnparked,
    Fact,
    OfferEnded,
    OfferMade,
    PartyJoined,
    PartyLeft,
    WrapupEnded,
    WrapupStarted,
)
from broker.reporting.contacts import Terms
from broker.reporting.lives import of_span
from broker.reporting.report import count_contacts, count_work
from broker.reporting.times import Span
from broker.store import Store
from protocol.values import AgentState, ChatStatus, CloseReason, Guid
from tests.support.busy_life import BusyLife
from tests.support.core_in_memory import START
from tests.support.memory_store import memory_store
from tests.support.set_clock import later, moment
from tests.support.store_life import Life

THRESHOLD = 3 * SECOND


@frozen
class Visit:
    """The facts of a chat between a start or reopening and the next."""

    gateway: Guid
    outbound: bool
    moves: list[ChatMoved]
    began: int

    @property
    def project(self) -> Guid | None:
        """What it was about when it was first asked for, or had."""
        wanted = (ChatStatus.WAITING, ChatStatus.ANSWERED)
        return next((move.project for move in self.moves if move.status in wanted), None)

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
        cuts = [n for n, f in enumerate(mine) if isinstance(f, ChatStarted | ChatReopened)]
        for cut, after in zip(cuts, [*cuts[1:], len(mine)], strict=True):
            moves = [f for f in mine[cut:after] if isinstance(f, ChatMoved)]
            began = mine[cut]
            assert isinstance(began, ChatStarted | ChatReopened)
            outbound = start.outbound and isinstance(began, ChatStarted)
            found.append(Visit(start.gateway, outbound, moves, began.at))
    return found


def naive_contacts(facts: list[Fact], start: int, end: int, now: int) -> dict[str, int]:
    """The counts of one interval, each asked for by itself."""
    everything = visits(facts)
    found = [v for v in everything if not v.outbound]
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
    made = [f for f in made if f.mode == "queue"]
    moves = [m for v in everything for m in v.moves if start <= m.at < end]
    begun = [v for v in everything if v.outbound]
    begun = [v for v in begun if start <= v.began < end]
    return {
        "outbound": len(begun),
        "unbound": len([v for v in begun if v.moves and v.moves[-1].cause == "unbound"]),
        "reached": len([v for v in begun if v.first(ChatStatus.ANSWERED)]),
        "transfers": len([m for m in moves if m.cause in ("transferred", "left")]),
        "returns": len([m for m in moves if m.cause == "returned"]),
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


def naive_time(
    facts: list[Fact], agent: Guid, start: int, end: int, outage: int | None = None
) -> dict[str, int]:
    """An agent's time: what holds in each stretch between two facts, asked for anew."""
    cuts = {start, end, *(at for f in facts if start < (at := getattr(f, "at", 0)) < end)}
    if outage is not None:
        cuts |= {at for at in (outage, outage + 1) if start < at < end}
    points = sorted(cuts)
    sums = dict.fromkeys(("busy", "load", "available", *AgentState), 0)
    for at, until in pairwise(points):
        if at == outage:
            continue
        past = [f for f in facts if getattr(f, "at", 0) <= at]
        states = [f.state for f in past if isinstance(f, AgentMoved) and f.agent == agent]
        state = states[-1] if states else AgentState.LOG_OFF
        last = {f.no: f for f in past if isinstance(f, ChatMoved | ChatReopened)}
        held = [f for f in last.values() if isinstance(f, ChatMoved) and f.agent == agent]
        held = [f for f in held if f.status is ChatStatus.ANSWERED]
        aside = {f.no: f for f in past if isinstance(f, ChatParked | ChatUnparked)}
        held = [f for f in held if not isinstance(aside.get(f.no), ChatParked)]
        parts = [f for f in past if isinstance(f, PartyJoined | PartyLeft) and f.agent == agent]
        guest = [f for f in {f.no: f for f in parts}.values() if isinstance(f, PartyJoined)]
        wraps = {f.no: f for f in past if isinstance(f, WrapupStarted | WrapupEnded)}
        work = [f for f in wraps.values() if isinstance(f, WrapupStarted) and f.agent == agent]
        slots = len(held) + len(work) + len(guest)
        sums[state] += until - at
        sums["busy"] += (until - at) * (slots > 0)
        sums["load"] += (until - at) * slots
        sums["available"] += (until - at) * (slots == 0 and state is AgentState.READY)
    return sums


def naive_work(facts: list[Fact], agent: Guid, start: int, end: int) -> dict[str, int]:
    """What passed through an agent's hands, each asked for by itself."""
    moves = [(v, n) for v in visits(facts) for n in range(len(v.moves))]
    sums = dict.fromkeys(("transfers_in", "transfers_out", "returns", "opened"), 0)
    for visit, n in moves:
        move, before = visit.moves[n], visit.moves[n - 1] if n else None
        if not start <= move.at < end:
            continue
        sums["opened"] += move.cause == "opened" and move.agent == agent
        if before is None or before.status is not ChatStatus.ANSWERED:
            continue
        passed = move.status is ChatStatus.ANSWERED
        sums["transfers_in"] += passed and move.agent == agent
        sums["transfers_out"] += before.agent == agent and move.cause in ("transferred", "left")
        sums["returns"] += before.agent == agent and move.cause == "returned"
    joined = [f for f in facts if isinstance(f, PartyJoined) and f.agent == agent]
    return {**sums, "joins": len([f for f in joined if start <= f.at < end])}


# Lives with wrap-ups, which are rare: some end by themselves, some by a reopening.
@example(seed=117, acts=250, start=0, length=700, intervals=3, busy=False)
@example(seed=4, acts=250, start=75, length=9_000, intervals=4, busy=False)
# And lives in which chats pass from hand to hand.
@example(seed=69, acts=300, start=0, length=9_000, intervals=4, busy=True)
@example(seed=120, acts=300, start=40, length=9_000, intervals=3, busy=True)
@example(seed=126, acts=300, start=0, length=9_000, intervals=1, busy=True)
# One that an agent answers in the very moment in which it begins to wait.
@example(seed=2224211893, acts=164, start=0, length=9_000, intervals=1, busy=True)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    acts=st.integers(10, 120),
    start=st.integers(-1, 300),
    length=st.sampled_from([5, 40, 700, 9_000]),
    intervals=st.integers(1, 4),
    busy=st.booleans(),
)
def test_figures_are_those_of_a_naive_count(
    seed: int, acts: int, start: int, length: int, intervals: int, busy: bool
) -> None:
    """B-30: by gateway and project, by agent, in any intervals of any life."""
    life = (BusyLife if busy else Life).of_seed(seed)
    for _ in range(acts):
        life.act()
    facts = life.take()
    first = START + start * SECOND
    span = Span(first, first + length * SECOND, length * SECOND // intervals, UTC)
    now = life.now + MINUTE
    store = memory_store()
    store.commit(facts)
    assert_naive(life.config, store, facts, span, span.bounds, now)


# What lies in the outage, or on its edge, and clocks that are set back.
@example(seed=69, acts=300, cut=40, away=14 * HOUR, intervals=30, busy=True)
@example(seed=126, acts=300, cut=2, away=-240 * HOUR, intervals=1, busy=True)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    acts=st.integers(10, 120),
    cut=st.integers(0, 1_000),
    away=st.sampled_from([90 * SECOND, HOUR, 14 * HOUR, -240 * HOUR]),
    intervals=st.integers(1, 30),
    busy=st.booleans(),
)
def test_an_outage_and_a_set_clock_change_no_figure(
    seed: int, acts: int, cut: int, away: int, intervals: int, busy: bool
) -> None:
    """B-30: what the broker did not listen to is no part of them."""
    life = (BusyLife if busy else Life).of_seed(seed)
    facts = life.batch(acts)
    whole = [n for n in range(1, len(facts)) if moment(facts[n - 1]) < moment(facts[n])]
    whole.append(len(facts))  # what was decided at one moment is written at once
    cut = whole[cut % len(whole)]
    left = max(map(moment, facts[:cut]))
    undisturbed = [*facts[:cut], *(later(f, left, 1) for f in facts[cut:])]
    written = [*facts[:cut], *(later(f, left, away) for f in facts[cut:])]
    now = max(life.now, left) + MINUTE
    store = memory_store()
    store.begin_life(START - HOUR)
    store.note_life(left)
    store.commit(written)
    store.note_life(now + away, since=left + away)
    length = now - START + abs(away)
    first = START - HOUR if away > 0 else START - HOUR - length
    interval = length // intervals if away > 0 else None
    span, until = of_span(store._connection, Span(first, now + max(0, away), interval, UTC))
    store._connection.rollback()
    assert until == now + 1

    def own(bound: int) -> int:
        return bound if bound <= left else max(left + 1, bound - away + 1)

    bounds = [own(bound) for bound in span.bounds] if away > 0 else [0, now + 1]
    assert_naive(life.config, store, undisturbed, span, bounds, now + 1, left)


def assert_naive(
    config: Config,
    store: Store,
    facts: list[Fact],
    span: Span,
    bounds: list[int],
    now: int,
    outage: int | None = None,
) -> None:
    """Hold the figures of a store against naive ones.

    Args:
        config: The installation.
        store: The store; it is closed.
        facts: What was written into it, each at its own time.
        span: The time that is asked for.
        bounds: Where its intervals begin in that time, then the end.
        now: Until when the store tells.
        outage: After which moment the broker was away; that takes a microsecond.
    """
    with store._connection.begin():
        for by in ("gateway", "project"):
            terms = Terms(span, now, THRESHOLD, attrgetter(by))
            cells = count_contacts(store._connection, terms)
            for place, tally in cells.by_interval().items():
                wanted = naive_contacts(facts, bounds[place], bounds[place + 1], now)
                assert {name: getattr(tally, name) for name in wanted} == wanted
            offered = [v for v in visits(facts) if not v.outbound]
            asked = [
                v for v in offered if span.index(v.first(ChatStatus.WAITING) or -1) is not None
            ]
            by_key = Counter(getattr(v, by) for v in asked)
            assert Counter({key: t.offered for key, t in cells.totals().items()}) == by_key
            wanted = naive_contacts(facts, bounds[0], bounds[-1], now)
            assert {name: getattr(cells.total(), name) for name in wanted} == wanted
        work = count_work(store._connection, span, now)
    store.close()
    for agent in config.agents:
        for place in range(len(bounds) - 1):
            began, ended = bounds[place : place + 2]
            found = work.at(place, agent)
            wanted = naive_time(facts, agent, began, max(began, min(ended, now)), outage)
            shown = {"busy": found.busy, "load": found.load, "available": found.available}
            shown |= {state: found.states.get(state.value, 0) for state in AgentState}
            assert shown | {AgentState.LOG_OFF: wanted[AgentState.LOG_OFF]} == wanted
            done = naive_work(facts, agent, began, ended)
            assert {n: getattr(found, n) for n in done if n != "joins"} == {
                n: done[n] for n in done if n != "joins"
            }
            assert sum(found.joins.values()) == done["joins"]
