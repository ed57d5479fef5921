"""What command statuses and receipts of SMPP mean."""

import pytest
import smpp34
from smpp34 import _smpp34 as constants

from connectors.sms.answers import Outcome
from connectors.sms.smpp_codec import Pdu, Tag, decode
from connectors.sms.smpp_outcomes import (
    STATUSES,
    SmppReceipt,
    is_receipt,
    outcome_of,
    receipt,
    status_name,
)
from connectors.sms.webhooks import ReportKind


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (constants.ESME_ROK, "sent"),
        (constants.ESME_RTHROTTLED, "throttled"),
        (constants.ESME_RMSGQFUL, "throttled"),
        (constants.ESME_RSYSERR, "temporary"),
        (constants.ESME_RUNKNOWNERR, "temporary"),
        (constants.ESME_RINVDSTADR, "permanent"),
        (constants.ESME_RINVMSGLEN, "permanent"),
        (0x401, "temporary"),
    ],
)
def test_b55_what_a_status_means(status: int, outcome: str) -> None:
    assert outcome_of(status) is Outcome(outcome)


def test_statuses_have_their_names() -> None:
    names = [name for name in dir(constants) if name.startswith("ESME_")]
    assert {name: status_name(getattr(constants, name)) for name in names} == {
        it: it for it in names
    }
    assert status_name(0x401) == "command status 0x00000401"
    assert [status for status, (_, it) in STATUSES.items() if it is Outcome.SENT] == [0]


def delivered(text: str = "", esm_class: int = 4, **tlvs: bytes) -> Pdu:
    tags = {"name": Tag.RECEIPTED_ID, "state": Tag.STATE}
    return decode(
        smpp34.DeliverSm(
            "420603123456",
            "90210",
            text.encode("latin-1"),
            esm_class=esm_class,
            tlvs=[smpp34.Tlv(tags[tag], value) for tag, value in tlvs.items()],
        ).encode()
    )


USUAL = (
    "id:0123456789 sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 "
    "stat:{} err:{} text:id:777 stat:UNDELIV"
)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("DELIVRD", ReportKind.DELIVERED),
        ("UNDELIV", ReportKind.UNDELIVERED),
        ("EXPIRED", ReportKind.UNDELIVERED),
        ("DELETED", ReportKind.UNDELIVERED),
        ("REJECTD", ReportKind.UNDELIVERED),
        ("ENROUTE", None),
        ("ACCEPTD", None),
        ("UNKNOWN", None),
        ("NONSENSE", None),
    ],
)
def test_receipts_in_the_usual_form(state: str, kind: ReportKind | None) -> None:
    read = receipt(delivered(USUAL.format(state, "000")))
    assert read == SmppReceipt(id="0123456789", kind=kind, reason=state[:7])


def test_a_receipt_says_why() -> None:
    read = receipt(delivered(USUAL.format("UNDELIV", "0B1")))
    assert read is not None
    assert read.reason == "UNDELIV err 0B1"


@pytest.mark.parametrize(
    "text", ["ID: abc-7 STAT: DELIVRD", "stat:delivrd id:abc-7", "foo id:abc-7 stat:DELIVRD"]
)
def test_receipts_in_other_forms(text: str) -> None:
    assert receipt(delivered(text)) == SmppReceipt(
        id="abc-7", kind=ReportKind.DELIVERED, reason="DELIVRD"
    )


def test_optional_members_count_more_than_the_text() -> None:
    read = receipt(delivered(USUAL.format("ACCEPTD", "000"), name=b"xyz\0", state=b"\x05"))
    assert read == SmppReceipt(id="xyz", kind=ReportKind.UNDELIVERED, reason="UNDELIV")
    alone = receipt(delivered(esm_class=0, name=b"xyz", state=b"\x02"))
    assert alone == SmppReceipt(id="xyz", kind=ReportKind.DELIVERED, reason="DELIVRD")
    odd = receipt(delivered("id:1 stat:DELIVRD", state=b"\x63"))
    assert odd == SmppReceipt(id="1", kind=ReportKind.DELIVERED, reason="DELIVRD")


@pytest.mark.parametrize("text", ["", "thank you", "stat:DELIVRD"])
def test_a_receipt_for_nothing_is_none(text: str) -> None:
    assert receipt(delivered(text)) is None


def test_a_note_on_the_way_is_final_for_nobody() -> None:
    assert receipt(delivered("id:7 stat:DELIVRD", esm_class=0x20)) == SmppReceipt(
        id="7", kind=None, reason="DELIVRD"
    )


@pytest.mark.parametrize(
    ("pdu", "is_one"),
    [
        (delivered("hello", esm_class=0), False),
        (delivered("hello", esm_class=0x40), False),
        (delivered("id:7", esm_class=4), True),
        (delivered("id:7", esm_class=0x44), True),
        (delivered("", esm_class=0, name=b"7"), True),
    ],
)
def test_receipts_are_told_from_texts(pdu: Pdu, is_one: bool) -> None:
    assert is_receipt(pdu) == is_one
