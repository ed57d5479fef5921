"""What is known of agents and of chats that wait for them."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from attrs import Factory, define, frozen

from broker.config.model import Config
from broker.core.facts.causes import Ineligible
from broker.core.timers import Timers, Wrapup
from protocol.values import AgentState, ChatStatus, Guid


@define(kw_only=True)
class AgentPresence:
    """What the distributor knows of an agent.

    Attributes:
        leases: The chats that hold slots of theirs, each with what holds them: `Alerting` an offer,
            `Answered` a conversation, `Closed` a wrap-up (B-22).
        costs: How many slots each of them holds; `load` is their sum.
        parked: The chats that they put aside; they hold none.
        watching: The chats that they monitor; neither do they.
        blocked: Why they can be offered nothing at all, None when they can; kept by `eligibility`.
        free: How many slots they have for offers; kept by `eligibility`.
        wrapups: The wrap-ups among the leases.
        missed: Timed-out offers in a row (B-24).
        idle_since: When their last slot was released, for "longest idle" (B-21), on the clock of deadlines.
        session: Their connection, None while they are away.
        workplace: The number of the seat they have or had last.
        lost_at: When their connection was lost, None while they are there or logged off; on that clock too.
        left_at: When it was lost last, whatever came of it.
        login: The session of the last login: what a connection must continue to go on with it (W-11).
        seated_at: When that login was.
    """

    agent: Guid
    state: AgentState = AgentState.LOG_OFF
    reason: str | None = None
    next_state: AgentState | None = None
    since: int = 0
    missed: int = 0
    workplace: str | None = None
    session: int | None = None
    lost_at: int | None = None
    left_at: int | None = None
    login: Guid | None = None
    seated_at: int = 0
    idle_since: int = 0
    leases: dict[Guid, ChatStatus] = Factory(dict)
    costs: dict[Guid, int] = Factory(dict)
    load: int = 0
    parked: dict[Guid, None] = Factory(dict)
    watching: dict[Guid, None] = Factory(dict)
    wrapups: dict[Guid, Wrapup] = Factory(dict)
    blocked: Ineligible | None = Ineligible.AWAY
    free: int = 0

    @property
    def is_busy(self) -> bool:
        """Whether a chat of theirs has not ended: it holds a slot or is put aside."""
        return bool(self.leases or self.parked)

    @property
    def is_logging_off(self) -> bool:
        """Whether they are logged off, or about to be: they begin nothing any more."""
        return AgentState.LOG_OFF in (self.state, self.next_state)


Demand = tuple[tuple[Guid, ...], Guid | None, int, int]
"""What chats of one kind ask for: projects (the first is their own), language, skill, slots."""

Rank = tuple[int, int, int, Guid]
"""Where a candidate stands (B-21): skill if it counts, free slots, idle since, agent; the least
is the first."""

Order = tuple[float, int, Guid]
"""Where a chat stands in the queue; the least is the first. The last part is the chat."""


@frozen(kw_only=True)
class Need:
    """What a chat asks of an agent: all that the distribution may know of the chat.

    Attributes:
        chat: Which chat; `no` is its number.
        gateway: Whose it is: that says how many slots it takes.
        projects: Whose agents may take it, its own first; `language` and `skill` likewise.
        priority: Its points at the start; `queued` is since when it gains more (B-21).
        preferred: Who answered it before.
        exclusions: Agents who let it go, and when (B-24).
        barred: Agents who are in the chat already.
        waits: Whether its visitor waits; if not, its owner asks for somebody (B-29).
        answered: Whether somebody answered it before.
    """

    chat: Guid
    no: int
    gateway: Guid
    projects: tuple[Guid, ...]
    language: Guid | None
    skill: int
    priority: int
    queued: int
    preferred: Guid | None
    exclusions: dict[Guid, int]
    barred: tuple[Guid, ...]
    waits: bool
    answered: bool


@define(kw_only=True)
class QueueEntry:
    """A waiting chat as the distributor sees it.

    Attributes:
        order: Its place (B-21).
        need: What it asks for.
        explained: Whether the log says why it waits (B-30).
    """

    chat: Guid
    order: Order
    demand: Demand
    need: Need
    explained: bool = False


@define(kw_only=True)
class Queue:
    """The waiting chats of one demand, in order, and who could take them.

    Theory of operation: a decision must not look at everybody. So how each qualified agent stands
    is kept here, and brought up to date when *they* change; a decision reads the first of `ready`
    and the sums of the others.

    Attributes:
        agents: The qualified agents (B-20) with their skill.
        entries: The chats, the first in front.
        ready: The candidates, the first in front.
        ranks: Where each of them stands in `ready`.
        others: Why each other qualified agent is none.
        counts: How many of them there are for each reason.
        excluding: The chats that somebody let go.
    """

    agents: dict[Guid, int]
    entries: list[Order] = Factory(list)
    ready: list[Rank] = Factory(list)
    ranks: dict[Guid, Rank] = Factory(dict)
    others: dict[Guid, Ineligible] = Factory(dict)
    counts: dict[Ineligible, int] = Factory(dict)
    excluding: dict[Guid, None] = Factory(dict)


@define(kw_only=True)
class Distribution:
    """Queue entries, presences, and which of them must be looked at again.

    Attributes:
        gateways: Whose each chat in memory is.
        leases: The agents whose slots each chat holds.
        queues: By demand; a few empty ones are kept for the next chat of their kind.
        chats_to_match: A heap of waiting chats that may have a candidate now.
        agents_to_match: Agents that may be a candidate now.
        logoffs_due: Agents without a chat whose `NextState` is to be taken.
        resuming: Chats that are to come back from where their owner put them, the first in front.
        answered: When chats of each project were answered, the latest of them.
    """

    presences: dict[Guid, AgentPresence] = Factory(dict)
    gateways: dict[Guid, Guid] = Factory(dict)
    leases: dict[Guid, dict[Guid, None]] = Factory(dict)
    entries: dict[Guid, QueueEntry] = Factory(dict)
    queues: dict[Demand, Queue] = Factory(dict)
    resuming: dict[Guid, None] = Factory(dict)
    answered: dict[Guid, deque[int]] = Factory(dict)
    chats_to_match: list[Order] = Factory(list)
    agents_to_match: dict[Guid, None] = Factory(dict)
    logoffs_due: dict[Guid, None] = Factory(dict)


class DistributionState(Protocol):
    """What of the state the distribution sees; it never looks into a chat."""

    config: Config
    up: int
    resumed: int
    timers: Timers
    distribution: Distribution
