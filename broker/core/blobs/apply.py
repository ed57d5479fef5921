"""Writing facts of attachments into the state."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final

from broker.core.blob_state import Blob
from broker.core.facts import (
    BlobAttached,
    BlobBegun,
    BlobCompleted,
    BlobDropped,
    BlobPieceStored,
    BlobScanned,
    ChatDropped,
    ChatForgotten,
    ConversationForgotten,
    DraftDropped,
    DraftKept,
)
from broker.core.limits import DAY
from broker.core.message_state import Message
from broker.core.state import State
from broker.core.timers import TimerKind
from protocol.values import Guid


def begun(state: State, f: BlobBegun) -> None:
    """The first piece came."""
    state.blobs.next_no = max(state.blobs.next_no, f.no + 1)
    blob = Blob(
        id=f.blob,
        no=f.no,
        owner=f.owner,
        at=f.at,
        name=f.name,
        content_type=f.content_type,
        size=f.size,
        sha256=f.sha256,
        since_up=state.up,
        touched_up=state.up,
    )
    state.blobs.add(blob)
    arm(state, blob)


def piece_stored(state: State, f: BlobPieceStored) -> None:
    """More of it is there."""
    blob = state.blobs.by_id[f.blob]
    blob.have += len(f.data)
    blob.digest.add(f.data)
    blob.touched_up = state.up


def completed(state: State, f: BlobCompleted) -> None:
    """All of it is there."""
    blob = state.blobs.by_id[f.blob]
    blob.scan = f.scan
    state.blobs.coming -= blob.size


def attached(state: State, f: BlobAttached) -> None:
    """Something names it."""
    blob = state.blobs.by_id[f.blob]
    state.blobs.named(blob, f.holder)
    blob.is_kept = True
    chat = state.chats.get(f.holder)
    if chat is not None and blob.scan is not None:
        chat.transcript.scans[blob.id] = blob.scan


def scanned(state: State, f: BlobScanned) -> None:
    """The scanner judged it: whoever shows it shows that."""
    blob = state.blobs.by_id[f.blob]
    blob.scan = f.verdict
    for holder in blob.holders:
        chat = state.chats.get(holder)
        if chat is not None:
            chat.transcript.scans[blob.id] = f.verdict
            chat.transcript.edition += 1


def dropped(state: State, f: BlobDropped) -> None:
    """It is gone."""
    state.blobs.forget(state.blobs.by_id[f.blob])


def holder_gone(state: State, f: ChatForgotten | ChatDropped) -> None:
    """A chat leaves the memory, and what it alone names with it; before the chat itself goes."""
    for blob_id in state.chats[f.chat].transcript.scans:
        blob = state.blobs.by_id[blob_id]
        blob.holders.pop(f.chat, None)
        if not blob.holders:
            state.blobs.forget(blob)


def message_gone(state: State, message: Message) -> None:
    """A message leaves the memory, and what it alone names with it."""
    for info in message.content.attachments or ():
        blob = state.blobs.by_id.get(info.blob_id or Guid(""))
        if blob is not None and message.id in blob.holders:
            del blob.holders[message.id]
            if not blob.holders:
                state.blobs.forget(blob)


def draft_kept(state: State, f: DraftKept) -> None:
    """A draft names some, and those of the one before it no more."""
    named = [info.blob_id for info in f.content.attachments or () if info.blob_id is not None]
    for one in named:
        state.blobs.named(state.blobs.by_id[one], f.conversation)
    _let_go(state, f.conversation, but=named)


def draft_gone(state: State, f: DraftDropped | ConversationForgotten) -> None:
    """A draft goes, and lets go what it names; before the draft itself goes."""
    _let_go(state, f.conversation)


def _let_go(state: State, key: Guid, but: Container[Guid] = ()) -> None:
    draft = state.messages.conversations[key].draft
    for info in (draft.content.attachments or ()) if draft is not None else ():
        blob = state.blobs.by_id.get(info.blob_id or Guid(""))
        if blob is None or blob.id in but or key not in blob.holders:
            continue
        state.blobs.let_go(blob, key)
        if not blob.holders and not blob.is_kept:
            blob.since_up = state.up
            arm(state, blob)


def arm(state: State, blob: Blob) -> None:
    """Set a timer for the end of one that nobody names."""
    state.timers.set(blob.since_up + DAY, TimerKind.BLOB, blob.id)


TABLE: Final[dict[type, Callable[[State, Any], None]]] = {
    BlobAttached: attached,
    BlobBegun: begun,
    BlobCompleted: completed,
    BlobDropped: dropped,
    BlobPieceStored: piece_stored,
    BlobScanned: scanned,
}
