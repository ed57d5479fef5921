"""The moves of a conversation: each gives the facts of one change (B-57)."""

from __future__ import annotations

from attrs import evolve

from broker.core.facts.causes import ConversationCause, DecisionKind
from broker.core.facts.details import Detail
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationMoved,
    ConversationUnparked,
    DraftDropped,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation
from protocol.values import ChatStatus, CloseReason, Guid


def moved(
    conversation: Conversation,
    stamp: Stamp,
    status: ChatStatus,
    cause: ConversationCause,
    agent: Guid | None = None,
    *,
    project: Guid | None = None,
) -> ConversationMoved:
    """The fact that a conversation's status or owner changed; its age is kept.

    `project` is given where the same decision changes it.
    """
    waited, since = _wait_in(conversation, status, cause, stamp.now)
    enqueued = conversation.enqueued_at
    if enqueued is None and status is ChatStatus.WAITING:
        enqueued = stamp.now
    return ConversationMoved(
        conversation=conversation.id,
        no=conversation.no,
        at=stamp.now,
        status=status,
        cause=cause,
        agent=agent,
        before=conversation.agent,
        enqueued_at=enqueued,
        waited=waited,
        waiting_since=since,
        project=project or conversation.demanded.project,
    )


def _wait_in(
    conversation: Conversation, status: ChatStatus, cause: ConversationCause, now: int
) -> tuple[int, int | None]:
    """What `waited` and `waiting_since` are when it goes to a status now; aside nothing waits."""
    waits = status in (ChatStatus.WAITING, ChatStatus.ALERTING)
    if waits and cause is not ConversationCause.PARKED:
        since = conversation.waiting_since
        return conversation.waited, since if since is not None else now
    return conversation.time_waited(now), None


def ended(
    conversation: Conversation,
    stamp: Stamp,
    cause: ConversationCause,
    reason: CloseReason,
    *,
    code: str | None = None,
    note: str | None = None,
    is_spam: bool = False,
) -> list[ConversationUnparked | ConversationMoved | DraftDropped]:
    """The facts of its end, whatever it was; no offer is open any more."""
    last = conversation.agent or conversation.last_agent
    closed = moved(conversation, stamp, ChatStatus.CLOSED, cause, last)
    facts: list[ConversationUnparked | ConversationMoved | DraftDropped] = [
        *unparked(conversation, stamp),
        evolve(closed, close_reason=reason, code=code, note=note, is_spam=is_spam),
    ]
    if conversation.draft is not None:
        facts.append(DraftDropped(conversation=conversation.id, no=conversation.no, at=stamp.now))
    return facts


def unparked(conversation: Conversation, stamp: Stamp) -> list[ConversationUnparked]:
    """The fact that it is put aside no more, if it was."""
    if conversation.aside is None:
        return []
    return [ConversationUnparked(conversation=conversation.id, no=conversation.no, at=stamp.now)]


def woken(
    conversation: Conversation, stamp: Stamp
) -> list[ConversationUnparked | ConversationMoved]:
    """The facts that one that was put aside waits again: its time has come, or somebody wrote."""
    if conversation.aside is None:
        return []
    waits = moved(conversation, stamp, ChatStatus.WAITING, ConversationCause.WOKEN)
    return [*unparked(conversation, stamp), waits]


def decided(
    conversation: Conversation,
    stamp: Stamp,
    kind: DecisionKind,
    detail: Detail,
    agent: Guid | None = None,
) -> ConversationDecided:
    """A line of the decision log (B-30)."""
    return ConversationDecided(
        conversation=conversation.id,
        no=conversation.no,
        at=stamp.now,
        kind=kind,
        agent=agent,
        detail=detail.plain(),
    )
