"""Messages that had left the memory and are back, since something is said of them (B-55).

A message leaves the memory with its conversation, or a day after it went out as a sentence. What is reported
of it later is decided as ever, once the store has told what it was (`effects.Recall`); then it leaves again.
"""

from __future__ import annotations

from attrs import evolve

from broker.core.facts.messages import MessageRecalled, MessageStored
from broker.core.message_state import Delivery, Message, MessagesState, without_bodies
from broker.core.messages.deliveries import index_delivery


def message_of(f: MessageStored) -> Message:
    """What is kept of a message that was stored."""
    return Message(
        id=f.message,
        no=f.no,
        at=f.at,
        gateway=f.gateway,
        content=without_bodies(f.content),
        size=f.size,
        inbound=f.inbound,
        counter=f.counter,
        conversation=f.conversation,
        conversation_no=f.conversation_no,
        chat=f.chat,
        chat_no=f.chat_no,
        agent=f.agent,
        key=f.key,
        digest=f.digest,
        delivery=None if f.inbound else Delivery(),
    )


def recalled_message(f: MessageRecalled) -> Message:
    """The message as it was when it left the memory."""
    message = message_of(f.stored)
    # Whatever it names has left the memory too, and nobody is shown it.
    message.content = evolve(message.content, attachments=None)
    message.delivery = Delivery(
        status=f.status, attempt=f.attempt, error=f.error, sent_at=f.sent_at
    )
    return message


def recalled(state: MessagesState, f: MessageRecalled) -> None:
    """It is in memory for the moment; its name and its key are known as they were."""
    message = recalled_message(f)
    state.messages.messages[message.id] = message
    index_delivery(state, message)
