"""Facts about messages and conversations to rows.

The rows of a conversation, its messages and their way out among them, keep their order by its number;
those of a message that is a sentence by its chat's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import evolve

from broker.core.facts.causes import ConversationCause
from broker.core.facts.messages import (
    AddressMarked,
    ConversationDecided,
    ConversationDue,
    ConversationExcluded,
    ConversationMoved,
    ConversationNoted,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationRouted,
    ConversationStarted,
    ConversationUnparked,
    ConversationWidened,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
    DraftDropped,
    DraftKept,
    MessageMoved,
    MessageStored,
)
from broker.core.message_state import without_bodies
from broker.store import message_schema as schema
from broker.store.agent_rows import COUNT_MISSED
from broker.store.commands import Command
from broker.store.row import Record, Records, as_json, word_of
from protocol.addresses import compared
from protocol.codec import to_wire
from protocol.values import ChatStatus, MessageStatus

START: Final = Command(
    table=schema.conversations,
    columns=(
        "no",
        "id",
        "gateway",
        "pair",
        "remote_address",
        "remote_name",
        "subject",
        "status",
        "started_at",
        "earlier",
        "last_agent",
    ),
)
ROUTE: Final = Command(
    table=schema.conversations,
    columns=("no", "project", "language", "skill", "priority", "rule"),
    keys=1,
    also={"further": "NULL"},
)
WIDEN: Final = Command(
    table=schema.conversations,
    columns=("no", "wait_level", "skill", "further", "priority"),
    keys=1,
)
BE_DUE: Final = Command(table=schema.conversations, columns=("no", "due_at"), keys=1)
_MOVED: Final = ("no", "status", "agent", "enqueued_at", "waited", "waited_up", "waiting_since")
MOVE: Final = Command(table=schema.conversations, columns=_MOVED, keys=1)
ANSWER: Final = Command(table=schema.conversations, columns=(*_MOVED, "last_agent"), keys=1)
FIRST_ANSWER: Final = Command(
    table=schema.conversations,
    columns=("no", "answered_at"),
    keys=1,
    only="conversations.answered_at IS NULL",
    exact=False,
)
CLOSE: Final = Command(
    table=schema.conversations,
    columns=(*_MOVED, "closed_at", "close_reason", "code", "note", "is_spam"),
    keys=1,
    also={"due_at": "NULL"},
)
_OPEN_AGAIN: Final = dict.fromkeys(("closed_at", "close_reason", "code", "note"), "NULL") | {
    "is_spam": "FALSE",
    "wait_level": "-1",
    "further": "NULL",
}
REOPEN: Final = Command(table=schema.conversations, columns=_MOVED, keys=1, also=_OPEN_AGAIN)
OPEN: Final = Command(
    table=schema.conversations, columns=(*_MOVED, "last_agent"), keys=1, also=_OPEN_AGAIN
)
FORGIVE: Final = Command(
    table=schema.conversation_exclusions,
    columns=("conversation_no", "at"),
    keys=1,
    exact=False,
)
PARK: Final = Command(
    table=schema.conversations,
    columns=("no", "parked_at", "parked_until", "parked_by"),
    keys=1,
)
OFFER: Final = Command(
    table=schema.conversation_offers,
    columns=(
        "offer",
        "conversation_no",
        "agent",
        "workplace",
        "at",
        "until",
        "by_agent",
        "note",
    ),
)
END_OFFER: Final = Command(
    table=schema.conversation_offers,
    columns=("offer", "ended_at", "outcome"),
    keys=1,
    only="conversation_offers.ended_at IS NULL",
)
WRAP_UP: Final = Command(
    table=schema.conversation_wrapups, columns=("conversation_no", "agent", "at", "until")
)
END_WRAPUP: Final = Command(
    table=schema.conversation_wrapups,
    columns=("conversation_no", "ended_at", "cause", "code", "note"),
    keys=1,
    only="conversation_wrapups.ended_at IS NULL",
)
EXCLUDE: Final = Command(
    table=schema.conversation_exclusions,
    columns=("conversation_no", "agent", "at"),
    conflict="(conversation_no, agent)",
)
DRAFT: Final = Command(
    table=schema.drafts,
    columns=("conversation_no", "agent", "at", "content"),
    conflict="(conversation_no)",
)
DROP_DRAFT: Final = Command(
    table=schema.drafts, columns=("conversation_no", "at"), keys=1, also={"content": "NULL"}
)
STORE: Final = Command(
    table=schema.messages,
    columns=(
        "no",
        "id",
        "conversation_no",
        "chat_no",
        "counter",
        "gateway",
        "inbound",
        "at",
        "delivery_id",
        "remote_address",
        "subject",
        "header",
        "body_html",
        "body_text",
        "size",
        "agent",
        "key",
        "digest",
        "status",
    ),
)
_DELIVERY: Final = ("no", "status", "attempt", "moved_at", "until", "error")
DELIVER: Final = Command(table=schema.messages, columns=_DELIVERY, keys=1)
BE_SENT: Final = Command(
    table=schema.messages,
    columns=("no", "sent_at"),
    keys=1,
    only="messages.sent_at IS NULL",
    exact=False,
)
RENAME: Final = Command(table=schema.messages, columns=("no", "delivery_id"), keys=1)
MARK: Final = Command(
    table=schema.spam_addresses,
    columns=("pair", "address", "at", "by_agent", "is_spam"),
    conflict="(pair, address)",
)
EVENT: Final = Command(
    table=schema.conversation_events,
    columns=("conversation_no", "at", "status", "cause", "agent", "close_reason", "project"),
)
DECISION: Final = Command(
    table=schema.conversation_decisions,
    columns=("conversation_no", "at", "kind", "agent", "detail"),
)
NOTE: Final = Command(
    table=schema.conversation_notes,
    columns=("conversation_no", "counter", "id", "text", "agent", "at"),
)
MESSAGE_EVENT: Final = Command(
    table=schema.message_events,
    columns=("message_no", "at", "status", "attempt", "outcome", "error"),
)
HISTORIES: Final = (EVENT, DECISION, NOTE, MESSAGE_EVENT)
COMMANDS: Final = tuple(
    v for v in globals().values() if isinstance(v, Command) and v is not COUNT_MISSED
)


def _key(no: int) -> str:
    return f"conversation {no}"


def _started(f: ConversationStarted) -> Records:
    said = (f.remote_address, f.remote_name, f.subject)
    pilot = str(ChatStatus.PILOT)
    row = (f.no, f.conversation, f.gateway, f.pair, *said, pilot, f.at, f.earlier, f.last_agent)
    yield Record(START, _key(f.no), row)
    cause = str(ConversationCause.STARTED)
    yield Record(EVENT, _key(f.no), (f.no, f.at, pilot, cause, None, None, None))


def _routed(f: ConversationRouted) -> Records:
    row = (f.no, f.project, f.language, f.skill, f.priority, f.rule)
    yield Record(ROUTE, _key(f.no), row)


def _widened(f: ConversationWidened) -> Records:
    further = as_json(f.further) if f.further else None
    yield Record(WIDEN, _key(f.no), (f.no, f.level, f.skill, further, f.priority))


def _due(f: ConversationDue) -> Records:
    yield Record(BE_DUE, _key(f.no), (f.no, f.due_at))


def _moved(f: ConversationMoved) -> Records:
    key = _key(f.no)
    waited = (f.waited, f.waited_up, f.waiting_since)
    row = (f.no, str(f.status), f.agent, f.enqueued_at, *waited)
    if f.status is ChatStatus.CLOSED:
        end = (f.at, word_of(f.close_reason), f.code, f.note, f.is_spam)
        yield Record(CLOSE, key, (*row, *end))
    elif f.cause is ConversationCause.REOPENED:
        yield Record(REOPEN, key, row)
        yield Record(FORGIVE, key, (f.no, 0))
    elif f.cause is ConversationCause.OPENED:
        yield Record(OPEN, key, (*row, f.agent))
        yield Record(FORGIVE, key, (f.no, 0))
    elif f.status is ChatStatus.ANSWERED:
        yield Record(ANSWER, key, (*row, f.agent))
    else:
        yield Record(MOVE, key, row)
    if f.status is ChatStatus.ANSWERED:
        yield Record(FIRST_ANSWER, key, (f.no, f.at))
    event = (f.no, f.at, str(f.status), str(f.cause), f.agent, word_of(f.close_reason), f.project)
    yield Record(EVENT, key, event)


def _parked(f: ConversationParked) -> Records:
    yield Record(PARK, _key(f.no), (f.no, f.at, f.until, f.by))


def _unparked(f: ConversationUnparked) -> Records:
    yield Record(PARK, _key(f.no), (f.no, None, None, None))


def _offered(f: ConversationOffered) -> Records:
    row = (f.offer, f.no, f.agent, f.workplace, f.at, f.until, f.by, f.note)
    yield Record(OFFER, _key(f.no), row)


def _offer_ended(f: ConversationOfferEnded) -> Records:
    yield Record(END_OFFER, _key(f.no), (f.offer, f.at, str(f.outcome)))
    yield Record(COUNT_MISSED, f.agent, (f.agent, f.missed))
    if f.lets_go:
        yield Record(EXCLUDE, _key(f.no), (f.no, f.agent, f.at))


def _excluded(f: ConversationExcluded) -> Records:
    yield Record(EXCLUDE, _key(f.no), (f.no, f.agent, f.at))


def _wrapup(f: ConversationWrapupStarted) -> Records:
    yield Record(WRAP_UP, _key(f.no), (f.no, f.agent, f.at, f.until))


def _wrapup_ended(f: ConversationWrapupEnded) -> Records:
    yield Record(END_WRAPUP, _key(f.no), (f.no, f.at, str(f.cause), f.code, f.note))


def _decided(f: ConversationDecided) -> Records:
    row = (f.no, f.at, str(f.kind), f.agent, as_json(f.detail))
    yield Record(DECISION, _key(f.no), row)


def _noted(f: ConversationNoted) -> Records:
    yield Record(NOTE, _key(f.no), (f.no, f.counter, f.id, f.text, f.agent, f.at))


def _draft_kept(f: DraftKept) -> Records:
    content = as_json(to_wire(f.content, json=True))
    yield Record(DRAFT, _key(f.no), (f.no, f.agent, f.at, content))


def _draft_dropped(f: DraftDropped) -> Records:
    yield Record(DROP_DRAFT, _key(f.no), (f.no, f.at))


def _home(conversation_no: int | None, chat_no: int | None) -> int | str:
    """Whose order the rows of a message keep."""
    if conversation_no is not None:
        return _key(conversation_no)
    assert chat_no is not None
    return chat_no


def _stored(f: MessageStored) -> Records:
    c = f.content
    header = as_json(to_wire(evolve(without_bodies(c), delivery_system_id=None), json=True))
    place = (f.conversation_no, f.chat_no, f.counter, f.gateway, f.inbound, f.at)
    # Of a text it is what the chats of its address are found by; the header has it as it came.
    address = c.remote_address if f.chat is None else compared(c.remote_address or "")
    said = (c.delivery_system_id, address, c.subject_field, header)
    bodies = (c.body_html, c.body_text, f.size)
    by = (f.agent, f.key, f.digest, word_of(f.status))
    row = (f.no, f.message, *place, *said, *bodies, *by)
    yield Record(STORE, _home(f.conversation_no, f.chat_no), row)
    if f.agent is not None and f.conversation_no is not None:
        yield Record(BE_DUE, _key(f.conversation_no), (f.conversation_no, None))
    if f.status is not None:
        queued = str(MessageStatus.QUEUED)
        yield Record(MESSAGE_EVENT, f.no, (f.no, f.at, queued, 0, None, None))


def _message_moved(f: MessageMoved) -> Records:
    home = _home(f.conversation_no, f.chat_no)
    row = (f.no, str(f.status), f.attempt, f.at, f.until, f.error)
    yield Record(DELIVER, home, row)
    if f.status is MessageStatus.SENT:
        yield Record(BE_SENT, home, (f.no, f.at))
    if f.delivery_id is not None:
        yield Record(RENAME, home, (f.no, f.delivery_id))
    event = (f.no, f.at, str(f.status), f.attempt, word_of(f.outcome), f.error)
    yield Record(MESSAGE_EVENT, home, event)


def _marked(f: AddressMarked) -> Records:
    yield Record(MARK, f"{f.pair} {f.address}", (f.pair, f.address, f.at, f.by, f.is_spam))


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    AddressMarked: _marked,
    ConversationDecided: _decided,
    ConversationDue: _due,
    ConversationExcluded: _excluded,
    ConversationMoved: _moved,
    ConversationNoted: _noted,
    ConversationOffered: _offered,
    ConversationOfferEnded: _offer_ended,
    ConversationParked: _parked,
    ConversationRouted: _routed,
    ConversationStarted: _started,
    ConversationUnparked: _unparked,
    ConversationWidened: _widened,
    ConversationWrapupEnded: _wrapup_ended,
    ConversationWrapupStarted: _wrapup,
    DraftDropped: _draft_dropped,
    DraftKept: _draft_kept,
    MessageMoved: _message_moved,
    MessageStored: _stored,
}
