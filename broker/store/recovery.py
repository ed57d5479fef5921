"""Rows to the durable state.

Everything is read in bulk: the chats first, then what belongs to them, by their numbers in
slices, each slice by an index that begins with the number. So the time depends on what is
loaded and not on what lies in the store.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Select, func, select

from broker.config.model import Config
from broker.core.deadlines import LINGER
from broker.core.state import Chat, Desk, Recovered, Sentence, Slot
from broker.store.schema import (
    agents,
    chat_slots,
    chats,
    form_results,
    offers,
    sentences,
    wrapups,
)
from protocol.codec import from_wire
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, CloseReason, Guid

SLICE: Final = 500
"""How many chats one statement asks for."""

_IS_OPEN = chats.c.status != ChatStatus.CLOSED.value


def recover(connection: Connection, config: Config, now: int) -> Recovered:
    """Read the durable state inside the connection's transaction."""
    with _without_collector():
        found = _chats(connection, config, now)
        numbers = sorted(found)
        for part in _slices(numbers):
            _sentences(connection, found, part)
            _belongings(connection, found, part)
        return Recovered(
            chats=[found[no] for no in numbers],
            desks=_desks(connection, found),
            next_chat=(connection.scalar(select(func.max(chats.c.no))) or 0) + 1,
            next_offer=(connection.scalar(select(func.max(offers.c.offer))) or 0) + 1,
        )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Loading makes many objects and no garbage; looking for some takes most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _slices(numbers: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while part := list(islice(rest, SLICE)):
        yield part


def closed_since(config: Config, now: int) -> Select[Any]:
    """The chats that closed late enough for the most patient gateway."""
    longest = max((g.tracking_inertia for g in config.gateways.values()), default=0)
    return select(chats).where(chats.c.closed_at > now - max(LINGER, longest))


def open_chats() -> Select[Any]:
    """The chats that are open."""
    return select(chats).where(_IS_OPEN)


def sentences_of(numbers: Sequence[int]) -> Select[Any]:
    """The transcripts of some chats, in order."""
    s = sentences.c
    columns = (s.counter, s.id, s.party_name, s.text, s.time_sent, s.outbound, s.model)
    return (
        select(s.chat_no, *columns, s.at, s.agent, s.own, s.confirmed_at)
        .where(s.chat_no.in_(numbers))
        .order_by(s.chat_no, s.counter)
    )


def _chats(connection: Connection, config: Config, now: int) -> dict[int, Chat]:
    found = {row.no: _chat(row) for row in connection.execute(open_chats())}
    for row in connection.execute(closed_since(config, now)):
        gateway = config.gateways.get(row.gateway)
        linger = max(LINGER, gateway.tracking_inertia if gateway is not None else 0)
        if row.closed_at > now - linger:
            found[row.no] = _chat(row)
    # A wrap-up needs its chat in memory, however long ago that closed.
    held = select(chats).join(wrapups).where(wrapups.c.ended_at.is_(None))
    for row in connection.execute(held):
        found.setdefault(row.no, _chat(row))
    return found


def _chat(row: Row[Any]) -> Chat:
    return Chat(
        id=row.id,
        no=row.no,
        gateway=row.gateway,
        tracking_id=row.tracking_id,
        party_name=row.party_name,
        remote_address=row.remote_address,
        culture=row.culture,
        user_token=row.user_token,
        ext_response=row.ext_response,
        status=ChatStatus(row.status),
        project=row.project,
        language=row.language,
        skill=row.skill,
        priority=row.priority,
        started_at=row.started_at,
        since=row.since,
        enqueued_at=row.enqueued_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        agent=row.agent,
        last_agent=row.last_agent,
        last_activity=row.since,
        warned_for=row.warned_for,
    )


def _sentences(connection: Connection, found: dict[int, Chat], part: list[int]) -> None:
    for no, *values in connection.execute(sentences_of(part)).all():
        sentence = Sentence(*values)
        chat = found[no]
        chat.sentences.append(sentence)
        if not sentence.own and sentence.at > chat.last_activity:
            chat.last_activity = sentence.at


def _belongings(connection: Connection, found: dict[int, Chat], part: list[int]) -> None:
    """Slots, forms and offers."""
    s, f, o = chat_slots.c, form_results.c, offers.c
    slots = select(
        s.chat_no, s.model, s.id, s.party_name, s.text, s.time_sent, s.outbound, s.at, s.agent
    ).where(s.chat_no.in_(part))
    for no, *values in connection.execute(slots):
        slot = Slot(*values)
        found[no].slots[slot.model] = slot
    forms = select(f.chat_no, f.result_id, f.result).where(f.chat_no.in_(part)).order_by(f.seq)
    for no, key, body in connection.execute(forms):
        result = cast("ScenarioResultInfo", from_wire("ES_SCENARIO_SAVE", body))
        found[no].forms[key] = result
    offered = (
        select(o.chat_no, o.offer, o.agent, o.until, o.ended_at)
        .where(o.chat_no.in_(part), o.ended_at.is_(None) | o.excludes)
        .order_by(o.offer)
    )
    for no, offer, agent, until, ended_at in connection.execute(offered):
        if ended_at is None:
            found[no].offer, found[no].offer_until = offer, until
        else:
            found[no].exclusions[agent] = ended_at


def _desks(connection: Connection, found: dict[int, Chat]) -> list[Desk]:
    desks: dict[Guid, Desk] = {}
    for row in connection.execute(select(agents).order_by(agents.c.agent)):
        desks[row.agent] = Desk(
            agent=row.agent,
            state=AgentState(row.state),
            reason=row.reason,
            next_state=AgentState(row.next_state) if row.next_state else None,
            since=row.since,
            missed=row.missed,
            workplace=row.workplace,
        )
    w = wrapups.c
    held = select(w.chat_no, w.agent, w.until).where(w.ended_at.is_(None)).order_by(w.seq)
    for no, agent, until in connection.execute(held):
        chat = found[no].id
        desks[agent].leases[chat] = ChatStatus.CLOSED
        desks[agent].wrapups[chat] = until
    return list(desks.values())
