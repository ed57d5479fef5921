"""Rows to the durable state of messages, and the bodies that frames want (see `recovery`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

from attrs import evolve
from sqlalchemy import Connection, Select, func, select, text

from broker.config.model import Config
from broker.core.effects import OF_RECALLED, StoredKey
from broker.core.facts.messages import ConversationDecided, MessageRecalled, MessageStored
from broker.core.heard import Spans, age, earliest
from broker.core.limits import HISTORY_LINES, LETTER_KEYS, LOGGED_DECISIONS
from broker.core.message_state import (
    Aside,
    Conversation,
    ConversationOffer,
    Delivery,
    Demanded,
    Draft,
    Message,
    Note,
    Written,
    body_bytes,
    without_bodies,
)
from broker.core.messages.deliveries import REPORTS_AWAITED
from broker.core.state import RecoveredMessages
from broker.core.timers import NO_TERM, Term
from broker.core.views.stored import OF_EARLIER, Earlier
from broker.store.message_schema import (
    conversation_decisions,
    conversation_exclusions,
    conversation_notes,
    conversation_offers,
    conversation_wrapups,
    conversations,
    drafts,
    messages,
    spam_addresses,
)
from broker.store.schema import chats
from protocol.codegen import reader_of
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, CloseReason, Guid, MessageStatus

SLICE: Final = 2_000
"""How many conversations or messages one statement asks for."""


def _read(plain: object) -> MessageContentInfo:
    """Read what was written of a message. The reader is made when there is one."""
    content: MessageContentInfo = reader_of(MessageContentInfo)(plain)
    return content


_UNDER_WAY: Final = text("messages.status IN ('Queued', 'Sending', 'Retry')")
"""As the index has it that holds these rows alone."""


def recover_messages(connection: Connection, config: Config, listened: Spans) -> RecoveredMessages:
    """Read the conversations that are open or closed not long ago, and what is on its way."""
    found = _conversations(connection, config, listened)
    letters: dict[int, Message] = {}
    for part in _slices(sorted(found)):
        _belongings(connection, found, part)
        m = messages.c
        for row in connection.execute(_messages().where(m.conversation_no.in_(part))):
            letters[row.no] = _message(row, found)
    m = messages.c
    lately = m.conversation_no.is_(None) & (m.moved_at > earliest(listened, REPORTS_AWAITED))
    for wanted in (_UNDER_WAY, lately):
        for row in connection.execute(_messages().where(wanted)):
            letters.setdefault(row.no, _message(row, found))
    former = _former(connection, config)
    return RecoveredMessages(
        conversations=[found[no] for no in sorted(found)],
        messages=[letters[no] for no in sorted(letters)],
        known=_known(connection, config, [*config.message_gateways, *dict(former)]),
        former=former,
        keys=_keys(connection),
        spam=_spam(connection),
        next_conversation=_next(connection, conversations.c.no),
        next_message=_next(connection, messages.c.no),
        next_offer=_next(connection, conversation_offers.c.offer),
    )


def _next(connection: Connection, column: Any) -> int:
    return (connection.scalar(select(func.max(column))) or 0) + 1


def _slices(numbers: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while part := list(islice(rest, SLICE)):
        yield part


def _conversations(
    connection: Connection, config: Config, listened: Spans
) -> dict[int, Conversation]:
    c = conversations.c
    gateways = config.message_gateways
    longest = max((g.conversation_inertia for g in gateways.values()), default=0)
    found = {row.no: _conversation(row) for row in connection.execute(_all().where(_IS_OPEN))}
    recent = _all().where(c.closed_at > earliest(listened, longest))
    for row in connection.execute(recent):
        gateway = config.way_of(row.gateway, row.pair)
        if gateway is not None and age(listened, row.closed_at) < gateway.conversation_inertia:
            found[row.no] = _conversation(row)
    # A wrap-up needs its conversation in memory, however long ago that closed.
    held = _all().join(conversation_wrapups).where(conversation_wrapups.c.ended_at.is_(None))
    for row in connection.execute(held):
        found.setdefault(row.no, _conversation(row))
    return found


_IS_OPEN: Final = conversations.c.status != ChatStatus.CLOSED.value


def _all() -> Select[Any]:
    return select(conversations)


def _conversation(row: Any) -> Conversation:
    aside = None
    if row.parked_at is not None:
        length = max(0, row.parked_until - row.parked_at) if row.parked_until is not None else 0
        term = Term(row.parked_at, length)
        aside = Aside(at=row.parked_at, until=row.parked_until, by=row.parked_by, term=term)
    return Conversation(
        id=row.id,
        no=row.no,
        gateway=row.gateway,
        pair=row.pair,
        remote_address=row.remote_address,
        remote_name=row.remote_name,
        subject=row.subject,
        status=ChatStatus(row.status),
        agent=row.agent,
        last_agent=row.last_agent,
        earlier=row.earlier,
        started_at=row.started_at,
        demanded=Demanded(
            project=row.project,
            language=row.language,
            skill=row.skill,
            priority=row.priority,
            further=tuple(row.further or ()),
        ),
        due_at=row.due_at,
        enqueued_at=row.enqueued_at,
        waited=row.waited,
        waited_up=row.waited_up,
        waiting_since=row.waiting_since,
        wait_level=row.wait_level,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        code=row.code,
        is_spam=row.is_spam,
        aside=aside,
    )


def _messages() -> Select[Any]:
    """Everything but the bodies."""
    m = messages.c
    columns = [c for c in m if c.name not in ("body_html", "body_text")]
    return select(*columns)


def _message(row: Any, found: Mapping[int, Conversation]) -> Message:
    delivery = None
    if row.status is not None:
        term = NO_TERM
        if row.until is not None and row.moved_at is not None:
            term = Term(row.moved_at, max(0, row.until - row.moved_at))
        delivery = Delivery(
            status=MessageStatus(row.status),
            attempt=row.attempt,
            error=row.error,
            sent_at=row.sent_at,
            until=row.until,
            term=term,
        )
    conversation = found.get(row.conversation_no) if row.conversation_no is not None else None
    return Message(
        id=row.id,
        no=row.no,
        at=row.at,
        gateway=row.gateway,
        content=evolve(_read(row.header), delivery_system_id=row.delivery_id),
        size=row.size,
        inbound=row.inbound,
        counter=row.counter,
        conversation=conversation.id if conversation is not None else None,
        conversation_no=row.conversation_no,
        chat_no=row.chat_no,
        agent=row.agent,
        key=row.key,
        digest=row.digest,
        delivery=delivery,
    )


def _belongings(connection: Connection, found: Mapping[int, Conversation], part: list[int]) -> None:
    """Offers, exclusions, notes, drafts, and the last lines of the log."""
    o, x = conversation_offers.c, conversation_exclusions.c
    offered = select(conversation_offers).where(o.conversation_no.in_(part), o.ended_at.is_(None))
    for row in connection.execute(offered):
        found[row.conversation_no].offer = ConversationOffer(
            number=row.offer,
            agent=row.agent,
            until=row.until,
            by=row.by_agent,
            note=row.note,
            term=Term(row.at, row.until - row.at),
        )
    excluded = select(conversation_exclusions).where(x.conversation_no.in_(part), x.at > 0)
    for row in connection.execute(excluded.order_by(x.conversation_no, x.at, x.agent)):
        found[row.conversation_no].exclusions[row.agent] = row.at
    n, d, e = conversation_notes.c, drafts.c, conversation_decisions.c
    noted = select(conversation_notes).where(n.conversation_no.in_(part))
    for row in connection.execute(noted.order_by(n.conversation_no, n.counter)):
        note = Note(counter=row.counter, id=row.id, text=row.text, agent=row.agent, at=row.at)
        found[row.conversation_no].notes.append(note)
    kept = select(drafts).where(d.conversation_no.in_(part), d.content.is_not(None))
    for row in connection.execute(kept):
        if row.content is not None:
            found[row.conversation_no].draft = _draft(row)
    logged = select(conversation_decisions).where(e.conversation_no.in_(part))
    for row in connection.execute(logged.order_by(e.conversation_no, e.seq)):
        conversation = found[row.conversation_no]
        conversation.log.append(
            ConversationDecided(
                conversation=conversation.id,
                no=conversation.no,
                at=row.at,
                kind=row.kind,
                agent=row.agent,
                detail=row.detail,
            )
        )
        del conversation.log[:-LOGGED_DECISIONS]


def _draft(row: Any) -> Draft:
    content = _read(row.content)
    return Draft(
        agent=row.agent, at=row.at, content=without_bodies(content), size=body_bytes(content)
    )


def _former(connection: Connection, config: Config) -> list[tuple[Guid, Guid]]:
    """Gateways of stored messages that are not in the file: renamed, or gone. Each with its pair.

    The index has the gateways in order, so each is a step in it, however many messages it has.
    """
    m, found = messages.c, list[tuple[Guid, Guid]]()
    first = select(func.min(m.gateway)).where(m.delivery_id.is_not(None))
    gateway = connection.scalar(first)
    while gateway is not None:
        if gateway not in config.message_gateways:
            pair = _pair_of_former(connection, config, gateway)
            found += [(gateway, pair)] if pair is not None else []
        gateway = connection.scalar(first.where(m.gateway > gateway))
    return found


def _pair_of_former(connection: Connection, config: Config, gateway: Guid) -> Guid | None:
    """The pair of a gateway, as its newest message tells it: by its conversation, or the gateway of its chat.

    Where the chats of a gateway come by several pairs nobody knows which of them it was.
    """
    m = messages.c
    row = connection.execute(
        select(conversations.c.pair, chats.c.gateway)
        .select_from(messages)
        .outerjoin(conversations, m.conversation_no == conversations.c.no)
        .outerjoin(chats, m.chat_no == chats.c.no)
        .where(m.gateway == gateway, m.delivery_id.is_not(None))
        .order_by(m.no.desc())
        .limit(1)
    ).one()
    if row.pair is not None:
        return Guid(row.pair)
    pairs = {one.pair for one in config.as_chats.get(row.gateway, ())}
    return pairs.pop() if len(pairs) == 1 else None


def _known(
    connection: Connection, config: Config, gateways: Iterable[Guid]
) -> list[tuple[Guid, str, bool, Guid, Guid | None]]:
    """The names under which the latest messages of each gateway are known, the oldest first."""
    m = messages.c
    rows = (
        select(m.gateway, m.delivery_id, m.inbound, m.id, conversations.c.id)
        .outerjoin(conversations, m.conversation_no == conversations.c.no)
        .where(m.delivery_id.is_not(None))
        .order_by(m.no.desc())
        .limit(config.limits.message_ids)
    )
    found: list[tuple[Guid, str, bool, Guid, Guid | None]] = []
    for gateway in gateways:
        newest = connection.execute(rows.where(m.gateway == gateway)).all()
        found += (tuple(row) for row in reversed(newest))
    return found


def _keys(connection: Connection) -> list[tuple[Guid, str, Written]]:
    """What is known of the newest messages that agents handed over, the oldest first."""
    m = messages.c
    rows = (
        select(m.agent, m.key, m.id, m.gateway, m.digest, m.status)
        .where(m.key.is_not(None))
        .order_by(m.no.desc())
        .limit(LETTER_KEYS)
    )
    return [
        (agent, key, Written(message, gateway, digest, MessageStatus(status)))
        for agent, key, message, gateway, digest, status in reversed(connection.execute(rows).all())
    ]


def _spam(connection: Connection) -> list[tuple[Guid, str]]:
    s = spam_addresses.c
    marked = select(s.pair, s.address).where(s.is_spam).order_by(s.at, s.pair, s.address)
    return [(pair, address) for pair, address in connection.execute(marked)]


def read_stored(connection: Connection, keys: Iterable[StoredKey]) -> dict[StoredKey, object]:
    """Read what frames lack: of a message or a draft its bodies, as HTML and as text."""
    found: dict[StoredKey, object] = {}
    by_kind: dict[str, list[int]] = {}
    for kind, *numbers in keys:
        by_kind.setdefault(kind, []).append(numbers[0])
    for no in by_kind.get(OF_EARLIER, ()):
        found[OF_EARLIER, no] = _earlier(connection, no)
    for number in by_kind.get(OF_RECALLED, ()):
        found[OF_RECALLED, number] = _recalled(connection, number)
    m, d = messages.c, drafts.c
    for part in _slices(by_kind.get("message", [])):
        for no, html, plain in connection.execute(
            select(m.no, m.body_html, m.body_text).where(m.no.in_(part))
        ):
            found["message", no] = (html, plain)
    for part in _slices(by_kind.get("draft", [])):
        for no, content in connection.execute(
            select(d.conversation_no, d.content).where(d.conversation_no.in_(part))
        ):
            written = _read(content or {})
            found["draft", no] = (written.body_html, written.body_text)
    return found


def _recalled(connection: Connection, number: int) -> MessageRecalled | None:
    """An outbound message by the number of its Guid, as it left the memory."""
    key = str(UUID(int=number))
    rows = _messages().add_columns(chats.c.id.label("chat")).outerjoin(chats)
    row = connection.execute(rows.where(messages.c.id == key)).one_or_none()
    if row is None or row.status is None:
        return None
    stored = MessageStored(
        message=row.id,
        no=row.no,
        at=row.at,
        gateway=row.gateway,
        content=evolve(_read(row.header), delivery_system_id=row.delivery_id),
        size=row.size,
        inbound=row.inbound,
        conversation_no=row.conversation_no,
        counter=row.counter,
        chat=row.chat,
        chat_no=row.chat_no,
        agent=row.agent,
        key=row.key,
        digest=row.digest,
    )
    return MessageRecalled(
        stored=stored,
        status=MessageStatus(row.status),
        attempt=row.attempt,
        error=row.error,
        sent_at=row.sent_at,
    )


def _earlier(connection: Connection, chat_no: int) -> tuple[Earlier, ...]:
    """The last sentences that were messages with the same address, before a chat, the oldest first.

    A chat whose sentences are messages goes by their address, by whichever gateway they come and go.
    """
    m, before, this = messages.c, chats.alias("before").c, chats.alias("this").c
    rows = (
        select(m.id, m.header, m.body_text, m.at, m.inbound)
        .where(
            this.no == chat_no,
            m.remote_address == this.tracking_id,
            m.chat_no < chat_no,
            before.no == m.chat_no,
            before.gateway == this.gateway,
        )
        .order_by(m.no.desc())
        .limit(HISTORY_LINES)
    )
    return tuple(
        Earlier(row.id, row.header.get("FromField"), row.body_text or "", row.at, not row.inbound)
        for row in reversed(connection.execute(rows).all())
    )
