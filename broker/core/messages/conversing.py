"""The moves of a conversation: each gives the facts of one change (B-57)."""

from __future__ import annotations

from attrs import evolve

from broker.core.decision import Decision
from broker.core.effects import AgentToWorkplace, ConversationToAgent
from broker.core.facts.causes import ConversationCause, DecisionKind, WrapupEnd
from broker.core.facts.details import Detail
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationMoved,
    ConversationParked,
    ConversationStarted,
    ConversationUnparked,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
    DraftDropped,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation, MessagesState
from protocol.values import ChatStatus, CloseReason, Guid

_WAITS = (ChatStatus.WAITING, ChatStatus.ALERTING)


def begun(conversation: Conversation, stamp: Stamp) -> ConversationStarted:
    """The fact that a conversation was made, which is not in the state before it is applied."""
    return ConversationStarted(
        conversation=conversation.id,
        no=conversation.no,
        at=stamp.now,
        gateway=conversation.gateway,
        pair=conversation.pair,
        remote_address=conversation.remote_address,
        remote_name=conversation.remote_name,
        subject=conversation.subject,
        earlier=conversation.earlier,
        last_agent=conversation.last_agent,
    )


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

    `project` is given where the same decision changes it. A reopening begins a new age. What is put aside
    keeps its age, and waits for nobody meanwhile.
    """
    anew = cause is ConversationCause.REOPENED
    enqueued_at = None if anew else conversation.enqueued_at
    waited, since = (0, None) if anew else (conversation.waited, conversation.waiting_since)
    waited_up = 0 if anew else conversation.waited_up
    waits = status in _WAITS
    if waits and enqueued_at is None:
        enqueued_at = stamp.now
    if waits and cause is not ConversationCause.PARKED:
        since = stamp.now if since is None else since
    elif since is not None:
        waited, since = waited + max(0, stamp.now - since), None
        waited_up = conversation.wait_up(stamp.up)
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
        waited_up=waited_up,
        waiting_since=since,
        close_reason=reason,
        code=code,
        note=note,
        is_spam=is_spam,
        project=project or conversation.demanded.project,
    )


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
    works = conversation.status is ChatStatus.ANSWERED
    last = conversation.agent if works else conversation.last_agent
    end = moved(
        conversation,
        stamp,
        ChatStatus.CLOSED,
        cause,
        last,
        reason=reason,
        code=code,
        note=note,
        is_spam=is_spam,
    )
    facts: list[ConversationUnparked | ConversationMoved | DraftDropped] = [
        *unparked(conversation, stamp),
        end,
    ]
    if conversation.draft is not None:
        facts.append(DraftDropped(conversation=conversation.id, no=conversation.no, at=stamp.now))
    return facts


def parked(
    conversation: Conversation,
    stamp: Stamp,
    until: int | None,
    by: Guid | None,
    cause: ConversationCause = ConversationCause.PARKED,
    *,
    project: Guid | None = None,
) -> list[ConversationParked | ConversationMoved]:
    """The facts that it is put aside; first that, so that it does not come into a queue."""
    aside = ConversationParked(
        conversation=conversation.id, no=conversation.no, at=stamp.now, until=until, by=by
    )
    waits = moved(conversation, stamp, ChatStatus.WAITING, cause, project=project)
    return [aside, waits]


def unparked(conversation: Conversation, stamp: Stamp) -> list[ConversationUnparked]:
    """The fact that it is put aside no more, if it was."""
    if conversation.aside is None:
        return []
    return [ConversationUnparked(conversation=conversation.id, no=conversation.no, at=stamp.now)]


def told_unparked(conversation: Conversation, but: Guid | None = None) -> list[ConversationToAgent]:
    """Whoever put it aside sees what became of it, if they do not see that anyway."""
    by = conversation.aside.by if conversation.aside is not None else None
    if by is None or by == but:
        return []
    return [ConversationToAgent(conversation=conversation.id, agent=by)]


def woken(conversation: Conversation, stamp: Stamp) -> Decision:
    """One that was put aside waits again: its time has come, or somebody wrote."""
    if conversation.aside is None:
        return Decision()
    waits = moved(conversation, stamp, ChatStatus.WAITING, ConversationCause.WOKEN)
    return Decision([*unparked(conversation, stamp), waits], [*told_unparked(conversation)])


def kept_aside(state: MessagesState, conversation: Conversation, stamp: Stamp) -> Decision:
    """Something came into one that nobody else can be offered: whoever put it aside is told (I-7).

    When they are not there any more it is the supervisors'.
    """
    by = conversation.aside.by if conversation.aside is not None else None
    if by is None:
        return Decision()
    known = state.config.agents.get(by)
    if known is None or known.retired:
        return Decision([*unparked(conversation, stamp), *parked(conversation, stamp, None, None)])
    return Decision([], [ConversationToAgent(conversation=conversation.id, agent=by)])


def wrap_up(conversation: Conversation, stamp: Stamp, agent: Guid, length: int) -> Decision:
    """Hold the slots of whoever worked on it for the work after it; it is in their picture (B-57)."""
    started = ConversationWrapupStarted(
        conversation=conversation.id,
        no=conversation.no,
        agent=agent,
        at=stamp.now,
        until=stamp.now + length,
    )
    return Decision([started], [AgentToWorkplace(agent=agent)])


def wrap_up_over(
    conversation: Conversation,
    stamp: Stamp,
    cause: WrapupEnd,
    *,
    code: str | None = None,
    note: str | None = None,
) -> Decision:
    """End the wrap-up of a closed conversation, if one runs, and tell its agent."""
    agent = conversation.wrapping
    if agent is None:
        return Decision()
    over = ConversationWrapupEnded(
        conversation=conversation.id,
        no=conversation.no,
        agent=agent,
        at=stamp.now,
        cause=cause,
        code=code,
        note=note,
    )
    return Decision([over], [AgentToWorkplace(agent=agent)])


def reopened(conversation: Conversation, stamp: Stamp) -> tuple[Decision, Conversation]:
    """A closed conversation goes on, with a new age; its wrap-up is over (B-56, B-57).

    Returns:
        What that takes, and the conversation as it is then.
    """
    decision = wrap_up_over(conversation, stamp, WrapupEnd.REOPENED)
    decision.facts.append(moved(conversation, stamp, ChatStatus.PILOT, ConversationCause.REOPENED))
    fresh = evolve(
        conversation,
        status=ChatStatus.PILOT,
        agent=None,
        enqueued_at=None,
        waited=0,
        waited_up=0,
        waiting_since=None,
    )
    return decision, fresh


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
