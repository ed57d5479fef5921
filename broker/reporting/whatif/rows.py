"""What is read from the store to let it happen again.

Theory of operation: a visit that is asked about may have found agents busy with earlier ones, and
may last longer than the time that is asked about. So a lead and a tail are read with it, at least
an hour each and as long as chats were open that reach over its bounds; figures are of the time
itself only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeVar, cast

from attrs import define, field, frozen
from sqlalchemy import Connection, distinct, func, select

from broker.config.model import HOUR
from broker.core.facts.causes import OfferMode
from broker.reporting import rows as reading
from broker.reporting.history import (
    Contact,
    EventRow,
    OfferRow,
    ParkingRow,
    PartyRow,
    WrapupRow,
    contacts,
)
from broker.reporting.lives import of_span, within
from broker.reporting.times import DAY, Span
from broker.reporting.whatif.outcome import Outcome
from broker.reporting.whatif.recorded import (
    Change,
    ChatRow,
    Form,
    Recorded,
    Told,
    Visit,
    duties,
    pieces,
    visit,
)
from broker.store.message_schema import conversation_events
from broker.store.schema import (
    agent_events,
    agents,
    chat_events,
    chats,
    form_results,
    lives,
    sentences,
)
from protocol.codec import from_wire
from protocol.scenario import ScenarioResultInfo
from protocol.values import CloseReason

R = TypeVar("R", OfferRow, WrapupRow)
REACH: Final = DAY
"""How far the lead and the tail reach at most."""

NO_GATEWAY: Final = "gateway"
NOT_ASKED: Final = "not asked"


@frozen(kw_only=True)
class Record:
    """What a time was.

    Attributes:
        past: What can happen again.
        outcome: What happened, without the chats that cannot happen again.
        span: The time, with when the broker listened.
        left_out: How many contacts of the time cannot, by why.
        agents: Every agent of whom the store knows.
        conversations: How many conversations of messages changed in the time: they are not replayed.
    """

    past: Recorded
    outcome: Outcome
    span: Span
    left_out: Mapping[str, int]
    agents: frozenset[str]
    conversations: int = 0


def whole(connection: Connection) -> tuple[int, int] | None:
    """The first and the last moment of which the store tells; None when it tells nothing.

    A broker that lives tells of a time in which nothing happens as well: who waits goes on waiting.
    """
    firsts = (chats.c.started_at, agent_events.c.at)
    found = [connection.execute(select(func.min(at))).scalar() for at in firsts]
    known = [at for at in found if at is not None]
    if not known:
        return None
    seen = connection.scalar(select(func.max(lives.c.seen_at)))
    return min(known), max(reading.latest(connection), seen or 0)


def record(connection: Connection, span: Span, keeps: Callable[[str], bool]) -> Record:
    """Read what a time was.

    Args:
        connection: The store.
        span: The time.
        keeps: Whether chats of a gateway can happen again.
    """
    span, known = of_span(connection, span)
    until = reading.latest(connection) if known is None else known
    wide = _wide(connection, span, until)
    end = min(wide.last, max(until, wide.first) + 1)
    sorter = _Sorter(wide, span, until, end, keeps)
    for told in _chats(connection, wide, until):
        sorter.take(told)
    changes, returns = duties(_changes(connection, wide), wide.first)
    held = reading.holders(connection, span)
    wraps = {_key(row): row for row in sorter.wrapups}
    for row in reading.wrapups_by_time(connection, wide):
        if row.no not in sorter.known:
            wraps.setdefault(_key(row), row)
    outcome = Outcome(
        events=sorter.events,
        wrapups=[wraps[key] for key in sorted(wraps)],
        offers=sorter.offers,
        states=list(reading.states(connection, wide)),
        held={no: agent for no, agent in held.items() if no not in sorter.known},
        parked=[r for r in reading.parkings_by_time(connection, wide) if sorter.has(r)],
        joined=[r for r in reading.parties_by_time(connection, wide) if sorter.has(r)],
        until=until,
    )
    return Record(
        past=Recorded(
            start=wide.first,
            end=end,
            under_way=sorter.under_way,
            visits=sorted(sorter.visits, key=attrgetter("at")),
            changes=changes,
            returns=returns,
        ),
        outcome=outcome.as_of(end - 1) if sorter.under_way else outcome,
        span=span,
        left_out=sorter.left_out,
        agents=frozenset(connection.execute(select(agents.c.agent)).scalars()),
        conversations=_conversations(connection, span),
    )


def _conversations(connection: Connection, span: Span) -> int:
    """How many conversations changed in the time."""
    different = func.count(distinct(conversation_events.c.conversation_no))
    found = connection.scalar(select(different).where(within(conversation_events, span)))
    return int(found or 0)


def _key(row: WrapupRow) -> tuple[int, int]:
    return row.no, row.at


def _done(contact: Contact) -> int | None:
    """When nobody had anything to do with it any more; None when somebody still has."""
    if contact.closed is None or any(handling.wrapping for handling in contact.handlings):
        return None
    wrapped = (h.ended + h.wrapup for h in contact.handlings if h.ended is not None)
    return max((contact.closed, *wrapped))


def _wide(connection: Connection, span: Span, until: int) -> Span:
    """The time with its lead and its tail."""
    start, end = span.first - HOUR, span.last
    of_chats = reading.events_by_chat(connection, span), reading.wrapups_by_chat(connection, span)
    for contact in contacts(*of_chats):
        done = _done(contact)
        over = until if done is None else done
        if contact.began < span.first <= over:
            start = min(start, contact.began)
        elif span.index(contact.arrived) is not None:
            end = max(end, over)
    start, end = max(start, span.first - REACH), min(end + HOUR, span.last + REACH)
    begins, ends = span.listened.shown(start, min(end, max(until + 1, span.first + 1)))
    first = whole(connection)
    if first is not None:
        begins = min(max(begins, first[0]), span.start)
    return Span(begins, ends, None, span.zone, span.listened)


@define
class _Sorter:
    """Parts what can happen again from what cannot."""

    wide: Span
    span: Span
    until: int
    end: int
    keeps: Callable[[str], bool]
    visits: list[Visit] = field(factory=list)
    events: list[EventRow] = field(factory=list)
    wrapups: list[WrapupRow] = field(factory=list)
    offers: list[OfferRow] = field(factory=list)
    known: set[int] = field(factory=set)
    under_way: int = 0
    left_out: Counter[str] = field(factory=Counter)
    _kept: dict[int, list[tuple[int, int]]] = field(factory=dict)

    def has(self, row: ParkingRow | PartyRow) -> bool:
        """Whether something happened in a chat that is not left out."""
        if row.no not in self.known:
            return True
        return any(began <= row.at <= closed for began, closed in self._kept.get(row.no, ()))

    def take(self, told: Told) -> None:
        """Sort the contacts of a chat."""
        self.known.add(told.chat.no)
        for index, piece in enumerate(pieces(told.events, told.wrapups)):
            contact = piece.contact
            why = None if piece.asked else NOT_ASKED
            if not self.keeps(contact.gateway):
                why = NO_GATEWAY
            if why is not None:
                self.left_out[why] += self.span.index(contact.arrived) is not None
                continue
            closed = self.until if contact.closed is None else contact.closed
            if self.span.index(contact.arrived) is not None:
                done = _done(contact)
                self.under_way += done is None or done >= self.end
            self._kept.setdefault(told.chat.no, []).append((contact.began, closed))
            self.events += piece.events
            self.wrapups += (row for row in told.wrapups if row.at == contact.closed)
            self.offers += (row for row in told.offers if contact.began <= row.at <= closed)
            if self.wide.first <= contact.began and contact.arrived < self.wide.last:
                self.visits.append(visit(told, piece, index))


def _chats(connection: Connection, span: Span, until: int) -> Iterator[Told]:
    """Everything about each chat of which something happened in the time."""
    made = reading.offers_made(connection, span)
    offers = _by_chat(offer for offer in made if offer.mode == OfferMode.QUEUE)
    wrapups = _by_chat(reading.wrapups_by_chat(connection, span))
    forms, voices = _forms(connection, span), _voices(connection, span)
    rows = _rows(connection, span)
    events = groupby(reading.events_by_chat(connection, span), attrgetter("no"))
    for no, rows_of_it in events:
        happened = list(rows_of_it)
        spoke = [span.listened.after(happened[0].at, at) for at in voices.get(no, ())]
        yield Told(
            chat=rows[no],
            events=happened,
            wrapups=wrapups.get(no, ()),
            offers=offers.get(no, ()),
            forms=forms.get(no, ()),
            voices=spoke,
            until=until,
        )


def _by_chat(rows: Iterable[R]) -> dict[int, list[R]]:
    found: dict[int, list[R]] = {}
    for row in rows:
        found.setdefault(row.no, []).append(row)
    return found


def _rows(connection: Connection, span: Span) -> dict[int, ChatRow]:
    c = chats.c
    query = select(c.no, c.id, c.tracking_id, c.culture, c.user_token, c.ext_response)
    found = reading.stream(connection, query.where(c.no.in_(reading.touched(span))))
    return {row.no: ChatRow(*row) for row in found}


def _forms(connection: Connection, span: Span) -> dict[int, list[Form]]:
    f = form_results.c
    query = select(f.seq, f.chat_no, f.at, f.result).where(f.chat_no.in_(reading.touched(span)))
    found: dict[int, list[Form]] = {}
    for number, no, at, body in reading.stream(connection, query.order_by(f.seq)):
        result = cast("ScenarioResultInfo", from_wire("ES_SCENARIO_SAVE", body))
        when = span.listened.of_row("form_results", number, at)
        found.setdefault(no, []).append(Form(when, result))
    return found


def _voices(connection: Connection, span: Span) -> dict[int, list[int]]:
    """When people wrote in the chats that inactivity ended."""
    s, e = sentences.c, chat_events.c
    silent = select(e.chat_no).where(
        e.close_reason == CloseReason.INACTIVITY.value, e.chat_no.in_(reading.touched(span))
    )
    query = select(s.chat_no, s.at).where(s.chat_no.in_(silent), s.own.is_(False))
    found: dict[int, list[int]] = {}
    for no, at in reading.stream(connection, query.order_by(s.chat_no, s.counter)):
        found.setdefault(no, []).append(at)
    return found


def _changes(connection: Connection, span: Span) -> Iterator[Change]:
    names = ("state", "reason", "next_state", "cause", "workplace")
    for row in reading.agent_changes(connection, span, *names):
        yield Change(*row)
