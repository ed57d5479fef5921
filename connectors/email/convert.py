"""Between a mail and a message: what of a mail the broker is told, and a mail of what it wants to be sent."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_string
from hashlib import sha256
from typing import Any, Final

from attrs import evolve, frozen

from connectors.channels.channel import Attachment, Incoming, Outgoing
from connectors.email.build import name_of
from connectors.email.headers import mailboxes, tolerant
from connectors.email.mail import Mail, Mailbox, NewMail, Quote
from connectors.email.parse import ORIGINAL
from connectors.email.quote import LONGEST as LONGEST_QUOTE
from connectors.email.settings import Account
from protocol.limits import BYTE_LENGTHS, text_length
from protocol.values import is_blank

NOBODY: Final = "unknown@sender.invalid"
"""Who wrote a mail that does not say who did; no answer can go there."""
ROOM: Final = 16 * 1024
"""Bytes of a body that are left for notes about it."""
LONGEST_NOTE: Final = 16 * 1024
_SAME_NAME: Final = re.compile(r" [0-9a-f]{16}$")
_MEMBERS: Final = (
    ("From", "FromField"),
    ("To", "ToField"),
    ("Cc", "ToCcField"),
    ("Subject", "SubjectField"),
)


# --- what comes in


@frozen(kw_only=True)
class Arrival:
    """A mail that has come.

    Attributes:
        mail: The mail.
        data: Its bytes.
        received: When it came.
        size: How many bytes it has, where not all of them are here.
        where: Where it still lies, where not all of it is here.
    """

    mail: Mail
    data: bytes
    received: datetime
    size: int = 0
    where: str = ""


def incoming(arrival: Arrival, gateway: str, delivery_id: str, most: int) -> Incoming:
    """What the broker is told of a mail.

    Args:
        arrival: The mail.
        gateway: The gateway that it came to.
        delivery_id: Its name.
        most: How many attachments the broker takes.
    """
    mail = arrival.mail
    remote = mail.remote
    fits = remote is not None and len(remote.address) <= text_length(
        "MessageContentInfo", "RemoteAddress"
    )
    shown = {
        "From": str(mail.sender) if mail.sender else "",
        "To": _list(mail.to),
        "Cc": _list(mail.cc),
        "Subject": mail.subject,
    }
    text, html, more = _bodies(mail, arrival)
    if (remote is not None and not fits) or _is_cut(shown):
        more.append(_headers(shown, remote))
    return Incoming(
        gateway=gateway,
        delivery_id=delivery_id,
        remote_address=remote.address if remote is not None and fits else NOBODY,
        received=arrival.received,
        shown_from=shown["From"] or None,
        to=shown["To"] or None,
        cc=shown["Cc"] or None,
        bcc=_list(mail.bcc) or None,
        subject=mail.subject or None,
        html=html,
        text=text,
        in_reply_to=next((name for name in reversed(mail.in_reply_to) if not is_blank(name)), None),
        references=tuple(name for name in mail.references if not is_blank(name)),
        drafted=mail.date,
        culture=mail.culture,
        spam_level=mail.spam_level,
        # No receipt goes to nobody.
        is_automatic=True if mail.automatic is not None or not (remote and fits) else None,
        attachments=_few([*map(_fitting, mail.attachments), *more], arrival.data, most),
    )


def _list(boxes: Iterable[Mailbox]) -> str:
    return ", ".join(str(box) for box in boxes)


def _is_cut(shown: dict[str, str]) -> bool:
    """Whether something that is shown is longer than the broker takes; the frame cuts it."""
    return any(
        len(shown[name]) > text_length("MessageContentInfo", member) for name, member in _MEMBERS
    )


def _headers(shown: dict[str, str], remote: Mailbox | None) -> Attachment:
    lines = [f"{name}: {value}" for name, value in shown.items() if value]
    if remote is not None:
        lines.append(f"Reply-To: {remote}")
    data = "\n".join(lines).encode()
    return Attachment(name="headers.txt", content_type="text/plain", data=data)


def _bodies(mail: Mail, arrival: Arrival) -> tuple[str | None, str | None, list[Attachment]]:
    """Both bodies, no longer than they may be, and as files what had to be cut."""
    more: list[Attachment] = []
    text, html = mail.text, mail.html
    if text is not None:
        text, whole = _cut(text, "BodyText", "[cut: the whole text is in body.txt]")
        if whole is not None:
            more.append(Attachment(name="body.txt", content_type="text/plain", data=whole))
    if html is not None:
        html, whole = _cut(html, "BodyHtml", "<p>[cut: all of it is in body.html]</p>")
        if whole is not None:
            more.append(Attachment(name="body.html", content_type="text/html", data=whole))
    if arrival.size > len(arrival.data):
        note = f"[a mail of {arrival.size} bytes, not fetched: it is in {arrival.where}]"
        text, html = f"{note}\n{text or ''}", None
    return text, html, more


def _cut(body: str, member: str, sign: str) -> tuple[str, bytes | None]:
    data = body.encode("utf-8", "replace")
    room = BYTE_LENGTHS[member] - ROOM
    if len(data) <= room:
        return body, None
    return f"{data[:room].decode('utf-8', 'ignore')}\n{sign}", data


def _fitting(attachment: Attachment) -> Attachment:
    """A file whose type and name within the HTML are no longer than the broker takes."""
    kind, name = attachment.content_type, attachment.content_id
    if len(kind) > text_length("AttachmentInfo", "ContentType"):
        attachment = evolve(attachment, content_type="application/octet-stream")
    if name is not None and len(name) > text_length("AttachmentInfo", "ContentId"):
        attachment = evolve(attachment, content_id=None, is_inline=False)
    return attachment


def _few(attachments: list[Attachment], data: bytes, most: int) -> tuple[Attachment, ...]:
    """So many attachments as the broker takes; when there are more, the mail itself is the last."""
    if len(attachments) <= most:
        return tuple(attachments)
    first = sorted(attachments, key=lambda each: not each.is_inline)[: most - 1]
    kept = [each for each in attachments if each in first][: most - 1]
    return (*kept, Attachment(name=ORIGINAL, content_type="message/rfc822", data=data))


# --- names


def origin_of(mail: Mail) -> str:
    """What tells mails apart that were given the same name, which some devices do to all of theirs."""
    sender = mail.sender.address.lower() if mail.sender else ""
    when = mail.date.isoformat() if mail.date else f"{mail.subject}\n{mail.text}\n{mail.html}"
    return sha256(f"{sender}\n{when}".encode("utf-8", "replace")).hexdigest()[:16]


def own_name(arrival: Arrival) -> str:
    """The name of a mail; one that has none is known by its bytes."""
    name = arrival.mail.message_id
    if name is None or is_blank(name):
        return f"{sha256(arrival.data).hexdigest()}@unnamed.invalid"
    return name


def told_apart(name: str, origin: str) -> str:
    """A name for a mail whose own name another mail has already."""
    return f"{name} {origin}"


def name_at_far_side(name: str) -> str:
    """The name that the far side knows a mail by."""
    return _SAME_NAME.sub("", name)


# --- what is kept of a mail for the answer


@frozen(kw_only=True)
class Kept:
    """What is kept of a mail that came in.

    Attributes:
        origin: See `origin_of`.
        writer: Who wrote it.
        date: When.
        text: Its text, as far as it is quoted.
        references: The mails before it.
    """

    origin: str
    writer: str = ""
    date: datetime | None = None
    text: str | None = None
    references: tuple[str, ...] = ()

    @property
    def quote(self) -> Quote | None:
        """What an answer shows of it."""
        if self.text is None:
            return None
        return Quote(writer=self.writer, date=self.date, text=self.text)


def kept(mail: Mail, text: str | None) -> bytes:
    """What is kept of a mail, with its text if it is to be quoted."""
    sender = mail.sender
    content = {
        "origin": origin_of(mail),
        "writer": (sender.name or sender.address)[:200] if sender else "",
        "date": mail.date.isoformat() if mail.date else None,
        "text": text[: min(LONGEST_NOTE, LONGEST_QUOTE)] if text is not None else None,
        "references": mail.references[-20:],
    }
    return zlib.compress(json.dumps(content).encode())


def read_kept(note: bytes) -> Kept:
    """What was kept."""
    content: dict[str, Any] = json.loads(zlib.decompress(note))
    date = content["date"]
    return Kept(
        origin=content["origin"],
        writer=content["writer"],
        date=datetime.fromisoformat(date) if date else None,
        text=content["text"],
        references=tuple(content["references"]),
    )


# --- what goes out


def outgoing(
    message: Outgoing, account: Account, attachments: Iterable[Attachment], kept_: Kept | None
) -> NewMail:
    """The mail that the broker wants to be sent.

    Args:
        message: What the broker says.
        account: From where it is sent.
        attachments: Its files.
        kept_: What is kept of the mail that it answers.
    """
    domain = account.address.rpartition("@")[2]
    to, cc, bcc = _boxes(message.to), _boxes(message.cc), _boxes(message.bcc)
    remote = Mailbox(message.remote_address)
    if remote.address == NOBODY:
        to, cc, bcc = (
            tuple(box for box in boxes if box.address != NOBODY) for boxes in (to, cc, bcc)
        )
    elif not any(box.address.lower() == remote.address.lower() for box in (*to, *cc, *bcc)):
        to = (remote, *to)
    references = tuple(name_at_far_side(name) for name in message.references)
    if not references and kept_ is not None:
        references = kept_.references
    is_automatic = bool(message.info.is_automatic)
    quote = kept_.quote if kept_ is not None and account.quote and not is_automatic else None
    answered = message.in_reply_to
    return NewMail(
        message_id=name_of(message.delivery_id, domain),
        sender=Mailbox(account.address, account.name or _name(message)),
        reply_to=Mailbox(account.reply_to) if account.reply_to else None,
        to=to,
        cc=cc,
        bcc=bcc,
        date=message.sent or message.drafted or datetime.now(UTC),
        subject=message.subject or "",
        text=message.text,
        html=message.html,
        attachments=tuple(evolve(each) for each in attachments),
        in_reply_to=name_at_far_side(answered) if answered else None,
        references=references,
        is_automatic=is_automatic,
        culture=message.culture,
        quote=quote,
    )


def _boxes(line: str | None) -> tuple[Mailbox, ...]:
    if not line:
        return ()
    message = message_from_string("", policy=tolerant())
    message.set_raw("To", " ".join(line.split()))
    return mailboxes(message, "To")


def _name(message: Outgoing) -> str:
    """The name beside the address: the sender's as the broker shows it, or that of the gateway."""
    shown = message.shown_from or ""
    boxes = _boxes(shown)
    if boxes:
        return boxes[0].name or message.gateway.display_name or ""
    return shown or message.gateway.display_name or ""
