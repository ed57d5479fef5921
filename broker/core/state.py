"""The state of the broker: what `decide` reads and only `apply` writes.

Theory of operation: `State` has two neighbours who know each other by Guids only. *Chats* (their
life, transcripts, forms: `ChatsState`) never look into an agent; *distribution* (presences, entries,
leases: what `DistributionState` shows) never looks into a chat: a `Need` says what it has to know. What
writes either part is given that part alone, so the types hold the border. Sessions say who is
connected. Everything is kept in containers with an order, so that walking them is deterministic (I-17).

Durable is what `broker.core.invariants.durable` picks: it must equal what the store's recovery
builds from rows at every moment when nothing is in flight (I-10). The rest (presence, timers,
exclusions' expiry, indexes) is rebuilt or starts empty.
"""

from __future__ import annotations

from attrs import Factory, define, field

from broker.config.model import Config
from broker.core.blob_state import Blob, Blobs
from broker.core.chat_state import Chat, Invite, Party, PinnedKey, PinnedSentence, Sentence
from broker.core.contact_state import Contacts
from broker.core.distribution_state import (
    AgentPresence,
    Demand,
    Distribution,
    DistributionState,
    Need,
    Order,
    Queue,
    QueueEntry,
    Rank,
)
from broker.core.facts import Register
from broker.core.heard import Spans
from broker.core.listing import Listings
from broker.core.lone_forms import LoneForms
from broker.core.message_state import Conversation, Message, Messages, Written
from broker.core.timers import Timers
from broker.core.transcripts import Transcripts
from protocol.values import ChatStatus, Guid, Role

__all__ = [
    "AgentPresence",
    "Chat",
    "ChatsState",
    "Demand",
    "Distribution",
    "DistributionState",
    "Invite",
    "Need",
    "Order",
    "Party",
    "PinnedKey",
    "PinnedSentence",
    "Queue",
    "QueueEntry",
    "Rank",
    "Recovered",
    "Sentence",
    "Session",
    "State",
]


@define(kw_only=True)
class Session:
    """A connection that said a good hello.

    Attributes:
        gateways: The gateways that it serves, of chats and of messages.
        takes_pieces: Whether it takes the list of its chats in pieces.
        software: What its program calls itself.
        registers: What it asked of registers, the last one last.
        message_gateways: Those that it asked for: it is handed their messages (B-53).
    """

    number: int
    role: Role
    gateways: tuple[Guid, ...] = ()
    workplace: str | None = None
    agent: Guid | None = None
    takes_pieces: bool = False
    software: str | None = None
    registers: dict[Register, None] = Factory(dict)
    message_gateways: dict[Guid, None] = Factory(dict)


@define(kw_only=True)
class ChatsState:
    """What is known of chats and contacts; nothing of agents and sessions."""

    config: Config
    now: int = 0
    """When the last input happened."""
    up: int = 0
    """The same on the clock that deadlines hang on."""
    ahead: int = 0
    """How much the time of day is ahead of that, to a second: what is shown must not tremble."""
    resumed: int = 0
    """When, on that clock, the broker last began to listen: at its start, or after a gap (B-13)."""
    chats: dict[Guid, Chat] = Factory(dict)
    by_tracking: dict[tuple[Guid, str], Guid] = Factory(dict)
    open_chats: dict[Guid, dict[Guid, None]] = Factory(dict)
    """The open chats of each gateway."""
    listings: Listings = field(factory=Listings)
    """Those of them that its connectors know, as lists have them."""
    closed_chats: dict[Guid, dict[Guid, None]] = Factory(dict)
    """The closed chats of each gateway that are in memory, the one that closed first in front."""
    chats_held: dict[Guid, int] = Factory(dict)
    """How many chats of each gateway are in memory, open or closed."""
    bytes_held: dict[Guid, int] = Factory(dict)
    """A bound on the bytes of the words and forms in memory, by gateway."""
    contacts: Contacts = field(factory=Contacts)
    lone_forms: dict[Guid, LoneForms] = Factory(dict)
    """What each gateway saved today without a chat."""
    list_bytes: dict[Guid, int] = Factory(dict)
    """A bound on the bytes of each gateway's list of open chats."""
    unrouted: dict[Guid, None] = Factory(dict)
    """Chats whose rules have not run."""
    bots_due: dict[Guid, None] = Factory(dict)
    """Chats whose built-in bot has something to react to."""
    unbound: dict[Guid, None] = Factory(dict)
    """Outbound chats that no connector has."""
    open_keys: dict[tuple[Guid, Guid], Guid] = Factory(dict)
    """Outbound chats by gateway and the key of the request that made them."""
    status_counts: dict[ChatStatus, int] = Factory(dict)
    timers: Timers = field(factory=Timers)
    transcripts: Transcripts = field(factory=Transcripts, eq=False, repr=False)
    next_chat: int = 1
    next_offer: int = 1


@define(kw_only=True)
class State(ChatsState):
    """Everything the broker knows."""

    sessions: dict[int, Session] = Factory(dict)
    gateway_sessions: dict[Guid, tuple[int, ...]] = Factory(dict)
    workplace_sessions: dict[str, int] = Factory(dict)
    distribution: Distribution = field(factory=Distribution)
    messages: Messages = field(factory=Messages)
    blobs: Blobs = field(factory=Blobs)


@define(kw_only=True)
class RecoveredMessages:
    """What the store's recovery reads of messages.

    Attributes:
        conversations: Open ones and those closed not long ago, by number, without their messages.
        messages: Their messages and those that are on their way, by number.
        known: Further names of messages: gateway, name on the connector's side, whether inbound, message,
            conversation; the oldest first.
        former: Gateways that the file does not have any more, each with its pair.
        keys: The agent, the key, and what is known of the newest messages that agents handed over; the
            oldest first.
        spam: Addresses whose messages are unwanted.
    """

    conversations: list[Conversation] = Factory(list)
    messages: list[Message] = Factory(list)
    known: list[tuple[Guid, str, bool, Guid, Guid | None]] = Factory(list)
    former: list[tuple[Guid, Guid]] = Factory(list)
    keys: list[tuple[Guid, str, Written]] = Factory(list)
    spam: list[tuple[Guid, str]] = Factory(list)
    next_conversation: int = 1
    next_message: int = 1
    next_offer: int = 1


@define(kw_only=True)
class Recovered:
    """What the store's recovery reads: the durable part of the state.

    Attributes:
        chats: Open chats and those closed not long ago, by number, with their sentences (`keys`,
            `transcript_bytes` and indexes are filled in by `restore`), pinned sentences, forms, and, for an
            open chat, who let it go since it began or was reopened.
        presences: The rows of `agents`, with the open wrap-ups; leases are filled in by `restore`.
        lone_forms: What each gateway saved today without a chat.
        contacts: Those who are known.
        next_chat: One more than the highest chat number ever used.
        next_offer: One more than the highest offer number ever used.
        messages: The same of messages.
        blobs: Attachments that nothing names, and those of the chats, with the chats that name them.
        next_blob: One more than the highest number of an attachment ever used.
        heard: When the broker listened, as far as is known, the latest first: from when until when, on
            the clock that the other times were taken from, whatever that clock says by now.
    """

    chats: list[Chat] = Factory(list)
    presences: list[AgentPresence] = Factory(list)
    lone_forms: dict[Guid, LoneForms] = Factory(dict)
    contacts: Contacts = field(factory=Contacts)
    next_chat: int = 1
    next_offer: int = 1
    messages: RecoveredMessages = Factory(RecoveredMessages)
    blobs: list[Blob] = Factory(list)
    next_blob: int = 1
    heard: Spans = ()
