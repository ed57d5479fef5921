"""Bytes into a `Mail`: never raises, and takes time and room in proportion to what it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.parser import BytesParser
from html import unescape
from typing import Any, Final, cast

from connectors.channels.channel import Attachment
from connectors.email.automatic import why_automatic
from connectors.email.charsets import codec
from connectors.email.headers import (
    Part,
    ids,
    mailboxes,
    message_id,
    moment,
    raw,
    raws,
    text,
    tolerant,
)
from connectors.email.mail import Automatic, Mail, Mailbox, Outcome
from connectors.email.parts import Parts, charset_of, parts_of
from connectors.email.reports import reports_of

MOST_LINES_OF_DASHES: Final = 10_000
"""Lines that may begin a part; more of them are no mail that somebody wrote."""
LONGEST_HEAD: Final = 512 * 1024
ORIGINAL: Final = "original.eml"
"""The name of the mail as it came, where it could not be taken apart."""

LONGEST_CULTURE: Final = 35
_CULTURE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DELIVERED: Final = (
    "Delivered-To",
    "X-Original-To",
    "X-Envelope-To",
    "Envelope-To",
    "X-Delivered-To",
)


def parse(data: bytes) -> Mail:
    """Read a mail.

    Args:
        data: Its bytes, whatever they are.

    Returns:
        The mail. What could not be taken apart is in it whole, as the attachment `original.eml`.
    """
    message, parts = _taken_apart(data)
    message.policy = tolerant(codec(charset_of(message)))
    attachments, faults = parts.attachments, list(dict.fromkeys(parts.faults))
    if parts.is_cut:
        faults.append("TooManyParts")
        attachments = [_original(data), *attachments]
    senders = [box for name in ("From", "Sender") for box in mailboxes(message, name)]
    sender = senders[0] if senders else _bare(raw(message, "Return-Path"))
    why = why_automatic(message, sender)
    body = parts.plain if parts.plain is not None else _prose(parts.html, why)
    reports = reports_of(message, parts, why, body)
    if reports:  # whatever else a mail says of itself
        receipts = {Outcome.READ, Outcome.DELETED}
        is_receipt = all(each.outcome in receipts for each in reports)
        why = Automatic.RECEIPT if is_receipt else Automatic.REPORT
    return Mail(
        message_id=message_id(message),
        in_reply_to=ids(message, "In-Reply-To"),
        references=ids(message, "References"),
        date=moment(message),
        sender=sender,
        reply_to=mailboxes(message, "Reply-To"),
        to=mailboxes(message, "To"),
        cc=mailboxes(message, "Cc"),
        bcc=mailboxes(message, "Bcc"),
        delivered_to=_delivered_to(message),
        subject=text(message, "Subject"),
        text=parts.plain,
        html=parts.html,
        attachments=tuple(attachments),
        automatic=why,
        reports=reports,
        list_id=_list_id(message),
        culture=_culture(message),
        spam_level=_spam_level(message),
        faults=tuple(faults),
    )


def _taken_apart(data: bytes) -> tuple[Part, Parts]:
    parser = BytesParser(cast("Any", Part), policy=tolerant())
    head, _, _ = _head(data)
    if data.count(b"\n--") <= MOST_LINES_OF_DASHES and len(head) <= LONGEST_HEAD:
        try:
            message = cast("Part", parser.parsebytes(data))
            hint = codec(charset_of(message))
            return message, parts_of(message, hint)
        except Exception as error:  # noqa: BLE001 - parsers and codecs fail on odd input in many ways
            fault = type(error).__name__
    else:
        fault = "TooManyParts"
    message = cast("Part", parser.parsebytes(head[:LONGEST_HEAD] + b"\n\n", headersonly=True))
    return message, Parts(attachments=[_original(data)], faults=[fault])


def _head(data: bytes) -> tuple[bytes, bytes, bytes]:
    match = re.search(rb"\r?\n\r?\n", data)
    end = match.start() if match else len(data)
    return data[:end], data[end:end], data[end:]


def _original(data: bytes) -> Attachment:
    return Attachment(name=ORIGINAL, content_type="message/rfc822", data=data)


def _prose(html: str | None, why: Automatic | None) -> str:
    """The text of HTML, where a report may stand in it."""
    if html is None or why is not Automatic.REPORT:
        return ""
    broken = re.sub(r"<(br|/?p|/?div|/?tr|/?li|/?h\d)\b[^>]{0,200}>", "\n", html[: 64 * 1024])
    return unescape(re.sub(r"<[^<>]{0,500}>", " ", broken))


def _bare(path: str) -> Mailbox | None:
    address = path.strip(" <>")
    return Mailbox(address) if "@" in address else None


def _delivered_to(message: Part) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in _DELIVERED:
        for value in raws(message, name):
            found.update(dict.fromkeys(_addresses(value.split(","))))
    return tuple(found)[:20]


def _addresses(values: Iterable[str]) -> Iterable[str]:
    for value in values:
        address = value.strip(" <>").lower()
        if "@" in address:
            yield address


def _list_id(message: Part) -> str | None:
    value = raw(message, "List-Id") or raw(message, "Mailing-List")
    match = re.search(r"<([^<>]+)>", value)
    return (match[1] if match else value).strip()[:200] or None


def _culture(message: Part) -> str | None:
    match = _CULTURE.match(raw(message, "Content-Language"))
    return match[0] if match and len(match[0]) <= LONGEST_CULTURE else None


def _spam_level(message: Part) -> int | None:
    said = raw(message, "X-Spam-Flag") or raw(message, "X-Spam-Status") or raw(message, "X-Spam")
    if not said:
        return None
    return 3 if said.lower().startswith("yes") else 0
