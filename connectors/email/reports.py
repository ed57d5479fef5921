"""What mail systems and programs report on mails that were sent: RFC 3464, RFC 8098, and older ways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from connectors.email.headers import Part, ids, mailboxes, message_id, raw, text
from connectors.email.mail import Automatic, Outcome, Report
from connectors.email.parts import Parts
from connectors.email.xtext import unxtext

LONGEST: Final = 500
"""Letters of what the other side said that are kept."""
MOST: Final = 100
"""Recipients of one report."""

_ACTIONS: Final = {
    "failed": Outcome.FAILED,
    "delayed": Outcome.DELAYED,
    "delivered": Outcome.DELIVERED,
    "relayed": Outcome.RELAYED,
    "expanded": Outcome.RELAYED,
}
_READ: Final = re.compile(
    r".*;\s*(displayed|deleted|dispatched|processed|failed|denied)", re.IGNORECASE
)
_RECEIPTS: Final = {"displayed": Outcome.READ, "deleted": Outcome.DELETED}
_FAILED: Final = re.compile(
    r"""undeliver(ed|able)|delivery\ (status|failure|has\ failed)|mail\ delivery\ (failed|failure)
    |returned\ (mail|to\ sender)|failure\ notice|mail\ system\ error|delivery\ notification
    |unzustellbar|nicht\ zustellbar|non\ remis|non\ distribu|no\ se\ puede\ entregar|mancata\ consegna
    |onbestelbaar|niet\ bezorgd|недоставлен|无法投递|退信|配信不能""",
    re.IGNORECASE | re.VERBOSE,
)
_DELAYED: Final = re.compile(
    r"delay(ed)?\b|warning: (could not|message)|verz[öo]ger", re.IGNORECASE
)
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REFUSED: Final = re.compile(r"\b[45]\d\d[ -]")
_RECIPIENT: Final = re.compile(
    r"<?([^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+?)>?:?\s*$", re.MULTILINE
)
_NAMED: Final = re.compile(
    r"^[ \t>]{0,20}Message-I[dD]:\s{0,20}<([^<>\s]{1,998})>", re.MULTILINE | re.IGNORECASE
)


def reports_of(message: Part, parts: Parts, why: Automatic | None, body: str) -> tuple[Report, ...]:
    """Read what a mail reports; nothing when it is no report.

    Args:
        message: The mail.
        parts: Its parts.
        why: Why it counts as automatic.
        body: Its text.
    """
    names = _names(message, parts, body)
    found = [each for part in parts.reports for each in _of_part(part, names)]
    if not found and why is Automatic.REPORT:
        found = list(_of_prose(message, body, names))
    return tuple(found[:MOST])


def _names(message: Part, parts: Parts, body: str) -> tuple[str, ...]:
    """Names of the mail that is meant, the surest first."""
    found: dict[str, None] = {}
    for returned in parts.returned:
        if name := message_id(returned):
            found[name] = None
    for attachment in parts.attachments:
        if attachment.content_type in ("text/rfc822-headers", "message/rfc822"):
            head = attachment.data[: 64 * 1024].decode("utf-8", "replace")
            found.update(dict.fromkeys(_NAMED.findall(head)[:1]))
    found.update(dict.fromkeys(_NAMED.findall(body)[:3]))
    found.update(dict.fromkeys(reversed(ids(message, "In-Reply-To"))))
    found.update(dict.fromkeys(reversed(ids(message, "References"))))
    return tuple(found)


def _of_part(part: Part, names: tuple[str, ...]) -> Iterator[Report]:
    inner = part.source()
    groups = inner if isinstance(inner, list) else []
    envelope = next((v for g in groups if (v := raw(g, "Original-Envelope-Id"))), "")
    named = (*dict.fromkeys((unxtext(envelope), envelope)), *names) if envelope else names
    for group in groups:
        if original := ids(group, "Original-Message-ID"):
            named = (*original, *named)
        if "Action" in group:
            yield from _of_recipient(group, named)
        elif "Disposition" in group:
            match = _READ.match(raw(group, "Disposition"))
            outcome = _RECEIPTS.get(match[1].lower()) if match else None
            if outcome is not None:
                yield Report(
                    outcome=outcome, recipient=_recipient(group), text="", message_ids=named
                )


def _of_recipient(group: Part, names: tuple[str, ...]) -> Iterator[Report]:
    action = re.match(r"\w*", raw(group, "Action").lower())
    outcome = _ACTIONS.get(action[0] if action else "")
    if outcome is None:
        return
    status = _STATUS.search(raw(group, "Status"))
    said = text(group, "Diagnostic-Code")
    yield Report(
        outcome=outcome,
        recipient=_recipient(group),
        status=status[1] if status else None,
        text=re.sub(r"^\s*[\w-]+\s*;\s*", "", said)[:LONGEST],
        message_ids=names,
    )


def _recipient(group: Part) -> str | None:
    for name in ("Original-Recipient", "Final-Recipient"):
        value = raw(group, name)
        address = value.partition(";")[2].strip(" <>") or value.strip(" <>")
        if "@" in address:
            return address
    return None


def _of_prose(message: Part, body: str, names: tuple[str, ...]) -> Iterator[Report]:
    """The report of a mail system that writes to people and not to programs."""
    head = body.split("\n--- ", 1)[0][:8000]
    subject = text(message, "Subject")
    failed = mailboxes(message, "X-Failed-Recipients")
    if _DELAYED.search(subject):
        outcome = Outcome.DELAYED
    elif failed or _FAILED.search(subject) or "qmail-send" in head:
        outcome = Outcome.FAILED
    else:
        return
    recipients: Sequence[str | None] = [box.address for box in failed] or _RECIPIENT.findall(head)[
        :1
    ]
    said = next((line for line in head.split("\n") if _REFUSED.search(line)), subject)
    status = _STATUS.search(head)
    for recipient in recipients or [None]:
        yield Report(
            outcome=outcome,
            recipient=recipient,
            status=status[1] if status else None,
            text=" ".join(said.split())[:LONGEST],
            message_ids=names,
        )
