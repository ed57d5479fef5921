"""A mail as values: what is read out of bytes, without a word of how they were written."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, unique

from attrs import frozen

from connectors.channels.channel import Attachment


@unique
class Automatic(StrEnum):
    """Why a mail counts as written by no person."""

    REPORT = "report"  # of a mail system, on a mail that was sent
    RECEIPT = "receipt"  # of a program that says what became of a mail
    REPLY = "reply"  # out of office
    LIST = "list"
    BULK = "bulk"
    GENERATED = "generated"


@unique
class Outcome(StrEnum):
    """What a report says of a mail that was sent."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    READ = "read"
    DELETED = "deleted"


@frozen
class Mailbox:
    """An address as it stands in a header.

    Attributes:
        address: `local@domain`.
        name: Who that is; may be empty.
    """

    address: str
    name: str = ""

    def __str__(self) -> str:
        if not self.name:
            return self.address
        name = self.name
        if any(sign in name for sign in '",;:<>@()[]\\'):
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{name} <{self.address}>"


@frozen(kw_only=True)
class Report:
    """What a mail system or a mail program says of one recipient of a mail that was sent.

    Attributes:
        outcome: What became of it.
        recipient: For whom.
        status: The code of RFC 3463, as `5.1.1`.
        text: What the other side said.
        message_ids: Names by which the mail may be known, the surest first.
    """

    outcome: Outcome
    recipient: str | None = None
    status: str | None = None
    text: str = ""
    message_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = (self.recipient and f"{self.recipient}:", self.status, self.text)
        return " ".join(word for word in words if word)


@frozen(kw_only=True)
class Mail:
    """A mail.

    Attributes:
        message_id: Its name, without angle brackets.
        in_reply_to: Names of mails that it answers.
        references: Names of the mails before it, the oldest first.
        date: When it was written, as its writer says.
        sender: Who wrote it.
        reply_to: Where answers are wanted.
        to: Its receivers.
        cc: Those of copies.
        bcc: Those who were hidden.
        delivered_to: The addresses for which a server took it, the latest first.
        subject: Its subject.
        text: Its body as text.
        html: Its body as HTML, as it came.
        attachments: Everything else in it.
        automatic: Why it counts as written by no person.
        reports: What it says of mails that were sent.
        list_id: The list that it came over.
        culture: The language that it names.
        spam_level: 3 when a filter before us says so.
        faults: What was wrong with it.
    """

    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    sender: Mailbox | None = None
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    automatic: Automatic | None = None
    reports: tuple[Report, ...] = ()
    list_id: str | None = None
    culture: str | None = None
    spam_level: int | None = None
    faults: tuple[str, ...] = ()

    @property
    def remote(self) -> Mailbox | None:
        """Whom an answer goes to: where it is wanted, but never a whole list."""
        wanted = self.reply_to[0] if self.reply_to and self.list_id is None else None
        return wanted or self.sender


@frozen(kw_only=True)
class Quote:
    """What an answer shows below of the mail that it answers.

    Attributes:
        writer: Who wrote it.
        date: When.
        text: Its body as text.
        html: Its body as HTML, cleaned.
    """

    writer: str = ""
    date: datetime | None = None
    text: str | None = None
    html: str | None = None


@frozen(kw_only=True)
class NewMail:
    """A mail that is to be sent.

    Attributes:
        message_id: Its name, without angle brackets.
        sender: Who writes.
        to: Its receivers.
        cc: Those of copies.
        bcc: Those whom no header shows.
        reply_to: Where answers are wanted, if not at the sender.
        date: When it is sent.
        subject: Its subject.
        text: Its body as text.
        html: Its body as HTML.
        attachments: Its files; those that are inline belong to the HTML.
        in_reply_to: The mail that it answers.
        references: The mails before it, the oldest first.
        is_automatic: No person wrote it.
        culture: Its language.
        quote: What it shows of the mail that it answers.
    """

    message_id: str
    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    date: datetime
    subject: str = ""
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    is_automatic: bool = False
    culture: str | None = None
    quote: Quote | None = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address that it goes to, once."""
        boxes = (*self.to, *self.cc, *self.bcc)
        return tuple({box.address.lower(): box.address for box in boxes}.values())
