"""What a session tells the program that uses it. All of them are values."""

from typing import TypedDict

import attrs

from connectors.errors import ConnectorError, Ended, Refused
from protocol.agent import AgentStateInfo
from protocol.chat import ChatInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.session import Welcome
from protocol.values import ChatStatus, Guid


@attrs.frozen
class ChatRef:
    """The name of a chat: a tracking ID on a gateway, or a Guid at a workplace.

    Attributes:
        peer: The gateway address or the workplace number.
        name: The tracking ID or the Guid.
        port: The sub-address of the gateway, where there is one.
    """

    peer: str
    name: str
    port: str | None = None


class Address(TypedDict, total=False):
    """The members of a structure that name a chat on the wire."""

    peer: str
    port: str | None
    tracking_id: str
    chat_id: Guid


# --- the session ---


@attrs.frozen
class Connected:
    """The broker answered the hello; the resync has begun."""

    welcome: Welcome


@attrs.frozen
class Ready:
    """The resync is done: what the session knows is what the broker knows."""


@attrs.frozen
class Disconnected:
    """There is no connection, and a new one will be tried.

    Attributes:
        why: What happened, for a person.
        dial_at: When the next connection is tried.
    """

    why: str
    dial_at: float


@attrs.frozen
class SessionEnded:
    """The session is over for good; nothing comes after it."""

    error: Ended


@attrs.frozen
class Notice:
    """A fault that belongs to no request: a refusal, or a frame of the broker that cannot be read."""

    error: Refused


# --- requests ---


@attrs.frozen
class RequestDone:
    """The answer of a request.

    Attributes:
        ticket: What the request returned when it was made.
        frame: The answer.
    """

    ticket: int
    frame: Frame


@attrs.frozen
class RequestFailed:
    """A request got no answer, or a refusal."""

    ticket: int
    error: ConnectorError


# --- chats ---


@attrs.frozen
class ChatChanged:
    """The chat is new, or its status, its agent or its close reason changed.

    Attributes:
        ref: The chat.
        status: Its status now.
        before: Its status before; None for a chat that was not known.
        info: The status as it came.
    """

    ref: ChatRef
    status: ChatStatus
    before: ChatStatus | None
    info: ChatStatusInfo


@attrs.frozen
class ChatForgotten:
    """The broker does not know the chat any more, or it does not concern this session any more."""

    ref: ChatRef


@attrs.frozen
class SentenceAdded:
    """The next sentence of the transcript, of either side.

    Each comes once, in the order of `counter`, without a gap.

    Attributes:
        ref: The chat.
        sentence: The sentence. `confirmed_time` is set where it had been confirmed before it came here.
        mine: Whether it was sent by this side (this session, an earlier one, or another one that
            serves the same gateway).
    """

    ref: ChatRef
    sentence: ChatSentenceInfo
    mine: bool


@attrs.frozen
class SentenceEchoed:
    """A sentence that this session sent is durable (W-20).

    Comes once for each, and after its `SentenceAdded`, if it gets a place in the transcript.
    """

    ref: ChatRef
    sentence: ChatSentenceInfo


@attrs.frozen
class SentenceConfirmed:
    """The other side has a sentence of this side."""

    ref: ChatRef
    sentence: ChatSentenceInfo


@attrs.frozen
class SentenceRefused:
    """The broker refused a sentence for good; it is not in the transcript."""

    ref: ChatRef
    sentence: ChatSentenceInfo
    error: ConnectorError


@attrs.frozen
class SlotChanged:
    """The pinned note, the page where the visitor is, or the co-browsing data changed (models 4, 6 and 8)."""

    ref: ChatRef
    sentence: ChatSentenceInfo


@attrs.frozen
class TypingChanged:
    """The other side began or ceased to type."""

    ref: ChatRef
    is_typing: bool


@attrs.frozen
class Alerted:
    """A chat is offered to the agent.

    Attributes:
        ref: The chat.
        info: What is known of it.
        expires_at: When the offer ends, on the session's clock.
    """

    ref: ChatRef
    info: ChatInfo
    expires_at: float


@attrs.frozen
class AlertEnded:
    """The offer is gone, whatever the cause."""

    ref: ChatRef


# --- the rest ---


@attrs.frozen
class AgentStateChanged:
    """The agent's state, as the broker has it."""

    info: AgentStateInfo


@attrs.frozen
class Pushed:
    """A push that the session does not fold, as `SE_MESSAGE_SENDING` or `SE_CHAT_OUTBOUND`."""

    frame: Frame


Event = (
    Connected
    | Ready
    | Disconnected
    | SessionEnded
    | Notice
    | RequestDone
    | RequestFailed
    | ChatChanged
    | ChatForgotten
    | SentenceAdded
    | SentenceEchoed
    | SentenceConfirmed
    | SentenceRefused
    | SlotChanged
    | TypingChanged
    | Alerted
    | AlertEnded
    | AgentStateChanged
    | Pushed
)
