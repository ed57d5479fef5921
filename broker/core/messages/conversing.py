"""The moves of a conversation: each gives the facts of one change (B-57)."""

from __future__ import annotations

from broker.core.facts.causes import ConversationCause, DecisionKind
from broker.core.facts.details import Detail
from broker.core.facts.messages import ConversationDecided, ConversationMoved
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation
from protocol.values import ChatStatus, CloseReason, Guid

_WAITS = (ChatStatus.WAITING, ChatStatus.ALERTING)


def moved(
    conversation: Conversation,
    stamp: Stamp,
    status: ChatStatus,
    cause: ConversationCause,
    agent: Guid | None = None,
    *,
    reason: CloseReason | None = None,
    code: str | None = None,
    note: str | None = None,
    is_spam: bool = False,
    project: Guid | None = None,
) -> ConversationMoved:
    """The fact that a conversation's status or owner changed; its age is kept.

    `project` is given where the same decision changes it. A reopening begins a new age.
    """
    anew = cause is ConversationCause.REOPENED
    enqueued_at = None if anew else conversation.enqueued_at
    waited, since = (0, None) if anew else (conversation.waited, conversation.waiting_since)
    if status in _WAITS:
        since = stamp.now if since is None else since
        enqueued_at = stamp.now if enqueued_at is None else enqueued_at
    elif since is not None:
        waited, since = waited + max(0, stamp.now - since), None
    return ConversationMoved(
        conversation=conversation.id,
        no=conversation.no,
        at=stamp.now,
        status=status,
        cause=cause,
        agent=agent,
        before=conversation.agent,
        enqueued_at=enqueued_at,
        waited=waited,
        waiting_since=since,
        close_reason=reason,
        code=code,
        note=note,
        is_spam=is_spam,
        project=project or conversation.demanded.project,
    )


def decided(
    conversation: Conversation,
    stamp: Stamp,
    kind: DecisionKind,
    detail: Detail,
    agent: Guid | None = None,
) -> ConversationDecided:
    """A line of the conversation's log of decisions (B-30)."""
    return ConversationDecided(
        conversation=conversation.id,
        no=conversation.no,
        at=stamp.now,
        kind=kind,
        agent=agent,
        detail=detail.plain(),
    )
