"""What is known of messages and of the conversations that they are in.

Nothing here knows chats or agents but by their Guids. The bodies of messages are not kept: whoever is to
see one gets it from the store (`effects.Deferred`), so that memory goes by the number of messages.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import Final, Protocol

from attrs import Factory, define, evolve, field

from broker.config.model import Config
from broker.core.chat_state import DERIVED
from broker.core.facts.messages import ConversationDecided
from broker.core.timers import NO_TERM, Term, Timers
from protocol.addresses import compared
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, CloseReason, Guid, MessageStatus

Identifier = bytes
"""What is remembered of the name that a message has on the connector's side."""

AddressKey = tuple[Guid, str]
"""A pair of gateways and the remote address there."""


def identifier(gateway: Guid, delivery_id: str, *, inbound: bool) -> Identifier:
    """What a message is known by: its gateway, its name on the connector's side and its direction."""
    return blake2b(f"{gateway}/{inbound:d}/{delivery_id}".encode(), digest_size=16).digest()


def address_key(pair: Guid, address: str) -> AddressKey:
    """What an address is known by."""
    return (pair, compared(address))


def without_bodies(content: MessageContentInfo) -> MessageContentInfo:
    """As much of a message as is kept in memory."""
    return evolve(content, body_html=None, body_text=None)


_MESSAGE_BYTES: Final = 1_024
_ATTACHMENT_BYTES: Final = 512
_TEXTS: Final = (
    "from_field",
    "to_field",
    "to_cc_field",
    "to_bcc_field",
    "subject_field",
    "extended_fields",
)


def kept_bytes(content: MessageContentInfo) -> int:
    """About how much memory a message takes without its bodies."""
    texts = sum(len(getattr(content, name) or "") for name in _TEXTS)
    named = sum(64 + len(name) for name in content.references or ())
    attached = _ATTACHMENT_BYTES * len(content.attachments or ())
    return _MESSAGE_BYTES + texts + named + attached


def body_bytes(content: MessageContentInfo) -> int:
    """How many bytes the bodies of a message take."""
    return len((content.body_html or "").encode()) + len((content.body_text or "").encode())


@define(kw_only=True)
class Delivery:
    """How far an outbound message is (B-52).

    Attributes:
        attempt: How many attempts have counted; `unknown` how many of them got no answer.
        error: What the connector said last.
        sent_at: When a connector first said that it is sent; from then on it is tried no more.
        until: When it is tried again, or when the attempt is given up.
        term: The same on the clock of deadlines.
        session: The connector that has it now; None after a restart.
    """

    status: MessageStatus = MessageStatus.QUEUED
    attempt: int = 0
    error: str | None = None
    sent_at: int | None = None
    until: int | None = None
    term: Term = field(default=NO_TERM, eq=False, metadata=DERIVED)
    session: int | None = field(default=None, eq=False, metadata=DERIVED)


@define(kw_only=True)
class Message:
    """A message in memory, without its bodies.

    Attributes:
        counter: Its place in its conversation, from 1; in a chat the counter of the sentence.
        content: All of it but the bodies, and its name on the connector's side as that is now.
        size: How many bytes these take.
        agent: Who wrote it, under which key they handed it over, and what it said (`digest`).
        delivery: Of an outbound one how far it is.
    """

    id: Guid
    no: int
    at: int
    gateway: Guid
    content: MessageContentInfo
    size: int = 0
    inbound: bool = True
    counter: int = 0
    conversation: Guid | None = None
    conversation_no: int | None = None
    chat: Guid | None = field(default=None, metadata=DERIVED)
    chat_no: int | None = None
    agent: Guid | None = None
    key: str | None = None
    digest: str | None = None
    delivery: Delivery | None = None


@define
class Written:
    """What is remembered of a message that an agent handed over under a key, in memory or not.

    Attributes:
        digest: What it said.
        status: How far it was when it left the memory; None while it is there.
    """

    message: Guid
    gateway: Guid
    digest: str | None
    status: MessageStatus | None = None


@define(kw_only=True)
class Note:
    """A note for colleagues."""

    counter: int
    id: str
    text: str
    agent: Guid | None
    at: int


