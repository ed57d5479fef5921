"""What no connector may do: each frame is held against it."""

from typing import Any

import pytest
from attrs import evolve

from connectors.channels.conform.laws import fault_of, findings_of
from protocol.blob import AttachmentInfo
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.message import CommandInfo, MessageContentInfo
from protocol.session import Hello
from protocol.values import Direction
from tests.support.channel_messages import ONE, TWO
from tests.support.played_channel import GATEWAYS, INBOUND, OUTBOUND

HELLO = Hello(peers=("loft",))
LETTER = MessageContentInfo(
    delivery_system_id="a", gateway_id=INBOUND.id, request_id="r", body_text="coo"
)
ANSWER = CommandInfo(id=ONE, ref_id=OUTBOUND.id)


def texts(type_: str, payload: Any, gateways: Any = GATEWAYS) -> list[str]:
    found = findings_of(Frame(type_, payload), gateways, HELLO, {ONE: OUTBOUND.id})
    return [f"{one.clause} {one.text}" for one in found]


def test_what_is_right_is_no_finding() -> None:
    assert texts("ES_MESSAGE_RECEIVING", LETTER) == []
    assert texts("ES_MESSAGE_RECEIVING", evolve(LETTER, direction=Direction.I)) == []
    assert texts("ES_MESSAGE_SENT", ANSWER) == []
    assert texts("ES_MESSAGE_REPORT", CommandInfo(id=TWO, data="Read")) == []
    assert texts("ES_SL_GETGATEWAYS", "loft") == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"gateway_id": OUTBOUND.id}, "not announced as inbound"),
        ({"request_id": None}, "no RequestId"),
        ({"direction": Direction.O}, "Direction that is not I"),
        ({"body_text": None}, "neither BodyHtml nor BodyText"),
        ({"message_id": ONE}, "MessageId, which is the broker's"),
    ],
)
def test_a_faulty_inbound_message(wrong: dict[str, Any], text: str) -> None:
    (found,) = texts("ES_MESSAGE_RECEIVING", evolve(LETTER, **wrong))
    assert found.startswith("B-50 ")
    assert text in found


def test_a_gateway_of_old_is_none_only_after_the_new_ones_are_known() -> None:
    assert texts("ES_MESSAGE_RECEIVING", LETTER, None) == []
    assert len(texts("ES_MESSAGE_RECEIVING", LETTER, (OUTBOUND,))) == 1


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"ref_id": INBOUND.id}, "names not the gateway"),
        ({"data": " "}, "a Data without text"),
    ],
)
def test_a_faulty_answer(wrong: dict[str, Any], text: str) -> None:
    (found,) = texts("ES_MESSAGE_SENT", evolve(ANSWER, **wrong))
    assert found.startswith("B-52 ")
    assert text in found


def test_an_attachment_is_brought_before_its_message() -> None:
    letter = evolve(LETTER, attachments=(AttachmentInfo(blob_id=ONE),))
    frame = Frame("ES_MESSAGE_RECEIVING", letter)
    (found,) = findings_of(frame, GATEWAYS, HELLO, {}, {TWO})
    assert found.clause == "B-61"
    assert list(findings_of(frame, GATEWAYS, HELLO, {}, {ONE})) == []


def test_gateways_of_others_are_not_asked_for() -> None:
    (found,) = texts("ES_SL_GETGATEWAYS", "other")
    assert found.startswith("W-17 ")


@pytest.mark.parametrize(
    ("code", "type_", "clause"),
    [
        (ErrorCode.BAD_FRAME, None, "W-2"),
        (ErrorCode.FRAME_TOO_LARGE, None, "W-3"),
        (ErrorCode.BAD_HELLO, "SYS_HELLO", "W-10"),
        (ErrorCode.BAD_PAYLOAD, "ES_CHAT_START", "W-5"),
        (ErrorCode.BAD_PAYLOAD, "ES_MESSAGE_RECEIVING", "B-50"),
        (ErrorCode.BAD_PAYLOAD, "ES_MESSAGE_SENT", "B-52"),
        (ErrorCode.WRONG_STATE, None, "W-14"),
    ],
)
def test_a_frame_that_cannot_be_read_breaks_a_clause(
    code: ErrorCode, type_: str | None, clause: str
) -> None:
    found = fault_of(WireError(code, "odd", type=type_))
    assert (found.clause, "odd" in found.text) == (clause, True)


def test_an_outcome_that_another_broker_asked_for_is_no_fault() -> None:
    assert texts("ES_MESSAGE_SENT", evolve(ANSWER, id=TWO, ref_id=None)) == []
