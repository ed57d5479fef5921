"""Structures of conversations: messages with one remote address, as agents work on them."""

from __future__ import annotations

from datetime import datetime

from attrs import field

from protocol.message import MessageContentInfo
from protocol.structure import WIRE
from protocol.value import value
from protocol.values import Channel, ChatStatus, CloseReason, Guid


@value(kw_only=True)
class ConversationNoteInfo:
    """A note for colleagues in a conversation.

    Attributes:
        peer: Workplace number.
        conversation_id: The conversation.
        id: The writer's own key of the note.
        text: What is noted.
        counter: Its place among the notes, from 1.
        agent_id: Who wrote it.
        agent_name: Their name.
        time_stamp: When it was written.
    """

    peer: str | None = None
    conversation_id: Guid | None = None
    id: str | None = field(default=None, metadata={WIRE: "ID"})
    text: str | None = None
    counter: int = 0
    agent_id: Guid | None = None
    agent_name: str | None = None
    time_stamp: datetime | None = None


@value(kw_only=True)
class ConversationInfo:
    """A conversation as it stands for the agent at a workplace.

    Attributes:
        peer: Workplace number.
        conversation_id: The conversation.
        status: Its phase: `Waiting`, `Alerting`, `Answered` or `Closed`.
        channel: Its channel.
        gateway_id: Its gateway.
        gateway_name: The gateway's name.
        remote_address: Address of the other party.
        remote_name: Their name.
        subject: What it is about.
        project_id: Its project.
        project_name: The project's name.
        language_id: Its language.
        language_name: The language's name.
        agent_id: Who is offered it or works on it; after the end who did last.
        agent_name: Their name.
        unanswered: How many inbound messages no answer followed.
        received_utc: When the oldest of them came.
        due_utc: When it is to be answered at the latest.
        enqueueing_time_utc: Where it stands in the queue counts from here.
        waiting_time: How long it has waited, in seconds.
        max_signal_duration: How long an alert lasts, in seconds.
        is_parked: Whether it was put aside.
        parked_until_utc: Until when; null: until the other party writes.
        close_reason: Why it ended.
        code: How it ended, in the words of the contact center.
        contact_id: The contact.
        contact_name: The contact's name.
        earlier_id: The conversation that this one goes on from.
        is_spam: Whether it is unwanted mail.
        messages: What was written, oldest first; the latest where there are more.
        internal: Notes of agents for each other.
        draft: What is written and not sent yet.
        message_count: How many messages there are.
    """

    peer: str | None = None
    conversation_id: Guid | None = None
    status: ChatStatus | None = None
    channel: Channel | None = None
    gateway_id: Guid | None = None
    gateway_name: str | None = None
    remote_address: str | None = None
    remote_name: str | None = None
    subject: str | None = None
    project_id: Guid | None = None
    project_name: str | None = None
    language_id: Guid | None = None
    language_name: str | None = None
    agent_id: Guid | None = None
    agent_name: str | None = None
    unanswered: int = 0
    received_utc: datetime | None = None
    due_utc: datetime | None = None
    enqueueing_time_utc: datetime | None = None
    waiting_time: int = 0
    max_signal_duration: int = 0
    is_parked: bool = False
    parked_until_utc: datetime | None = None
    close_reason: CloseReason | None = None
    code: str | None = None
    contact_id: Guid | None = None
    contact_name: str | None = None
    earlier_id: Guid | None = None
    is_spam: bool = False
    messages: tuple[MessageContentInfo, ...] | None = None
    internal: tuple[ConversationNoteInfo, ...] | None = None
    draft: MessageContentInfo | None = None
    message_count: int = 0


@value(kw_only=True)
class ConversationCommandInfo:
    """A command or a short notice about one conversation.

    Attributes:
        peer: Workplace number.
        conversation_id: The conversation.
        agent_id: The agent.
        time_stamp: When it happened.
        until_utc: Until when it is put aside; null: until the other party writes.
        before: Messages before this place are wanted.
        limit: How many at the most.
        after: The place behind which a list is to go on.
    """

    peer: str | None = None
    conversation_id: Guid | None = None
    agent_id: Guid | None = None
    time_stamp: datetime | None = None
    until_utc: datetime | None = None
    before: int | None = None
    limit: int | None = None
    after: int | None = None


@value(kw_only=True)
class ConversationTransferInfo:
    """To whom a conversation is to go.

    Attributes:
        peer: Workplace number.
        conversation_id: The conversation.
        to_agent_id: The agent who is to have it.
        to_project_id: The project whose agents are to have it.
        note: What they are to know.
    """

    peer: str | None = None
    conversation_id: Guid | None = None
    to_agent_id: Guid | None = None
    to_project_id: Guid | None = None
    note: str | None = None


@value(kw_only=True)
class ConversationCloseInfo:
    """The end of a conversation.

    Attributes:
        peer: Workplace number.
        conversation_id: The conversation.
        code: How it ended, in the words of the contact center.
        note: What is to be remembered.
        is_spam: Whether it was unwanted mail: more of that address is.
    """

    peer: str | None = None
    conversation_id: Guid | None = None
    code: str | None = None
    note: str | None = None
    is_spam: bool = False


@value(kw_only=True)
class ConversationWrapUpInfo:
    """The end of an agent's work after a conversation.

    Attributes:
        peer: Workplace number.
        conversation_id: The conversation.
        code: How it ended, one of the configured codes.
        note: Free text.
    """

    peer: str | None = None
    conversation_id: Guid | None = None
    code: str | None = None
    note: str | None = None