@define(kw_only=True)
class Draft:
    """What is written and not sent yet, without its bodies."""

    agent: Guid
    at: int
    content: MessageContentInfo
    size: int = 0


@define(kw_only=True)
class Aside:
    """The conversation is put aside.

    Attributes:
        until: Until when; None: until the other party writes, or somebody takes it.
        by: Who did; None: the broker.
        term: The same on the clock of deadlines.
    """

    at: int
    until: int | None
    by: Guid | None
    term: Term = field(default=NO_TERM, eq=False, metadata=DERIVED)


@define(kw_only=True)
class ConversationOffer:
    """The open offer.

    Attributes:
        agent: Who is alerted.
        by: Who works on it and wants to hand it over, if that is what for.
        until: When it was to time out; `term` when it does.
    """

    number: int
    agent: Guid
    until: int
    by: Guid | None = None
    note: str | None = None
    term: Term = field(default=NO_TERM, eq=False, metadata=DERIVED)


@define(kw_only=True)
class Demanded:
    """What the conversation asks of an agent."""

    project: Guid | None = None
    language: Guid | None = None
    skill: int = 0
    priority: int = 0
    further: tuple[Guid, ...] = ()
    """Projects besides its own whose agents may take it (B-26)."""


@define(kw_only=True)
class Conversation:
    """The messages with one remote address on a pair of gateways, as agents work on them.

    Attributes:
        gateway: By which it began; `pair` is what it has in common with that of the other direction.
        agent: Who is offered it or works on it; after the end who did last.
        last_agent: Who worked on it last: preferred when it waits again.
        earlier: The closed conversation that it goes on from.
        started_up: `started_at` on the clock of deadlines; likewise `queued_up`, `closed_up`.
        enqueued_at: Where it stands in the queue counts from here.
        waited: How long it has waited in all waits that are over; the present one began at `waiting_since`.
        waited_up: The same on the clock of deadlines, and when the present one began (`waiting_up`).
        wait_level: The level of the last wait rule that was applied, -1 before.
        due_at: When it is to be answered at the latest.
        exclusions: Agents who let it go, and when, on the clock of deadlines.
        wrapping: Whose wrap-up for it runs.
        log: The last decisions about it.
    """

    id: Guid
    no: int
    gateway: Guid
    pair: Guid
    remote_address: str
    remote_name: str | None = None
    subject: str | None = None
    status: ChatStatus = ChatStatus.PILOT
    agent: Guid | None = None
    last_agent: Guid | None = None
    earlier: Guid | None = None
    started_at: int = 0
    started_up: int = field(default=0, metadata=DERIVED)
    demanded: Demanded = Factory(Demanded)
    due_at: int | None = None
    enqueued_at: int | None = None
    queued_up: int = field(default=0, metadata=DERIVED)
    waited: int = 0
    waited_up: int = 0
    waiting_since: int | None = None
    waiting_up: int = field(default=0, metadata=DERIVED)
    wait_level: int = -1
    answered_at: int | None = None
    closed_at: int | None = None
    closed_up: int = field(default=0, metadata=DERIVED)
    close_reason: CloseReason | None = None
    code: str | None = None
    is_spam: bool = False
    aside: Aside | None = None
    offer: ConversationOffer | None = None
    messages: list[Message] = Factory(list)
    notes: list[Note] = Factory(list)
    draft: Draft | None = None
    exclusions: dict[Guid, int] = field(factory=dict, metadata=DERIVED)
    wrapping: Guid | None = field(default=None, metadata=DERIVED)
    log: list[ConversationDecided] = field(factory=list, metadata=DERIVED)

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.status is not ChatStatus.CLOSED

    @property
    def is_unwanted(self) -> bool:
        """Whether the rules closed it as spam (B-59)."""
        return self.is_spam and self.close_reason is CloseReason.RULE

    @property
    def offered_to(self) -> Guid | None:
        """Who is alerted for it now: to take it, or to take it over."""
        return self.offer.agent if self.offer is not None else None

    def is_with(self, agent: Guid) -> bool:
        """Whether the agent works on it."""
        return self.status is ChatStatus.ANSWERED and self.agent == agent

    @property
    def unanswered(self) -> list[Message]:
        """The inbound messages that nobody has answered, the oldest first."""
        found: list[Message] = []
        for message in reversed(self.messages):
            if message.inbound:
                found.append(message)
            elif message.agent is not None:
                break
        found.reverse()
        return found

    @property
    def culture(self) -> str | None:
        """The language of the last message that came in."""
        return next((m.content.culture for m in reversed(self.messages) if m.inbound), None)

    def wait_up(self, up: int) -> int:
        """How long it has waited for people while the broker listened (B-13)."""
        return self.waited_up + (up - self.waiting_up if self.waiting_since is not None else 0)

    def time_waited(self, now: int) -> int:
        """How long it has waited for people up to now."""
        since = self.waiting_since
        return self.waited + (max(0, now - since) if since is not None else 0)


