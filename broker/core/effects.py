"""What the core wants done outside, as values.

An announcement says what is to be shown to whom; `views.notifications` makes it a `Send`. The answer to a
request shows one thing to the session that asked.

Effects leave the broker only after every fact that was decided before them is durable (I-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from broker.core.chat_state import PinnedSentence, Sentence
from broker.core.facts import NoteStored, SentencePinned, SentenceStored
from broker.core.inputs import FrameArrived, RecalledFrame
from protocol.errors import ByeCode
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.value import value
from protocol.values import FrameId, Guid

StoredKey = tuple[str, *tuple[int, ...]]
"""Names something in the store: what it is, and its number."""


class Deferred:
    """A payload that lacks what only the store has: the engine fills it in before it lets it go.

    It is a value, made by the core; what is read is of the moment at which everything that was decided
    before it is durable.
    """

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        """What is to be read."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """About how many characters the whole will have, for what it costs; binary data costs little."""
        return 0

    def filled(self, found: Mapping[StoredKey, object]) -> object:
        """Make the whole payload of what was read."""
        raise NotImplementedError


@value
class Send:
    """One payload for one or several sessions.

    Attributes:
        sessions: Who gets it. A session that is gone by then is passed over.
        type: The message type.
        payload: A structure, a tuple of structures, a str or None; or what becomes one of these.
        answer_to: The session, also among `sessions`, for which this is the direct answer.
        re: The `Id` of its request (W-15); None when the request carried none.
        trace: The `traceparent` to pass along (W-2).
        more: The place behind which a list goes on that does not end here (W-25).
    """

    sessions: tuple[int, ...]
    type: str
    payload: object
    answer_to: int | None = None
    re: FrameId = None
    trace: str | None = None
    more: int | None = None

    def headers(self, re: FrameId = None) -> dict[str, object]:
        """The headers of the frame; `re` is given to the session that it answers."""
        headers: dict[str, object] = {}
        if re is not None:
            headers["Re"] = re
        if self.trace is not None:
            headers["traceparent"] = self.trace
        if self.more is not None:
            headers["More"] = self.more
        return headers


@value
class Dismiss:
    """Say `SYS_BYE` to a session and close its connection (W-13)."""

    session: int
    code: ByeCode
    text: str = ""


@value
class LogEntry:
    """A line for the log. Never holds the text of a sentence or a secret."""

    event: str
    fields: Mapping[str, object]


@value
class ScanWanted:
    """The scanner is to judge an attachment, which the store has under this number (B-61)."""

    blob: Guid
    no: int
    size: int


@value
class Recall:
    """A frame is about a message that is out of memory: read it, and let the frame come again (B-55).

    Attributes:
        session: Who sent the frame.
        message: What it is about, if there is such a message.
    """

    session: int
    frame: Frame
    message: Guid

    @property
    def key(self) -> StoredKey:
        """What is to be read: nobody knows the number of the message, so it goes by that of its Guid."""
        return (OF_RECALLED, UUID(self.message).int)

    def again(self, stored: object | None) -> FrameArrived:
        """The frame with what was read."""
        came = self.frame
        frame = RecalledFrame(came.type, came.payload, came.headers, stored)
        return FrameArrived(self.session, frame)


OF_RECALLED: Final = "recalled"
"""What a message is called that is read by its Guid (`StoredKey`)."""
Effect = Send | Dismiss | LogEntry | ScanWanted | Recall


Said = Sentence | PinnedSentence | SentenceStored | SentencePinned | NoteStored
"""A sentence, as it is remembered or as it is about to be."""


@value(kw_only=True)
class ChatToConnectors:
    """`SE_CHAT_STATUS` for every session of the gateway.

    Attributes:
        full: Whether the transcript goes with it.
    """

    chat: Guid
    full: bool = False


@value(kw_only=True)
class ChatToAgent:
    """A frame about a chat for the workplace where an agent sits, if they are there.

    Attributes:
        type: `SC_CHAT_STATUS`, `SC_CHAT_ALERT` or `SC_CHAT_ALERT_END`.
        full: Whether the transcript goes with it.
    """

    chat: Guid
    agent: Guid
    type: str = "SC_CHAT_STATUS"
    full: bool = False


@value
class ChatToMembers:
    """`SC_CHAT_STATUS` for everybody who is in the conversation."""

    chat: Guid


@value
class SentenceToConnectors:
    """`SE_CHAT_SENTENCE` for every session of the gateway.

    Attributes:
        trace: The `traceparent` of whoever said it (W-2).
    """

    chat: Guid
    said: Said
    trace: str | None = None


@value
class SentenceToMembers:
    """`SC_CHAT_SENTENCE` for everybody who is in the conversation when it is said.

    Whoever comes in by the same decision, or takes over a workplace by it, has it in the transcript.

    Attributes:
        to: Their sessions and workplace numbers.
        trace: The `traceparent` of whoever said it (W-2).
    """

    chat: Guid
    said: Said
    to: tuple[tuple[int, str], ...]
    trace: str | None = None


@value(kw_only=True)
class FormToMembers:
    """`SC_SCENARIO_RESULT` for everybody who is in the conversation (B-41).

    Attributes:
        result: The form that was filled in.
        but: The agent who saved it.
    """

    chat: Guid
    result: Guid
    but: Guid | None = None


@value(kw_only=True)
class AgentToWorkplace:
    """`SC_AGENT_STATE`: to the agent, with the wrap-ups, or to a supervisor who asked for it."""

    agent: Guid


@value(kw_only=True)
class OutboundToConnectors:
    """`SE_CHAT_OUTBOUND` for every session of the gateway.

    Attributes:
        only: The session that alone is told, since it is new.
    """

    chat: Guid
    only: int | None = None


@value(kw_only=True)
class ConversationToAgent:
    """A frame about a conversation for the workplace where an agent sits, if they are there.

    Attributes:
        type: `SC_CONVERSATION_STATUS`, `SC_CONVERSATION_ALERT` or `SC_CONVERSATION_ALERT_END`.
        full: Whether its messages go with it, and its notes and draft unless older ones are asked for.
        before: Of the messages those before this place; None: the latest.
        limit: At most so many.
    """

    conversation: Guid
    agent: Guid
    type: str = "SC_CONVERSATION_STATUS"
    full: bool = False
    before: int | None = None
    limit: int | None = None


@value(kw_only=True)
class ConversationNoteToAgent:
    """`SC_CONVERSATION_NOTE` for the workplace where an agent sits, if they are there.

    Attributes:
        counter: Which note.
    """

    conversation: Guid
    agent: Guid
    counter: int


@value(kw_only=True)
class MessageToAgent:
    """`SC_MESSAGE_RECEIVED` for the agent who works on the conversation (B-57).

    Attributes:
        content: All of it, as it came.
    """

    conversation: Guid
    agent: Guid
    content: MessageContentInfo


@value(kw_only=True)
class MessageToConnector:
    """`SE_MESSAGE_SENDING` for the session to which a message is handed over (B-52)."""

    message: Guid
    session: int


@value
class DeliveryToAgents:
    """`SC_MESSAGE_STATUS` for who wrote an outbound message and who works on its conversation (B-54)."""

    message: Guid


MailAnnouncement = (
    ConversationToAgent
    | ConversationNoteToAgent
    | MessageToAgent
    | MessageToConnector
    | DeliveryToAgents
)
Announcement = (
    ChatToConnectors
    | ChatToAgent
    | ChatToMembers
    | SentenceToConnectors
    | SentenceToMembers
    | FormToMembers
    | AgentToWorkplace
    | OutboundToConnectors
    | MailAnnouncement
)


Notice = Effect | Announcement
"""What is told to others than who asked, or done."""
Picture = (
    ChatToConnectors
    | ChatToAgent
    | SentenceToConnectors
    | SentenceToMembers
    | AgentToWorkplace
    | OutboundToConnectors
    | ConversationToAgent
    | ConversationNoteToAgent
    | DeliveryToAgents
)
"""What somebody can be answered by as well as told."""


@value
class Reply:
    """A payload that is no picture of what the decision changes: a list, a refusal, a register.

    Attributes:
        more: The place behind which a list goes on that does not end here.
    """

    type: str
    payload: object
    more: int | None = None


@value
class Acknowledgement:
    """`SYS_ACK`: a frame that has no other answer was taken (W-16)."""

    type: str


@value
class Answer:
    """What the session that asked gets, in place of a push (W-15).

    Attributes:
        session: Who asked.
        re: The `Id` of their request; None when it carried none.
        shows: What they get; of an announcement, the frame that is theirs.
    """

    session: int
    re: FrameId
    shows: Picture | Reply | Acknowledgement
