"""What a provider calls us for: a text that came in, or a receipt for one that went out.

A provider is a table of JSON pointers: where in a call the sender stands, where the text, and so on.
A form is to a pointer an object of texts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from connectors.sms.calls import Malformed
from connectors.sms.locators import at_pointer
from connectors.sms.parts import PartOf

LONGEST_ID: Final = 250
LONGEST_ADDRESS: Final = 64
LONGEST_TEXT: Final = 32_768
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH: Final = re.compile(r"[0-9]{1,14}(\.[0-9]{1,9})?")


class ReportKind(StrEnum):
    """What a receipt says."""

    DELIVERED = "Delivered"
    READ = "Read"
    UNDELIVERED = "Undelivered"


@frozen(kw_only=True)
class TextFields:
    """Where in a call stands what of a text.

    Attributes:
        id: How the provider calls it.
        sender: Who sent it.
        receiver: Whom it was sent to; the first that is there.
        text: What it says.
        when: When it came; as ISO 8601 or in seconds or milliseconds since 1970.
        media: Links to pictures and the like, which are put below the text.
        part: Reference, number of parts and number of the part, of a longer text that comes in parts.
        only: What must stand where, for a call to be a text at all; all else is taken and left alone.
    """

    id: str
    sender: str
    receiver: tuple[str, ...]
    text: str
    when: str | None = None
    media: tuple[str, ...] = ()
    part: tuple[str, str, str] | None = None
    only: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class ReceiptFields:
    """Where in a call stands what of a receipt.

    Attributes:
        id: Which text it is for, as the provider called that.
        status: What became of it.
        statuses: What the words for that mean; those that are not there mean that it is on its way.
        reason: What is said besides.
    """

    id: str
    status: str
    statuses: Mapping[str, ReportKind]
    reason: tuple[str, ...] = ()


@frozen(kw_only=True)
class Answer:
    """What a provider is answered when its call was taken."""

    status: int = 200
    content_type: str = "text/plain"
    body: str = ""


@frozen(kw_only=True)
class CalledText:
    """A text as a provider told it.

    Attributes:
        id: How the provider calls it.
        sender: Who sent it.
        receiver: Whom it was sent to.
        text: What it says.
        when: When it came, if that was said.
        part: Which part of a longer text it is.
    """

    id: str
    sender: str
    receiver: str
    text: str
    when: datetime | None = None
    part: PartOf | None = None


@frozen(kw_only=True)
class CalledReceipt:
    """A receipt as a provider told it.

    Attributes:
        id: Which text it is for.
        kind: What it says; None: that it is on its way.
        reason: What is said besides.
    """

    id: str
    kind: ReportKind | None
    reason: str = ""


def text_of(value: object, fields: TextFields) -> CalledText | None:
    """Read a text out of what a call says.

    Returns:
        The text; None: the call is about something else.

    Raises:
        Malformed: What a text must have is not there, or too long.
    """
    if any(_one(value, pointer) != wanted for pointer, wanted in fields.only.items()):
        return None
    links = [link for pointer in fields.media for link in at_pointer(value, pointer)]
    said = "\n".join(filter(None, [_one(value, fields.text) or "", *links]))
    if len(said) > LONGEST_TEXT:
        raise Malformed("a text that is too long")
    return CalledText(
        id=_needed(value, (fields.id,), LONGEST_ID),
        sender=_needed(value, (fields.sender,), LONGEST_ADDRESS),
        receiver=_needed(value, fields.receiver, LONGEST_ADDRESS),
        text=said,
        when=moment(_one(value, fields.when) or "") if fields.when is not None else None,
        part=_part(value, fields.part) if fields.part is not None else None,
    )


def receipt_of(value: object, fields: ReceiptFields) -> CalledReceipt:
    """Read a receipt out of what a call says.

    Raises:
        Malformed: What a receipt must have is not there, or too long.
    """
    status = _needed(value, (fields.status,), LONGEST_ADDRESS)
    reasons = [text for pointer in fields.reason for text in at_pointer(value, pointer)[:1]]
    return CalledReceipt(
        id=_needed(value, (fields.id,), LONGEST_ID),
        kind=fields.statuses.get(status.lower()),
        reason=" ".join([status, *filter(None, reasons)])[:300],
    )


def moment(written: str) -> datetime | None:
    """Read a time: ISO 8601, in UTC if it does not say otherwise, or since 1970; None for anything else."""
    try:
        if _EPOCH.fullmatch(written):
            seconds = float(written)
            return _BEGIN + timedelta(
                milliseconds=round(seconds if seconds > 1e11 else seconds * 1000)
            )
        found = datetime.fromisoformat(written)
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _one(value: object, pointer: str) -> str | None:
    return next(iter(at_pointer(value, pointer)), None)


def _needed(value: object, pointers: tuple[str, ...], longest: int) -> str:
    found = next(filter(None, (_one(value, pointer) for pointer in pointers)), "").strip()
    if not found or len(found) > longest or not found.isprintable():
        raise Malformed(f"nothing fitting at {' or '.join(pointers)}")
    return found


def _part(value: object, pointers: tuple[str, str, str]) -> PartOf | None:
    numbers = [_one(value, pointer) or "" for pointer in pointers]
    if not all(one.isdecimal() and one.isascii() and len(one) < 6 for one in numbers):
        return None
    part = PartOf(*map(int, numbers))
    return part if part.is_sound and part.total > 1 else None