MESSAGE_PARTS: Final = (
    Conversation,
    Demanded,
    ConversationOffer,
    Aside,
    Draft,
    Note,
    Message,
    Delivery,
)
"""What a conversation consists of."""


@define
class Load:
    """What a session has of messages on their way: how many, and how many bytes their bodies take."""

    messages: int = 0
    size: int = 0


@define(kw_only=True)
class Messages:
    """Conversations, messages on their way, and what is known of all messages.

    Attributes:
        conversations: Those that are open or closed not long ago.
        messages: The messages in memory: of these conversations, and those of chats that are on their way.
        known: The message and the conversation behind an identifier, the oldest first, by gateway.
        former: Gateways that were not in the file at the last start, of which names are known, by pair.
        keys: Outbound messages by the agent and the key under which they handed them over, the newest
            of all, those that left the memory included.
        open_addresses: The open conversation of an address; of several, where there are threads and nobody
            asks, one of them. No configuration is part of it.
        aside: The conversations that each agent put aside; `drafts` those with a draft of theirs.
        closed: The closed conversations of each pair in memory, the one that closed first in front.
        opened: The open ones; `unwanted` those that the rules closed as spam, the first in front.
        held: How many conversations of each pair are in memory.
        bytes_held: About how much memory the messages in them take.
        queued: The messages of each gateway that wait to be handed over, the first in front: queued
            ones and those whose next attempt is due.
        sending: Those that a connector has.
        carried: What each session has now.
        to_send: Gateways whose queue is to be looked at.
        gone: Gateways by which nothing goes out since a reload, and since when, on the clock of deadlines.
        automatic: When automatic messages came from an address, the latest of them (B-58); the address from
            which none came for longest in front.
        spam: Addresses whose messages are unwanted (B-59).
        status_counts: How many conversations there are of each status.
    """

    conversations: dict[Guid, Conversation] = Factory(dict)
    messages: dict[Guid, Message] = Factory(dict)
    known: dict[Guid, dict[Identifier, tuple[Guid, Guid | None]]] = Factory(dict)
    former: dict[Guid, dict[Guid, None]] = Factory(dict)
    keys: dict[tuple[Guid, str], Written] = Factory(dict)
    open_addresses: dict[AddressKey, Guid] = Factory(dict)
    aside: dict[Guid, dict[Guid, None]] = Factory(dict)
    drafts: dict[Guid, dict[Guid, None]] = Factory(dict)
    closed: dict[Guid, dict[Guid, None]] = Factory(dict)
    opened: dict[Guid, None] = Factory(dict)
    unwanted: dict[Guid, None] = Factory(dict)
    held: dict[Guid, int] = Factory(dict)
    bytes_held: dict[Guid, int] = Factory(dict)
    queued: dict[Guid, dict[Guid, None]] = Factory(dict)
    sending: dict[Guid, dict[Guid, None]] = Factory(dict)
    carried: dict[int, Load] = Factory(dict)
    to_send: dict[Guid, None] = Factory(dict)
    gone: dict[Guid, int] = Factory(dict)
    automatic: dict[AddressKey, deque[int]] = Factory(dict)
    spam: dict[AddressKey, None] = Factory(dict)
    status_counts: dict[ChatStatus, int] = Factory(dict)
    next_conversation: int = 1
    next_message: int = 1
    next_offer: int = 1


class MessagesState(Protocol):
    """What of the state the messages see."""

    config: Config
    now: int
    up: int
    ahead: int
    resumed: int
    timers: Timers
    messages: Messages
