"""Value types of the wire: Guids, times and the closed enumerations (W-6, W-7, W-8)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Final, NewType

Guid = NewType("Guid", str)
"""A Guid in its canonical form: 36 characters, lower case."""

FrameId = int | str | None
"""Header `Id` of a frame, and header `Re` of what answers it (W-2)."""

Short = Annotated[int, "int16"]
"""An int that fits 16 bits; to a type checker it is a plain int."""

_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NIL_GUID: Final = "00000000-0000-0000-0000-000000000000"
_DECIMAL: Final = re.compile(r"-?[0-9]{1,29}(?:\.[0-9]{1,28})?")
_DECIMAL_COEFFICIENTS: Final = range(1 - (1 << 96), 1 << 96)
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_INVISIBLE: Final = re.compile(
    r"[\x00-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    r"\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
"""White space, controls, formats, and fillers: what shows nothing by itself."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class ChatStatus(StrEnum):
    """Phase of a chat."""

    PILOT = "Pilot"
    ICR = "ICR"
    WAITING = "Waiting"
    ALERTING = "Alerting"
    ANSWERED = "Answered"
    CLOSED = "Closed"


class Signal(StrEnum):
    """Whether a gateway takes a chat now."""

    FREE = "Free"
    BUSY = "Busy"
    CLOSED = "Closed"
    HIDDEN = "Hidden"


class CloseReason(StrEnum):
    """Who or what ended a chat."""

    AGENT = "Agent"
    EXTERNAL = "External"
    INACTIVITY = "Inactivity"
    RULE = "Rule"
    ADMIN = "Admin"


class ChatType(StrEnum):
    """Kind of network that a chat came from."""

    BUSINESS_IM = "BusinessIM"
    SOCIAL_IM = "SocialIM"
    WEB_IM = "WebIM"


class AgentState(StrEnum):
    """What an agent does now."""

    READY = "Ready"
    PAUSE = "Pause"
    POST_CALL = "PostCall"
    LOG_OFF = "LogOff"


class TransferMode(StrEnum):
    """How another agent joins a chat."""

    TRANSFER = "Transfer"
    CONSULT = "Consult"
    CONFERENCE = "Conference"
    MONITOR = "Monitor"


class PartyState(StrEnum):
    """How far somebody is who was asked into a chat."""

    ASKED = "Asked"
    JOINED = "Joined"


class Channel(StrEnum):
    """Channel of a message gateway."""

    EMAIL = "Email"
    SMS = "SMS"
    FAX = "Fax"
    SOCIAL_MSG = "SocialMsg"
    SOCIAL_WALL = "SocialWall"


class Direction(StrEnum):
    """Direction of a message or a message gateway: inbound or outbound."""

    I = "I"  # noqa: E741 - the wire's own name
    O = "O"  # noqa: E741 - the wire's own name


class ControlType(StrEnum):
    """Kind of a form control."""

    LABEL_ONLY = "LabelOnly"
    TEXT_AREA = "TextArea"
    DROP_DOWN = "DropDown"
    RADIO_BUTTONS = "RadioButtons"
    CHECK_BOXES = "CheckBoxes"
    INTEGER = "Integer"
    DATE = "Date"
    TIME = "Time"
    DATE_TIME = "DateTime"


class MessageStatus(StrEnum):
    """Phase of an outbound message."""

    QUEUED = "Queued"
    SENDING = "Sending"
    SENT = "Sent"
    DELIVERED = "Delivered"
    READ = "Read"
    RETRY = "Retry"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class ScanVerdict(StrEnum):
    """What a scanner says of an attachment."""

    PENDING = "Pending"
    CLEAN = "Clean"
    INFECTED = "Infected"
    FAILED = "Failed"
    OFF = "Off"


class Role(StrEnum):
    """What kind of peer a connection speaks for."""

    CONNECTOR = "connector"
    WORKPLACE = "workplace"


class LoginOutcome(StrEnum):
    """What came of a login at a desk (W-18)."""

    GOOD = "Good"
    REFUSED = "Refused"
    CODE_NEEDED = "CodeNeeded"
    WAIT = "Wait"


class SentenceModel(IntEnum):
    """How a sentence is to be read; unknown ints pass, so the structure's member is an int."""

    SENTENCE = 0
    TECH_NOTE = 2
    TECH_PANEL = 4
    NAVIGATION = 6
    CO_BROWSING = 8
    INTERNAL = 10


ENUM_ALIASES: Final[dict[type[StrEnum], dict[str, StrEnum]]] = {
    ChatStatus: {
        "Queue": ChatStatus.WAITING,
        "ClosedByAgent": ChatStatus.CLOSED,
        "ClosedByExtApp": ChatStatus.CLOSED,
    },
    Channel: {"SocWall": Channel.SOCIAL_WALL},
}
"""Older spellings that are read, and never written."""


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: it is empty, or white space and invisible characters only."""
    return _INVISIBLE.fullmatch(text) is not None


def parse_guid(value: str | bytes) -> Guid | None:
    """Read a Guid: text of any case, or 16 bytes in RFC 4122 order (W-6).

    Returns:
        The canonical form, or None for the all-zero Guid.

    Raises:
        ValueError: It is no Guid.
    """
    if isinstance(value, bytes):
        if len(value) != 16:
            raise ValueError("a binary Guid has 16 bytes")
        digits = value.hex()
        text = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    else:
        text = value.lower()
        if not _GUID.fullmatch(text):
            raise ValueError("a Guid is 8-4-4-4-12 hexadecimal digits")
    return None if text == _NIL_GUID else Guid(text)


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 time; without an offset it is UTC, digits below a microsecond are cut (W-7).

    Returns:
        An aware UTC time, or None for a time in year 1.

    Raises:
        ValueError: It is no time.
    """
    if not _TIME.fullmatch(text):
        raise ValueError("not an RFC 3339 time")
    if text.startswith("0001-"):
        return None
    value = datetime.fromisoformat(text.upper())
    if value.tzinfo is UTC:
        return value
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("time out of range") from None


def format_time(value: datetime) -> str:
    """Write a time as RFC 3339 text in UTC with ``Z`` (W-9)."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_decimal(text: str) -> Decimal:
    """Read a decimal: plain digits, no exponent, at most 96 bits of digits (W-8).

    Raises:
        ValueError: It is no such number.
    """
    if not _DECIMAL.fullmatch(text) or (
        len(text) > 28 and int(text.replace(".", "")) not in _DECIMAL_COEFFICIENTS
    ):
        raise ValueError("not a decimal of at most 28 digits")
    return Decimal(text)


def format_decimal(value: Decimal) -> str:
    """Write a decimal without exponent."""
    return format(value, "f")


def to_micros(value: datetime) -> int:
    """Turn an aware time into microseconds since the Unix epoch."""
    return (value - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Turn microseconds since the Unix epoch into an aware UTC time."""
    return EPOCH + timedelta(microseconds=micros)
