"""What a chat asks of an agent, as the distribution may know it."""

from __future__ import annotations

from broker.core.distribution_state import Need
from broker.core.state import Chat
from protocol.values import ChatStatus, Guid


def need_of(chat: Chat) -> Need | None:
    """What the chat asks for now; None unless it waits, or its owner asks a project for somebody (B-29)."""
    asks = chat.invite is not None and chat.invite.project is not None
    waits = chat.status is ChatStatus.WAITING or (chat.status is ChatStatus.ANSWERED and asks)
    return asked_by(chat) if waits and chat.offer is None else None


def asked_by(chat: Chat) -> Need | None:
    """What the chat asks for, or would if it waited; None before a rule said so."""
    projects: tuple[Guid, ...]
    skill = chat.routing.skill
    if chat.invite is not None and chat.invite.project is not None:
        projects, skill = (chat.invite.project,), 1
    elif chat.routing.project is not None:
        projects = (chat.routing.project, *chat.routing.further)
    else:
        return None
    inside = chat.status is ChatStatus.ANSWERED and chat.agent is not None
    return Need(
        id=chat.id,
        no=chat.no,
        gateway=chat.gateway,
        projects=projects,
        language=chat.routing.language,
        skill=skill,
        priority=chat.routing.priority,
        queued=chat.waiting.queued_up if chat.waiting.enqueued_at is not None else chat.started_up,
        preferred=None if inside else chat.last_agent,
        exclusions=chat.exclusions,
        barred=(chat.agent, *chat.parties) if inside and chat.agent is not None else (),
        waits=chat.status is ChatStatus.WAITING,
        answered=chat.waiting.answered_at is not None,
    )
