"""Which attachments a sentence or a message may name (B-61)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from broker.core.decision import Refusal
from broker.core.facts import BlobAttached
from broker.core.message_state import Conversation
from broker.core.sentence import Attachment
from broker.core.state import State
from protocol.blob import AttachmentInfo
from protocol.chat import ChatSentenceInfo
from protocol.errors import ErrorCode
from protocol.values import Guid, ScanVerdict


def named_in(state: State, owner: str, p: ChatSentenceInfo) -> tuple[Attachment, ...] | Refusal:
    """What a sentence names; what is pinned, or noted, has no attachments."""
    if p.attachments and p.model:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Attachments: only what is said has any")
    return named_by(state, owner, p.attachments or ())


def named_by(
    state: State,
    owner: str,
    infos: Sequence[AttachmentInfo],
    *,
    also: Container[Guid] = (),
    infected: bool = False,
) -> tuple[Attachment, ...] | Refusal:
    """What somebody names: whole, their own, and not infected.

    Args:
        state: Where it is found.
        owner: Who names it.
        infos: What they say of it.
        also: What they may name though it is another's: it came with a message that they pass on, or
            stands in the draft of their conversation.
        infected: Whether what is infected may be named nevertheless; its content is never given out.
    """
    most = state.config.limits.attachments
    if len(infos) > most:
        return Refusal(ErrorCode.TOO_LONG, f"Attachments: more than {most}")
    found: list[Attachment] = []
    for number, info in enumerate(infos):
        own = owner if info.blob_id not in also else None
        named = _named(state, own, info, f"Attachments[{number}].BlobId", infected=infected)
        if isinstance(named, Refusal):
            return named
        if any(named.blob == other.blob for other in found):
            return Refusal(ErrorCode.BAD_PAYLOAD, f"Attachments[{number}].BlobId: named twice")
        found.append(named)
    return tuple(found)


def _named(
    state: State, owner: str | None, info: AttachmentInfo, path: str, *, infected: bool
) -> Attachment | Refusal:
    blob = state.blobs.by_id.get(info.blob_id) if info.blob_id is not None else None
    if blob is None or owner not in (None, blob.owner):
        return Refusal(ErrorCode.UNKNOWN_MESSAGE, f"{path}: no attachment of this sender")
    if not blob.is_complete:
        return Refusal(ErrorCode.WRONG_STATE, f"{path}: {blob.have} of {blob.size} bytes are there")
    if blob.scan is ScanVerdict.INFECTED and not infected:
        return Refusal(ErrorCode.WRONG_STATE, f"{path}: the scanner says that it is infected")
    return Attachment(
        blob=blob.id,
        no=blob.no,
        name=info.name or blob.name,
        content_type=blob.content_type,
        size=blob.size,
        sha256=blob.sha256,
        content_id=info.content_id,
        is_inline=info.is_inline,
    )


def drafted(conversation: Conversation) -> set[Guid]:
    """What the draft of a conversation names: whoever works on that may name it, whoever brought it."""
    draft = conversation.draft
    infos = draft.content.attachments if draft is not None else None
    return {info.blob_id for info in infos or () if info.blob_id is not None}


def attaching(named: Iterable[Attachment], holder: Guid, now: int) -> list[BlobAttached]:
    """The facts that what is named stays."""
    return [BlobAttached(blob=a.blob, no=a.no, at=now, holder=holder) for a in named]
