"""What no connector may do, whatever happens: each frame of it is held against these."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from attrs import frozen

from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo
from protocol.session import Hello
from protocol.values import Direction, Guid

LATE: Final = 90.0
"""Seconds in which an outbound message is to be answered (B-52)."""
PATIENT: Final = 60.0
"""Seconds that a connector waits for the answer to an inbound message (B-50)."""


@frozen
class Finding:
    """Something that a connector did wrong.

    Attributes:
        clause: The clause that it broke.
        text: What it did.
        scenario: Where it was seen.
    """

    clause: str
    text: str
    scenario: str = ""


_CLAUSES: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.BAD_FRAME: "W-2",
    ErrorCode.FRAME_TOO_LARGE: "W-3",
    ErrorCode.BAD_HELLO: "W-10",
    ErrorCode.VERSION_NOT_SERVED: "W-10",
    ErrorCode.HELLO_TIMEOUT: "W-10",
    ErrorCode.UNKNOWN_TYPE: "W-14",
    ErrorCode.NOT_ALLOWED: "W-14",
    ErrorCode.BAD_PAYLOAD: "W-5",
    ErrorCode.TOO_LONG: "W-14",
}


def fault_of(error: WireError) -> Finding:
    """What was wrong with a frame that could not be read."""
    named = f"{error.type}: " if error.type else ""
    clause = _CLAUSES.get(error.code, "W-14")
    if clause == "W-5" and error.type in ("ES_MESSAGE_RECEIVING", "ES_MESSAGE_SENT"):
        clause = "B-50" if error.type == "ES_MESSAGE_RECEIVING" else "B-52"
    return Finding(clause, f"{named}{error.code}, {error.text}")


def findings_of(
    frame: Frame,
    gateways: tuple[GatewayInfo, ...] | None,
    hello: Hello | None,
    sendings: Mapping[Guid, Guid | None],
    blobs: Collection[Guid] = (),
) -> Iterator[Finding]:
    """Hold one frame against the laws.

    Args:
        frame: The frame.
        gateways: What was announced on its connection; None: nothing yet, so what it names may be of old.
        hello: How the connection began.
        sendings: The outbound messages that were asked for, and the gateway of each.
        blobs: The attachments that have come whole.
    """
    match frame.payload:
        case MessageContentInfo() as message:
            yield from _inbound(message, gateways)
            if any(one.blob_id not in blobs for one in message.attachments or ()):
                yield Finding("B-61", "ES_MESSAGE_RECEIVING names an attachment that is not there")
        case CommandInfo() as told if frame.type == "ES_MESSAGE_SENT":
            yield from _outcome(told, sendings)
        case str(address) if frame.type == "ES_SL_GETGATEWAYS":
            if hello is not None and address not in (hello.peers or ()):
                yield Finding(
                    "W-17", f"asks for the gateways of {address}, which its hello names not"
                )
        case _:
            pass


def _inbound(
    message: MessageContentInfo, gateways: tuple[GatewayInfo, ...] | None
) -> Iterator[Finding]:
    inbound = {one.id for one in gateways or () if one.direction is Direction.I}
    if gateways is not None and message.gateway_id not in inbound:
        yield Finding(
            "B-50", "ES_MESSAGE_RECEIVING names a gateway that is not announced as inbound"
        )
    if message.request_id is None:
        yield Finding("B-50", "ES_MESSAGE_RECEIVING has no RequestId")
    if message.direction not in (None, Direction.I):
        yield Finding("B-50", "ES_MESSAGE_RECEIVING has a Direction that is not I")
    if message.body_html is None and message.body_text is None:
        yield Finding("B-50", "ES_MESSAGE_RECEIVING has neither BodyHtml nor BodyText")
    if message.message_id is not None:
        yield Finding("B-50", "ES_MESSAGE_RECEIVING has a MessageId, which is the broker's to give")


def _outcome(told: CommandInfo, sendings: Mapping[Guid, Guid | None]) -> Iterator[Finding]:
    if told.id is None or told.id not in sendings:
        return  # an outcome of before this broker: it was not heard then
    if told.ref_id != sendings[told.id]:
        yield Finding("B-52", "ES_MESSAGE_SENT names not the gateway of its message in RefId")
    if told.data is not None and not told.data.strip():
        yield Finding(
            "B-52", "ES_MESSAGE_SENT has a Data without text: null is success, text an error"
        )
