"""What a call of a webhook says, by the tables of its provider."""

from datetime import UTC, datetime

import pytest

from connectors.sms.calls import Malformed
from connectors.sms.parts import PartOf
from connectors.sms.webhooks import (
    CalledReceipt,
    CalledText,
    ReceiptFields,
    ReportKind,
    TextFields,
    moment,
    receipt_of,
    text_of,
)

TEXTS = TextFields(
    id="/id",
    sender="/from",
    receiver=("/to/id", "/to"),
    text="/text",
    when="/at",
    media=("/media0", "/media1"),
    part=("/ref", "/total", "/number"),
    only={"/kind": "sms"},
)
SAID = {"id": "7", "from": "+1555", "to": "90210", "text": "Hello", "kind": "sms", "at": "7"}
RECEIPTS = ReceiptFields(
    id="/id",
    status="/status",
    statuses={"delivrd": ReportKind.DELIVERED, "failed": ReportKind.UNDELIVERED},
    reason=("/error", "/words"),
)


def test_a_text_is_read() -> None:
    assert text_of(SAID, TEXTS) == CalledText(
        id="7",
        sender="+1555",
        receiver="90210",
        text="Hello",
        when=datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC),
    )
    nested = text_of({**SAID, "to": {"id": "90211"}}, TEXTS)
    assert nested is not None
    assert nested.receiver == "90211"


def test_what_is_no_text_is_left_alone() -> None:
    assert text_of({**SAID, "kind": "call"}, TEXTS) is None
    assert text_of([], TEXTS) is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": None},
        {"id": "x" * 251},
        {"from": " "},
        {"from": "1\r\n2"},
        {"from": "1" * 65},
        {"to": None},
        {"text": "x" * 32_769},
    ],
)
def test_a_text_without_what_it_needs_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        text_of({**SAID, **change}, TEXTS)


def test_links_to_media_stand_below_the_text() -> None:
    media = {"media0": "https://a/1", "media1": "https://a/2"}
    with_text, without = (
        text_of({**SAID, **media}, TEXTS),
        text_of({**SAID, "text": "", **media}, TEXTS),
    )
    assert with_text is not None
    assert without is not None
    assert with_text.text == "Hello\nhttps://a/1\nhttps://a/2"
    assert without.text == "https://a/1\nhttps://a/2"


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"ref": "9", "total": "3", "number": "2"}, PartOf(9, 3, 2)),
        ({"ref": 9, "total": 3, "number": 2}, PartOf(9, 3, 2)),
        ({"ref": "9", "total": "1", "number": "1"}, None),
        ({"ref": "9", "total": "3", "number": "4"}, None),
        ({"ref": "9", "total": "3"}, None),
        ({"ref": "-9", "total": "3", "number": "2"}, None),
        ({"ref": "9" * 5_000, "total": "3", "number": "2"}, None),
    ],
)
def test_a_part_of_a_longer_text(part: dict[str, object], place: PartOf | None) -> None:
    read = text_of({**SAID, **part}, TEXTS)
    assert read is not None
    assert read.part == place


def test_a_receipt_is_read() -> None:
    said = {"id": "7", "status": "FAILED", "error": "30003", "words": "switched off"}
    assert receipt_of(said, RECEIPTS) == CalledReceipt(
        id="7", kind=ReportKind.UNDELIVERED, reason="FAILED 30003 switched off"
    )
    assert receipt_of({"id": "7", "status": "delivrd"}, RECEIPTS).kind is ReportKind.DELIVERED
    assert receipt_of({"id": "7", "status": "queued"}, RECEIPTS).kind is None
    for nothing in ({}, {"id": "7"}, {"status": "failed"}, 7):
        with pytest.raises(Malformed):
            receipt_of(nothing, RECEIPTS)


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01 12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        ("1700000000.5", datetime(2023, 11, 14, 22, 13, 20, 500000, tzinfo=UTC)),
        ("9" * 14, datetime(5138, 11, 16, 9, 46, 39, 999000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_are_read(written: str, when: datetime | None) -> None:
    assert moment(written) == when
