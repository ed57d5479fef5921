"""What a report reads from the store, row by row.

Theory of operation: results are streamed and never held as a whole. A contact may begin in the
time that is asked for and end after it, so the events of a chat are read from its first to its last
as soon as one of them lies in that time. Every time in a row is one of the broker's own (`Listened`), so
that outages and clocks that were set back are no part of any figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve
from sqlalchemy import Connection, Select, Table, func, or_, select

from broker.reporting.agents import SEEN
from broker.reporting.history import (
    EventRow,
    MailWrapupRow,
    OfferRow,
    ParkingRow,
    PartyRow,
    StateRow,
    WrapupRow,
)
from broker.reporting.listened import Listened
from broker.reporting.lives import before, before_end, in_order, within
from broker.reporting.source import ROWS
from broker.reporting.times import Span
from broker.store.message_schema import (
    conversation_events,
    conversation_wrapups,
    conversations,
    message_events,
    messages,
)
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
    chat_events.c.seq,
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
EVENTS: Final = select(*_EVENT).join_from(chat_events, chats, chats.c.no == chat_events.c.chat_no)
"""The moves of chats, with what their chats say of them."""
_WRAPUP: Final = (
    wrapups.c.seq,
    wrapups.c.chat_no,
    wrapups.c.agent,
    wrapups.c.at,
    wrapups.c.ended_at,
    wrapups.c.cause,
)
_PARKING: Final = (
    *(parkings.c.seq, parkings.c.chat_no, parkings.c.agent, parkings.c.at, parkings.c.ended_at),
)


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
        *(
            parkings.c.at,
            parties.c.at,
            conversation_events.c.at,
            conversation_wrapups.c.ended_at,
            message_events.c.at,
            messages.c.at,
        ),
    )
    found = [connection.execute(select(func.max(at))).scalar() for at in ends]
    return max((at for at in found if at is not None), default=0)


def touched(span: Span) -> Select[Any]:
    """The chats of which something happened in the time."""
    return select(chat_events.c.chat_no).where(within(chat_events, span))


def _spell(
    listened: Listened, table: Table, number: int, at: int, ended: int | None
) -> tuple[int, int | None]:
    """When something began and ended."""
    began = listened.of_row(table.name, number, at)
    return began, None if ended is None else listened.after(began, ended)


def events_by_chat(connection: Connection, span: Span) -> Iterator[EventRow]:
    """All events of the chats of which something happened in the time, chat by chat."""
    query = EVENTS.where(chat_events.c.chat_no.in_(touched(span))).order_by(
        chat_events.c.chat_no, chat_events.c.seq
    )
    before: EventRow | None = None
    for row in _events(connection, span, query):
        # Nothing happens before what led to it, in a store that does not know of its clocks either.
        if before is not None and before.no == row.no and before.at > row.at:
            row = evolve(row, at=before.at)
        before = row
        yield row


def _events(connection: Connection, span: Span, query: Select[Any]) -> Iterator[EventRow]:
    for number, no, at, *rest in stream(connection, query):
        yield EventRow(no, span.listened.of_row("chat_events", number, at), *rest)


def _wrapups(connection: Connection, span: Span, query: Select[Any]) -> Iterator[WrapupRow]:
    for number, no, agent, at, ended, cause in stream(connection, query):
        times = _spell(span.listened, wrapups, number, at, ended)
        yield WrapupRow(no, agent, *times, cause)


def _parkings(connection: Connection, span: Span, query: Select[Any]) -> Iterator[ParkingRow]:
    for number, no, agent, at, ended in stream(connection, query):
        yield ParkingRow(no, agent, *_spell(span.listened, parkings, number, at, ended))


def floor_of(span: Span) -> int:
    """What the clock showed at least from the beginning of the time on."""
    eras = range(span.eras[0] + 1, span.listened.eras)
    return min((span.start, *(span.listened.extent(era)[0] for era in eras)))


def _ceiling(span: Span) -> int:
    """What it showed at most until then."""
    eras = range(span.eras[0])
    return max((span.start, *(span.listened.extent(era)[1] for era in eras)))


def wrapups_by_chat(connection: Connection, span: Span) -> Iterator[WrapupRow]:
    """All wrap-ups of the same chats, in the same order."""
    query = (
        select(*_WRAPUP)
        .where(wrapups.c.chat_no.in_(touched(span)))
        .order_by(wrapups.c.chat_no, wrapups.c.seq)
    )
    return _wrapups(connection, span, query)


def parkings_by_chat(connection: Connection, span: Span) -> Iterator[ParkingRow]:
    """When the same chats were put aside, in the same order."""
    query = (
        select(*_PARKING)
        .where(parkings.c.chat_no.in_(touched(span)))
        .order_by(parkings.c.chat_no, parkings.c.seq)
    )
    return _parkings(connection, span, query)


def parkings_by_time(connection: Connection, span: Span) -> Iterator[ParkingRow]:
    """When chats were put aside that were so in the time, in order of the beginnings."""
    ended = parkings.c.ended_at
    query = (
        select(*_PARKING)
        .where(before_end(parkings, span), or_(ended.is_(None), ended > floor_of(span)))
        .order_by(*in_order(parkings, span))
    )
    return _parkings(connection, span, query)


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
        select(p.seq, p.chat_no, p.agent, p.at, p.left_at, p.mode, chats.c.gateway, project)
        .select_from(parties.join(chats, chats.c.no == p.chat_no))
        .where(before_end(parties, span), or_(p.left_at.is_(None), p.left_at > floor_of(span)))
        .where(p.mode.in_(SEEN))
        .order_by(*in_order(parties, span))
    )
    for number, no, agent, at, left, *rest in stream(connection, query):
        yield PartyRow(no, agent, *_spell(span.listened, parties, number, at, left), *rest)


def offers_made(connection: Connection, span: Span) -> Iterator[OfferRow]:
    """The offers that were made in the time."""
    made, e = offers.c, chat_events.alias().c
    columns = (made.offer, made.agent, made.at, made.ended_at, made.outcome)
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
        .where(within(offers, span))
        .order_by(made.offer)
    )
    for number, agent, at, ended, *rest in stream(connection, query):
        yield OfferRow(agent, *_spell(span.listened, offers, number, at, ended), *rest)


def events_by_time(connection: Connection, span: Span) -> Iterator[EventRow]:
    """The events in the time, in their order."""
    query = EVENTS.where(within(chat_events, span)).order_by(*in_order(chat_events, span))
    return _events(connection, span, query)


def holders(connection: Connection, span: Span) -> dict[int, str]:
    """Which chats were held by whom just before a time."""
    past = chat_events.alias()
    last = (
        select(func.max(past.c.seq))
        .where(
            past.c.chat_no == chats.c.no,
            before(past, span),
            past.c.status != ChatStatus.ALERTING.value,
        )
        .scalar_subquery()
    )
    query = (
        select(chats.c.no, chat_events.c.agent)
        .select_from(chats.join(chat_events, chat_events.c.seq == last))
        .where(
            chats.c.started_at < _ceiling(span),
            or_(chats.c.closed_at >= floor_of(span), chats.c.status != ChatStatus.CLOSED.value),
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
        .where(before_end(wrapups, span), or_(ended.is_(None), ended > floor_of(span)))
        .order_by(*in_order(wrapups, span))
    )
    return _wrapups(connection, span, query)


def mail_wrapups(connection: Connection, span: Span) -> Iterator[MailWrapupRow]:
    """The wrap-ups of conversations that began in the time."""
    w, c = conversation_wrapups.c, conversations.c
    query = (
        select(w.seq, c.gateway, w.agent, w.at, w.ended_at)
        .join(conversations, c.no == w.conversation_no)
        .where(within(conversation_wrapups, span))
        .order_by(*in_order(conversation_wrapups, span))
    )
    for number, gateway, agent, at, ended in stream(connection, query):
        times = _spell(span.listened, conversation_wrapups, number, at, ended)
        yield MailWrapupRow(gateway, agent, *times)


def states(connection: Connection, span: Span) -> Iterator[StateRow]:
    """The agents' states at the start (in order of since when), then each change in the time."""
    for row in agent_changes(connection, span, "state", "reason", "cause", "by_agent"):
        yield StateRow(*row)


def agent_changes(connection: Connection, span: Span, *names: str) -> Iterator[tuple[Any, ...]]:
    """The last event of each agent before the time, then those in it: agent, time and other columns."""
    e = agent_events.c
    columns = (e.seq, e.agent, e.at, *(e[name] for name in names))
    past = agent_events.alias()
    latest_first = [column.desc() for column in in_order(past, span)]
    last = (
        select(past.c.seq)
        .where(past.c.agent == agents.c.agent, before(past, span))
        .order_by(*latest_first)
        .limit(1)
        .scalar_subquery()
    )
    at_start = select(*columns).select_from(agents.join(agent_events, e.seq == last))
    changes = select(*columns).where(within(agent_events, span))
    for query in (at_start, changes):
        for number, agent, at, *rest in stream(
            connection, query.order_by(*in_order(agent_events, span))
        ):
            yield agent, span.listened.of_row("agent_events", number, at), *rest
