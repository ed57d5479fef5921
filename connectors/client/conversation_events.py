"""What a session tells of conversations: messages with one remote address, as an agent works on them.

A program hears of them that asked for it (`WorkplaceSettings.conversations`).
"""

from attrs import frozen

from protocol.conversation import ConversationInfo, ConversationNoteInfo
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import Guid


@frozen
class ConversationAlerted:
    """A conversation is offered to the agent.

    Attributes:
        conversation_id: The conversation.
        info: What is known of it; its `internal` is what a colleague says who hands it over.
        expires_at: When the offer ends, on the session's clock.
    """

    conversation_id: Guid
    info: ConversationInfo
    expires_at: float


@frozen
class ConversationAlertEnded:
    """The offer of a conversation is gone, whatever the cause."""

    conversation_id: Guid


@frozen
class ConversationChanged:
    """A conversation is new here, or something of it changed; of what is in it other events tell.

    Attributes:
        conversation_id: The conversation.
        info: As it stands now.
        before: As it stood before; None: it was not known.
    """

    conversation_id: Guid
    info: ConversationInfo
    before: ConversationInfo | None


@frozen
class ConversationForgotten:
    """A conversation is not this agent's any more: it waits for somebody, or somebody else has it."""

    conversation_id: Guid


@frozen
class MessageAdded:
    """The next message of a conversation that the agent works on, of either side.

    Each comes once, in the order of `counter`. The first is the oldest that came with the answer.

    Attributes:
        conversation_id: The conversation.
        message: The message.
        is_new: It came after the conversation was taken: by a push, or while there was no connection.
    """

    conversation_id: Guid
    message: MessageContentInfo
    is_new: bool


@frozen
class MessageStatusChanged:
    """An outbound message of this agent has another status.

    Attributes:
        conversation_id: The conversation.
        info: The status, with the error if there was one.
        message: The message, if its conversation is known here.
    """

    conversation_id: Guid
    info: MessageStatusInfo
    message: MessageContentInfo | None


@frozen
class NoteAdded:
    """The next note for colleagues in a conversation; each comes once, in the order of `counter`.

    Attributes:
        conversation_id: The conversation.
        note: The note.
        is_new: It came after the conversation was taken.
    """

    conversation_id: Guid
    note: ConversationNoteInfo
    is_new: bool


ConversationEvent = (
    ConversationAlerted
    | ConversationAlertEnded
    | ConversationChanged
    | ConversationForgotten
    | MessageAdded
    | MessageStatusChanged
    | NoteAdded
)
