"""How messages on their way out are shown (B-52, B-54)."""

from __future__ import annotations

from attrs import evolve

from broker.core.message_state import Message
from broker.core.moments import utc
from broker.core.state import State
from broker.core.views.stored import Letter
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import Direction


def with_scans(state: State, content: MessageContentInfo) -> MessageContentInfo:
    """A message with what the scanner says of its attachments by now (B-61)."""
    if not content.attachments:
        return content
    known = state.blobs.by_id
    scanned = (
        evolve(one, scan=known[one.blob_id].scan if one.blob_id in known else None)
        for one in content.attachments
    )
    return evolve(content, attachments=tuple(scanned))


def message_for_connector(state: State, message: Message) -> Letter:
    """An outbound message as its connector gets it (B-52)."""
    content = with_scans(state, message.content)
    shown = evolve(
        content,
        message_id=message.id,
        gateway_id=message.gateway,
        delivery_system_id=content.delivery_system_id or message.id,
        direction=Direction.O,
        received_sent_time=content.received_sent_time or utc(message.at),
        status=None,
    )
    return Letter(shown, message.no, message.size)


def message_status(message: Message, number: str, now: int) -> MessageStatusInfo:
    """How far an outbound message is, as somebody at a workplace sees it (B-54)."""
    delivery = message.delivery
    assert delivery is not None
    return MessageStatusInfo(
        peer=number,
        message_id=message.id,
        conversation_id=message.conversation,
        request_id=message.key,
        counter=message.counter,
        gateway_id=message.gateway,
        status=delivery.status,
        attempt=delivery.attempt,
        error=delivery.error,
        delivery_system_id=message.content.delivery_system_id,
        time_stamp=utc(now),
    )
