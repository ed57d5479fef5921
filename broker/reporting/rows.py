"""What a report reads from the store, row by row.

Theory of operation: results are streamed and never held as a whole. A contact may begin in the
time that is asked for and end after it, so the events of a chat are read from its first to its last
as soon as one of them lies in that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from broker.reporting.agents import SEEN
from broker.reporting.history import EventRow, OfferRow, ParkingRow, PartyRow, StateRow, WrapupRow
from broker.reporting.source import ROWS
from broker.reporting.times import Span
from broker.store.schema import (
    agent_events,
    agents,
    chat_events,
    chats,
    offers,
    parkings,
    parties,
    wrapups,
)
from protocol.values import ChatStatus

_EVENT: Final = (
    chat_events.c.chat_no,
    chat_events.c.at,
    chat_events.c.status,
    chat_events.c.cause,
    chat_events.c.agent,
    chat_events.c.close_reason,
    chats.c.gateway,
    chat_events.c.project,
    chats.c.outbound,
)
_EVENTS: Final = chat_events.join(chats, chats.c.no == chat_events.c.chat_no)
_WRAPUP: Final = (
    wrapups.c.chat_no,
    wrapups.c.agent,
    wrapups.c.at,
    wrapups.c.ended_at,
    wrapups.c.cause,
)
_PARKING: Final = (parkings.c.chat_no, parkings.c.agent, parkings.c.at, parkings.c.ended_at)


def stream(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows of a query, a few at a time in memory."""
    options = {"stream_results": True, "yield_per": ROWS}
    result = connection.execute(query, execution_options=options)
    try:
        yield from result
    finally:
        result.close()


def latest(connection: Connection) -> int:
    """The time of the last thing that is in the store; 0 when there is nothing."""
    ends = (
        *(chat_events.c.at, agent_events.c.at, offers.c.at, wrapups.c.ended_at),
        *(parkings.c.at, parties.c.at),
    )
    found = [connection.execute(select(func.max(at))).scalar() for at in ends]
    return max((at for at in found if at is not None), default=0)


def touched(span: Span) -> Select[Any]:
    """The chats of which something happened in the time."""
    at = chat_events.c.at
    return select(chat_events.c.chat_no).where(at >= span.start, at < span.end)


def events_by_chat(connection: Connection, span: Span) -> Iterator[EventRow]:
    """All events of the chats of which something happened in the time, chat by chat."""
    query = (
        select(*_EVENT)
        .select_from(_EVENTS)
        .where(chat_events.c.chat_no.in_(touched(span)))
        .order_by(chat_events.c.chat_no, chat_events.c.seq)
    )
    for row in stream(connection, query):
        yield EventRow(*row)


def wrapups_by_chat(connection: Connection, span: Span) -> Iterator[WrapupRow]:
    """All wrap-ups of the same chats, in the same order."""
    query = (
        select(*_WRAPUP)
        .where(wrapups.c.chat_no.in_(touched(span)))
        .order_by(wrapups.c.chat_no, wrapups.c.seq)
    )
    for row in stream(connection, query):
        yield WrapupRow(*row)


def parkings_by_chat(connection: Connection, span: Span) -> Iterator[ParkingRow]:
    """When the same chats were put aside, in the same order."""
    query = (
        select(*_PARKING)
        .where(parkings.c.chat_no.in_(touched(span)))
        .order_by(parkings.c.chat_no, parkings.c.seq)
    )
    for row in stream(connection, query):
        yield ParkingRow(*row)


def parkings_by_time(connection: Connection, span: Span) -> Iterator[ParkingRow]:
    """When chats were put aside that were so in the time, in order of the beginnings."""
    ended = parkings.c.ended_at
    query = (
        select(*_PARKING)
        .where(parkings.c.at < span.end, or_(ended.is_(None), ended > span.start))
        .order_by(parkings.c.at, parkings.c.seq)
    )
    for row in stream(connection, query):
        yield ParkingRow(*row)


