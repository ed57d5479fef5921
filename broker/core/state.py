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

from collections import deque
from typing import ClassVar

from attrs import Factory, define, field

from broker.config.model import Config
from broker.core.contact_state import Contacts
from broker.core.facts import DecisionLogged, Register
from broker.core.heard import Spans
from broker.core.lone_forms import LoneForms
from broker.core.timers import NO_TERM, Term, Timers, Wrapup
from broker.core.transcripts import Transcripts
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, Role, TransferMode


@define
class Sentence:
    """One numbered sentence of a transcript, or an internal note with a number of its own.

    Only `confirmed_at` ever changes, once.
    """

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


SlotKey = tuple[bool, int]
"""Which slot of a chat: whether it is towards the visitor, and the model."""


@define
class Slot:
    """The last sentence of model 4, 6 or 8 in one direction; only `confirmed_at` ever changes, once."""

    counter: ClassVar[int] = 0
    model: int
    id: str
    party_name: str | None
    text: str
    time_sent: int
    outbound: bool
    at: int
    agent: Guid | None
    confirmed_at: int | None = None


@define(kw_only=True)
class Invite:
    """A request of the owner that somebody takes or joins the chat (B-29).

    Attributes:
        by: Who asks.
        agent: Who is asked; of a project's people the one who is alerted now, or None.
        project: The project that is asked for somebody.
        until: When it was to end by itself.
        term: When it does (not compared: it is of this process).
    """

    by: Guid
    mode: TransferMode
    agent: Guid | None
    project: Guid | None
    note: str | None
    at: int
    until: int
    term: Term = field(default=NO_TERM, eq=False)


@define(kw_only=True)
class Party:
    """Somebody besides the owner who is in the chat."""

    mode: TransferMode
    by: Guid
    at: int


