"""What was said in a chat, read from the store for somebody who may."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, exists, select

from broker.reporting.figures import models
from broker.reporting.figures.views import Names
from broker.store.schema import chat_events, chats, sentences
from protocol.values import Guid, from_micros

MOST: Final = 500
"""How many sentences a page has at most."""


def transcript(
    connection: Connection,
    names: Names,
    chat: Guid,
    projects: frozenset[str] | None,
    after: int,
    limit: int,
) -> models.Transcript | None:
    """A page of a transcript.

    Args:
        connection: The store.
        names: What things are called.
        chat: The ChatId.
        projects: A chat must have been of one of these; None: of any, or none.
        after: Behind which sentence the page begins.
        limit: How many it has at most.

    Returns:
        The page; None where there is no such chat, or it is none of theirs.
    """
    c = chats.c
    columns = (c.no, c.status, c.project, c.gateway, c.started_at, c.closed_at)
    query = select(*columns).where(c.id == str(chat))
    if projects is not None:
        e = chat_events.c
        query = query.where(exists().where(e.chat_no == c.no, e.project.in_(sorted(projects))))
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    s = sentences.c
    rows = connection.execute(
        select(sentences)
        .where(s.chat_no == found.no, s.counter > after)
        .order_by(s.counter)
        .limit(limit + 1)
    ).all()
    shown = rows[:limit]
    return models.Transcript(
        chat_id=chat,
        status=found.status,
        project=names.thing(found.project),
        gateway=names.known(found.gateway),
        started_utc=from_micros(found.started_at),
        closed_utc=None if found.closed_at is None else from_micros(found.closed_at),
        sentences=tuple(_sentence(names, row) for row in shown),
        cursor=shown[-1].counter if len(rows) > len(shown) else None,
    )


def _sentence(names: Names, row: Any) -> models.SentenceInfo:
    return models.SentenceInfo(
        counter=row.counter,
        at_utc=from_micros(row.at),
        time_sent=from_micros(row.time_sent),
        is_outbound=row.outbound,
        agent=names.thing(row.agent),
        party_name=row.party_name,
        model=row.model,
        text=row.text,
    )