def parties_by_time(connection: Connection, span: Span) -> Iterator[PartyRow]:
    """Who held a slot for somebody else's chat in the time, in order of the beginnings."""
    p, e = parties.c, chat_events.alias().c
    project = (
        select(e.project)
        .where(e.chat_no == p.chat_no, e.at <= p.at)
        .order_by(e.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(p.chat_no, p.agent, p.at, p.left_at, p.mode, chats.c.gateway, project)
        .select_from(parties.join(chats, chats.c.no == p.chat_no))
        .where(p.at < span.end, or_(p.left_at.is_(None), p.left_at > span.start))
        .where(p.mode.in_(SEEN))
        .order_by(p.at, p.seq)
    )
    for row in stream(connection, query):
        yield PartyRow(*row)


def offers_made(connection: Connection, span: Span) -> Iterator[OfferRow]:
    """The offers that were made in the time."""
    made, e = offers.c, chat_events.alias().c
    columns = (made.agent, made.at, made.ended_at, made.outcome)
    project = (
        select(e.project)
        .where(e.chat_no == made.chat_no, e.at == made.at, e.agent == made.agent)
        .where(e.status == ChatStatus.ALERTING.value)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(*columns, chats.c.gateway, project, made.chat_no, made.mode)
        .select_from(offers.join(chats, chats.c.no == made.chat_no))
        .where(made.at >= span.start, made.at < span.end)
        .order_by(made.offer)
    )
    for row in stream(connection, query):
        yield OfferRow(*row)


def events_by_time(connection: Connection, span: Span) -> Iterator[EventRow]:
    """The events in the time, in their order."""
    at = chat_events.c.at
    query = (
        select(*_EVENT)
        .select_from(_EVENTS)
        .where(at >= span.start, at < span.end)
        .order_by(at, chat_events.c.seq)
    )
    for row in stream(connection, query):
        yield EventRow(*row)


def holders(connection: Connection, start: int) -> dict[int, str]:
    """Which chats were held by whom just before a moment."""
    before = chat_events.alias()
    last = (
        select(func.max(before.c.seq))
        .where(
            before.c.chat_no == chats.c.no,
            before.c.at < start,
            before.c.status != ChatStatus.ALERTING.value,
        )
        .scalar_subquery()
    )
    query = (
        select(chats.c.no, chat_events.c.agent)
        .select_from(chats.join(chat_events, chat_events.c.seq == last))
        .where(
            chats.c.started_at < start,
            or_(chats.c.closed_at >= start, chats.c.status != ChatStatus.CLOSED.value),
            chat_events.c.status == ChatStatus.ANSWERED.value,
            chat_events.c.agent.is_not(None),
        )
    )
    return {row.no: row.agent for row in stream(connection, query)}


def wrapups_by_time(connection: Connection, span: Span) -> Iterator[WrapupRow]:
    """The wrap-ups that lasted into the time, in order of their beginnings."""
    ended = wrapups.c.ended_at
    query = (
        select(*_WRAPUP)
        .where(and_(wrapups.c.at < span.end, or_(ended.is_(None), ended > span.start)))
        .order_by(wrapups.c.at, wrapups.c.seq)
    )
    for row in stream(connection, query):
        yield WrapupRow(*row)


def states(connection: Connection, span: Span) -> Iterator[StateRow]:
    """The agents' states at the start (in order of since when), then each change in the time."""
    e = agent_events.c
    columns = (e.agent, e.at, e.state, e.reason, e.cause, e.by_agent)
    for row in agent_changes(connection, span, columns):
        yield StateRow(*row)


def agent_changes(
    connection: Connection, span: Span, columns: Sequence[ColumnElement[Any]]
) -> Iterator[Any]:
    """The last event of each agent before the time, then those in it; some of their columns."""
    e = agent_events.c
    before = agent_events.alias()
    last = (
        select(before.c.seq)
        .where(before.c.agent == agents.c.agent, before.c.at < span.start)
        .order_by(before.c.at.desc(), before.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    at_start = select(*columns).select_from(agents.join(agent_events, e.seq == last))
    yield from stream(connection, at_start.order_by(e.at, e.seq))
    query = select(*columns).where(e.at >= span.start, e.at < span.end)
    yield from stream(connection, query.order_by(e.at, e.seq))
