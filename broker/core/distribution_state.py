"""What is known of agents and of what waits for them: chats and conversations.

Theory of operation: the distributor gives out two kinds of work, and knows neither of them. Both wait as a
`Need`, in queues of their own; both are offered and held in the same way, and take slots of their own kind.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import NamedTuple, Protocol

from attrs import Factory, define, field, frozen

from broker.config.model import Config
from broker.core.facts.causes import Ineligible
from broker.core.timers import Timers, Wrapup
from protocol.values import AgentState, ChatStatus, Guid


class Work(IntEnum):
    """What is given out; the first kind goes before the other, since somebody sits there and waits."""

    CHAT = 0
    CONVERSATION = 1


@define(kw_only=True)
class Workload:
    """What one kind of work takes of an agent.

    Attributes:
        leases: The chats, or the conversations, that hold slots of theirs, each with what holds them:
            `Alerting` an offer, `Answered` the work itself, `Closed` a wrap-up (B-22).
        costs: How many slots each of them holds; `load` is their sum.
        wrapups: The wrap-ups among the leases.
        blocked: Why they can be offered nothing of it at all, None when they can; kept by `eligibility`.
        free: How many slots they have for offers; kept by `eligibility`.
        placed: What put them last where they are in the queues; kept by `eligibility`.
    """

    leases: dict[Guid, ChatStatus] = Factory(dict)
    costs: dict[Guid, int] = Factory(dict)
    load: int = 0
    wrapups: dict[Guid, Wrapup] = Factory(dict)
    blocked: Ineligible | None = Ineligible.AWAY
    free: int = 0
    placed: tuple[Ineligible | None, int, int] | None = field(default=None, eq=False, repr=False)


@define(kw_only=True)
class AgentPresence(Workload):
    """What the distributor knows of an agent; the slots that it has itself are those for chats.

    Attributes:
        conversations: Their slots for conversations (B-57).
        parked: The chats that they put aside; they hold none.
        watching: The chats that they monitor; neither do they.
        missed: Timed-out offers in a row (B-24).
        idle_since: When their last slot was released, for "longest idle" (B-21), on the clock of deadlines.
        session: Their connection, None while they are away.
        takes_messages: Whether the program there works on conversations.
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
    takes_messages: bool = False
    lost_at: int | None = None
    left_at: int | None = None
    login: Guid | None = None
    seated_at: int = 0
    idle_since: int = 0
    conversations: Workload = Factory(Workload)
    parked: dict[Guid, None] = Factory(dict)
    watching: dict[Guid, None] = Factory(dict)

    def workload(self, work: Work) -> Workload:
        """Their slots for one kind of work."""
        return self if work is Work.CHAT else self.conversations

    @property
    def is_wrapping_up(self) -> bool:
        """Whether a wrap-up of theirs runs, of a chat or of a conversation."""
        return bool(self.wrapups or self.conversations.wrapups)

    @property
    def is_busy(self) -> bool:
        """Whether a chat of theirs has not ended, held or put aside, or they hold a conversation."""
        return bool(self.leases or self.parked or self.conversations.leases)

    @property
    def is_logging_off(self) -> bool:
        """Whether they are logged off, or about to be: they begin nothing any more."""
        return AgentState.LOG_OFF in (self.state, self.next_state)


class Demand(NamedTuple):
    """What a group of chats, or of conversations, asks for alike: a queue is theirs.

    Attributes:
        projects: Whose agents may take them, their own first.
        cost: How many slots each takes.
    """

    projects: tuple[Guid, ...]
    language: Guid | None
    skill: int
    cost: int
    work: Work = Work.CHAT


Rank = tuple[int, int, int, Guid]
"""Where a candidate stands (B-21): skill if it counts, free slots, idle since, agent; the least
is the first."""

Order = tuple[Work, float, int, Guid]
"""Where a chat or a conversation stands in the queue; the least is the first. The last part is which."""


@frozen(kw_only=True)
class Need:
    """What a chat or a conversation asks of an agent: all that the distribution may know of it.

    Attributes:
        id: Which one; `no` is its number.
        work: What it is.
        gateway: Whose it is: that says how many slots it takes.
        projects: Whose agents may take it, its own first; `language` and `skill` likewise.
        priority: Its points at the start; `queued` is since when it gains more (B-21).
        due: Of a conversation when it is to be answered at the latest, on the clock of deadlines as `queued`
            is (B-57).
        preferred: Who answered it before.
        exclusions: Agents who let it go, and when (B-24).
        barred: Agents who are in the chat already.
        waits: Whether it waits; if not, its owner asks for somebody (B-29).
        answered: Whether somebody answered it before.
    """

    id: Guid
    work: Work = Work.CHAT
    no: int
    gateway: Guid
    projects: tuple[Guid, ...]
    language: Guid | None
    skill: int
    priority: int
    queued: int
    due: int | None = None
    preferred: Guid | None
    exclusions: dict[Guid, int]
    barred: tuple[Guid, ...]
    waits: bool
    answered: bool


@define(kw_only=True)
class QueueEntry:
    """Something that waits, as the distributor sees it.

    Attributes:
        id: Which chat or conversation.
        order: Its place (B-21, B-57).
        need: What it asks for.
        explained: Whether the log says why it waits (B-30).
    """

    id: Guid
    order: Order
    demand: Demand
    need: Need
    explained: bool = False


@define(kw_only=True)
class Queue:
    """What waits with one demand, in order, and who could take it.

    Theory of operation: a decision must not look at everybody. So how each qualified agent stands
    is kept here, and brought up to date when *they* change; a decision reads the first of `ready`
    and the sums of the others.

    Attributes:
        agents: The qualified agents (B-20) with their skill.
        entries: The chats, or the conversations, the first in front.
        ready: The candidates, the first in front.
        ranks: Where each of them stands in `ready`.
        others: Why each other qualified agent is none.
        counts: How many of them there are for each reason.
        excluding: Those of them that somebody let go.
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
        gateways: Whose each chat and each conversation in memory is.
        leases: The agents whose slots each of them holds.
        waiting: How many entries of each kind of work there are.
        queues: By demand; a few empty ones are kept for the next one that asks for the same.
        entries_to_match: A heap of what waits and may have a candidate now.
        agents_to_match: Agents that may be a candidate now.
        logoffs_due: Agents without a chat whose `NextState` is to be taken.
        resuming: Chats that are to come back from where their owner put them, the first in front.
        answered: When chats of each project were answered, the latest of them.
    """

    presences: dict[Guid, AgentPresence] = Factory(dict)
    gateways: dict[Guid, Guid] = Factory(dict)
    leases: dict[Guid, dict[Guid, None]] = Factory(dict)
    entries: dict[Guid, QueueEntry] = Factory(dict)
    waiting: dict[Work, int] = Factory(lambda: dict.fromkeys(Work, 0))
    queues: dict[Demand, Queue] = Factory(dict)
    resuming: dict[Guid, None] = Factory(dict)
    answered: dict[Guid, deque[int]] = Factory(dict)
    entries_to_match: list[Order] = Factory(list)
    agents_to_match: dict[Guid, None] = Factory(dict)
    logoffs_due: dict[Guid, None] = Factory(dict)


class DistributionState(Protocol):
    """What of the state the distribution sees; it never looks into a chat or a conversation."""

    config: Config
    up: int
    resumed: int
    timers: Timers
    distribution: Distribution
