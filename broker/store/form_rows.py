"""Facts about forms to rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.facts import FormExpected, FormOffered, FormSaved
from broker.store import schema
from broker.store.commands import Command
from broker.store.row import Record, Records, as_json
from protocol.codec import to_wire

OFFER_FORM: Final = Command(table=schema.chats, columns=("no", "scenario"), keys=1)
EXPECT_FORM: Final = Command(table=schema.chats, columns=("no", "default_form"), keys=1)
START_FORM: Final = Command(table=schema.chats, columns=("no", "start_form"), keys=1)
_FORM: Final = ("result_id", "chat_no", "scenario_id", "activity", "at", "result", "gateway")
SAVE_FORM: Final = Command(
    table=schema.form_results, columns=_FORM, conflict="(chat_no, result_id)"
)
SAVE_LONE_FORM: Final = Command(
    table=schema.form_results, columns=_FORM, conflict="(gateway, result_id) WHERE chat_no IS NULL"
)
COMMANDS: Final = (OFFER_FORM, EXPECT_FORM, START_FORM, SAVE_FORM, SAVE_LONE_FORM)


def _form_offered(f: FormOffered) -> Records:
    yield Record(OFFER_FORM, f.no, (f.no, f.scenario))


def _form_expected(f: FormExpected) -> Records:
    yield Record(EXPECT_FORM, f.no, (f.no, f.scenario))


def _form(f: FormSaved) -> Records:
    result = f.result
    key = result.scenario_result_id
    if key is None:
        raise ValueError("a form to be saved has an id")
    body = as_json(to_wire(result, json=True))
    row = (key, f.no, result.scenario_id, result.activity, f.at, body, f.gateway)
    if f.no is None:
        yield Record(SAVE_LONE_FORM, f"{f.gateway} {key}", row)
        return
    yield Record(SAVE_FORM, f.no, row)
    if f.at_start:
        yield Record(START_FORM, f.no, (f.no, key))


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    FormExpected: _form_expected,
    FormOffered: _form_offered,
    FormSaved: _form,
}
