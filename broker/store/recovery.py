"""Rows to the durable state.

Everything is read in bulk: the chats first, then what belongs to them, by their numbers in
slices, each slice by an index that begins with the number. So the time depends on what is
loaded and not on what lies in the store.
"""

from __future__ import annotations

import gc
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from sys import intern
from typing import Any, Final, cast

from sqlalchemy import Column, Connection, Select, Text, func, select
from sqlalchemy import cast as cast_to

from broker.config.model import Config
from broker.core.chat_state import (
    Activity,
    BotTalk,
    Ending,
    Forms,
    Offer,
    Outbound,
    Parking,
    Routing,
    Visitor,
    Waiting,
)
from broker.core.contact_state import Contact, Contacts
from broker.core.deadlines import LEAST_RETENTION
from broker.core.facts import DecisionLogged
from broker.core.heard import Spans, age, earliest
from broker.core.limits import DAY, LOGGED_DECISIONS
from broker.core.lone_forms import LoneForms
from broker.core.message_state import Conversation
from broker.core.sentence import Words
from broker.core.state import (
    AgentPresence,
    Chat,
    Invite,
    Party,
    PinnedSentence,
    Recovered,
    RecoveredMessages,
    Sentence,
)
from broker.core.timers import Term, Wrapup
from broker.store.blob_recovery import Named, attachments_of, next_blob, recover_blobs
from broker.store.lives import heard, prolonged
from broker.store.message_recovery import recover_messages
from broker.store.message_schema import conversation_wrapups
from broker.store.schema import (
    agents,
    chat_slots,
    chats,
    contact_addresses,
    contacts,
    decisions,
    exclusions,
    form_results,
    internal_sentences,
    invites,
    offers,
    parkings,
    parties,
    wrapups,
)
from broker.store.transcripts import read_transcripts
from broker.store.words import OF_NOTE, OF_PINNED
from protocol.codec import from_wire
from protocol.scenario import ScenarioResultInfo
from protocol.values import (
    AgentState,
    ChatStatus,
    CloseReason,
    Guid,
    SentenceModel,
    TransferMode,
)

SLICE: Final = 2_000
"""How many chats one statement asks for."""

_ChatRow: Any = namedtuple("_ChatRow", [*chats.c.keys()])  # type: ignore[misc]  # as the table has  # noqa: PYI024 - has no types
_STATUSES: Final = {str(one.value): one for one in ChatStatus}
"""To look one up here takes a tenth of what it takes to ask the enumeration."""
_IS_OPEN = chats.c.status != ChatStatus.CLOSED.value


def recover(connection: Connection, config: Config, now: int) -> Recovered:
    """Read the durable state inside the connection's transaction."""
    with _without_collector():
        listened = heard(connection)
        found = _chats(connection, config, listened or ((0, now),))
        numbers = sorted(found)
        named: dict[int, Named] = {}
        for part in _slices(numbers):
            named |= attachments_of(connection, part)
            read_transcripts(connection, found, part, named)
            _belongings(connection, found, part)
            _notes(connection, found, part)
        _parts(connection, found)
        letters = recover_messages(connection, config, listened or ((0, now),))
        return Recovered(
            messages=letters,
            blobs=recover_blobs(connection, found, named, letters.messages, letters.conversations),
            next_blob=next_blob(connection),
            chats=[found[no] for no in numbers],
            presences=_presences(connection, found, letters.conversations),
            lone_forms=_lone_forms(connection, now),
            contacts=_contacts(connection),
            next_chat=(connection.scalar(select(func.max(chats.c.no))) or 0) + 1,
            next_offer=(connection.scalar(select(func.max(offers.c.offer))) or 0) + 1,
            heard=prolonged(connection, listened, _written(found.values(), letters)),
        )


def _written(found: Iterable[Chat], letters: RecoveredMessages) -> Iterator[int]:
    """When the last word of each chat, and the last note and the draft of each conversation were written."""
    for chat in found:
        if chat.transcript.stored is not None:
            yield chat.transcript.stored.at
        if chat.transcript.internal:
            yield chat.transcript.internal[-1].words.at
    for conversation in letters.conversations:
        if conversation.notes:
            yield conversation.notes[-1].at
        if conversation.draft is not None:
            yield conversation.draft.at


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


def closed_since(config: Config, listened: Spans) -> Select[Any]:
    """The chats that closed late enough for the most patient gateway."""
    longest = max((g.tracking_inertia for g in config.gateways.values()), default=0)
    recent = chats.c.closed_at > earliest(listened, max(LEAST_RETENTION, longest))
    return select(chats).where(recent, chats.c.dropped_at.is_(None))


def open_chats() -> Select[Any]:
    """The chats that are open."""
    return select(chats).where(_IS_OPEN)


