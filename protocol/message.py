"""Structures of messages (e-mail, SMS, fax, social) and of general commands."""

from __future__ import annotations

from datetime import datetime

from protocol.blob import AttachmentInfo
from protocol.value import value
from protocol.values import Channel, Direction, Guid, MessageStatus, Short


@value(kw_only=True)
class GatewayInfo:
    """A message gateway in one direction.

    Attributes:
        display_name: Its name.
        peer_address: Its address.
        peer_port: Sub-address; not used for messages.
        device: Kind of the connector and its settings.
        channel: Its channel.
        direction: Its direction.
        language_id: Its language.
        id: The gateway.
    """

    display_name: str | None = None
    peer_address: str | None = None
    peer_port: str | None = None
    device: str | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    language_id: Guid | None = None
    id: Guid | None = None


@value(kw_only=True)
class MessageContentInfo:
    """A message, in either direction.

    Attributes:
        delivery_system_id: Its name on the connector's side.
        in_reply_to_id: Name, on the connector's side, of the message that it answers.
        message_id: Its name on the broker's side.
        request_id: The connector's own key, mirrored in the answer.
        gateway_id: The gateway.
        from_field: Sender as shown.
        remote_address: Address of the other party.
        to_field: Receivers as shown.
        to_cc_field: Receivers of copies as shown.
        to_bcc_field: Hidden receivers as shown.
        direction: Its direction.
        extended_fields: Receivers in the form of the channel.
        received_sent_time: When it was received or handed over.
        draft_time: When it was written.
        subject_field: Its subject.
        body_html: Its content as HTML.
        body_text: Its content as plain text.
        culture: Its language.
        mark: A number for processing.
        spam_level: 0 none, 1 manual, 2 by contact, 3 by a filter; null: not checked.
        signature_validity: -1 none, 0 valid, more: an error; null: not checked.
        hierarchy: Its place in the hierarchy.
        rating: How content the sender is.
        conversation_id: The conversation that it is in.
        counter: Its place in the conversation, from 1.
        status: Phase of an outbound message; null: inbound.
        attachments: What comes with it.
        references: Names, on the connector's side, of the messages that it follows, the newest last.
        is_automatic: Whether no person wrote it: a notice of absence, a bounce, a list.
        forward_of: The message that it passes on.
        agent_id: The agent who wrote it.
        agent_name: Their name.
    """

    delivery_system_id: str | None = None
    in_reply_to_id: str | None = None
    message_id: Guid | None = None
    request_id: str | None = None
    gateway_id: Guid | None = None
    from_field: str | None = None
    remote_address: str | None = None
    to_field: str | None = None
    to_cc_field: str | None = None
    to_bcc_field: str | None = None
    direction: Direction | None = None
    extended_fields: str | None = None
    received_sent_time: datetime | None = None
    draft_time: datetime | None = None
    subject_field: str | None = None
    body_html: str | None = None
    body_text: str | None = None
    culture: str | None = None
    mark: int | None = None
    spam_level: int | None = None
    signature_validity: int | None = None
    hierarchy: int | None = None
    rating: Short | None = None
    conversation_id: Guid | None = None
    counter: int = 0
    status: MessageStatus | None = None
    attachments: tuple[AttachmentInfo, ...] | None = None
    references: tuple[str, ...] | None = None
    is_automatic: bool | None = None
    forward_of: Guid | None = None
    agent_id: Guid | None = None
    agent_name: str | None = None


@value(kw_only=True)
class MessageStatusInfo:
    """Where an outbound message stands.

    Attributes:
        peer: Workplace number.
        message_id: The message.
        conversation_id: The conversation that it is in.
        request_id: The key under which it was handed over.
        counter: Its place in the conversation, from 1.
        gateway_id: The gateway.
        status: Phase of the message.
        attempt: Number of the attempt, from 1.
        error: What the connector said.
        delivery_system_id: Its name on the connector's side.
        time_stamp: When it happened.
    """

    peer: str | None = None
    message_id: Guid | None = None
    conversation_id: Guid | None = None
    request_id: str | None = None
    counter: int = 0
    gateway_id: Guid | None = None
    status: MessageStatus | None = None
    attempt: int = 0
    error: str | None = None
    delivery_system_id: str | None = None
    time_stamp: datetime | None = None


@value(kw_only=True)
class MessageCommandInfo:
    """A command about one outbound message.

    Attributes:
        peer: Workplace number.
        message_id: The message.
    """

    peer: str | None = None
    message_id: Guid | None = None


@value(kw_only=True)
class CommandInfo:
    """A general command or receipt; what its members mean depends on the frame.

    Attributes:
        id: The thing that is meant: a scenario or a message.
        ref_id: A second thing: the gateway of a message.
        time_stamp: When it happened.
        reference: A name: the culture of a form, a request, a delivery.
        data: The outcome; of a report of what became of a message the report.
    """

    id: Guid | None = None
    ref_id: Guid | None = None
    time_stamp: datetime | None = None
    reference: str | None = None
    data: str | None = None