@define(kw_only=True)
class Chat:
    """A chat that is open, or closed not long ago.

    Attributes:
        agent: Who is offered it or answers it; after the close the last one. In `ICR` the bot,
            None for a built-in one.
        last_agent: Who answered it last: preferred when it waits again (B-2).
        further: Projects besides its own whose agents may take it (B-26).
        wait_level: The level of the last wait rule that was applied, -1 before.
        contact: Whom it is with, and under which name that was said (B-42).
        forms: What was filled in, by result; `filled` when each was saved last, `start_form` the one
            that came with the start (the wire's FormDataId).
        scenario: The form that is offered to the visitor.
        default_form: The form that its gate rule names: expected, filled in or not (B-41).
        outbound: Somebody on this side began it; until `bound_at` no connector has it. `open_key` is
            the Guid that he gave with his request.
        waited: How long the visitor has waited for people, in all waits that are over; `waiting_since`
            is when the present one began.
        parked_at: Since when its owner has put it aside; `unparked_at` when it came back last, and
            `park_warned` whether the owner was told that it will.
        woken_at: Since when it is to come back from there.
        invite: Who is asked to take it or to join; one at a time.
        parties: Who has joined, in the order of joining.
        bot: The built-in bot that talks or talked, `bot_question` the question that it asked (-1:
            it waits for the form), `bot_tries` how often, `bot_project` where it will hand over,
            `learned` what it was told.
        bot_due: When the automated partner will have been silent for too long.
        bot_given: The same, kept once the chat was taken from it.
        internal: The notes of agents for each other, with numbers of their own.
        writers: Who wrote to the visitor or a note: their retries are known for ever (W-21).
        earlier: The full chat that this one goes on from (B-2).
        readers: Who was in it when it ended: they may read it afterwards, and nobody else (B-8).
        estimate: When the visitor was last told how long he may wait, and what.
        log: The last decisions about it.
        since: The start or the last reopening: where inactivity counts from.
        last_activity: The last sentence of a person, or `since` (B-8).
        warned_for: The activity for which the inactivity warning was given.
        offer: The number of the open offer.
        offer_until: When it was to time out.
        offer_term: When it does.
        started_up, queued_up, closed_up: `started_at`, `enqueued_at` and `closed_at` on the clock that
            deadlines hang on (see `Stamp.up`); so are `parked_up`, and `quiet_up`, from when inactivity
            counts.
        exclusions: Agents who let the chat go, and when, on the clock of deadlines (B-24).
        keys: The sentences by ID: `keys[False]` the visitor's, `keys[True]` the other way (W-21).
        past_slots: What the keys of overwritten slots stood for, the latest of them; not stored.
        weight: A bound on the bytes of the transcript on the wire.
        edition: Changes whenever something is said, noted or confirmed.
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
    waited: int = 0
    waiting_since: int | None = None
    closed_at: int | None = None
    close_reason: CloseReason | None = None
    agent: Guid | None = None
    last_agent: Guid | None = None
    last_activity: int = 0
    warned_for: int | None = None
    offer: int | None = None
    offer_until: int | None = None
    offer_term: Term = NO_TERM
    started_up: int = 0
    queued_up: int = 0
    closed_up: int = 0
    quiet_up: int = 0
    parked_up: int = 0
    exclusions: dict[Guid, int] = Factory(dict)
    sentences: list[Sentence] = Factory(list)
    keys: tuple[dict[str, Sentence], dict[str, Sentence]] = Factory(lambda: ({}, {}))
    slots: dict[SlotKey, Slot] = Factory(dict)
    past_slots: dict[tuple[bool, str], bytes] = Factory(dict)
    contact: Guid | None = None
    contact_name: str | None = None
    forms: dict[Guid, ScenarioResultInfo] = Factory(dict)
    filled: dict[Guid, int] = Factory(dict)
    start_form: Guid | None = None
    default_form: Guid | None = None
    variables: tuple[tuple[str, str], ...] = ()
    further: tuple[Guid, ...] = ()
    wait_level: int = -1
    scenario: Guid | None = None
    outbound: bool = False
    open_key: Guid | None = None
    bound_at: int | None = None
    parked_at: int | None = None
    unparked_at: int = 0
    park_warned: bool = False
    woken_at: int | None = None
    invite: Invite | None = None
    parties: dict[Guid, Party] = Factory(dict)
    bot: Guid | None = None
    bot_question: int = -1
    bot_tries: int = 0
    bot_project: Guid | None = None
    learned: tuple[tuple[str, str], ...] = ()
    bot_due: int | None = None
    bot_given: int | None = None
    internal: list[Sentence] = Factory(list)
    internal_keys: dict[str, Sentence] = Factory(dict)
    writers: dict[Guid, None] = Factory(dict)
    earlier: Guid | None = None
    readers: tuple[Guid, ...] = ()
    estimate: tuple[int, int] | None = None
    log: list[DecisionLogged] = Factory(list)
    edition: int = 0
    weight: int = 0
    timer_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the chat is not closed."""
        return self.status is not ChatStatus.CLOSED

    @property
    def quiet_since(self) -> int:
        """Since when nobody has written, or could have: a parked chat is not silent (B-8)."""
        return max(self.last_activity, self.unparked_at)

    @property
    def is_bound(self) -> bool:
        """Whether a connector has the chat."""
        return not self.outbound or self.bound_at is not None

    @property
    def offered_to(self) -> Guid | None:
        """Who is alerted for the chat now: to answer it, to take it over, or to join."""
        if self.offer is None:
            return None
        return self.invite.agent if self.invite is not None else self.agent

    def has(self, agent: Guid) -> bool:
        """Whether the agent is in the conversation: as its owner, its bot, or a party."""
        match self.status:
            case ChatStatus.ANSWERED:
                return agent == self.agent or agent in self.parties
            case ChatStatus.ICR:
                return agent == self.agent and self.offer is None
            case _:
                return False

    def time_waited(self, now: int) -> int:
        """How long the visitor has waited for people up to now: in `Waiting` and `Alerting`."""
        since = self.waiting_since
        return self.waited + (max(0, now - since) if since is not None else 0)

    def is_read_by(self, agent: Guid) -> bool:
        """Whether the agent may read what was said: whoever is in it, or was in it at its end."""
        return self.has(agent) if self.is_open else agent in self.readers