def _chats(connection: Connection, config: Config, listened: Spans) -> dict[int, Chat]:
    found = {row.no: _chat(row) for row in _read(connection, open_chats())}
    for row in _read(connection, closed_since(config, listened)):
        gateway = config.gateways.get(row.gateway)
        retention = max(LEAST_RETENTION, gateway.tracking_inertia if gateway is not None else 0)
        if age(listened, row.closed_at) < retention:
            found[row.no] = _chat(row)
    # A wrap-up needs its chat in memory, however long ago that closed.
    held = select(chats).join(wrapups).where(wrapups.c.ended_at.is_(None))
    for row in _read(connection, held):
        found.setdefault(row.no, _chat(row))
    return found


def _read(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    """Rows of chats. To ask SQLAlchemy's for a column by its name takes ten times as long."""
    return map(_ChatRow._make, connection.execute(statement))


def _shared(guid: str | None) -> Guid | None:
    """The same text for all who have it."""
    return None if guid is None else Guid(intern(guid))


def _chat(row: Any) -> Chat:
    return Chat(
        id=row.id,
        no=row.no,
        gateway=Guid(intern(row.gateway)),
        visitor=Visitor(
            tracking_id=row.tracking_id,
            party_name=row.party_name,
            remote_address=row.remote_address,
            culture=row.culture,
            user_token=row.user_token,
            ext_response=row.ext_response,
            variables=tuple((name, value) for name, value in row.variables or ()),
            contact=row.contact,
            contact_name=row.contact_name,
        ),
        status=_STATUSES[row.status],
        agent=_shared(row.agent),
        last_agent=_shared(row.last_agent),
        earlier=row.earlier,
        started_at=row.started_at,
        routing=Routing(
            project=_shared(row.project),
            language=_shared(row.language),
            skill=row.skill,
            priority=row.priority,
            further=tuple(row.further or ()),
            wait_level=row.wait_level,
        ),
        waiting=Waiting(
            enqueued_at=row.enqueued_at,
            answered_at=row.answered_at,
            waited=row.waited,
            since=row.waiting_since,
        ),
        activity=Activity(
            since=row.since,
            last=row.since,
            unparked_at=row.unparked_at or 0,
            warned_for=row.warned_for,
        ),
        ending=Ending(
            closed_at=row.closed_at,
            reason=CloseReason(row.close_reason) if row.close_reason else None,
            readers=tuple(row.readers or ()),
        ),
        outbound=Outbound(key=row.open_key, bound_at=row.bound_at) if row.outbound else None,
        bot=BotTalk(
            id=row.bot,
            question=row.bot_question,
            tries=row.bot_tries,
            project=row.bot_project,
            learned=tuple((name, text) for name, text in row.learned or ()),
        ),
        forms=Forms(at_start=row.start_form, offered=row.scenario, expected=row.default_form),
    )


def _belongings(connection: Connection, found: dict[int, Chat], part: list[int]) -> None:
    """Slots, forms and exclusions."""
    s, f = chat_slots.c, form_results.c
    words = [s[name] for name in OF_PINNED]
    rows = select(s.chat_no, s.confirmed_at, *words).where(s.chat_no.in_(part))
    for no, confirmed_at, *values in connection.execute(rows):
        pinned = PinnedSentence(Words(**dict(zip(OF_PINNED, values, strict=True))), confirmed_at)
        found[no].transcript.pinned[pinned.words.outbound, pinned.words.model] = pinned
    forms = select(f.chat_no, f.result_id, f.at, f.result).where(f.chat_no.in_(part))
    for no, key, at, body in connection.execute(forms.order_by(f.seq)):
        result = cast("ScenarioResultInfo", from_wire("ES_SCENARIO_SAVE", body))
        found[no].forms.results[key] = result
        found[no].forms.saved_at[key] = at
    x = exclusions.c
    excluded = (
        select(x.chat_no, x.agent, x.at)
        .where(x.chat_no.in_(part), x.at > 0)
        .order_by(x.chat_no, x.at, x.agent)
    )
    for no, agent, at in connection.execute(excluded):
        found[no].exclusions[agent] = at


def _parts(connection: Connection, found: Mapping[int, Chat]) -> None:
    """Who is asked, who has joined, what is put aside, who is alerted."""
    i, p, k, o = invites.c, parties.c, parkings.c, offers.c
    asked = select(i.seq, i.chat_no, i.by_agent, i.mode, i.agent, i.project, i.note, i.at, i.until)
    for no, by, mode, agent, project, note, at, until in _open(connection, asked, i.ended_at):
        if no in found:
            found[no].invite = Invite(
                by=by,
                mode=TransferMode(mode),
                agent=agent,
                project=project,
                note=note,
                at=at,
                until=until,
                term=Term(at, until - at),
            )
    joined = select(p.seq, p.chat_no, p.agent, p.mode, p.by_agent, p.at)
    for no, agent, mode, by, at in _open(connection, joined, p.left_at):
        if no in found:
            found[no].parties[agent] = Party(mode=TransferMode(mode), by=by, at=at)
    parked = select(k.seq, k.chat_no, k.at, k.woken_at, k.warned_at)
    for no, at, woken_at, warned_at in _open(connection, parked, k.ended_at):
        if no in found:
            found[no].parking = Parking(at=at, woken_at=woken_at, warned=warned_at is not None)
    offered = select(o.offer, o.chat_no, o.offer, o.agent, o.at, o.until)
    for no, offer, agent, at, until in _open(connection, offered, o.ended_at):
        if no in found:
            chat = found[no]
            chat.offer = Offer(number=offer, until=until, term=Term(at, until - at))
            if chat.invite is not None:
                chat.invite.agent = agent


def _open(connection: Connection, statement: Select[Any], ended: Column[Any]) -> Iterator[Any]:
    """The rows of what has no end yet, without their first column, by which they are in order.

    An index holds these rows alone. They are put in order here: SQLite would walk the whole table for it.
    """
    rows = connection.execute(statement.where(ended.is_(None))).all()
    return (row[1:] for row in sorted(rows, key=itemgetter(0)))


def _notes(connection: Connection, found: dict[int, Chat], part: list[int]) -> None:
    """The internal notes, and the last lines of the decision log."""
    n, d = internal_sentences.c, decisions.c
    words = [n[name] for name in OF_NOTE]
    written = select(n.chat_no, n.counter, *words).where(n.chat_no.in_(part))
    for no, counter, *values in connection.execute(written.order_by(n.chat_no, n.counter)):
        said = dict(zip(OF_NOTE, values, strict=True))
        note = Words(outbound=True, model=int(SentenceModel.INTERNAL), **said)
        found[no].transcript.internal.append(Sentence(counter, note))
    still = [no for no in part if found[no].is_open]
    logged = select(d.chat_no, d.at, d.kind, d.agent, d.detail).order_by(d.chat_no, d.seq)
    for row in connection.execute(logged.where(d.chat_no.in_(still))):
        chat = found[row.chat_no]
        chat.log.append(
            DecisionLogged(
                chat=chat.id,
                no=chat.no,
                at=row.at,
                kind=row.kind,
                agent=row.agent,
                detail=row.detail,
            )
        )
        del chat.log[:-LOGGED_DECISIONS]


def _contacts(connection: Connection) -> Contacts:
    """Those who are known, the one seen longest ago first."""
    c, a = contacts.c, contact_addresses.c
    known: dict[int, Contact] = {}
    columns = (c.id, c.gateway, c.name, c.external_id, c.seen_at)
    live = select(c.no, *columns).where(c.retired_at.is_(None)).order_by(c.seen_at, c.no)
    for no, key, gateway, name, external_id, seen_at in connection.execute(live):
        known[no] = Contact(
            id=key,
            no=no,
            gateway=Guid(intern(gateway)),
            name=name,
            external_id=external_id,
            seen_at=seen_at,
        )
    if known:
        addresses = select(a.contact_no, a.gateway, a.kind, a.value)
        for no, gateway, kind, value in connection.execute(addresses):
            if no in known:
                address = (Guid(intern(gateway)), intern(kind), value)
                known[no].addresses = (*known[no].addresses, address)
    found = Contacts(next_no=(connection.scalar(select(func.max(c.no))) or 0) + 1)
    for contact in known.values():
        found.add(contact)
    return found


def _lone_forms(connection: Connection, now: int) -> dict[Guid, LoneForms]:
    """What each gateway saved without a chat since midnight."""
    f, day = form_results.c, now // DAY
    size = func.sum(func.length(cast_to(f.result, Text)))
    today = select(f.gateway, func.count(), size).where(
        f.chat_no.is_(None), f.gateway.is_not(None), f.at >= day * DAY
    )
    return {
        gateway: LoneForms(day=day, count=count, bytes=int(total))
        for gateway, count, total in connection.execute(today.group_by(f.gateway))
    }


def _presences(
    connection: Connection, found: dict[int, Chat], conversations: Iterable[Conversation]
) -> list[AgentPresence]:
    presences: dict[Guid, AgentPresence] = {}
    for row in connection.execute(select(agents).order_by(agents.c.agent)):
        presences[row.agent] = AgentPresence(
            agent=row.agent,
            state=AgentState(row.state),
            reason=row.reason,
            next_state=AgentState(row.next_state) if row.next_state else None,
            since=row.since,
            missed=row.missed,
            workplace=row.workplace,
            login=row.login,
            seated_at=row.seated_at or 0,
        )
    w, v = wrapups.c, conversation_wrapups.c
    held = select(w.seq, w.chat_no, w.agent, w.at, w.until)
    for no, agent, at, until in _open(connection, held, w.ended_at):
        presences[agent].wrapups[found[no].id] = Wrapup(until, Term(at, until - at))
    known = {one.no: one.id for one in conversations}
    held = select(v.seq, v.conversation_no, v.agent, v.at, v.until)
    for no, agent, at, until in _open(connection, held, v.ended_at):
        wrapped = presences[agent].conversations.wrapups
        wrapped[known[no]] = Wrapup(until, Term(at, until - at))
    return list(presences.values())
