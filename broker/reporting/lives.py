"""What the store knows of when the broker listened, and conditions in its own time for queries.

Theory of operation: where no clock was ever set back there is one era, and the conditions are those of
the times themselves, for which there are indices. Otherwise a row is of the era that its number says: the
rows of a table are numbered in their true order, so an era begins behind the last row that cannot be of
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, cast

from attrs import evolve
from sqlalchemy import (
    Alias,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.selectable import NamedFromClause

from broker.reporting.listened import ALWAYS, BEYOND, Listened, Stretch, stretches_of
from broker.reporting.source import ROWS
from broker.reporting.times import Span
from broker.store.lives import prolonged
from broker.store.message_schema import (
    conversation_decisions,
    conversation_events,
    conversation_offers,
    conversation_wrapups,
    message_events,
    messages,
)
from broker.store.schema import (
    agent_events,
    chat_events,
    decisions,
    form_results,
    invites,
    lives,
    offers,
    parkings,
    parties,
    wrapups,
)

_PARTS: Final = 100
"""Into how many parts an era is parted for a query at most, less one."""
Rows = NamedFromClause[Any]
"""A table, or one that stands in a query once more."""
_ENDS: Final[dict[Table, Column[int] | None]] = {
    chat_events: None,
    agent_events: None,
    decisions: None,
    form_results: None,
    invites: invites.c.ended_at,
    offers: offers.c.ended_at,
    parkings: parkings.c.ended_at,
    parties: parties.c.left_at,
    wrapups: wrapups.c.ended_at,
    conversation_events: None,
    conversation_decisions: None,
    conversation_offers: conversation_offers.c.ended_at,
    conversation_wrapups: conversation_wrapups.c.ended_at,
    messages: None,
    message_events: None,
}
"""The tables that are read in true order, each with the time that is written into a row later."""
_LIFE: Final = (lives.c.started_at, lives.c.seen_at, lives.c.ended_at)
_OF_CHATS: Final = frozenset(
    {decisions, invites, offers, parkings, parties, wrapups},
)
"""Those whose rows mostly are of the same moment as an event of a chat."""


def listened(
    connection: Connection, start: int, end: int, now: int | None = None
) -> tuple[Listened, int | None]:
    """When the broker listened.

    Args:
        connection: The store.
        start: The first moment that is asked for.
        end: The first moment after it.
        now: The time now, for what a running broker did since it noted that it lives.

    Returns:
        That, and until when in its own time; None when the store does not know.
    """
    spans = list(_spans(connection, now))
    if not spans:
        return ALWAYS, None
    stretches = stretches_of(spans, start, end)
    found = Listened(stretches, _all_cuts(connection, stretches))
    return found, found.own(stretches[-1].end, found.eras - 1)


def goes_on(connection: Connection, found: Listened, now: int) -> int:
    """Until when the broker has listened by now, in its own time, if no life began since it was found out.

    Args:
        connection: The store.
        found: What `listened` gave.
        now: The time now.
    """
    last = next(
        _spans_of(connection, select(*_LIFE).order_by(lives.c.seq.desc()).limit(1), now), None
    )
    if last is None:
        return found.own(now, found.eras - 1)
    return found.own(last[1], found.eras - 1)


def of_span(connection: Connection, span: Span, now: int | None = None) -> tuple[Span, int | None]:
    """The same for a time that is asked for, which then knows of it."""
    found, until = listened(connection, span.start, span.end, now)
    return evolve(span, listened=found), until


def _spans(connection: Connection, now: int | None) -> Iterator[tuple[int, int]]:
    rows = select(*_LIFE).order_by(lives.c.seq).execution_options(yield_per=ROWS)
    return _spans_of(connection, rows, now)


def _spans_of(
    connection: Connection, rows: Select[Any], now: int | None
) -> Iterator[tuple[int, int]]:
    last: Any = None
    for row in connection.execute(rows):
        if last is not None:
            yield _span(last)
        last = row
    if last is not None:
        living = [] if now is None or last.ended_at is not None else [now]
        yield prolonged(connection, (_span(last),), living)[0]


def _span(row: Any) -> tuple[int, int]:
    return row.started_at, max(row.started_at, row.seen_at)


def _all_cuts(connection: Connection, stretches: tuple[Stretch, ...]) -> dict[str, tuple[int, ...]]:
    """For each table the number of the last row of each era but the last."""
    found: dict[str, tuple[int, ...]] = {}
    for table in _ENDS:  # the events of chats first, since they tell of what happened with them
        cuts: tuple[int, ...] = ()
        for era in range(stretches[-1].era, 0, -1):
            events = found.get(chat_events.name)
            same = None if events is None else events[era - 1]
            until = cuts[0] if cuts else None
            cuts = (_cut(connection, table, stretches, era, until, same), *cuts)
        found[table.name] = cuts
    return found


def _cut(
    connection: Connection,
    table: Table,
    stretches: tuple[Stretch, ...],
    era: int,
    until: int | None,
    same: int | None,
) -> int:
    """The number of the last row from before an era: that cannot be of it, nor of a later one.

    Args:
        connection: The store.
        table: The table.
        stretches: When the broker listened.
        era: The era.
        until: The number of its own last row; None for the last era.
        same: The number of the last event of a chat from before it; None when that is asked for.
    """
    mine = [stretch for stretch in stretches if stretch.era == era]
    latest = max(stretch.end for stretch in stretches if stretch.era < era) + BEYOND
    key, at, ended = key_of(table), table.c.at, _ENDS[table]
    rows = select(key.label("number"), at, func.lead(at).over(order_by=key).label("follows"))
    rows = rows.add_columns((literal(None) if ended is None else ended).label("ended"))
    asked = at <= latest if until is None else and_(at <= latest, key <= until)
    row = rows.where(asked).subquery().c
    of_it = or_(*(row.at.between(begin, end + BEYOND) for begin, end in _roughly(mine)))
    not_of_it = or_(not_(of_it), row.at > row.follows + BEYOND)
    if until is None and ended is not None:
        not_of_it = or_(not_of_it, row.ended < row.at - BEYOND)
    found: int = connection.scalar(select(func.max(row.number)).where(not_of_it)) or 0
    if same is None or table not in _OF_CHATS:
        return found
    e = chat_events.c
    event = select(e.seq).where(e.chat_no == table.c.chat_no, e.at == at, e.seq <= same)
    more = select(func.max(key)).where(asked, key > found, event.exists())
    return connection.scalar(more) or found


def era_of(table: Rows, span: Span) -> ColumnElement[int]:
    """The era of a row."""
    cuts = list(enumerate(span.listened.cuts[_original(table).name], 1))
    return case(*((key_of(table) > cut, era) for era, cut in reversed(cuts)), else_=0)


def key_of(table: Rows) -> ColumnElement[Any]:
    """The number by which the rows of a table are in their true order."""
    (key,) = _original(table).primary_key.columns
    found: ColumnElement[Any] = table.c[key.name]
    return found


def _original(table: Rows) -> Table:
    return table if isinstance(table, Table) else cast("Table", cast("Alias", table).element)


def _roughly(stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
    """Stretches of an era in few, parted at its longest outages only."""
    outages = sorted(
        (
            (after.begin - before.end, before.end, after.begin)
            for before, after in pairwise(stretches)
        ),
        reverse=True,
    )
    parted = sorted((end, begin) for length, end, begin in outages[:_PARTS] if length > BEYOND)
    begins = [stretches[0].begin, *(begin for _, begin in parted)]
    ends = [*(end for end, _ in parted), stretches[-1].end]
    return list(zip(begins, ends, strict=True))


def in_order(table: Rows, span: Span) -> tuple[ColumnElement[Any], ...]:
    """Columns by which rows come in their true order."""
    plain = (table.c.at, key_of(table))
    return plain if span.listened.eras == 1 else (era_of(table, span), *plain)


def before(table: Rows, span: Span) -> ColumnElement[bool]:
    """Whether a row is from before what is asked for."""
    return _earlier(table, span, span.start, span.eras[0])


def before_end(table: Rows, span: Span) -> ColumnElement[bool]:
    """Whether a row is from before the end of what is asked for."""
    return _earlier(table, span, span.end, span.eras[1])


def _earlier(table: Rows, span: Span, at: int, era: int) -> ColumnElement[bool]:
    if span.listened.eras == 1:
        plain: ColumnElement[bool] = table.c.at < at
        return plain
    its = era_of(table, span)
    return or_(its < era, and_(its == era, table.c.at < at))


def within(table: Rows, span: Span) -> ColumnElement[bool]:
    """Whether a row is from what is asked for, or from between two parts of it."""
    first, last = span.eras
    at = table.c.at
    if first == last:
        inside = and_(at >= span.start, at < span.end)  # for this there is an index
        return inside if span.listened.eras == 1 else and_(inside, era_of(table, span) == first)
    its = era_of(table, span)
    begun = or_(its > first, and_(its == first, at >= span.start))
    return and_(begun, before_end(table, span))
