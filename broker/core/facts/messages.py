"""What was decided about messages and their conversations, as values in the past tense; see `facts`."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from broker.core.facts.causes import (
    AttemptOutcome,
    ConversationCause,
    DecisionKind,
    OfferOutcome,
    WrapupEnd,
)
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, CloseReason, Guid, MessageStatus


@frozen(kw_only=True)
class ConversationStarted:
    """A conversation was made (B-56). Row of `conversations`, row of `conversation_events`.

    Attributes:
        gateway: By which it came, or by which its first message goes out.
        pair: The first gateway of that address and channel: both directions are one conversation's.
        earlier: The closed conversation that it goes on from.
        last_agent: Who worked on that.
    """

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int
    gateway: Guid
    pair: Guid
    remote_address: str
    remote_name: str | None = None
    subject: str | None = None
    earlier: Guid | None = None
    last_agent: Guid | None = None


@frozen(kw_only=True)
class ConversationRouted:
    """A message rule or a transfer said what the conversation asks of an agent (B-57).

    Without `project`: the one that it asked for is gone, and it asks for nobody.
    """

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int
    project: Guid | None
    language: Guid | None
    skill: int
    priority: int
    rule: Guid | None = None


@frozen(kw_only=True)
class ConversationWidened:
    """A wait rule was applied: it asks for less, or stands further in front (B-57). In `conversations`."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    level: int
    skill: int
    further: tuple[Guid, ...]
    priority: int


@frozen(kw_only=True)
class ConversationDue:
    """A message came that is to be answered by then. In `conversations`.

    An answer by an agent, and the end, make that void.
    """

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    due_at: int


@frozen(kw_only=True)
class ConversationMoved:
    """The status of a conversation changed. Updates `conversations`, row of `conversation_events`.

    Attributes:
        agent: Who is offered it or works on it; None in `Waiting`; in `Closed` who did last.
        before: Who that was before; not stored.
        enqueued_at: When it began to wait; kept over offers.
        waited: How long it has waited in all waits that are over.
        waited_up: The same on the clock of deadlines: wait rules go by it.
        waiting_since: When the wait began in which it is from now on.
        close_reason: Set when `status` is `Closed`, as are `code`, `note` and `is_spam`.
        project: What it is about from now on, for reports.
    """

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int
    status: ChatStatus
    cause: ConversationCause
    agent: Guid | None
    before: Guid | None = None
    enqueued_at: int | None = None
    waited: int = 0
    waited_up: int = 0
    waiting_since: int | None = None
    close_reason: CloseReason | None = None
    code: str | None = None
    note: str | None = None
    is_spam: bool = False
    project: Guid | None = None


@frozen(kw_only=True)
class ConversationParked:
    """A conversation was put aside (B-57, B-58). In `conversations`.

    Attributes:
        until: Until when; None: until the other party writes, or somebody takes it.
        by: Who did; None: the broker.
    """

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int
    until: int | None
    by: Guid | None


@frozen(kw_only=True)
class ConversationUnparked:
    """It is put aside no more: it waits, is taken, or has ended."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int


@frozen(kw_only=True)
class ConversationOffered:
    """A conversation was offered to an agent (B-24). Row of `conversation_offers`.

    Attributes:
        by: The agent who works on it and wants to hand it over, if that is what for.
        note: What they want to be known.
    """

    durable: ClassVar[bool] = True
    offer: int
    conversation: Guid
    no: int
    agent: Guid
    workplace: str
    at: int
    until: int
    by: Guid | None = None
    note: str | None = None


@frozen(kw_only=True)
class ConversationOfferEnded:
    """That offer ended.

    Attributes:
        missed: The agent's timed-out offers in a row, this one included.
        status: The status of the conversation during the offer; not stored.
    """

    durable: ClassVar[bool] = True
    offer: int
    conversation: Guid
    no: int
    agent: Guid
    at: int
    outcome: OfferOutcome
    missed: int
    status: ChatStatus

    @property
    def lets_go(self) -> bool:
        """Whether the agent let it go, and is left out for it for a while (B-24)."""
        return self.outcome in (OfferOutcome.REJECTED, OfferOutcome.MISSED)


@frozen(kw_only=True)
class ConversationExcluded:
    """An agent gave a conversation back: they are left out for it for a while (B-24)."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    agent: Guid
    at: int