@define(kw_only=True)
class Desk:
    """What the distributor knows of an agent.

    Attributes:
        leases: The chats that hold slots of his, each with what holds them: `Alerting` an offer,
            `Answered` a conversation, `Closed` a wrap-up (B-22).
        weights: How many slots each of them holds; `load` is their sum.
        parked: The chats that he put aside; they hold none.
        watching: The chats that he monitors; neither do they.
        blocked: Why he can be offered nothing at all, None when he can; kept by `standing`.
        free: How many slots he has for offers; kept by `standing`.
        wrapups: The wrap-ups among the leases.
        missed: Timed-out offers in a row (B-24).
        idle_since: When his last slot was released, for "longest idle" (B-21), on the clock of deadlines.
        session: His connection, None while he is away.
        workplace: The number of the seat he has or had last.
        lost_at: When his connection was lost, None while he is there or logged off; on that clock too.
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
    weights: dict[Guid, int] = Factory(dict)
    load: int = 0
    parked: dict[Guid, None] = Factory(dict)
    watching: dict[Guid, None] = Factory(dict)
    wrapups: dict[Guid, Wrapup] = Factory(dict)
    blocked: str | None = "away"
    free: int = 0

    @property
    def is_busy(self) -> bool:
        """Whether a chat of his has not ended: it holds a slot or is put aside."""
        return bool(self.leases or self.parked)

    @property
    def is_logging_off(self) -> bool:
        """Whether he is logged off, or about to be: he begins nothing any more."""
        return AgentState.LOG_OFF in (self.state, self.next_state)


Demand = tuple[tuple[Guid, ...], Guid | None, int, int]
"""What chats of one kind ask for: projects (the first is their own), language, skill, slots."""

Rank = tuple[int, int, int, Guid]
"""Where a candidate stands (B-21): skill if it counts, free slots, idle since, agent; the least
is the first."""

Order = tuple[float, int, Guid]
"""Where a chat stands in the queue; the least is the first. The last part is the chat."""


@define(kw_only=True)
class Ticket:
    """A waiting chat as the distributor sees it.

    Attributes:
        order: Its place (B-21).
        preferred: Who answered it before.
        exclusions: Agents who let it go, and when (B-24).
        barred: Agents who are in the chat already; it is to be transferred (B-29).
        explained: Whether the log says why it waits (B-30).
    """

    chat: Guid
    order: Order
    demand: Demand
    preferred: Guid | None
    exclusions: dict[Guid, int]
    barred: tuple[Guid, ...] = ()
    explained: bool = False


@define(kw_only=True)
class Queue:
    """The waiting chats of one demand, in order, and who could take them.

    Theory of operation: a decision must not look at everybody. So how each qualified agent stands
    is kept here, and brought up to date when *he* changes; a decision reads the first of `ready`
    and the sums of the others.

    Attributes:
        agents: The qualified agents (B-20) with their skill.
        tickets: The chats, the first in front.
        ready: The candidates, the first in front.
        ranks: Where each of them stands in `ready`.
        others: Why each other qualified agent is none.
        counts: How many of them there are for each reason.
        excluding: The chats that somebody let go.
    """

    agents: dict[Guid, int]
    tickets: list[Order] = Factory(list)
    ready: list[Rank] = Factory(list)
    ranks: dict[Guid, Rank] = Factory(dict)
    others: dict[Guid, str] = Factory(dict)
    counts: dict[str, int] = Factory(dict)
    excluding: dict[Guid, None] = Factory(dict)


@define(kw_only=True)
class Session:
    """A connection that said a good hello, and what it asked of registers, the last one last."""

    number: int
    role: Role
    gateways: tuple[Guid, ...] = ()
    workplace: str | None = None
    agent: Guid | None = None
    registers: dict[Register, None] = Factory(dict)


@define(kw_only=True)
class Distribution:
    """Tickets, desks, and which of them must be looked at again.

    Attributes:
        leases: The agents whose slots each chat holds.
        queues: By demand; a few empty ones are kept for the next chat of their kind.
        fresh_chats: A heap of waiting chats that may have a candidate now.
        fresh_agents: Agents that may be a candidate now.
        leaving: Agents without a chat whose `NextState` is to be taken.
        waking: Chats that are to come back from where their owner put them, the first in front.
        answered: When chats of each project were answered, the latest of them.
    """

    desks: dict[Guid, Desk] = Factory(dict)
    leases: dict[Guid, dict[Guid, None]] = Factory(dict)
    tickets: dict[Guid, Ticket] = Factory(dict)
    queues: dict[Demand, Queue] = Factory(dict)
    waking: dict[Guid, None] = Factory(dict)
    answered: dict[Guid, deque[int]] = Factory(dict)
    fresh_chats: list[Order] = Factory(list)
    fresh_agents: dict[Guid, None] = Factory(dict)
    leaving: dict[Guid, None] = Factory(dict)


@define(kw_only=True)
class State:
    """Everything the broker knows."""

    config: Config
    now: int = 0
    """When the last input happened."""
    up: int = 0
    """The same on the clock that deadlines hang on."""
    ahead: int = 0
    """How much the time of day is ahead of that, to a second: what is shown must not tremble."""
    resumed: int = 0
    """When, on that clock, the broker last began to listen: at its start, or after a gap (B-13)."""
    sessions: dict[int, Session] = Factory(dict)
    gateway_sessions: dict[Guid, tuple[int, ...]] = Factory(dict)
    workplace_sessions: dict[str, int] = Factory(dict)
    chats: dict[Guid, Chat] = Factory(dict)
    by_tracking: dict[tuple[Guid, str], Guid] = Factory(dict)
    open_chats: dict[Guid, dict[Guid, None]] = Factory(dict)
    """The open chats of each gateway."""
    closed_chats: dict[Guid, dict[Guid, None]] = Factory(dict)
    """The closed chats of each gateway that are in memory, the one that closed first in front."""
    chats_held: dict[Guid, int] = Factory(dict)
    """How many chats of each gateway are in memory, open or closed."""
    bytes_held: dict[Guid, int] = Factory(dict)
    """A bound on the bytes of the words and forms in memory, by gateway."""
    contacts: Contacts = field(factory=Contacts)
    lone_forms: dict[Guid, LoneForms] = Factory(dict)
    """What each gateway saved today without a chat."""
    list_weight: dict[Guid, int] = Factory(dict)
    """A bound on the bytes of each gateway's list of open chats."""
    pilots: dict[Guid, None] = Factory(dict)
    """Chats whose rules have not run."""
    scripted: dict[Guid, None] = Factory(dict)
    """Chats whose built-in bot has something to react to."""
    unbound: dict[Guid, None] = Factory(dict)
    """Outbound chats that no connector has."""
    open_keys: dict[tuple[Guid, Guid], Guid] = Factory(dict)
    """Outbound chats by gateway and the key of the request that made them."""
    status_counts: dict[ChatStatus, int] = Factory(dict)
    distribution: Distribution = field(factory=Distribution)
    timers: Timers = field(factory=Timers)
    transcripts: Transcripts = field(factory=Transcripts, eq=False, repr=False)
    next_chat: int = 1
    next_offer: int = 1


@define(kw_only=True)
class Recovered:
    """What the store's recovery reads: the durable part of the state.

    Attributes:
        chats: Open chats and those closed not long ago, by number, with their sentences (`keys`,
            `weight` and indexes are filled in by `restore`), slots, forms, and, for an open
            chat, who let it go since it began or was reopened.
        desks: The rows of `agents`, with the open wrap-ups; leases are filled in by `restore`.
        lone_forms: What each gateway saved today without a chat.
        contacts: Those who are known.
        next_chat: One more than the highest chat number ever used.
        next_offer: One more than the highest offer number ever used.
        heard: When the broker listened, as far as is known, the latest first: from when until when, on
            the clock that the other times were taken from, whatever that clock says by now.
    """

    chats: list[Chat] = Factory(list)
    desks: list[Desk] = Factory(list)
    lone_forms: dict[Guid, LoneForms] = Factory(dict)
    contacts: Contacts = field(factory=Contacts)
    next_chat: int = 1
    next_offer: int = 1
    heard: Spans = ()
