"""What was decided, as values in the past tense.

Theory of operation: `decide` makes facts, `apply` writes them into the state, the store writes
the durable ones as rows. A fact therefore carries everything that either needs: the store never
reads the state, and recovery never reads anything but rows. Volatile facts change the state of
this process only (presence, timers, what was forgotten from memory) and are never stored.

Every fact of a chat carries both names of it: `chat` (the Guid of the wire) and `no` (the
sequential number that the store's indexes use). Times are microseconds since the Unix epoch.
"""

from __future__ import annotations

from broker.core.facts.agents import (
    AgentExcluded,
    AgentMoved,
    AgentSeated,
    ChatParked,
    ChatUnparked,
    ChatWoken,
    InviteEnded,
    InviteMade,
    OfferEnded,
    OfferMade,
    ParkWarned,
    PartyJoined,
    PartyLeft,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.blobs import (
    BlobAttached,
    BlobBegun,
    BlobCompleted,
    BlobDropped,
    BlobPieceStored,
    BlobScanned,
)
from broker.core.facts.chats import (
    BotMoved,
    ChatBound,
    ChatDropped,
    ChatMoved,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    ChatWarned,
    ChatWidened,
    DecisionLogged,
    FormExpected,
    FormOffered,
    FormSaved,
    NoteStored,
    PinnedConfirmed,
    SentenceConfirmed,
    SentencePinned,
    SentenceStored,
)
from broker.core.facts.contacts import (
    ChatLinked,
    ContactAddressed,
    ContactMade,
    ContactNamed,
    ContactRetired,
)
from broker.core.facts.messages import (
    AddressMarked,
    ConversationDecided,
    ConversationDue,
    ConversationExcluded,
    ConversationForgotten,
    ConversationMoved,
    ConversationNoted,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationRouted,
    ConversationStarted,
    ConversationUnparked,
    ConversationWidened,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
    DraftDropped,
    DraftKept,
    MessageForgotten,
    MessageHandedOver,
    MessageMoved,
    MessageRecalled,
    MessageStored,
    RetryDue,
    SendingSettled,
)
from broker.core.facts.process import (
    AgentSettled,
    BotAwaited,
    BotSettled,
    ChatForgotten,
    ConfigReplaced,
    EntrySettled,
    ListenedAgain,
    Refreshed,
    Register,
    RegisterAsked,
    SessionJoined,
    SessionLeft,
    TimerFired,
    WaitEstimated,
)

Fact = (
    BotMoved
    | ChatBound
    | ChatDropped
    | ChatMoved
    | ChatReopened
    | ChatRouted
    | ChatStarted
    | ChatWarned
    | ChatWidened
    | DecisionLogged
    | FormExpected
    | FormOffered
    | FormSaved
    | NoteStored
    | PinnedConfirmed
    | SentenceConfirmed
    | SentencePinned
    | SentenceStored
    | BlobAttached
    | BlobBegun
    | BlobCompleted
    | BlobDropped
    | BlobPieceStored
    | BlobScanned
    | ChatLinked
    | ContactAddressed
    | ContactMade
    | ContactNamed
    | ContactRetired
    | AddressMarked
    | ConversationDecided
    | ConversationDue
    | ConversationExcluded
    | ConversationForgotten
    | ConversationMoved
    | ConversationNoted
    | ConversationOfferEnded
    | ConversationOffered
    | ConversationParked
    | ConversationRouted
    | ConversationStarted
    | ConversationUnparked
    | ConversationWidened
    | ConversationWrapupEnded
    | ConversationWrapupStarted
    | DraftDropped
    | DraftKept
    | MessageForgotten
    | MessageHandedOver
    | MessageMoved
    | MessageRecalled
    | MessageStored
    | RetryDue
    | SendingSettled
    | AgentExcluded
    | AgentMoved
    | AgentSeated
    | ChatParked
    | ChatUnparked
    | ChatWoken
    | InviteEnded
    | InviteMade
    | OfferEnded
    | OfferMade
    | ParkWarned
    | PartyJoined
    | PartyLeft
    | WrapupEnded
    | WrapupStarted
    | AgentSettled
    | BotAwaited
    | ChatForgotten
    | EntrySettled
    | ConfigReplaced
    | ListenedAgain
    | Refreshed
    | RegisterAsked
    | BotSettled
    | SessionJoined
    | SessionLeft
    | TimerFired
    | WaitEstimated
)

__all__ = [
    "AddressMarked",
    "AgentExcluded",
    "AgentMoved",
    "AgentSeated",
    "AgentSettled",
    "BlobAttached",
    "BlobBegun",
    "BlobCompleted",
    "BlobDropped",
    "BlobPieceStored",
    "BlobScanned",
    "BotAwaited",
    "BotMoved",
    "BotSettled",
    "ChatBound",
    "ChatDropped",
    "ChatForgotten",
    "ChatLinked",
    "ChatMoved",
    "ChatParked",
    "ChatReopened",
    "ChatRouted",
    "ChatStarted",
    "ChatUnparked",
    "ChatWarned",
    "ChatWidened",
    "ChatWoken",
    "ConfigReplaced",
    "ContactAddressed",
    "ContactMade",
    "ContactNamed",
    "ContactRetired",
    "ConversationDecided",
    "ConversationDue",
    "ConversationExcluded",
    "ConversationForgotten",
    "ConversationMoved",
    "ConversationNoted",
    "ConversationOfferEnded",
    "ConversationOffered",
    "ConversationParked",
    "ConversationRouted",
    "ConversationStarted",
    "ConversationUnparked",
    "ConversationWidened",
    "ConversationWrapupEnded",
    "ConversationWrapupStarted",
    "DecisionLogged",
    "DraftDropped",
    "DraftKept",
    "EntrySettled",
    "Fact",
    "FormExpected",
    "FormOffered",
    "FormSaved",
    "InviteEnded",
    "InviteMade",
    "ListenedAgain",
    "MessageForgotten",
    "MessageHandedOver",
    "MessageMoved",
    "MessageRecalled",
    "MessageStored",
    "NoteStored",
    "OfferEnded",
    "OfferMade",
    "ParkWarned",
    "PartyJoined",
    "PartyLeft",
    "PinnedConfirmed",
    "Refreshed",
    "Register",
    "RegisterAsked",
    "RetryDue",
    "SendingSettled",
    "SentenceConfirmed",
    "SentencePinned",
    "SentenceStored",
    "SessionJoined",
    "SessionLeft",
    "TimerFired",
    "WaitEstimated",
    "WrapupEnded",
    "WrapupStarted",
]
