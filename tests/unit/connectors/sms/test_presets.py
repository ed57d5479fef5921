"""The providers that are known."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.sms.answers import Outcome, judge
from connectors.sms.described import PLACES, message_values
from connectors.sms.locators import Document
from connectors.sms.parts import PartOf
from connectors.sms.presets import PRESETS, SESSION, TWILIO, VONAGE
from connectors.sms.templates import body_template, header_template, url_template
from connectors.sms.webhooks import ReportKind, receipt_of, text_of

VALUES = {
    **message_values(
        to="+420603123456",
        sender="+15552220000",
        text='Ahoj "&" žluťoučký',
        message_id="m-1",
        attempt=1,
        receipts="https://sms.example.com/main/receipt",
    ),
    "user": "AC1",
    "password": "tok&en",
}


@pytest.mark.parametrize("name", PRESETS)
def test_its_templates_are_sound(name: str) -> None:
    preset = PRESETS[name]
    templates = [
        url_template(preset.url),
        body_template(preset.body, preset.content_type),
        *map(header_template, preset.headers.values()),
    ]
    for template in templates:
        assert template.names <= PLACES | {"user", "password"}
        assert template.fill(VALUES)


def filled(name: str) -> str:
    preset = PRESETS[name]
    return body_template(preset.body, preset.content_type).fill(VALUES)


def test_what_twilio_is_asked() -> None:
    assert parse_qs(filled("twilio")) == {
        "To": ["+420603123456"],
        "From": ["+15552220000"],
        "Body": ['Ahoj "&" žluťoučký'],
        "StatusCallback": ["https://sms.example.com/main/receipt"],
    }
    assert url_template(TWILIO.url).fill(VALUES).endswith("/Accounts/AC1/Messages.json")


def test_what_vonage_is_asked() -> None:
    asked = parse_qs(filled("vonage"))
    assert asked["to"] == ["420603123456"]
    assert asked["from"] == ["15552220000"]
    assert asked["type"] == ["unicode"]
    assert asked["api_secret"] == ["tok&en"]
    assert asked["client-ref"] == ["m-1"]


def test_what_a_session_is_asked() -> None:
    assert json.loads(filled("session")) == {
        "token": "tok&en",
        "numberToDial": "420603123456",
        "msg": 'Ahoj "&" žluťoučký',
    }


@pytest.mark.parametrize(
    ("name", "status", "body", "outcome", "ids"),
    [
        ("twilio", 201, {"sid": "SM1", "status": "queued", "error_code": None}, "sent", ("SM1",)),
        ("twilio", 400, {"code": 21211, "message": "bad To", "status": 400}, "permanent", ()),
        ("twilio", 429, {"code": 20429, "message": "slow", "status": 429}, "throttled", ()),
        ("twilio", 401, {"code": 20003, "message": "who", "status": 401}, "temporary", ()),
        ("twilio", 503, {}, "temporary", ()),
        ("vonage", 200, {"messages": [{"status": "0", "message-id": "A"}]}, "sent", ("A",)),
        ("vonage", 200, {"messages": [{"status": "1"}]}, "throttled", ()),
        ("vonage", 200, {"messages": [{"status": "6"}]}, "permanent", ()),
        ("vonage", 200, {"messages": [{"status": "9"}]}, "temporary", ()),
        ("vonage", 200, {}, "unknown", ()),
        ("session", 200, {"success": True, "token": "T", "id": "ID\r\n"}, "sent", ("ID\r\n",)),
        ("session", 200, {"success": False, "reason": "no"}, "permanent", ()),
        ("session", 200, {}, "unknown", ()),
    ],
)
def test_how_it_answers(
    name: str, status: int, body: dict[str, Any], outcome: str, ids: tuple[str, ...]
) -> None:
    verdict = judge(status, Document(body=json.dumps(body).encode()), PRESETS[name].answer)
    assert (verdict.outcome, verdict.ids) == (Outcome(outcome), tuple(one.strip() for one in ids))


def test_how_twilio_calls() -> None:
    said = {
        "MessageSid": "SM1",
        "AccountSid": "AC1",
        "From": "+420603123456",
        "To": "+15552220000",
        "Body": "Hi",
        "NumMedia": "1",
        "MediaUrl0": "https://media/0",
    }
    text = text_of(said, TWILIO.texts)
    assert text is not None
    assert (text.id, text.sender, text.receiver) == ("SM1", "+420603123456", "+15552220000")
    assert text.text == "Hi\nhttps://media/0"
    failed = receipt_of(
        {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}, TWILIO.receipts
    )
    assert (failed.kind, failed.reason) == (ReportKind.UNDELIVERED, "undelivered 30003")
    assert receipt_of({"MessageSid": "SM1", "MessageStatus": "sent"}, TWILIO.receipts).kind is None


def test_how_vonage_calls() -> None:
    said = {
        "type": "text",
        "msisdn": "420603123456",
        "to": "15552220000",
        "messageId": "A1",
        "text": "first",
        "message-timestamp": "2026-03-01 12:00:00",
        "concat": "true",
        "concat-ref": "108",
        "concat-total": "2",
        "concat-part": "1",
    }
    text = text_of(said, VONAGE.texts)
    assert text is not None
    assert text.part == PartOf(108, 2, 1)
    assert str(text.when) == "2026-03-01 12:00:00+00:00"
    receipt = receipt_of(
        {"messageId": "A1", "status": "delivered", "err-code": "0"}, VONAGE.receipts
    )
    assert receipt.kind is ReportKind.DELIVERED


def test_how_a_session_calls() -> None:
    session: dict[str, Any] = {
        "id": "S1",
        "accountId": "1",
        "timestamp": "2026-03-01T12:00:00.921Z",
        "userType": "HUMAN",
        "initialText": "hello",
        "to": {"id": "15552220000", "channel": "TEXT", "network": "SMS"},
        "from": {"id": "15552221111", "name": None, "channel": "TEXT", "network": "SMS"},
    }
    text = text_of({"session": session}, SESSION.texts)
    assert text is not None
    assert (text.id, text.sender, text.receiver, text.text) == (
        "S1",
        "15552221111",
        "15552220000",
        "hello",
    )
    session["from"]["channel"] = "VOICE"
    assert text_of({"session": session}, SESSION.texts) is None
    said = {"receipt": {"id": "S1", "status": "Delivered"}}
    assert receipt_of(said, SESSION.receipts).kind is ReportKind.DELIVERED
