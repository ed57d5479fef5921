"""When the broker listened: a row for each of its lives, kept up to date while it runs.

What was decided says when something happened; only these rows say when nothing could. Recovery and
the reports need that: time in which nobody listened is nobody's silence and nobody's work. A gap within
a life (a machine that slept, a clock that was set) ends a row and begins another. A row is
written seldom (`SEEN_EVERY`), beside the facts and not with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Column, Connection, case, desc, insert, select, update

from broker.core.heard import SEEN_EVERY, Spans
from broker.store.message_schema import (
    conversation_decisions,
    conversation_events,
    message_events,
    messages,
)
from broker.store.schema import agent_events, chat_events, decisions, lives

_AFTER: Final = SEEN_EVERY + 5_000_000
"""So long after it was last noted a life may have written, if its clock was not set forward since."""
_REMEMBERED: Final = 500
"""How many rows recovery looks at; what is older is as old as they say at least."""
_WRITTEN: Final = (
    *(chat_events.c.seq, agent_events.c.seq, decisions.c.seq),
    *(conversation_events.c.seq, conversation_decisions.c.seq, message_events.c.seq),
    messages.c.no,
)
"""The columns by whose order rows come that say when they were written (`at`)."""


def begin(
    connection: Connection, since: int, now: int, cause: str = "lost", until: int | None = None
) -> int:
    """A life begins; one before it that has no end has ended.

    What is found out of the end of a life is written here, as nobody can find it out later: then something
    has been written in the next one.

    Args:
        connection: The connection.
        since: Since when the life lasts.
        now: Until when.
        cause: Why the one before it ended.
        until: Until when the one before it lasted, if more is known than when it was last seen. What is
            earlier than that is by another clock.

    Returns:
        Its number.
    """
    seen = lives.c.seen_at
    end = seen if until is None else case((seen < until, until), else_=seen)
    over = update(lives).where(lives.c.ended_at.is_(None))
    connection.execute(over.values(seen_at=end, ended_at=end, cause=cause))
    new = insert(lives).values(started_at=since, seen_at=now).returning(lives.c.seq)
    return int(connection.execute(new).scalar_one())


def note(connection: Connection, number: int, now: int, cause: str | None = None) -> None:
    """A life lasts until now; with a cause it ends now."""
    said = {"seen_at": now} | ({"ended_at": now, "cause": cause} if cause is not None else {})
    connection.execute(update(lives).where(lives.c.seq == number).values(**said))


def heard(connection: Connection) -> Spans:
    """When the broker listened, the latest first, by the clock that it had then."""
    rows = connection.execute(
        select(lives.c.started_at, lives.c.seen_at).order_by(desc(lives.c.seq)).limit(_REMEMBERED)
    ).all()
    if not rows:
        return ()
    return tuple((row.started_at, row.seen_at) for row in rows)


def prolonged(connection: Connection, spans: Spans, moments: Iterable[int]) -> Spans:
    """The same, with what was written since the last of them was noted: by a living one.

    Args:
        connection: The connection.
        spans: What `heard` gave.
        moments: When something was written.
    """
    if not spans:
        return spans
    begun, seen = spans[0]
    newest = [_newest(connection, order) for order in _WRITTEN]
    after = [at for at in (*newest, *moments) if at is not None and seen < at <= seen + _AFTER]
    return ((begun, max(after, default=seen)), *spans[1:])


def _newest(connection: Connection, order: Column[Any]) -> int | None:
    rows = select(order.table.c.at).order_by(desc(order)).limit(1)
    at: int | None = connection.scalar(rows)
    return at
