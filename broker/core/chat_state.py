"""What is known of a chat: its life, its words, its forms, and who is in it.

A `Chat` has a part for the members that come and go together. A part belongs to its chat alone: it is
never shared and never taken along to another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import Factory, define, field, frozen

from broker.core.facts import DecisionLogged
from broker.core.sentence import Words
from broker.core.timers import NO_TERM, Term
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, CloseReason, Guid, ScanVerdict, TransferMode

DERIVED: Final = {"derived": True}
"""Marks a member that no row has: it is made of others, or is of this process."""


@define
class Sentence:
    """One numbered sentence of a transcript, or an internal note with a number of its own.

    Only `confirmed_at` ever changes, once.
    """

    counter: int
    words: Words
    confirmed_at: int | None = None


PinnedKey = tuple[bool, int]
"""What stays in view until another one replaces it: whether it is towards the visitor, and the model."""


@define
class PinnedSentence:
    """The last sentence of model 4, 6 or 8 in one direction; only `confirmed_at` ever changes, once."""

    counter: ClassVar[int] = 0
    words: Words
    confirmed_at: int | None = None


@define(kw_only=True)
class Visitor:
    """Who is on the other side, as the connector has it, and whom the rules take them for.

    Attributes:
        variables: What was said of them at the start.
        contact: Whom they are, and under which name that was said (B-42).
    """

    tracking_id: str
    party_name: str | None = None
    remote_address: str | None = None
    culture: str | None = None
    user_token: str | None = None
    ext_response: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    contact: Guid | None = None
    contact_name: str | None = None


@define(kw_only=True)
class Routing:
    """What the chat asks of an agent.

    Attributes:
        further: Projects besides its own whose agents may take it (B-26).
        wait_level: The level of the last wait rule that was applied, -1 before.
    """

    project: Guid | None = None
    language: Guid | None = None
    skill: int = 0
    priority: int = 0
    further: tuple[Guid, ...] = ()
    wait_level: int = -1


@define(kw_only=True)
class Waiting:
    """How long the visitor has waited for people, and until when.

    Attributes:
        enqueued_at: Where it stands in the queue counts from here; `queued_up` is the same on the
            clock of deadlines.
        answered_at: When somebody answered first.
        waited: How long, in all waits that are over.
        since: When the present one began.
        estimate: When the visitor was last told how long they may wait, and what.
    """

    enqueued_at: int | None = None
    queued_up: int = field(default=0, metadata=DERIVED)
    answered_at: int | None = None
    waited: int = 0
    since: int | None = None
    estimate: tuple[int, int] | None = field(default=None, metadata=DERIVED)

    def time_waited(self, now: int) -> int:
        """How long the visitor has waited for people up to now: in `Waiting` and `Alerting`."""
        since = self.since
        return self.waited + (max(0, now - since) if since is not None else 0)


@define(kw_only=True)
class Activity:
    """When something was last heard, which inactivity counts from (B-8).

    Attributes:
        since: The start or the last reopening.
        last: The last sentence of a person, or `since`.
        unparked_at: When it was last put aside no more.
        quiet_up: From when inactivity counts, on the clock of deadlines.
        warned_for: The activity for which the inactivity warning was given.
    """

    since: int = 0
    last: int = 0
    unparked_at: int = 0
    quiet_up: int = field(default=0, metadata=DERIVED)
    warned_for: int | None = None

    @property
    def quiet_since(self) -> int:
        """Since when nobody has written, or could have: a parked chat is not silent (B-8)."""
        return max(self.last, self.unparked_at)

    @property
    def is_warned(self) -> bool:
        """Whether the inactivity warning was given for the present silence."""
        return self.warned_for is not None and self.warned_for == self.quiet_since


@define(kw_only=True)
class Ending:
    """How the chat ended, if it did.

    Attributes:
        closed_up: `closed_at` on the clock of deadlines.
        readers: Who was in it when it ended: they may read it afterwards, and nobody else (B-8).
        wrapping: Whose wrap-up for it runs (B-28).
    """

    closed_at: int | None = None
    closed_up: int = field(default=0, metadata=DERIVED)
    reason: CloseReason | None = None
    readers: tuple[Guid, ...] = ()
    wrapping: tuple[Guid, ...] = field(default=(), metadata=DERIVED)


@define(kw_only=True)
class Offer:
    """The open offer.

    Attributes:
        until: When it was to time out.
        term: When it does (not compared: it is of this process).
    """

    number: int
    until: int
    term: Term = field(eq=False, metadata=DERIVED)


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
    term: Term = field(default=NO_TERM, eq=False, metadata=DERIVED)


@define(kw_only=True)
class Party:
    """Somebody besides the owner who is in the chat."""

    mode: TransferMode
    by: Guid
    at: int


@define(kw_only=True)
class Parking:
    """The chat is put aside by its owner.

    Attributes:
        at: Since when; `up` is the same on the clock of deadlines.
        woken_at: Since when it is to come back from there.
        warned: Whether the owner was told that it will.
    """

    at: int
    up: int = field(default=0, metadata=DERIVED)
    woken_at: int | None = None
    warned: bool = False


@define(kw_only=True)
class Outbound:
    """Somebody on this side began the chat.

    Attributes:
        key: The Guid that they gave with their request.
        bound_at: Until then no connector has it.
    """

    key: Guid | None
    bound_at: int | None = None


@define(kw_only=True)
class BotTalk:
    """What an automated partner has come to, also once the chat was taken from it.

    Attributes:
        id: The built-in bot that talks or talked.
        question: The one that it asked (-1: it waits for the form), `tries` how often.
        project: Where it will hand over.
        learned: What it was told.
        due: When the automated partner, built in or not, will have been silent for too long.
        given: The same, kept once the chat was taken from it.
    """

    id: Guid | None = None
    question: int = -1
    tries: int = 0
    project: Guid | None = None
    learned: tuple[tuple[str, str], ...] = ()
    due: int | None = field(default=None, metadata=DERIVED)
    given: int | None = field(default=None, metadata=DERIVED)


@define(kw_only=True)
class Forms:
    """What was filled in, and what is to be.

    Attributes:
        results: What was filled in, by result; `saved_at` when each was saved last.
        at_start: The one that came with the start (the wire's FormDataId).
        offered: The form that is offered to the visitor.
        expected: The form that its gate rule names, filled in or not (B-41).
    """

    results: dict[Guid, ScenarioResultInfo] = Factory(dict)
    saved_at: dict[Guid, int] = Factory(dict)
    at_start: Guid | None = None
    offered: Guid | None = None
    expected: Guid | None = None


@frozen(kw_only=True, eq=False)
class Stored:
    """Sentences that the store has given and nobody has asked for: of most open chats for a long time.

    Attributes:
        made: Makes them, each time the same.
        size: What they weigh.
        writers: Agents who wrote some of them, in the order of their first.
        at: When the last one came.
        spoken_at: When the last one came that is not the broker's own, if there is one.
    """

    made: Callable[[], list[Sentence]]
    size: int
    writers: tuple[Guid, ...]
    at: int
    spoken_at: int | None


@define(kw_only=True)
class Transcript:
    """What was said.

    Attributes:
        keys: The sentences by ID: `keys[False]` the visitor's, `keys[True]` the other way (W-21).
        internal: The notes of agents for each other, with numbers of their own.
        past_pinned: What the keys of those that were replaced stood for, the latest of them.
        writers: Who wrote to the visitor or a note: their retries are known for ever (W-21).
        size: A bound on the bytes of the transcript on the wire.
        scans: What the scanner says of the attachments that the sentences name.
        edition: Changes whenever something is said, noted or confirmed.
        stored: What stands for `sentences` and `keys` until somebody asks for these.
    """

    sentences: list[Sentence] = Factory(list)
    keys: tuple[dict[str, Sentence], dict[str, Sentence]] = field(
        factory=lambda: ({}, {}), metadata=DERIVED
    )
    internal: list[Sentence] = Factory(list)
    internal_keys: dict[str, Sentence] = field(factory=dict, metadata=DERIVED)
    pinned: dict[PinnedKey, PinnedSentence] = Factory(dict)
    past_pinned: dict[tuple[bool, str], bytes] = field(factory=dict, metadata=DERIVED)
    writers: dict[Guid, None] = field(factory=dict, metadata=DERIVED)
    scans: dict[Guid, ScanVerdict] = Factory(dict)
    size: int = 0
    edition: int = field(default=0, metadata=DERIVED)
    stored: Stored | None = field(default=None, eq=False, metadata=DERIVED)

    def put_off(self, stored: Stored) -> None:
        """Have the sentences made once somebody asks for them."""
        self.stored = stored
        del self.sentences, self.keys

    if not TYPE_CHECKING:  # it gives what has a type already

        def __getattr__(self, name: str) -> object:
            """Make the sentences: only for a member that is not there Python asks this."""
            if name not in ("sentences", "keys") or self.stored is None:
                raise AttributeError(name)
            self.sentences, self.keys = self.stored.made(), ({}, {})
            self.stored = None
            for sentence in self.sentences:
                self.keys[sentence.words.outbound][sentence.words.id] = sentence
            return getattr(self, name)


PARTS: Final = (
    Visitor,
    Routing,
    Waiting,
    Activity,
    Ending,
    Offer,
    Invite,
    Party,
    Parking,
    Outbound,
    BotTalk,
    Forms,
    Transcript,
    Sentence,
    PinnedSentence,
)
"""What a chat consists of."""


@define(kw_only=True)
class Chat:
    """A chat that is open, or closed not long ago.

    Attributes:
        agent: Who is offered it or answers it; after the close the last one. In `ICR` the bot,
            None for a built-in one.
        last_agent: Who answered it last: preferred when it waits again (B-2).
        earlier: The full chat that this one goes on from (B-2).
        started_up: `started_at` on the clock that deadlines hang on (see `Stamp.up`).
        parties: Who has joined, in the order of joining.
        exclusions: Agents who let the chat go, and when, on the clock of deadlines (B-24).
        log: The last decisions about it.
        timer_at: The earliest timer that is set for this chat's own deadlines.
    """

    id: Guid
    no: int
    gateway: Guid
    visitor: Visitor
    status: ChatStatus = ChatStatus.PILOT
    agent: Guid | None = None
    last_agent: Guid | None = None
    earlier: Guid | None = None
    started_at: int = 0
    started_up: int = field(default=0, metadata=DERIVED)
    routing: Routing = Factory(Routing)
    waiting: Waiting = Factory(Waiting)
    activity: Activity = Factory(Activity)
    ending: Ending = Factory(Ending)
    offer: Offer | None = None
    invite: Invite | None = None
    parties: dict[Guid, Party] = Factory(dict)
    exclusions: dict[Guid, int] = field(factory=dict, metadata=DERIVED)
    parking: Parking | None = None
    outbound: Outbound | None = None
    bot: BotTalk = Factory(BotTalk)
    forms: Forms = Factory(Forms)
    transcript: Transcript = Factory(Transcript)
    log: list[DecisionLogged] = field(factory=list, metadata=DERIVED)
    timer_at: int | None = field(default=None, metadata=DERIVED)

    @property
    def is_open(self) -> bool:
        """Whether the chat is not closed."""
        return self.status is not ChatStatus.CLOSED

    @property
    def is_bound(self) -> bool:
        """Whether a connector has the chat."""
        return self.outbound is None or self.outbound.bound_at is not None

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

    def is_read_by(self, agent: Guid) -> bool:
        """Whether the agent may read what was said: whoever is in it, or was in it at its end."""
        return self.has(agent) if self.is_open else agent in self.ending.readers
