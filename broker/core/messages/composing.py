"""What an agent writes becomes a message: what it answers, what comes with it, whether it fits (B-62)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from attrs import evolve

from broker.config.message_gateways import MessageGateway
from broker.config.model import Config
from broker.core.decision import Refusal
from broker.core.inputs import InspectedFrame
from broker.core.limits import RESERVE
from broker.core.message_state import Conversation, Message
from broker.core.messages.receiving import REFERENCES, reply_subject
from broker.core.views.conversation_structures import structure_bytes
from protocol.blob import AttachmentInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import MessageContentInfo

_SAYS: Final = (
    "conversation_id",
    "gateway_id",
    "from_field",
    "remote_address",
    "to_field",
    "to_cc_field",
    "to_bcc_field",
    "extended_fields",
    "subject_field",
    "body_html",
    "body_text",
    "forward_of",
)


def written_in(frame: Frame, p: MessageContentInfo) -> str:
    """The digest of what the sender of a frame wrote: of one that was cleaned it is told."""
    told = frame.written if isinstance(frame, InspectedFrame) else None
    return told if told is not None else digest_of(p)


def digest_of(p: MessageContentInfo) -> str:
    """What a message says and to whom, so that another one under the same key is told from its retry.

    When it was written is not part of it: a client may say that anew.
    """
    digest = blake2b(digest_size=16)
    blobs = [attachment.blob_id for attachment in p.attachments or ()]
    for said in (*(getattr(p, name) for name in _SAYS), *blobs):
        # Each with its length, or two texts could be had by cutting another way.
        data = b"" if said is None else str(said).encode()
        digest.update(b"%d:" % (-1 if said is None else len(data)))
        digest.update(data)
    return digest.hexdigest()


def unfit(config: Config, content: MessageContentInfo) -> Refusal | None:
    """Why a message cannot go out as it is: it says nothing, or too much (I-14)."""
    if len(content.references or ()) > REFERENCES:
        return Refusal(ErrorCode.TOO_LONG, f"References: more than {REFERENCES}")
    texts = (content.body_html, content.body_text)
    if not content.attachments and not any(text and text.strip() for text in texts):
        return Refusal(ErrorCode.BAD_PAYLOAD, "BodyHtml, BodyText: one of them is needed")
    if structure_bytes(content) > config.limits.frame_bytes - RESERVE:
        return Refusal(ErrorCode.TOO_LONG, "BodyHtml, BodyText: too long together for one frame")
    return None


def attached(
    config: Config, p: MessageContentInfo, forwarded: Message | None
) -> tuple[AttachmentInfo, ...] | Refusal:
    """What comes with a message: what it names, and what came with the message that it passes on."""
    every: dict[str, AttachmentInfo] = {}
    passed_on = forwarded.content.attachments if forwarded is not None else None
    for number, attachment in enumerate(p.attachments or ()):
        if attachment.blob_id is None:
            return Refusal(ErrorCode.BAD_PAYLOAD, f"Attachments[{number}].BlobId: is missing")
        every[attachment.blob_id] = attachment
    for attachment in passed_on or ():
        if attachment.blob_id is not None:
            every.setdefault(attachment.blob_id, attachment)
    most = config.limits.attachments
    if len(every) > most:
        return Refusal(ErrorCode.TOO_LONG, f"Attachments: more than {most}")
    return tuple(every.values())


def answering(
    conversation: Conversation, gateway: MessageGateway, p: MessageContentInfo
) -> MessageContentInfo:
    """A reply with what it does not say itself: whom it goes to, and what it follows (B-56)."""
    heard = next((m for m in reversed(conversation.messages) if m.inbound), None)
    last = heard or (conversation.messages[-1] if conversation.messages else None)
    shown = heard.content.from_field if heard is not None else None
    subject = last.content.subject_field if last is not None else None
    reply = evolve(
        p,
        remote_address=p.remote_address or conversation.remote_address,
        to_field=p.to_field or shown or conversation.remote_name,
        subject_field=p.subject_field or reply_subject(subject or conversation.subject),
    )
    if last is None or not gateway.has_threads:
        return reply
    return evolve(
        reply,
        in_reply_to_id=p.in_reply_to_id or last.content.delivery_system_id,
        references=p.references or _thread(conversation, last),
    )


def _thread(conversation: Conversation, last: Message) -> tuple[str, ...] | None:
    """The messages before and up to `last`, as that one names them, or as the conversation has them."""
    named = last.content.references
    if named is None:
        before = (m.content.delivery_system_id for m in conversation.messages if m.no < last.no)
        named = tuple(name for name in before if name is not None)
    own = last.content.delivery_system_id
    thread = dict.fromkeys(name for name in (*named, own) if name is not None)
    return tuple(thread)[-REFERENCES:] or None
