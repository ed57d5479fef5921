"""The state of the broker: what `decide` reads and only `apply` writes.

Theory of operation: `State` has two neighbours who know each other by Guids only. *Chats* (their
life, transcripts, forms) never look into an agent; *distribution* (desks, tickets, leases) never
looks into a transcript. Sessions say who is connected. Everything is kept in containers with an
order, so that walking them is deterministic (I-17).

Durable is what `broker.core.invariants.durable` picks: it must equal what the store's recovery
builds from rows at every moment when nothing is in flight (I-10). The rest (presence, timers,
exclusions' expiry, indexes) is rebuilt or starts empty.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import Factory, define, field

from broker.config.model import Config
from broker.core.timers import Timers
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, Role


@define
class Sentence:
    """One numbered sentence of a transcript. Only `confirmed_at` ever changes, once."""

    counter: int
    id: str
    party_name: str | None
    text: str
    time_sent: int
    outbound: bool
    model: int
    at: int
    agent: Guid | None
    own: bool
    confirmed_at: int | None = None


@define
class Slot:
    """The last sentence of model 4, 6 or 8."""

    counter: ClassVar[int] = 0
    confirmed_at: ClassVar[int | None] = None
    model: int
    id: str
    party_name: str | None
    text: str
    time_sent: int
    outbound: bool
    at: int
    agent: Guid | None


@define(kw_only=True)
class Chat:
    """A chat that is open, or closed not long ago.

    Attributes:
        agent: Who is offered it or answers it; after the close the last one.
        last_agent: Who answered it last: preferred when it waits again (B-2).
        since: The start or the last reopening: where inactivity counts from.
        last_activity: The last sentence of a person, or `since` (B-8).
        warned_for: The activity for which the inactivity warning was given.
        offer: The number of the open offer.
        offer_until: When it times out.
        exclusions: Agents who let the chat go, and when (B-24).
        keys: The sentences by ID: `keys[False]` the visitor's, `keys[True]` the other way (W-21).
        past_slots: What the keys of overwritten slots stood for, the latest of them; not stored.
        weight: A bound on the bytes of the transcript on the wire.
        timer_at: The earliest timer that is set for this chat's own deadlines.
    """

    id: Guid
    no: int
    gateway: Guid
    tracking_id: str
    party_name: str | None = None
    remote_address: str | None = None
    culture: str | None = None
    user_token: str | None = None
    ext_response: str | None = None
    status: ChatStatus = ChatStatus.PILOT
    project: Guid | None = None
    language: Guid | None = None
    skill: int = 0
    priority: int = 0
    started_at: int = 0
    since: int = 0
    enqueued_at: int | None = None
    answered_at: int | None = None
    closed_at: int | None = None
    close_reason: CloseReason | None = None
    agent: Guid | None = None
    last_agent: Guid | None = None
    last_activity: int = 0
    warned_for: int | None = None
    offer: int | None = None
    offer_until: int | None = None
    exclusions: dict[Guid, int] = Factory(dict)
    sentences: list[Sentence] = Factory(list)
    keys: tuple[dict[str, Sentence], dict[str, Sentence]] = Factory(lambda: ({}, {}))
    slots: dict[int, Slot] = Factory(dict)
    past_slots: dict[tuple[bool, str], bytes] = Factory(dict)
    forms: dict[Guid, ScenarioResultInfo] = Factory(dict)
    weight: int = 0
    timer_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the chat is not closed."""
        return self.status is not ChatStatus.CLOSED


