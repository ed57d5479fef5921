"""Open conversations, as facts that a broker would have written: for measurements of starts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from attrs import frozen

from broker.config.model import SECOND, Config
from broker.core.facts import Fact
from broker.core.facts.causes import AttemptOutcome, ConversationCause
from broker.core.facts.messages import (
    ConversationMoved,
    ConversationRouted,
    ConversationStarted,
    MessageMoved,
    MessageStored,
)
from broker.core.message_state import body_bytes
from protocol.identifiers import derive
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, Guid, MessageStatus, from_micros

GATEWAY: Final = """
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "bench-secret"
"""
_WORDS: Final = "Good morning, I should like to know where my parcel is. "


@frozen(kw_only=True)
class Correspondence:
    """How many conversations wait, and what is in each.

    Attributes:
        conversations: How many.
        messages: Messages in each of them; every second one is an answer, which is sent.
        body_bytes: Length of the text of a message; its HTML is as long.
    """

    conversations: int = 0
    messages: int = 5
    body_bytes: int = 2_048


def open_conversations(config: Config, wanted: Correspondence, now: int) -> Iterator[Fact]:
    """The facts of conversations that wait, all of which go on at the same time."""
    if not wanted.conversations:
        return
    inbound = next(one.id for one in config.message_gateways.values() if one.takes_in)
    outbound = next(one.id for one in config.message_gateways.values() if one.sends)
    project, writer = next(iter(config.projects)), next(iter(config.agents))
    numbers = range(1, wanted.conversations + 1)
    yield from chain.from_iterable(_begun(no, inbound, project, now) for no in numbers)
    for counter in range(1, wanted.messages + 1):
        at = now + counter * SECOND
        for no in numbers:
            number = (counter - 1) * wanted.conversations + no
            if counter % 2:
                yield _message(wanted, no, counter, number, inbound, at)
            else:
                yield _message(wanted, no, counter, number, outbound, at, writer)
                yield from _sent(no, number, at)


def _talk(no: int) -> Guid:
    return derive("bench", f"conversation {no}")


def _begun(no: int, gateway: Guid, project: Guid, now: int) -> Iterator[Fact]:
    yield ConversationStarted(
        conversation=_talk(no),
        no=no,
        at=now,
        gateway=gateway,
        pair=gateway,
        remote_address=f"ann-{no}@customer.example",
        remote_name="Ann Example",
        subject=f"Parcel {no}",
    )
    yield ConversationRouted(
        conversation=_talk(no), no=no, at=now, project=project, language=None, skill=1, priority=0
    )
    yield ConversationMoved(
        conversation=_talk(no),
        no=no,
        at=now,
        status=ChatStatus.WAITING,
        cause=ConversationCause.ROUTED,
        agent=None,
        enqueued_at=now,
        waiting_since=now,
        project=project,
    )


def _message(
    wanted: Correspondence,
    no: int,
    counter: int,
    number: int,
    gateway: Guid,
    at: int,
    writer: Guid | None = None,
) -> MessageStored:
    text = (_WORDS * (1 + wanted.body_bytes // len(_WORDS)))[: wanted.body_bytes]
    content = MessageContentInfo(
        message_id=derive("bench", f"message {number}"),
        delivery_system_id=f"<{number}@customer.example>",
        gateway_id=gateway,
        from_field="Ann Example <ann@customer.example>",
        remote_address=f"ann-{no}@customer.example",
        to_field="Service <service@example.com>",
        subject_field=f"Parcel {no}",
        received_sent_time=from_micros(at),
        body_html=text,
        body_text=text,
        conversation_id=_talk(no),
        counter=counter,
    )
    return MessageStored(
        message=derive("bench", f"message {number}"),
        no=number,
        at=at,
        gateway=gateway,
        content=content,
        size=body_bytes(content),
        inbound=writer is None,
        conversation=_talk(no),
        conversation_no=no,
        counter=counter,
        agent=writer,
        key=f"answer {number}" if writer is not None else None,
        status=MessageStatus.QUEUED if writer is not None else None,
    )


def _sent(no: int, number: int, at: int) -> Iterator[MessageMoved]:
    ways = ((MessageStatus.SENDING, None), (MessageStatus.SENT, AttemptOutcome.SENT))
    for status, outcome in ways:
        yield MessageMoved(
            message=derive("bench", f"message {number}"),
            no=number,
            at=at,
            status=status,
            attempt=1,
            conversation_no=no,
            outcome=outcome,
        )
