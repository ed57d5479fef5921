"""The contacts behind a figure, page by page.

Theory of operation: a page begins behind a contact, which the cursor names by what never changes of it. So
what comes or goes meanwhile makes nobody else appear twice, or be left out.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from heapq import nsmallest
from typing import Final

from attrs import frozen

from broker.reporting.figures import models
from broker.reporting.figures.log import ConversationStands
from broker.reporting.figures.state import ChatStands, Counted, key_of
from broker.reporting.figures.sums import is_overdue
from broker.reporting.figures.tallies import Tally, wait_of
from broker.reporting.figures.views import PARKED, View, seconds, status_of
from protocol.values import ChatStatus, Guid, from_micros, to_micros

Position = tuple[int, ...]
"""Where something stands in its list."""


class Figure(StrEnum):
    """A figure that there are contacts behind."""

    OFFERED = "Offered"
    ANSWERED = "Answered"
    IN_TIME = "InTime"
    ABANDONED = "Abandoned"
    ABANDONED_IN_TIME = "AbandonedInTime"
    LAPSED = "Lapsed"
    LAPSED_LATE = "LapsedLate"
    UNANSWERED = "Unanswered"
    OVERDUE = "Overdue"
    SHORT_ABANDONED = "ShortAbandoned"
    EVENTS = "Events"
    HANDLED = "Handled"
    WAITING = "Waiting"
    """Chats that wait now."""
    CHATS_PILOT = "Chats.Pilot"
    CHATS_BOT = "Chats.Bot"
    CHATS_WAITING = "Chats.Waiting"
    CHATS_ALERTING = "Chats.Alerting"
    CHATS_ANSWERED = "Chats.Answered"
    CHATS_PARKED = "Chats.Parked"
    CONVERSATIONS_PILOT = "Conversations.Pilot"
    CONVERSATIONS_WAITING = "Conversations.Waiting"
    CONVERSATIONS_ALERTING = "Conversations.Alerting"
    CONVERSATIONS_ANSWERED = "Conversations.Answered"
    CONVERSATIONS_PARKED = "Conversations.Parked"
    CONVERSATIONS_BACKLOG = "Conversations.Backlog"
    CONVERSATIONS_DUE = "Conversations.Due"
    CONVERSATIONS_OVERDUE = "Conversations.Overdue"


COUNTED: Final[Mapping[Figure, Callable[[Tally], int]]] = {
    Figure.OFFERED: lambda tally: tally.offered,
    Figure.ANSWERED: lambda tally: tally.answered,
    Figure.IN_TIME: lambda tally: tally.in_time,
    Figure.ABANDONED: lambda tally: tally.abandoned,
    Figure.ABANDONED_IN_TIME: lambda tally: tally.early,
    Figure.LAPSED: lambda tally: tally.lapsed,
    Figure.LAPSED_LATE: lambda tally: tally.late_lapsed,
    Figure.UNANSWERED: lambda tally: tally.waiting,
    Figure.OVERDUE: lambda tally: tally.overdue,
    Figure.SHORT_ABANDONED: lambda tally: tally.short,
    Figure.EVENTS: lambda tally: tally.events,
    Figure.HANDLED: lambda tally: tally.handled,
}
"""Figures of a time, each with what it counts a contact as."""


@frozen
class Page:
    """What is asked for.

    Attributes:
        figure: Of which figure.
        start: From which moment of the wall on; of figures of now that does not matter.
        end: Until which.
        after: Behind what the page begins.
        limit: How many it has at most.
    """

    figure: Figure
    start: int
    end: int
    after: Position
    limit: int


def listed(view: View, page: Page) -> models.ContactList:
    """A page of the contacts behind a figure."""
    if page.figure in COUNTED:
        found = _counted(view, page)
    elif page.figure.startswith("Conversations."):
        found = _conversations(view, page)
    else:
        found = _chats(view, page)
    behind = ((place, make) for place, make in found if place > page.after)
    some = nsmallest(page.limit + 1, behind, key=lambda pair: pair[0])
    shown = some[: page.limit]
    return models.ContactList(
        as_of_utc=from_micros(view.follower.at),
        contacts=tuple(make() for _place, make in shown),
        cursor=written(shown[-1][0]) if len(some) > len(shown) else None,
    )


Found = Iterator[tuple[Position, Callable[[], models.ContactInfo]]]


def _counted(view: View, page: Page) -> Found:
    count = COUNTED[page.figure]
    for slot in view.state.slots:
        if not page.start <= slot < page.end or (page.after and slot < page.after[0]):
            continue
        for one in view.state.slots[slot]:
            if one.key is None or one.tally is None or not view.asked.wants(one.key):
                continue
            tally = one.tally
            if tally.waiting and is_overdue(view.state, one, view.now):
                tally = Tally(overdue=1)
                tally.add(one.tally)
            if count(tally):
                yield one.order, partial(contact_info, view, one)


def _chats(view: View, page: Page) -> Found:
    status = page.figure.partition(".")[2].lower()
    for chat in view.state.open.values():
        if not view.asked.wants(chat.key) or chat.current is None:
            continue
        if chat.waiting_since is not None if not status else status_of(chat) == status:
            since = chat.at if chat.waiting_since is None else chat.waiting_since
            place = (since if not status else 0, chat.no)
            yield place, partial(chat_info, view, chat)


def _conversations(view: View, page: Page) -> Found:
    wanted = page.figure.partition(".")[2].lower()
    wall = to_micros(view.wall(view.now))
    for one in view.state.conversations.values():
        if not view.asked.wants(key_of(one)):
            continue
        words = {PARKED} if one.is_aside else {one.status.lower(), "backlog"}
        if one.due is not None:
            words |= {"due", "overdue"} if one.due < wall else {"due"}
        if wanted in words:
            yield (one.no,), partial(conversation_info, view, one)


def contact_info(view: View, one: Counted) -> models.ContactInfo:
    """A contact."""
    contact, names = one.contact, view.names
    assert contact.queued is not None
    times = [handling.time for handling in contact.handlings]
    is_done = contact.closed is not None and None not in times and times
    return models.ContactInfo(
        chat_id=Guid(one.chat.id),
        conversation_id=None,
        status=_status(one),
        project=names.thing(contact.project),
        language=names.thing(one.chat.language),
        gateway=names.known(contact.gateway),
        agents=tuple(names.known(handling.agent) for handling in contact.handlings),
        queued_utc=_moment(view, contact.queued),
        answered_utc=_moment(view, contact.answered),
        closed_utc=_moment(view, contact.closed),
        close_reason=contact.reason,
        due_utc=None,
        wait_seconds=seconds(wait_of(contact, view.now) / 1e6),
        handle_seconds=seconds(sum(time or 0 for time in times) / 1e6) if is_done else None,
    )


def _status(one: Counted) -> str:
    return ChatStatus.CLOSED if one.contact.closed is not None else one.chat.status


def chat_info(view: View, chat: ChatStands) -> models.ContactInfo:
    """An open chat: what it is now, and since when it waits if it does."""
    names, contact = view.names, chat.current.contact if chat.current is not None else None
    assert contact is not None
    waits = chat.waiting_since
    return models.ContactInfo(
        chat_id=Guid(chat.id),
        conversation_id=None,
        status=chat.status,
        project=names.thing(chat.project),
        language=names.thing(chat.language),
        gateway=names.known(chat.gateway),
        agents=() if chat.holder is None else (names.known(chat.holder),),
        queued_utc=_moment(view, contact.queued if waits is None else waits),
        answered_utc=_moment(view, contact.answered),
        closed_utc=None,
        close_reason=None,
        due_utc=None,
        wait_seconds=None if waits is None else seconds(max(0, view.now - waits) / 1e6),
        handle_seconds=None,
    )


def conversation_info(view: View, one: ConversationStands) -> models.ContactInfo:
    """An open conversation."""
    names = view.names
    return models.ContactInfo(
        chat_id=None,
        conversation_id=Guid(one.id),
        status=one.status,
        project=names.thing(one.project),
        language=names.thing(one.language),
        gateway=names.known(one.gateway),
        agents=() if one.agent is None else (names.known(one.agent),),
        queued_utc=from_micros(one.since),
        answered_utc=None,
        closed_utc=None,
        close_reason=None,
        due_utc=None if one.due is None else from_micros(one.due),
        wait_seconds=None,
        handle_seconds=None,
    )


def _moment(view: View, own: int | None) -> datetime | None:
    """When something was, by the clock of then."""
    return None if own is None else from_micros(view.state.listened.wall(own))


def written(position: Position) -> str:
    """A position as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def position_of(cursor: str) -> Position:
    """The position that a cursor names.

    Raises:
        ValueError: It is none.
    """
    try:
        found = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        found = None
    if not isinstance(found, list) or not 1 <= len(found) <= 3:
        raise ValueError("must be one of ours")
    if not all(type(part) is int and abs(part) < 1 << 63 for part in found):
        raise ValueError("must be one of ours")
    return tuple(found)
