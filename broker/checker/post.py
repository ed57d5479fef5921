"""What the store holds of messages and conversations at the end of a run, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from protocol.values import Guid


@frozen(kw_only=True)
class ConversationRow:
    """A conversation as it stands."""

    id: Guid
    no: int
    gateway: Guid
    pair: Guid
    remote_address: str
    status: str
    project: Guid | None = None
    language: Guid | None = None
    skill: int = 0
    priority: int = 0
    agent: Guid | None = None
    last_agent: Guid | None = None
    earlier: Guid | None = None
    started_at: int = 0
    enqueued_at: int | None = None
    waited_up: int = 0
    waiting_since: int | None = None
    wait_level: int = -1
    further: tuple[Guid, ...] = ()
    closed_at: int | None = None
    close_reason: str | None = None
    is_spam: bool = False
    parked_at: int | None = None
    parked_until: int | None = None
    parked_by: Guid | None = None


@frozen(kw_only=True)
class ConversationMoveRow:
    """A change of a conversation's status or owner."""

    conversation: Guid
    at: int
    status: str
    cause: str
    agent: Guid | None = None
    close_reason: str | None = None
    project: Guid | None = None


@frozen(kw_only=True)
class ConversationOfferRow:
    """An offer, open as long as `ended_at` is None; `by_agent` wants to hand it over."""

    offer: int
    conversation: Guid
    agent: Guid
    at: int
    until: int
    by_agent: Guid | None = None
    ended_at: int | None = None
    outcome: str | None = None


@frozen(kw_only=True)
class ConversationExclusionRow:
    """An agent who let a conversation go, and when they did so last."""

    conversation: Guid
    agent: Guid
    at: int


@frozen(kw_only=True)
class ConversationDecisionRow:
    """A line of the decision log."""

    conversation: Guid
    at: int
    kind: str
    agent: Guid | None = None
    detail: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class ConversationNoteRow:
    """A note for colleagues."""

    conversation: Guid
    counter: int
    id: str
    text: str
    at: int
    agent: Guid | None = None


@frozen(kw_only=True)
class DraftRow:
    """What is written and not sent; without `content`: nothing any more."""

    conversation: Guid
    agent: Guid
    at: int
    content: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class MessageRow:
    """A message, in a conversation or in a chat, at its place there."""

    id: Guid
    no: int
    gateway: Guid
    inbound: bool
    at: int
    counter: int
    conversation: Guid | None = None
    chat: Guid | None = None
    delivery_id: str | None = None
    remote_address: str | None = None
    subject: str | None = None
    header: Mapping[str, Any] = Factory(dict)
    body_html: str | None = None
    body_text: str | None = None
    agent: Guid | None = None
    key: str | None = None
    status: str | None = None
    attempt: int = 0
    moved_at: int | None = None
    error: str | None = None


@frozen(kw_only=True)
class MessageMoveRow:
    """A change of an outbound message's status, and how the attempt ended that it ends."""

    message: Guid
    at: int
    status: str
    attempt: int
    outcome: str | None = None
    error: str | None = None
