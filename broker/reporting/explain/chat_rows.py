"""What the store knows of one chat, all times in the broker's own time (`Listened`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, or_, select

from broker.core.facts.causes import AgentCause
from broker.reporting.listened import ALWAYS, Listened
from broker.reporting.lives import key_of
from broker.reporting.source import Source, SourceError
from broker.store.schema import (
    agent_events,
    chat_events,
    chats,
    decisions,
    invites,
    offers,
    parkings,
    parties,
    wrapups,
)
from protocol.values import parse_guid

Row = Mapping[str, Any]
_LATER: Final = ("ended_at", "left_at", "woken_at", "warned_at")
"""Times that are written into a row after its beginning."""


@frozen(kw_only=True)
class ChatRows:
    """The rows of one chat; each table in its own order.

    Attributes:
        forced: What supervisors forced upon agents at a moment at which the chat changed.
        older: The ids of earlier chats of the same visitor, when they were asked for.
        later: The chat in which the visitor went on when this one was full.
        listened: When the broker listened.
    """

    chat: Row
    events: tuple[Row, ...]
    decisions: tuple[Row, ...]
    offers: tuple[Row, ...]
    wrapups: tuple[Row, ...]
    invites: tuple[Row, ...] = ()
    parties: tuple[Row, ...] = ()
    parkings: tuple[Row, ...] = ()
    forced: tuple[Row, ...] = ()
    older: tuple[str, ...] = ()
    later: str | None = None
    listened: Listened = ALWAYS


class NoChatError(Exception):
    """There is no such chat."""


def chat_rows(
    connection: Connection, source: Source, asked: str | None, listened: Listened = ALWAYS
) -> ChatRows:
    """Read one chat.

    Args:
        connection: The store.
        source: What things are called.
        asked: A ChatId, or a gateway (its peer, its name or its id) and a TrackingId with `/` between;
            None for the chat that began last.
        listened: When the broker listened.

    Raises:
        NoChatError: There is no such chat.
        SourceError: It is not clear what is asked for.
    """
    newest = select(chats).order_by(chats.c.no.desc())
    query = newest.limit(1) if asked is None else newest.where(_asked(source, asked))
    found = _rows(connection, query)
    if not found:
        raise NoChatError("there is no chat yet" if asked is None else f"there is no chat {asked}")
    chat = found[0]

    def of(table: Table, order: str) -> tuple[Row, ...]:
        rows = select(table).where(table.c.chat_no == chat["no"]).order_by(table.c[order])
        return _in_own_time(listened, table, _rows(connection, rows))

    events = of(chat_events, "seq")
    if events and chat["bound_at"] is not None:
        chat = {**chat, "bound_at": listened.after(events[0]["at"], chat["bound_at"])}
    return ChatRows(
        chat=chat,
        events=events,
        decisions=of(decisions, "seq"),
        offers=of(offers, "offer"),
        wrapups=of(wrapups, "seq"),
        invites=of(invites, "seq"),
        parties=of(parties, "seq"),
        parkings=of(parkings, "seq"),
        forced=_in_own_time(listened, agent_events, _forced(connection, chat["no"])),
        older=tuple(row["id"] for row in found[1:]),
        later=next((row["id"] for row in _rows(connection, _after(chat))), None),
        listened=listened,
    )


def _in_own_time(listened: Listened, table: Table, rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(_own(listened, table, row) for row in rows)


def _own(listened: Listened, table: Table, row: Row) -> Row:
    at = listened.of_row(table.name, row[key_of(table).name], row["at"])
    own = {"at": at}
    if "until" in row:  # what was meant to last so long
        own["until"] = at + row["until"] - row["at"]
    for name in _LATER:
        if row.get(name) is not None:
            own[name] = listened.after(at, row[name])
    return {**row, **own}


def _after(chat: Row) -> Select[Any]:
    return (
        select(chats.c.id).where(chats.c.earlier == chat["id"]).order_by(chats.c.no.desc()).limit(1)
    )


def _forced(connection: Connection, no: int) -> tuple[Row, ...]:
    when = [
        select(at).where(of == no)
        for at, of in (
            (chat_events.c.at, chat_events.c.chat_no),
            (parties.c.left_at, parties.c.chat_no),
            (offers.c.ended_at, offers.c.chat_no),
            (wrapups.c.ended_at, wrapups.c.chat_no),
        )
    ]
    query = select(agent_events).where(
        agent_events.c.cause == AgentCause.FORCED.value,
        or_(*(agent_events.c.at.in_(times) for times in when)),
    )
    return _rows(connection, query.order_by(agent_events.c.seq))


def _rows(connection: Connection, query: Select[Any]) -> tuple[Row, ...]:
    return tuple({**row} for row in connection.execute(query).mappings())


def _asked(source: Source, asked: str) -> ColumnElement[bool]:
    if "/" not in asked:
        chat = _guid(asked)
        if chat is None:
            raise SourceError(f"{asked!r} is neither a ChatId nor GATEWAY/TRACKINGID")
        return chats.c.id == chat
    places = [place for place, letter in enumerate(asked) if letter == "/"]
    choices = [
        and_(chats.c.gateway == gateway, chats.c.tracking_id == asked[place + 1 :])
        for place in places
        for gateway in _gateways(source, asked[:place])
    ]
    if not choices:
        name = asked[: places[0]]
        hint = "" if source.config else "; its peer is known with --store FILE.toml only"
        raise SourceError(f"there is no gateway {name!r}{hint}")
    return or_(*choices)


def _gateways(source: Source, text: str) -> list[str]:
    given = _guid(text)
    if given is not None:
        return [given]
    if source.config is None:
        return []
    known = source.config.gateways.values()
    return [gateway.id for gateway in known if text in (gateway.peer, gateway.name)]


def agent_of(source: Source, asked: str) -> str:
    """The id of an agent who was asked for by login, name or id.

    Raises:
        SourceError: Nobody is known by that.
    """
    if source.config is not None:
        for agent in source.config.agents.values():
            if asked in (agent.login, agent.name):
                return agent.id
    given = _guid(asked)
    if given is None:
        hint = "" if source.config else "; logins are known with --store FILE.toml only"
        raise SourceError(f"there is no agent {asked!r}{hint}")
    return given


def _guid(text: str) -> str | None:
    try:
        return parse_guid(text)
    except ValueError:
        return None
