"""What the service answers with; the interface is described (OpenAPI) from these."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from protocol.structure import WIRE
from protocol.values import Guid


def _named(name: str) -> Any:
    """A member whose name is another standard's."""
    return field(metadata={WIRE: name})


@frozen(kw_only=True)
class Thing:
    """A project, a language, a gateway or an agent, by its name in the configuration."""

    id: Guid
    name: str


@frozen(kw_only=True)
class ServiceLevels:
    """The three service levels in percent; null where there was no event."""

    negative: float | None
    ignored: float | None
    positive: float | None


@frozen(kw_only=True)
class ContactFigures:
    """What became of the contacts that began to wait in a time."""

    offered: int
    answered: int
    in_time: int
    abandoned: int
    abandoned_in_time: int
    lapsed: int
    lapsed_late: int
    unanswered: int
    overdue: int
    short_abandoned: int
    events: int
    service_level: ServiceLevels
    abandonment_percent: float | None
    speed_of_answer_seconds: float | None
    handled: int
    handle_time_seconds: float | None
    hold_seconds: float | None
    wrapup_seconds: float | None


@frozen(kw_only=True)
class ChatCounts:
    """Open chats by status, as they are now."""

    pilot: int = 0
    bot: int = 0
    waiting: int = 0
    alerting: int = 0
    answered: int = 0
    parked: int = 0


@frozen(kw_only=True)
class ConversationCounts:
    """Open conversations of messages, as they are now."""

    pilot: int = 0
    waiting: int = 0
    alerting: int = 0
    answered: int = 0
    parked: int = 0
    backlog: int = 0
    due: int = 0
    overdue: int = 0
    next_due_utc: datetime | None = None


@frozen(kw_only=True)
class AgentCounts:
    """Agents by state, as they are now, and the occupancy of the day."""

    ready: int = 0
    pause: int = 0
    post_call: int = 0
    busy: int = 0
    occupancy_percent: float | None = None


@frozen(kw_only=True)
class GroupFigures:
    """What has a project, a language or a gateway in common."""

    key: str
    project: Thing | None
    language: Thing | None
    gateway: Thing | None
    waiting: int
    waiting_since_utc: datetime | None
    longest_wait_seconds: float
    today: ContactFigures
    chats: ChatCounts
    conversations: ConversationCounts
    agents: AgentCounts


@frozen(kw_only=True)
class AgentFigures:
    """An agent who is there."""

    key: str
    agent: Thing
    state: str
    reason: str | None
    since_utc: datetime
    chats: int
    parked: int
    conversations: int
    occupancy_percent: float | None


@frozen(kw_only=True)
class LiveFigures:
    """How a contact center stands."""

    as_of_utc: datetime
    heard_utc: datetime
    day_utc: datetime
    groups: tuple[GroupFigures, ...]
    agents: tuple[AgentFigures, ...]


@frozen(kw_only=True)
class Changes:
    """What is otherwise than was told before, and what is there no more, by its key."""

    as_of_utc: datetime
    heard_utc: datetime
    day_utc: datetime
    groups: tuple[GroupFigures, ...]
    agents: tuple[AgentFigures, ...]
    gone_groups: tuple[str, ...]
    gone_agents: tuple[str, ...]


@frozen(kw_only=True)
class Beat:
    """The figures are still followed."""

    as_of_utc: datetime
    heard_utc: datetime


@frozen(kw_only=True)
class IntervalFigures:
    """A group of figures of an interval."""

    from_utc: datetime
    to_utc: datetime
    key: str
    project: Thing | None
    language: Thing | None
    gateway: Thing | None
    contacts: ContactFigures


@frozen(kw_only=True)
class Occupancy:
    """How busy agents were in an interval."""

    from_utc: datetime
    to_utc: datetime
    occupancy_percent: float | None
    logged_in_seconds: float


@frozen(kw_only=True)
class Intervals:
    """The intervals of a day; those without any contact have no figures."""

    as_of_utc: datetime
    day_utc: datetime
    minutes: int
    intervals: tuple[IntervalFigures, ...]
    occupancy: tuple[Occupancy, ...]


@frozen(kw_only=True)
class ContactInfo:
    """A contact behind a figure."""

    chat_id: Guid | None
    conversation_id: Guid | None
    status: str
    project: Thing | None
    language: Thing | None
    gateway: Thing
    agents: tuple[Thing, ...]
    queued_utc: datetime | None
    answered_utc: datetime | None
    closed_utc: datetime | None
    close_reason: str | None
    due_utc: datetime | None
    wait_seconds: float | None
    handle_seconds: float | None


@frozen(kw_only=True)
class ContactList:
    """Contacts behind a figure; with a cursor there are more."""

    as_of_utc: datetime
    contacts: tuple[ContactInfo, ...]
    cursor: str | None


@frozen(kw_only=True)
class SentenceInfo:
    """A sentence of a chat."""

    counter: int
    at_utc: datetime
    time_sent: datetime
    is_outbound: bool
    agent: Thing | None
    party_name: str | None
    model: int
    text: str


@frozen(kw_only=True)
class Transcript:
    """What was said in a chat; with a cursor there is more."""

    chat_id: Guid
    status: str
    project: Thing | None
    gateway: Thing
    started_utc: datetime
    closed_utc: datetime | None
    sentences: tuple[SentenceInfo, ...]
    cursor: int | None


@frozen(kw_only=True)
class ProblemModel:
    """Why a request was not done (RFC 9457)."""

    type: str = _named("type")
    title: str = _named("title")
    status: int = _named("status")
    detail: str = _named("detail")
    code: str = _named("code")
    member: str | None = _named("member")
