"""What the store holds of attachments becomes part of the state again (B-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from broker.core.blob_state import Blob
from broker.core.blobs.apply import arm
from broker.core.state import State


def restore_blobs(state: State, recovered: Iterable[Blob], aged: Callable[[int], int]) -> None:
    """Enter what was read, but for what only chats, messages and drafts name that are not in memory.

    Args:
        state: The state that is being built, with its chats, messages and conversations.
        recovered: What was read; becomes part of the state.
        aged: Puts a stored time onto the clock of deadlines.
    """
    for blob in recovered:
        was_named = bool(blob.holders)
        known = state.chats, state.messages.messages, state.messages.conversations
        blob.holders = {
            holder: None for holder in blob.holders if any(holder in those for those in known)
        }
        if was_named and not blob.holders:
            continue
        blob.since_up = blob.touched_up = aged(blob.at)
        state.blobs.add(blob)
        for holder in blob.holders:
            if blob.scan is not None and holder in state.chats:
                state.chats[holder].transcript.scans[blob.id] = blob.scan
        arm(state, blob)