@define(kw_only=True)
class Desk:
    """What the distributor knows of an agent.

    Attributes:
        leases: The chats that hold a slot of his, each with the status that holds it; a wrap-up
            holds it with `Closed` (B-22).
        wrapups: When each wrap-up among the leases ends.
        missed: Timed-out offers in a row (B-24).
        idle_since: When his last slot was released, for "longest idle" (B-21).
        session: His connection, None while he is away.
        workplace: The number of the seat he has or had last.
        lost_at: When his connection was lost, None while he is there or logged off.
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
    idle_since: int = 0
    leases: dict[Guid, ChatStatus] = Factory(dict)
    wrapups: dict[Guid, int] = Factory(dict)


Demand = tuple[Guid, Guid | None, int]
"""What chats of one kind ask for: project, language, skill."""

Order = tuple[float, int, Guid]
"""Where a chat stands in the queue; the least is the first. The last part is the chat."""


@define(kw_only=True)
class Ticket:
    """A waiting chat as the distributor sees it.

    Attributes:
        order: Its place (B-21).
        preferred: Who answered it before.
        exclusions: Agents who let it go, and when (B-24).
        explained: Whether the log says why it waits (B-30).
    """

    chat: Guid
    order: Order
    demand: Demand
    preferred: Guid | None
    exclusions: dict[Guid, int]
    explained: bool = False


@define(kw_only=True)
class Queue:
    """The waiting chats of one demand, in order, and who could take them, with their skill."""

    agents: dict[Guid, int]
    tickets: list[Order] = Factory(list)


@define(kw_only=True)
class Session:
    """A connection that said a good hello."""

    number: int
    role: Role
    gateways: tuple[Guid, ...] = ()
    workplace: str | None = None
    agent: Guid | None = None


@define(kw_only=True)
class Distribution:
    """Tickets, desks, and which of them must be looked at again.

    Attributes:
        leases: The agent whose slot each chat holds.
        excluding: Waiting chats that somebody let go.
        fresh_chats: A heap of waiting chats that may have a candidate now.
        fresh_agents: Agents that may be a candidate now.
        leaving: Agents without a chat whose `NextState` is to be taken.
    """

    desks: dict[Guid, Desk] = Factory(dict)
    leases: dict[Guid, Guid] = Factory(dict)
    tickets: dict[Guid, Ticket] = Factory(dict)
    queues: dict[Demand, Queue] = Factory(dict)
    excluding: dict[Guid, None] = Factory(dict)
    fresh_chats: list[Order] = Factory(list)
    fresh_agents: dict[Guid, None] = Factory(dict)
    leaving: dict[Guid, None] = Factory(dict)


@define(kw_only=True)
class State:
    """Everything the broker knows."""

    config: Config
    now: int = 0
    """When the last input happened."""
    sessions: dict[int, Session] = Factory(dict)
    gateway_sessions: dict[Guid, tuple[int, ...]] = Factory(dict)
    workplace_sessions: dict[str, int] = Factory(dict)
    chats: dict[Guid, Chat] = Factory(dict)
    by_tracking: dict[tuple[Guid, str], Guid] = Factory(dict)
    open_chats: dict[Guid, dict[Guid, None]] = Factory(dict)
    """The open chats of each gateway."""
    chats_held: dict[Guid, int] = Factory(dict)
    bytes_held: dict[Guid, int] = Factory(dict)
    """A bound on the bytes of the words and forms in memory, by gateway."""
    """How many chats of each gateway are in memory, open or closed."""
    list_weight: dict[Guid, int] = Factory(dict)
    """A bound on the bytes of each gateway's list of open chats."""
    pilots: dict[Guid, None] = Factory(dict)
    """Chats whose rules have not run."""
    status_counts: dict[ChatStatus, int] = Factory(dict)
    distribution: Distribution = field(factory=Distribution)
    timers: Timers = field(factory=Timers)
    next_chat: int = 1
    next_offer: int = 1


@define(kw_only=True)
class Recovered:
    """What the store's recovery reads: the durable part of the state.

    Attributes:
        chats: Open chats and those closed not long ago, by number, with their sentences (`keys`,
            `weight` and indexes are filled in by `restore`), slots, forms, and, for an open
            chat, `exclusions` from its ended offers (latest end of `rejected` or `missed` since
            the chat began to wait).
        desks: The rows of `agents`; leases are filled in by `restore` but for the open wrap-ups.
        next_chat: One more than the highest chat number ever used.
        next_offer: One more than the highest offer number ever used.
    """

    chats: list[Chat] = Factory(list)
    desks: list[Desk] = Factory(list)
    next_chat: int = 1
    next_offer: int = 1
