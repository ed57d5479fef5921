"""Facts to rows: which command each durable fact gives, and what each row holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.facts import (
    AgentExcluded,
    BotMoved,
    ChatBound,
    ChatDropped,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    ChatUnparked,
    ChatWarned,
    ChatWidened,
    ChatWoken,
    DecisionLogged,
    InviteEnded,
    InviteMade,
    NoteStored,
    OfferEnded,
    OfferMade,
    ParkWarned,
    PartyJoined,
    PartyLeft,
    PinnedConfirmed,
    SentencePinned,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import ChatCause
from broker.store import schema
from broker.store.agent_rows import COMMANDS as AGENT_COMMANDS
from broker.store.agent_rows import COUNT_MISSED
from broker.store.agent_rows import HISTORIES as AGENT_HISTORIES
from broker.store.agent_rows import RECORDS as AGENT_RECORDS
from broker.store.blob_rows import COMMANDS as BLOB_COMMANDS
from broker.store.blob_rows import RECORDS as BLOB_RECORDS
from broker.store.commands import Command
from broker.store.contact_rows import COMMANDS as CONTACT_COMMANDS
from broker.store.contact_rows import RECORDS as CONTACT_RECORDS
from broker.store.form_rows import COMMANDS as FORM_COMMANDS
from broker.store.form_rows import RECORDS as FORM_RECORDS
from broker.store.message_rows import COMMANDS as MESSAGE_COMMANDS
from broker.store.message_rows import HISTORIES as MESSAGE_HISTORIES
from broker.store.message_rows import RECORDS as MESSAGE_RECORDS
from broker.store.row import Record, Records, Row, as_json, word_of
from broker.store.words import OF_NOTE, OF_PINNED, OF_SENTENCE, note_row, pinned_row
from protocol.values import ChatStatus

START: Final = Command(
    table=schema.chats,
    columns=(
        "no",
        "id",
        "gateway",
        "tracking_id",
        "party_name",
        "remote_address",
        "culture",
        "user_token",
        "ext_response",
        "status",
        "skill",
        "priority",
        "started_at",
        "since",
        "variables",
        "outbound",
        "open_key",
        "earlier",
        "last_agent",
    ),
)
BIND: Final = Command(
    table=schema.chats,
    columns=(
        "no",
        "tracking_id",
        "bound_at",
        "party_name",
        "remote_address",
        "culture",
        "user_token",
        "ext_response",
    ),
    keys=1,
)
REOPEN: Final = Command(
    table=schema.chats,
    columns=(
        "no",
        "status",
        "since",
        "party_name",
        "remote_address",
        "culture",
        "user_token",
        "ext_response",
    ),
    keys=1,
    also=dict.fromkeys(
        (
            "agent",
            "enqueued_at",
            "answered_at",
            "closed_at",
            "close_reason",
            "further",
            "scenario",
            "start_form",
            "default_form",
            "bot",
            "bot_project",
            "learned",
            "readers",
            "waiting_since",
        ),
        "NULL",
    )
    | {"wait_level": "-1", "bot_question": "-1", "bot_tries": "0", "waited": "0"},
)
ROUTE: Final = Command(
    table=schema.chats,
    columns=("no", "project", "language", "skill", "priority", "rule"),
    keys=1,
    also={"further": "NULL"},
)
WIDEN: Final = Command(
    table=schema.chats, columns=("no", "wait_level", "skill", "further", "priority"), keys=1
)
MOVE_BOT: Final = Command(
    table=schema.chats,
    columns=("no", "bot", "bot_question", "bot_tries", "bot_project", "learned"),
    keys=1,
)
_WAITS: Final = ("enqueued_at", "waited", "waiting_since")
_MOVED: Final = ("no", "status", "agent", "priority", *_WAITS)
MOVE: Final = Command(table=schema.chats, columns=_MOVED, keys=1)
_NO_FORM: Final = {"scenario": "NULL"}
ANSWER: Final = Command(
    table=schema.chats,
    columns=(*_MOVED, "answered_at", "last_agent"),
    keys=1,
    also=_NO_FORM,
)
PASS_ON: Final = Command(table=schema.chats, columns=(*_MOVED, "last_agent"), keys=1)
CLOSE: Final = Command(
    table=schema.chats,
    columns=(*_MOVED, "closed_at", "close_reason", "readers"),
    keys=1,
    also=_NO_FORM,
)
WARN: Final = Command(table=schema.chats, columns=("no", "warned_for"), keys=1)
DROP: Final = Command(table=schema.chats, columns=("no", "dropped_at"), keys=1)
FILL: Final = Command(
    table=schema.chat_slots,
    columns=("chat_no", *OF_PINNED, "confirmed_at"),
    conflict="(chat_no, outbound, model)",
)
CONFIRM_PINNED: Final = Command(
    table=schema.chat_slots,
    columns=("chat_no", "outbound", "model", "confirmed_at"),
    keys=3,
    only="chat_slots.confirmed_at IS NULL",
)
OFFER: Final = Command(
    table=schema.offers,
    columns=("offer", "chat_no", "agent", "workplace", "at", "until", "mode"),
)
END_OFFER: Final = Command(
    table=schema.offers,
    columns=("offer", "ended_at", "outcome"),
    keys=1,
    only="offers.ended_at IS NULL",
)
EXCLUDE: Final = Command(
    table=schema.exclusions, columns=("chat_no", "agent", "at"), conflict="(chat_no, agent)"
)
FORGIVE: Final = Command(table=schema.exclusions, columns=("chat_no", "at"), keys=1, exact=False)
"""Who let the chat go before it was reopened: as if never."""
INVITE: Final = Command(
    table=schema.invites,
    columns=("chat_no", "by_agent", "mode", "agent", "project", "note", "at", "until"),
)
END_INVITE: Final = Command(
    table=schema.invites,
    columns=("chat_no", "ended_at", "outcome"),
    keys=1,
    only="invites.ended_at IS NULL",
)
JOIN: Final = Command(table=schema.parties, columns=("chat_no", "agent", "mode", "by_agent", "at"))
LEAVE: Final = Command(
    table=schema.parties,
    columns=("chat_no", "agent", "left_at", "cause"),
    keys=2,
    only="parties.left_at IS NULL",
)
PARK: Final = Command(table=schema.parkings, columns=("chat_no", "agent", "at"))
WAKE: Final = Command(
    table=schema.parkings,
    columns=("chat_no", "woken_at"),
    keys=1,
    only="parkings.ended_at IS NULL",
)
WARN_PARKED: Final = Command(
    table=schema.parkings,
    columns=("chat_no", "warned_at"),
    keys=1,
    only="parkings.ended_at IS NULL",
)
UNPARK: Final = Command(
    table=schema.parkings,
    columns=("chat_no", "ended_at", "cause"),
    keys=1,
    only="parkings.ended_at IS NULL",
)
BE_BACK: Final = Command(table=schema.chats, columns=("no", "unparked_at"), keys=1)
WRAP_UP: Final = Command(table=schema.wrapups, columns=("chat_no", "agent", "at", "until"))
END_WRAPUP: Final = Command(
    table=schema.wrapups,
    columns=("chat_no", "ended_at", "cause", "code", "note"),
    keys=1,
    only="wrapups.ended_at IS NULL",
)
CHAT_EVENT: Final = Command(
    table=schema.chat_events,
    columns=("chat_no", "at", "status", "cause", "agent", "close_reason", "project"),
)
DECISION: Final = Command(
    table=schema.decisions, columns=("chat_no", "at", "kind", "agent", "detail")
)
INTERNAL: Final = Command(
    table=schema.internal_sentences,
    columns=("chat_no", "counter", *OF_NOTE),
)
SENTENCE: Final = Command(
    table=schema.sentences,
    columns=("chat_no", "counter", *OF_SENTENCE),
)
CONFIRM: Final = Command(
    table=schema.confirmations,
    columns=("chat_no", "counter", "at"),
    keys=2,
    of=schema.sentences,
)

HISTORIES: Final = (
    CHAT_EVENT,
    *AGENT_HISTORIES,
    DECISION,
    INTERNAL,
    *MESSAGE_HISTORIES,
)
"""Tables to which rows are only ever added."""

COMMANDS: Final = (
    *AGENT_COMMANDS,
    *BLOB_COMMANDS,
    *CONTACT_COMMANDS,
    *FORM_COMMANDS,
    *MESSAGE_COMMANDS,
    *(v for v in globals().values() if isinstance(v, Command) and v is not COUNT_MISSED),
)


_PILOT: Final = str(ChatStatus.PILOT)


def _started(f: ChatStarted) -> Records:
    row = (
        f.no,
        f.chat,
        f.gateway,
        f.tracking_id,
        f.party_name,
        f.remote_address,
        f.culture,
        f.user_token,
        f.ext_response,
        _PILOT,
        0,
        0,
        f.at,
        f.at,
        as_json(f.variables) if f.variables else None,
        f.outbound,
        f.open_key,
        f.earlier,
        f.last_agent,
    )
    yield Record(START, f.no, row)
    yield Record(CHAT_EVENT, f.no, (f.no, f.at, _PILOT, str(ChatCause.STARTED), None, None, None))


def _dropped(f: ChatDropped) -> Records:
    yield Record(DROP, f.no, (f.no, f.at))


def _bound(f: ChatBound) -> Records:
    said = (f.party_name, f.remote_address, f.culture, f.user_token, f.ext_response)
    yield Record(BIND, f.no, (f.no, f.tracking_id, f.at, *said))


def _reopened(f: ChatReopened) -> Records:
    said = (f.party_name, f.remote_address, f.culture, f.user_token, f.ext_response)
    yield Record(REOPEN, f.no, (f.no, _PILOT, f.at, *said))
    yield Record(FORGIVE, f.no, (f.no, 0))
    yield Record(CHAT_EVENT, f.no, (f.no, f.at, _PILOT, str(ChatCause.REOPENED), None, None, None))


def _routed(f: ChatRouted) -> Records:
    yield Record(ROUTE, f.no, (f.no, f.project, f.language, f.skill, f.priority, f.rule))


def _widened(f: ChatWidened) -> Records:
    further = as_json(f.further) if f.further else None
    yield Record(WIDEN, f.no, (f.no, f.level, f.skill, further, f.priority))


def _bot_moved(f: BotMoved) -> Records:
    learned = as_json(f.learned) if f.learned else None
    yield Record(MOVE_BOT, f.no, (f.no, f.bot, f.question, f.tries, f.project, learned))


def _moved(f: ChatMoved) -> Records:
    waits = (f.enqueued_at, f.waited, f.waiting_since)
    row: Row = (f.no, str(f.status), f.agent, f.priority, *waits)
    match f.status:
        case ChatStatus.ANSWERED if f.answers:
            yield Record(ANSWER, f.no, (*row, f.at, f.agent))
        case ChatStatus.ANSWERED:
            yield Record(PASS_ON, f.no, (*row, f.agent))
        case ChatStatus.CLOSED:
            readers = as_json(f.readers) if f.readers else None
            yield Record(CLOSE, f.no, (*row, f.at, word_of(f.close_reason), readers))
        case _:
            yield Record(MOVE, f.no, row)
    event = (f.no, f.at, str(f.status), str(f.cause), f.agent, word_of(f.close_reason), f.project)
    yield Record(CHAT_EVENT, f.no, event)


def _warned(f: ChatWarned) -> Records:
    yield Record(WARN, f.no, (f.no, f.activity))


def _pinned(f: SentencePinned) -> Records:
    yield Record(FILL, f.no, (f.no, *pinned_row(f.words), f.confirmed_at))


def _pinned_confirmed(f: PinnedConfirmed) -> Records:
    yield Record(CONFIRM_PINNED, f.no, (f.no, f.outbound, f.model, f.at))


def _offered(f: OfferMade) -> Records:
    row = (f.offer, f.no, f.agent, f.workplace, f.at, f.until, str(f.mode))
    yield Record(OFFER, f.no, row)


def _offer_ended(f: OfferEnded) -> Records:
    yield Record(END_OFFER, f.no, (f.offer, f.at, str(f.outcome)))
    yield Record(COUNT_MISSED, f.agent, (f.agent, f.missed))
    if f.lets_go:
        yield Record(EXCLUDE, f.no, (f.no, f.agent, f.at))


def _excluded(f: AgentExcluded) -> Records:
    yield Record(EXCLUDE, f.no, (f.no, f.agent, f.at))


def _invited(f: InviteMade) -> Records:
    asked = (f.by, f.mode.value, f.agent, f.project, f.note)
    yield Record(INVITE, f.no, (f.no, *asked, f.at, f.until))


def _invite_ended(f: InviteEnded) -> Records:
    yield Record(END_INVITE, f.no, (f.no, f.at, str(f.outcome)))


def _joined(f: PartyJoined) -> Records:
    yield Record(JOIN, f.no, (f.no, f.agent, f.mode.value, f.by, f.at))


def _left(f: PartyLeft) -> Records:
    yield Record(LEAVE, f.no, (f.no, f.agent, f.at, str(f.cause)))


def _parked(f: ChatParked) -> Records:
    yield Record(PARK, f.no, (f.no, f.agent, f.at))


def _woken(f: ChatWoken) -> Records:
    yield Record(WAKE, f.no, (f.no, f.at))


def _unparked(f: ChatUnparked) -> Records:
    yield Record(UNPARK, f.no, (f.no, f.at, str(f.cause)))
    yield Record(BE_BACK, f.no, (f.no, f.at))


def _park_warned(f: ParkWarned) -> Records:
    yield Record(WARN_PARKED, f.no, (f.no, f.at))


def _note(f: NoteStored) -> Records:
    yield Record(INTERNAL, f.no, (f.no, f.counter, *note_row(f.words)))


def _wrapup(f: WrapupStarted) -> Records:
    yield Record(WRAP_UP, f.no, (f.no, f.agent, f.at, f.until))


def _wrapup_ended(f: WrapupEnded) -> Records:
    yield Record(END_WRAPUP, f.no, (f.no, f.at, str(f.cause), f.code, f.note))


def _decision(f: DecisionLogged) -> Records:
    yield Record(DECISION, f.no, (f.no, f.at, str(f.kind), f.agent, as_json(f.detail)))


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    AgentExcluded: _excluded,
    **AGENT_RECORDS,
    **BLOB_RECORDS,
    BotMoved: _bot_moved,
    ChatBound: _bound,
    ChatDropped: _dropped,
    ChatMoved: _moved,
    ChatParked: _parked,
    ChatReopened: _reopened,
    ChatRouted: _routed,
    ChatStarted: _started,
    ChatUnparked: _unparked,
    ChatWarned: _warned,
    ChatWidened: _widened,
    ChatWoken: _woken,
    DecisionLogged: _decision,
    **CONTACT_RECORDS,
    **FORM_RECORDS,
    **MESSAGE_RECORDS,
    InviteEnded: _invite_ended,
    InviteMade: _invited,
    NoteStored: _note,
    OfferEnded: _offer_ended,
    OfferMade: _offered,
    ParkWarned: _park_warned,
    PartyJoined: _joined,
    PartyLeft: _left,
    PinnedConfirmed: _pinned_confirmed,
    SentencePinned: _pinned,
    WrapupEnded: _wrapup_ended,
    WrapupStarted: _wrapup,
}
"""Every durable fact but the two of the hot path, which `plan` takes by itself."""
