"""What is new in the store since it was looked at: the log that is folded, read from a cursor on.

Theory of operation: rows of a history are numbered in the order in which they were committed, by one
writer, so what is new are the rows behind the last number. Rows that are written to later (a wrap-up that
ends) are asked for again as long as they are open, by their numbers. Everything is read in one transaction,
so it is what was true at one instant. A look costs as much as is new, whatever the day has brought so far.

At the beginning, and whenever the past turns out to be another one (the store was replaced, or the broker
finds out that its clock had been set back), everything that is kept is read anew, and folded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from itertools import islice
from typing import Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
)

from broker.reporting.agents import SEEN
from broker.reporting.figures.log import (
    AgentStep,
    ChatStep,
    ConversationStands,
    Entry,
    Heard,
    SpellBegan,
    SpellEnded,
    SpellRow,
    Timed,
    in_order,
)
from broker.reporting.history import EventRow, ParkingRow, PartyRow, StateRow, WrapupRow
from broker.reporting.listened import Listened
from broker.reporting.lives import before, before_end, goes_on, key_of, listened
from broker.reporting.lives import in_order as columns_in_order
from broker.reporting.rows import EVENTS, floor_of, states, stream, touched
from broker.reporting.times import DAY, Span
from broker.store.message_schema import conversation_events, conversations, messages
from broker.store.schema import (
    agent_events,
    chat_events,
    chats,
    lives,
    parkings,
    parties,
    wrapups,
)
from protocol.values import ChatStatus

_EVER: Final = 36_500 * DAY
_AT_ONCE: Final = 500
"""How many rows are asked for by their numbers at once."""
_LOOKED_BACK: Final = 100
"""How many events of an agent are looked at for when they came into their state."""


class PastChanged(Exception):
    """What was read is not the beginning of what is in the store now."""


@frozen
class Kind:
    """Rows that have a beginning and an end."""

    table: Table
    columns: tuple[Column[Any], ...]
    ended: Column[Any]
    make: Callable[..., SpellRow]
    only: ColumnElement[bool] | None = None


def _party(no: int, agent: str, at: int, ended: int | None, mode: str) -> PartyRow:
    return PartyRow(no, agent, at, ended, mode, "", None)


def _columns(table: Table, ended: str, *more: str) -> tuple[Column[Any], ...]:
    return tuple(table.c[name] for name in ("seq", "chat_no", "agent", "at", ended, *more))


KINDS: Final = (
    Kind(wrapups, _columns(wrapups, "ended_at"), wrapups.c.ended_at, WrapupRow),
    Kind(parkings, _columns(parkings, "ended_at"), parkings.c.ended_at, ParkingRow),
    Kind(
        parties,
        _columns(parties, "left_at", "mode"),
        parties.c.left_at,
        _party,
        parties.c.mode.in_(SEEN),
    ),
)
_FOLLOWED: Final = (chat_events, wrapups, parkings, parties, agent_events, conversation_events)
_EVENTS: Final = EVENTS.add_columns(chats.c.id, chats.c.language)


@frozen
class Batch:
    """What was read.

    Attributes:
        entries: What is new, in order.
        until: Until when the store tells, in the broker's own time.
        whole: Whether that is everything that is kept.
    """

    entries: tuple[Entry, ...]
    until: int
    whole: bool = False


@frozen
class Cursor:
    """How far the store was read.

    Attributes:
        positions: The last number of each table.
        unended: The numbers of rows that had no end yet.
        life: The number of the broker's life.
        listened: When it listened.
        since: What is not kept is from before this moment of the wall.
    """

    positions: Mapping[str, int]
    unended: Mapping[str, frozenset[int]]
    life: int
    listened: Listened
    since: int


@frozen
class _Reading:
    """One look."""

    connection: Connection
    listened: Listened
    unended: dict[str, frozenset[int]] = field(factory=dict)

    def steps(self, query: Select[Any]) -> Iterator[ChatStep]:
        """Events of chats; those of each chat in their order."""
        last: dict[int, int] = {}
        for seq, no, at, *rest, chat, language in stream(self.connection, query):
            own = self.listened.of_row(chat_events.name, seq, at)
            # Nothing happens before what led to it, in a store that does not know of its clocks either.
            last[no] = max(own, last.get(no, own))
            yield ChatStep(EventRow(no, last[no], *rest), chat, language)

    def lasting(self, kind: Kind, conditions: Iterable[ColumnElement[bool]]) -> Iterator[Timed]:
        """Rows with a beginning and an end, which were not read before."""
        unended = set()
        for condition in conditions:
            query = select(*kind.columns).where(condition).order_by(kind.columns[0])
            if kind.only is not None:
                query = query.where(kind.only)
            for seq, *rest in stream(self.connection, query):
                row = self._row(kind, seq, *rest)
                yield SpellBegan(row)
                if row.ended is None:
                    unended.add(seq)
                else:
                    yield SpellEnded(row)
        self.unended[kind.table.name] = frozenset(unended)

    def ends(self, kind: Kind, unended: frozenset[int]) -> Iterator[Timed]:
        """Rows that were read before, and have an end now."""
        ended = set()
        for some in _parted(unended):
            query = select(*kind.columns).where(kind.columns[0].in_(some))
            for seq, *rest in stream(self.connection, query.where(kind.ended.is_not(None))):
                ended.add(seq)
                yield SpellEnded(self._row(kind, seq, *rest))
        still = (unended - ended) | self.unended.get(kind.table.name, frozenset())
        self.unended[kind.table.name] = frozenset(still)

    def _row(
        self, kind: Kind, seq: int, no: int, agent: str, at: int, ended: int | None, *more: Any
    ) -> SpellRow:
        began = self.listened.of_row(kind.table.name, seq, at)
        return kind.make(
            no, agent, began, None if ended is None else self.listened.after(began, ended), *more
        )

    def conversations(self, condition: ColumnElement[bool]) -> Iterator[ConversationStands]:
        """How conversations stand."""
        c = conversations.c
        columns = (c.no, c.id, c.gateway, c.project, c.language, c.status, c.agent, c.started_at)
        query = select(*columns, _due(), c.parked_at.is_not(None)).where(condition)
        for no, key, gateway, *rest in stream(self.connection, query.order_by(c.no)):
            names = ("project", "language", "status", "agent", "since", "due", "is_aside")
            stands = dict(zip(names, rest, strict=True))
            yield ConversationStands(no=no, id=key, gateway=gateway, **stands)


def _due() -> ColumnElement[Any]:
    """When a conversation is to be answered, if it still is: a person wrote behind the last answer."""
    c = conversations.c
    asked, answer = messages.alias().c, messages.alias().c
    automatic = func.coalesce(asked.header["IsAutomatic"].as_boolean(), false())
    newest = select(func.max(asked.counter)).where(
        asked.conversation_no == c.no, asked.inbound, not_(automatic)
    )
    answered = select(func.coalesce(func.max(answer.counter), 0)).where(
        answer.conversation_no == c.no, not_(answer.inbound), answer.agent.is_not(None)
    )
    waits = newest.scalar_subquery() > answered.scalar_subquery()
    return case((and_(c.due_at.is_not(None), waits), c.due_at), else_=None)


def read_whole(connection: Connection, since: int, now: int) -> tuple[Cursor, Batch]:
    """Read everything that is kept.

    Args:
        connection: The store.
        since: From which moment of the wall on.
        now: The time now.
    """
    found, until = listened(connection, since, since + _EVER, now)
    span = Span(since, since + _EVER, None, UTC, found)
    reading = _Reading(connection, found)
    positions = {table.name: _last(connection, table) for table in (*_FOLLOWED, messages)}
    e = chat_events.c
    open_chats = select(chats.c.no).where(chats.c.status != ChatStatus.CLOSED.value)
    kept = or_(e.chat_no.in_(touched(span)), e.chat_no.in_(open_chats))
    timed: list[Timed] = list(reading.steps(_EVENTS.where(kept).order_by(e.chat_no, e.seq)))
    for kind in KINDS:
        lasts = or_(kind.ended.is_(None), kind.ended > floor_of(span))
        timed += reading.lasting(kind, (and_(before_end(kind.table, span), lasts),))
    timed += (
        AgentStep(_begun(connection, span, row) if row.at < span.first else row)
        for row in states(connection, span)
    )
    stands = reading.conversations(conversations.c.status != ChatStatus.CLOSED.value)
    cursor = Cursor(positions, reading.unended, _last(connection, lives), found, since)
    entries = (Heard(found), *in_order(timed), *stands)
    return cursor, Batch(entries, now if until is None else until, whole=True)


def read_more(connection: Connection, cursor: Cursor, now: int) -> tuple[Cursor, Batch]:
    """Read what is new.

    Raises:
        PastChanged: Everything is to be read anew.
    """
    life = _last(connection, lives)
    found, heard = cursor.listened, tuple[Entry, ...]()
    if life != cursor.life:
        found = _gone_on(connection, cursor, now)
        heard = (Heard(found),)
    reading = _Reading(connection, found)
    positions = {name: _newest(connection, name, at) for name, at in cursor.positions.items()}

    def new(table: Table) -> ColumnElement[bool]:
        return key_of(table) > cursor.positions[table.name]

    timed: list[Timed] = list(
        reading.steps(_EVENTS.where(new(chat_events)).order_by(chat_events.c.seq))
    )
    for kind in KINDS:
        timed += reading.lasting(kind, (new(kind.table),))
        timed += reading.ends(kind, cursor.unended.get(kind.table.name, frozenset()))
    timed += map(AgentStep, _agent_rows(connection, found, new(agent_events)))
    stands = (
        one
        for some in _parted(_touched_conversations(connection, cursor))
        for one in reading.conversations(conversations.c.no.in_(some))
    )
    entries = (*heard, *in_order(timed), *stands)
    until = goes_on(connection, found, now)
    return Cursor(positions, reading.unended, life, found, cursor.since), Batch(entries, until)


def _gone_on(connection: Connection, cursor: Cursor, now: int) -> Listened:
    """When the broker listened, now that another life of it began."""
    found, _ = listened(connection, cursor.since, cursor.since + _EVER, now)
    *past, last = cursor.listened.stretches
    place = len(past)
    same = list(found.stretches[:place]) == past and len(found.stretches) > place
    if not same or evolve(found.stretches[place], end=last.end) != last:
        raise PastChanged
    return found


def _last(connection: Connection, table: Table) -> int:
    """The number of the last row."""
    return connection.scalar(select(func.max(key_of(table)))) or 0


_TABLES: Final = {table.name: table for table in (*_FOLLOWED, messages)}


def _newest(connection: Connection, name: str, known: int) -> int:
    last = _last(connection, _TABLES[name])
    if last < known:
        raise PastChanged
    return last


def _parted(numbers: Iterable[int]) -> Iterator[list[int]]:
    walk = iter(sorted(numbers))
    while some := list(islice(walk, _AT_ONCE)):
        yield some


def _touched_conversations(connection: Connection, cursor: Cursor) -> set[int]:
    """Conversations of which something is new."""
    found: set[int] = set()
    for table in (conversation_events, messages):
        query = select(table.c.conversation_no).where(
            key_of(table) > cursor.positions[table.name], table.c.conversation_no.is_not(None)
        )
        found.update(connection.scalars(query))
    return found


def _agent_rows(
    connection: Connection, found: Listened, condition: ColumnElement[bool]
) -> Iterator[StateRow]:
    e = agent_events.c
    query = select(e.seq, e.agent, e.at, e.state, e.reason, e.cause, e.by_agent)
    for seq, agent, at, *rest in stream(connection, query.where(condition).order_by(e.seq)):
        yield StateRow(agent, found.of_row(agent_events.name, seq, at), *rest)


def _begun(connection: Connection, span: Span, row: StateRow) -> StateRow:
    """The row by which an agent came into the state that they are in before a time."""
    e = agent_events.c
    query = (
        select(e.seq, e.at, e.state, e.reason)
        .where(e.agent == row.agent, before(agent_events, span))
        .order_by(*(column.desc() for column in columns_in_order(agent_events, span)))
        .limit(_LOOKED_BACK)
    )
    at = row.at
    for seq, began, state, reason in stream(connection, query):
        if (state, reason) != (row.state, row.reason):
            break
        at = min(at, span.listened.of_row(agent_events.name, seq, began))
    return evolve(row, at=at)
