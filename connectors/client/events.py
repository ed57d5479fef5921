"""What a session tells the program that uses it. All of them are values."""

from typing import TypedDict

from attrs import frozen

from connectors.client.conversation_events import ConversationEvent
from connectors.client.errors import ConnectorError, Ended, Refused
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
)
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.scenario import ScenarioResultInfo
from protocol.session import Welcome
from protocol.values import ChatStatus, Guid


@frozen
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


@frozen
class Connected:
    """The broker answered the hello; the resync has begun."""

    welcome: Welcome


@frozen
class Ready:
    """The resync is done: what the session knows is what the broker knows."""


@frozen
class ListRefused:
    """The broker cannot list the open chats to this program, which is not ready before it does.

    There are more than one frame lists, and the program does not take the list in pieces
    (`Tuning.pieces`). It is asked for again in a while, and on the next connection, where this is told
    again.
    """

    error: Refused


@frozen
class Disconnected:
    """There is no connection, and a new one will be tried.

    Attributes:
        why: What happened, for a person.
        dial_at: When the next connection is tried.
    """

    why: str
    dial_at: float


@frozen
class SessionEnded:
    """The session is over for good; nothing comes after it."""

    error: Ended


@frozen
class Notice:
    """A fault that belongs to no request: a refusal, or a frame of the broker that cannot be read."""

    error: Refused


# --- requests ---


@frozen
class RequestDone:
    """The answer of a request.

    Attributes:
        request_id: What the request returned when it was made.
        frame: The answer.
    """

    request_id: int
    frame: Frame


@frozen
class RequestFailed:
    """A request got no answer, or a refusal."""

    request_id: int
    error: ConnectorError


# --- chats ---


@frozen
class ChatChanged:
    """The chat is new, or its status, its agent or its close reason changed, or it was parked or retrieved.

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


@frozen
class ChatForgotten:
    """The broker does not know the chat any more, or it does not concern this session any more."""

    ref: ChatRef


@frozen
class ChatRenewed:
    """The transcript of the visitor's chat was full: they go on in a new chat of the same name.

    Its transcript begins anew, and what was waiting is said there.

    Attributes:
        ref: The name of both.
        full: The chat that was full and has ended; None: it was not known.
        chat_id: The chat that goes on.
    """

    ref: ChatRef
    full: Guid | None
    chat_id: Guid


@frozen
class SentenceAdded:
    """The next sentence of the transcript, of either side.

    Each comes once, in the order of `counter`, without a gap.

    Attributes:
        ref: The chat.
        sentence: The sentence. `confirmed_time` is set where it had been confirmed before it came here.
        mine: Whether it was sent by this side (this session, an earlier one, another one that
            serves the same gateway, or another agent who is in the chat).
    """

    ref: ChatRef
    sentence: ChatSentenceInfo
    mine: bool


@frozen
class InternalAdded:
    """The next note that agents made for each other (model 10); the visitor does not see it.

    Each comes once, in the order of `counter`, which is of its own beside the transcript's, without
    a gap. Nobody confirms them.

    Attributes:
        ref: The chat.
        sentence: The note.
        mine: Whether this session sent it.
    """

    ref: ChatRef
    sentence: ChatSentenceInfo
    mine: bool


@frozen
class SentenceEchoed:
    """A sentence that this session sent is durable (W-20).

    Comes once for each, and after its `SentenceAdded` or `InternalAdded` if there is no gap before it.
    """

    ref: ChatRef
    sentence: ChatSentenceInfo


@frozen
class SentenceConfirmed:
    """The other side has a sentence of this side."""

    ref: ChatRef
    sentence: ChatSentenceInfo


@frozen
class SentenceRefused:
    """The broker refused a sentence for good; it is not in the transcript."""

    ref: ChatRef
    sentence: ChatSentenceInfo
    error: ConnectorError


@frozen
class SlotChanged:
    """The other side's pinned note, page, or co-browsing data changed (models 4, 6 and 8)."""

    ref: ChatRef
    sentence: ChatSentenceInfo


@frozen
class PartiesChanged:
    """Somebody besides the owner was asked into the chat, joined it or left it.

    Attributes:
        ref: The chat.
        parties: All of them now.
    """

    ref: ChatRef
    parties: tuple[ChatPartyInfo, ...]


@frozen
class FormOffered:
    """A form is offered to the visitor now, or no longer; for connectors.

    Attributes:
        ref: The chat.
        scenario_id: The form, for `ES_SCENARIO_LOAD`; None: the offer has ended.
    """

    ref: ChatRef
    scenario_id: Guid | None


@frozen
class FormSaved:
    """Somebody else filled in a form of the chat, or changed one; for workplaces.

    Attributes:
        ref: The chat.
        result: What was filled in. `agent_id` is None where the visitor's side saved it.
    """

    ref: ChatRef
    result: ScenarioResultInfo


@frozen
class TypingChanged:
    """The other side began or ceased to type."""

    ref: ChatRef
    is_typing: bool


@frozen
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


@frozen
class AlertEnded:
    """The offer is gone, whatever the cause."""

    ref: ChatRef


# --- the rest ---


@frozen
class AgentStateChanged:
    """The agent's state, as the broker has it."""

    info: AgentStateInfo


@frozen
class OutboundRequested:
    """The broker wants a visitor to be spoken to: bind the chat by a start with its `return_chat_id`.

    Comes again with every connection until the chat is bound, or closed because nobody did.

    Attributes:
        info: The gateway, the address, and the chat in `return_chat_id`.
    """

    info: ChatServiceInfo


@frozen
class MessageSending:
    """The broker wants a message sent: it is to be answered by `MessageClient.message_sent` in 90 s (B-52).

    Attributes:
        message: The message, with the `delivery_system_id` that is proposed for it. It comes again, with
            the same `message_id`, when the broker did not hear what became of it.
    """

    message: MessageContentInfo


@frozen
class Pushed:
    """A push that the session does not fold."""

    frame: Frame


Event = (
    Connected
    | Ready
    | ListRefused
    | Disconnected
    | SessionEnded
    | Notice
    | RequestDone
    | RequestFailed
    | ChatChanged
    | ChatForgotten
    | ChatRenewed
    | SentenceAdded
    | InternalAdded
    | SentenceEchoed
    | SentenceConfirmed
    | SentenceRefused
    | SlotChanged
    | PartiesChanged
    | FormOffered
    | FormSaved
    | TypingChanged
    | Alerted
    | AlertEnded
    | AgentStateChanged
    | OutboundRequested
    | MessageSending
    | ConversationEvent
    | Pushed
)


def pushed(frame: Frame) -> FormSaved | MessageSending | Pushed:
    """What a push tells that is not folded into the chats."""
    match frame.payload:
        case ScenarioResultInfo() as form:
            return FormSaved(ChatRef(form.peer or "", form.chat_id or ""), form)
        case MessageContentInfo() as message if frame.type == "SE_MESSAGE_SENDING":
            return MessageSending(message)
        case _:
            return Pushed(frame)