@frozen(kw_only=True)
class ConversationDecided:
    """Why a conversation was given to an agent, or to nobody (B-30). Row of `conversation_decisions`."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int
    kind: DecisionKind
    agent: Guid | None
    detail: dict[str, object]


@frozen(kw_only=True)
class ConversationNoted:
    """A note for colleagues was written (B-57). Row of `conversation_notes`."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    counter: int
    id: str
    text: str
    agent: Guid | None
    at: int


@frozen(kw_only=True)
class DraftKept:
    """What is written and not sent yet (B-62): the latest of a conversation. Upsert in `drafts`."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    agent: Guid
    at: int
    content: MessageContentInfo


@frozen(kw_only=True)
class DraftDropped:
    """A draft is needed no more."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    at: int


@frozen(kw_only=True)
class MessageStored:
    """A message got its place, in a conversation or in a chat (B-50, B-60, B-62). Row of `messages`.

    Attributes:
        no: Its number.
        conversation: Where it is; `conversation_no` is its number and `counter` the place in it.
        chat: Or the chat of which it is a sentence, likewise; `counter` is the sentence's.
        content: All of it.
        size: How many bytes its bodies take.
        key: Of an outbound message the key of whoever handed it over (`agent`, B-62).
        digest: What it said, to tell a repeated request from another one under the same key.
        status: Of an outbound message `Queued`.
    """

    durable: ClassVar[bool] = True
    message: Guid
    no: int
    at: int
    gateway: Guid
    content: MessageContentInfo
    size: int
    inbound: bool
    conversation: Guid | None = None
    conversation_no: int | None = None
    chat: Guid | None = None
    chat_no: int | None = None
    counter: int = 0
    agent: Guid | None = None
    key: str | None = None
    digest: str | None = None
    status: MessageStatus | None = None


@frozen(kw_only=True)
class MessageMoved:
    """The status of an outbound message changed (B-52..B-55). Row of `message_events`.

    Attributes:
        attempt: How many attempts have counted.
        outcome: How the attempt ended that was open, if one was.
        error: What the connector said, as it came.
        delivery_id: Its name on the connector's side, from now on.
        until: When it is tried again, or when the attempt is given up.
        term: How long that is from now.
    """

    durable: ClassVar[bool] = True
    message: Guid
    no: int
    at: int
    status: MessageStatus
    attempt: int
    conversation_no: int | None = None
    chat_no: int | None = None
    outcome: AttemptOutcome | None = None
    error: str | None = None
    delivery_id: str | None = None
    until: int | None = None
    term: int = 0


@frozen(kw_only=True)
class AddressMarked:
    """What comes from an address is unwanted, or not any more (B-59). Upsert in `spam_addresses`.

    The address is as `address_key` has it: without capitals.
    """

    durable: ClassVar[bool] = True
    pair: Guid
    address: str
    at: int
    by: Guid | None
    is_spam: bool


@frozen(kw_only=True)
class ConversationWrapupStarted:
    """Slots of an ended conversation are held for its wrap-up (B-57). Row of `conversation_wrapups`."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    agent: Guid
    at: int
    until: int


@frozen(kw_only=True)
class ConversationWrapupEnded:
    """That wrap-up ended, by the agent (with a code and a note) or otherwise."""

    durable: ClassVar[bool] = True
    conversation: Guid
    no: int
    agent: Guid
    at: int
    cause: WrapupEnd
    code: str | None = None
    note: str | None = None


@frozen
class ConversationForgotten:
    """A closed conversation is out of memory; rows keep it."""

    durable: ClassVar[bool] = False
    conversation: Guid


@frozen
class RetryDue:
    """The pause before the next attempt is over: the message waits for a connector again."""

    durable: ClassVar[bool] = False
    message: Guid


@frozen(kw_only=True)
class MessageRecalled:
    """A message that had left the memory is back, without its conversation: something is said of it (B-55).

    Attributes:
        stored: What was stored of it, without its bodies.
        status: How far it is; so are the others.
    """

    durable: ClassVar[bool] = False
    stored: MessageStored
    status: MessageStatus
    attempt: int
    error: str | None
    sent_at: int | None


@frozen
class MessageForgotten:
    """A message that is in no conversation, and on its way no more, is out of memory; its row stays."""

    durable: ClassVar[bool] = False
    message: Guid


@frozen
class SendingSettled:
    """A gateway's queue was looked at: nothing more can be handed over now."""

    durable: ClassVar[bool] = False
    gateway: Guid


@frozen
class MessageHandedOver:
    """A connector has the message that is `Sending`: who."""

    durable: ClassVar[bool] = False
    message: Guid
    session: int
