"""What is known of a chat: its life, its words, its forms, and who is in it."""

from __future__ import annotations

from typing import ClassVar

from attrs import Factory, define, field

from broker.core.facts import DecisionLogged
from broker.core.timers import NO_TERM, Term
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, CloseReason, Guid, TransferMode


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
            the Guid that they gave with their request.
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
        estimate: When the visitor was last told how long they may wait, and what.
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
        transcript_bytes: A bound on the bytes of the transcript on the wire.
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
    transcript_bytes: int = 0
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
