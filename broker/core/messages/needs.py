"""What a conversation asks of an agent, as the distribution may know it."""

from __future__ import annotations

from broker.core.distribution_state import Need, Work
from broker.core.message_state import Conversation
from protocol.values import ChatStatus


def need_of(conversation: Conversation) -> Need | None:
    """What the conversation asks for now; None unless it waits, and is not put aside (B-57)."""
    if conversation.status is not ChatStatus.WAITING or conversation.aside is not None:
        return None
    return asked_by(conversation)


def asked_by(conversation: Conversation) -> Need | None:
    """What the conversation asks for, or would if it waited; None before a rule said so."""
    asked = conversation.demanded
    if asked.project is None:
        return None
    queued, due = conversation.started_up, None
    if conversation.enqueued_at is not None:
        queued = conversation.queued_up
        if conversation.due_at is not None:
            due = queued + conversation.due_at - conversation.enqueued_at
    return Need(
        id=conversation.id,
        work=Work.CONVERSATION,
        no=conversation.no,
        gateway=conversation.gateway,
        projects=(asked.project, *asked.further),
        language=asked.language,
        skill=asked.skill,
        priority=asked.priority,
        queued=queued,
        due=due,
        preferred=conversation.last_agent,
        exclusions=conversation.exclusions,
        barred=(),
        waits=True,
        answered=conversation.answered_at is not None,
    )
