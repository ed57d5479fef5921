"""Facts to rows: which command each durable fact gives, and what each row holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, Final

from attrs import frozen

from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    ChatWarned,
    DecisionLogged,
    FormSaved,
    OfferEnded,
    OfferMade,
    SlotFilled,
    WrapupEnded,
    WrapupStarted,
)
from broker.store import schema
from broker.store.commands import Command
from protocol.codec import to_wire
from protocol.values import ChatStatus

Row = tuple[Any, ...]

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
    ),
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
        ("agent", "enqueued_at", "answered_at", "closed_at", "close_reason"), "NULL"
    ),
)
FORGIVE: Final = Command(
    table=schema.offers,
    columns=("chat_no", "excludes"),
    keys=1,
    only="offers.excludes",
    exact=False,
)
ROUTE: Final = Command(
    table=schema.chats,
    columns=("no", "project", "language", "skill", "priority", "rule"),
    keys=1,
)
_MOVED: Final = ("no", "status", "agent", "priority", "enqueued_at")
MOVE: Final = Command(table=schema.chats, columns=_MOVED, keys=1)
ANSWER: Final = Command(table=schema.chats, columns=(*_MOVED, "answered_at", "last_agent"), keys=1)
CLOSE: Final = Command(table=schema.chats, columns=(*_MOVED, "closed_at", "close_reason"), keys=1)
WARN: Final = Command(table=schema.chats, columns=("no", "warned_for"), keys=1)
FILL: Final = Command(
    table=schema.chat_slots,
    columns=(
        "chat_no",
        "model",
        "id",
        "party_name",
        "text",
        "time_sent",
        "outbound",
        "at",
        "agent",
    ),
    conflict="(chat_no, model)",
)
OFFER: Final = Command(
    table=schema.offers,
    columns=("offer", "chat_no", "agent", "workplace", "at", "until", "excludes"),
)
END_OFFER: Final = Command(
    table=schema.offers,
    columns=("offer", "ended_at", "outcome", "excludes"),
    keys=1,
    only="offers.ended_at IS NULL",
)
COUNT_MISSED: Final = Command(table=schema.agents, columns=("agent", "missed"), keys=1)
MOVE_AGENT: Final = Command(
    table=schema.agents,
    columns=("agent", "state", "reason", "next_state", "since", "workplace", "missed"),
    conflict="(agent)",
)
WRAP_UP: Final = Command(table=schema.wrapups, columns=("chat_no", "agent", "at", "until"))
END_WRAPUP: Final = Command(
    table=schema.wrapups,
    columns=("chat_no", "ended_at", "cause", "code", "note"),
    keys=1,
    only="wrapups.ended_at IS NULL",
)
_FORM: Final = ("result_id", "chat_no", "scenario_id", "activity", "at", "result")
SAVE_FORM: Final = Command(
    table=schema.form_results, columns=_FORM, conflict="(chat_no, result_id)"
)
SAVE_LONE_FORM: Final = Command(
    table=schema.form_results, columns=_FORM, conflict="(result_id) WHERE chat_no IS NULL"
)
CHAT_EVENT: Final = Command(
    table=schema.chat_events,
    columns=("chat_no", "at", "status", "cause", "agent", "close_reason"),
)
AGENT_EVENT: Final = Command(
    table=schema.agent_events,
    columns=("agent", "at", "state", "reason", "next_state", "cause", "workplace"),
)
DECISION: Final = Command(
    table=schema.decisions, columns=("chat_no", "at", "kind", "agent", "detail")
)
SENTENCE: Final = Command(
    table=schema.sentences,
    columns=(
        "chat_no",
        "counter",
        "id",
        "party_name",
        "text",
        "time_sent",
        "outbound",
        "model",
        "at",
        "agent",
        "own",
    ),
)
CONFIRM: Final = Command(
    table=schema.sentences,
    columns=("chat_no", "counter", "confirmed_at"),
    keys=2,
    only="sentences.confirmed_at IS NULL",
)

HISTORIES: Final = (CHAT_EVENT, AGENT_EVENT, DECISION)
"""Tables to which rows are only ever added."""

COMMANDS: Final = tuple(value for value in globals().values() if isinstance(value, Command))


@frozen
class Record:
    """A row for a command.

    Attributes:
        command: What is done.
        key: The chat's number or the agent whose rows it changes.
        row: The row, in the order of the command's columns.
    """

    command: Command
    key: int | str
    row: Row


Records = Iterator[Record]

_PILOT: Final = str(ChatStatus.PILOT)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _word(value: StrEnum | None) -> str | None:
    """The plain text of an enumeration's member: drivers take no subclasses of str."""
    return None if value is None else str(value)


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
    )
    yield Record(START, f.no, row)
    yield Record(CHAT_EVENT, f.no, (f.no, f.at, _PILOT, "started", None, None))


