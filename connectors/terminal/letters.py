"""A message as a person reads it in a terminal: who, when, about what, what it says, what comes with it."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.terminal.html_text import text_of
from connectors.terminal.words import local_time
from protocol.blob import AttachmentInfo
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import Direction, MessageStatus, ScanVerdict

SHOWN_LINES: Final = 60
"""So many lines of a message stand in the transcript; /read shows all of them."""
_WHEN: Final = "%a %d %b %H:%M"
_QUOTED: Final = re.compile(r"\s*>")
_HISTORY: Final = re.compile(
    r"\s*(-{2,}\s*(original message|forwarded message|ursprüngliche nachricht|původní zpráva)\b.*"
    r"|_{20,}\s*)$",
    re.IGNORECASE,
)
"""A line behind which programs put all that was written before."""
_KIB, _MIB = 1024, 1024 * 1024
_SCANS: Final = {
    ScanVerdict.PENDING: ", is being checked",
    ScanVerdict.INFECTED: ", INFECTED: it is not given out",
    ScanVerdict.FAILED: ", could not be checked",
}
STATUS_WORDS: Final = {
    MessageStatus.QUEUED: "waits to be sent",
    MessageStatus.SENDING: "is being sent",
    MessageStatus.SENT: "is sent",
    MessageStatus.DELIVERED: "was delivered",
    MessageStatus.READ: "was read",
    MessageStatus.RETRY: "could not be sent yet, and is tried again",
    MessageStatus.FAILED: "could not be sent; /retry tries it again",
    MessageStatus.CANCELLED: "is withdrawn",
}


def is_inbound(message: MessageContentInfo) -> bool:
    """Whether the other party wrote it."""
    return message.direction is Direction.I


def writer(message: MessageContentInfo) -> str:
    """Who wrote a message."""
    if is_inbound(message):
        return message.from_field or message.remote_address or "?"
    return message.agent_name or "Parley"


def text_in(message: MessageContentInfo) -> str:
    """What a message says; of one that has HTML alone the text of that."""
    if message.body_text or not message.body_html:
        return message.body_text or ""
    return text_of(message.body_html)


def in_transcript(message: MessageContentInfo) -> str:
    """A message with its quotes folded, shortened where it is long."""
    lines = folded(text_in(message)).split("\n")
    rest = len(lines) - SHOWN_LINES
    if rest > 0:
        lines = [*lines[:SHOWN_LINES], f"[{rest} more lines: /read {message.counter}]"]
    when = message.received_sent_time
    at = f"({local_time(when, _WHEN)})" if when is not None else ""
    subject = message.subject_field or ("(no subject)" if is_inbound(message) else "")
    head = f"{subject} {at}".strip()
    return "\n".join([head, *lines, *attachment_lines(message)]).rstrip("\n")


def whole(message: MessageContentInfo, *, with_quotes: bool) -> str:
    """A message with its header lines; with all that it quotes, or that folded."""
    body = text_in(message) or "(no text)"
    return "\n".join(
        [
            *header_lines(message),
            "",
            body.strip("\n") if with_quotes else folded(body),
            *attachment_lines(message),
        ]
    )


def header_lines(message: MessageContentInfo) -> Iterator[str]:
    """What stands above a message."""
    when = message.received_sent_time
    members = (
        ("From", message.from_field or (message.remote_address if is_inbound(message) else None)),
        ("To", message.to_field or (None if is_inbound(message) else message.remote_address)),
        ("Cc", message.to_cc_field),
        ("Date", local_time(when, "%a %d %b %Y %H:%M:%S") if when is not None else None),
        ("Subject", message.subject_field),
    )
    for name, said in members:
        if said:
            yield f"{name}: {said}"
    if message.is_automatic:
        yield "(written by a machine)"


def attachment_lines(message: MessageContentInfo) -> Iterator[str]:
    """What comes with a message, with the numbers that /save takes."""
    for place, one in enumerate(message.attachments or (), 1):
        yield f"[{message.counter}.{place}] {attachment_text(one)}"


def attachment_text(attachment: AttachmentInfo) -> str:
    """The name and the length of an attachment."""
    checked = _SCANS.get(attachment.scan, "") if attachment.scan is not None else ""
    return f"{attachment.name or 'no name'} ({size_text(attachment.size)}{checked})"


def size_text(size: int) -> str:
    """A length in bytes, as people say it."""
    if size < _KIB:
        return f"{size} bytes"
    return f"{size / _KIB:.0f} KiB" if size < _MIB else f"{size / _MIB:.1f} MiB"


def folded(text: str) -> str:
    """A text in which one line stands for each run of quoted ones."""
    kept: list[str] = []
    quoted = 0
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    for place, line in enumerate(lines):
        if kept and _HISTORY.match(line):
            kept += _folding(quoted + len(lines) - place)
            return "\n".join(kept)
        if _QUOTED.match(line):
            quoted += 1
            continue
        kept += _folding(quoted)
        quoted = 0
        kept.append(line)
    return "\n".join([*kept, *_folding(quoted)])


def _folding(lines: int) -> list[str]:
    return [f"[{lines} quoted line{'s' if lines > 1 else ''}]"] if lines else []


def passed_on(message: MessageContentInfo) -> str:
    """A message as it stands below what is written when it is passed on."""
    text = "\n".join([*header_lines(message), "", text_in(message).strip("\n")])
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def delivery_text(info: MessageStatusInfo) -> str:
    """What has become of an outbound message."""
    said = STATUS_WORDS.get(info.status, "") if info.status is not None else ""
    return f"message [{info.counter}] {said}{attempt_text(info)}"


def attempt_text(info: MessageStatusInfo) -> str:
    """What is known of the last attempt to send a message that is not sent: refused, or unknown (B-55)."""
    if info.status not in (MessageStatus.RETRY, MessageStatus.FAILED):
        return f": {info.error}" if info.error else ""
    if info.error:
        return f" (attempt {info.attempt}): {info.error}"
    return f" (attempt {info.attempt}): no answer came in time, so they may have a copy"


def mark_of(message: MessageContentInfo, info: MessageStatusInfo | None) -> str:
    """The line below a message that was not sent, which says so; empty where nothing is the matter."""
    status = message.status
    if status not in (MessageStatus.RETRY, MessageStatus.FAILED, MessageStatus.CANCELLED):
        return ""
    why = attempt_text(info) if info is not None and info.status is status else ""
    return f"\n[{STATUS_WORDS[status]}{why}]"