def _reopened(f: ChatReopened) -> Records:
    said = (f.party_name, f.remote_address, f.culture, f.user_token, f.ext_response)
    yield Record(REOPEN, f.no, (f.no, _PILOT, f.at, *said))
    yield Record(FORGIVE, f.no, (f.no, False))
    yield Record(CHAT_EVENT, f.no, (f.no, f.at, _PILOT, "reopened", None, None))


def _routed(f: ChatRouted) -> Records:
    yield Record(ROUTE, f.no, (f.no, f.project, f.language, f.skill, f.priority, f.rule))


def _moved(f: ChatMoved) -> Records:
    row: Row = (f.no, str(f.status), f.agent, f.priority, f.enqueued_at)
    match f.status:
        case ChatStatus.ANSWERED:
            yield Record(ANSWER, f.no, (*row, f.at, f.agent))
        case ChatStatus.CLOSED:
            yield Record(CLOSE, f.no, (*row, f.at, _word(f.close_reason)))
        case _:
            yield Record(MOVE, f.no, row)
    event = (f.no, f.at, str(f.status), f.cause, f.agent, _word(f.close_reason))
    yield Record(CHAT_EVENT, f.no, event)


def _warned(f: ChatWarned) -> Records:
    yield Record(WARN, f.no, (f.no, f.activity))


def _slot(f: SlotFilled) -> Records:
    row = (f.no, f.model, f.id, f.party_name, f.text, f.time_sent, f.outbound, f.at, f.agent)
    yield Record(FILL, f.no, row)


def _offered(f: OfferMade) -> Records:
    row = (f.offer, f.no, f.agent, f.workplace, f.at, f.until, False)
    yield Record(OFFER, f.no, row)


def _offer_ended(f: OfferEnded) -> Records:
    yield Record(END_OFFER, f.no, (f.offer, f.at, f.outcome, f.lets_go))
    yield Record(COUNT_MISSED, f.agent, (f.agent, f.missed))


def _agent(f: AgentMoved) -> Records:
    state, then = str(f.state), _word(f.next_state)
    row = (f.agent, state, f.reason, then, f.since, f.workplace, f.missed)
    yield Record(MOVE_AGENT, f.agent, row)
    event = (f.agent, f.at, state, f.reason, then, f.cause, f.workplace)
    yield Record(AGENT_EVENT, f.agent, event)


def _wrapup(f: WrapupStarted) -> Records:
    yield Record(WRAP_UP, f.no, (f.no, f.agent, f.at, f.until))


def _wrapup_ended(f: WrapupEnded) -> Records:
    yield Record(END_WRAPUP, f.no, (f.no, f.at, f.cause, f.code, f.note))


def _form(f: FormSaved) -> Records:
    result = f.result
    key = result.scenario_result_id
    if key is None:
        raise ValueError("a form to be saved has an id")
    body = _json(to_wire(result, json=True))
    row = (key, f.no, result.scenario_id, result.activity, f.at, body)
    if f.no is None:
        yield Record(SAVE_LONE_FORM, key, row)
    else:
        yield Record(SAVE_FORM, f.no, row)


def _decision(f: DecisionLogged) -> Records:
    yield Record(DECISION, f.no, (f.no, f.at, f.kind, f.agent, _json(f.detail)))


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    AgentMoved: _agent,
    ChatMoved: _moved,
    ChatReopened: _reopened,
    ChatRouted: _routed,
    ChatStarted: _started,
    ChatWarned: _warned,
    DecisionLogged: _decision,
    FormSaved: _form,
    OfferEnded: _offer_ended,
    OfferMade: _offered,
    SlotFilled: _slot,
    WrapupEnded: _wrapup_ended,
    WrapupStarted: _wrapup,
}
"""Every durable fact but the two of the hot path, which `plan` takes by itself."""
