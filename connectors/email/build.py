"""A mail out of what is to be said: bytes that any mail program reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import headerregistry
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from email.utils import format_datetime
from html import unescape
from typing import Any, Final, cast

from connectors.channels.channel import Attachment
from connectors.email.charsets import one_line, tidy
from connectors.email.mail import Mailbox, NewMail
from connectors.email.quote import quoted_html, quoted_text

LONGEST_REFERENCES: Final = 40
"""Names in `References`: the first and the latest; some servers refuse long headers."""

_NAMES: Final = frozenset({"message-id", "in-reply-to", "references"})
_ID: Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")


class Written(EmailPolicy):
    """The policy for what is sent: seven bits, and names of mails never broken or encoded."""

    cte_type = "7bit"
    linesep = "\r\n"
    raise_on_defect = False

    def fold(self, name: str, value: Any) -> str:
        """Write a header."""
        if name.lower() in _NAMES:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write a header as bytes."""
        if name.lower() in _NAMES:
            return self.fold(name, value).encode("ascii", "replace")
        return super().fold_binary(name, value)


POLICY: Final = Written()


def build(mail: NewMail, *, wide: bool = False) -> bytes:
    """The bytes of a mail.

    Args:
        mail: The mail.
        wide: Whether headers may have letters beyond ASCII, as addresses with such need (RFC 6532).

    Raises:
        ValueError: An address cannot be written.
    """
    message = EmailMessage(POLICY.clone(utf8=True) if wide else POLICY)
    message["From"] = _address(mail.sender)
    message["To"] = [_address(box) for box in mail.to]
    if mail.cc:
        message["Cc"] = [_address(box) for box in mail.cc]
    if mail.reply_to is not None:
        message["Reply-To"] = _address(mail.reply_to)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = f"<{mail.message_id}>"
    _thread(message, mail)
    if mail.culture and re.fullmatch(r"[A-Za-z0-9-]+", mail.culture):
        message["Content-Language"] = mail.culture
    if mail.is_automatic:
        message["Auto-Submitted"] = "auto-replied" if mail.in_reply_to else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    _body(message, mail)
    return message.as_bytes()


def name_of(proposed: str, domain: str) -> str:
    """The Message-ID for a proposed name: the name itself where it has the form of one."""
    bare = proposed.strip().strip("<>")
    if _ID.fullmatch(bare):
        return bare
    return f"{re.sub(r'[^A-Za-z0-9._-]', '.', bare)}@{domain}"


def _thread(message: EmailMessage, mail: NewMail) -> None:
    before = [each for each in mail.references if _ID.fullmatch(each)]
    if mail.in_reply_to and _ID.fullmatch(mail.in_reply_to):
        message["In-Reply-To"] = f"<{mail.in_reply_to}>"
        before = [each for each in before if each != mail.in_reply_to] + [mail.in_reply_to]
    if len(before) > LONGEST_REFERENCES:
        before = before[:1] + before[1 - LONGEST_REFERENCES :]
    if before:
        message["References"] = " ".join(f"<{each}>" for each in before)


def _address(box: Mailbox) -> headerregistry.Address:
    local, _, domain = box.address.rpartition("@")
    if not local or not domain:
        raise ValueError(f"{box.address!r} is not an address")
    name = one_line(box.name)
    return headerregistry.Address(name, addr_spec=f"{local}@{ascii_domain(domain)}")


def ascii_domain(domain: str) -> str:
    """A domain as it travels.

    Raises:
        ValueError: It is none.
    """
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"{domain!r} is not a domain") from error


def _body(message: EmailMessage, mail: NewMail) -> None:
    text, html = mail.text, mail.html
    if mail.quote is not None:
        text = None if text is None else quoted_text(text, mail.quote, mail.culture)
        html = None if html is None else quoted_html(html, mail.quote, mail.culture)
    inline = [each for each in mail.attachments if each.is_inline and each.content_id and html]
    if text is not None or html is None:
        message.set_content(_ending(tidy(text or "")), subtype="plain")
        if html is not None:
            message.add_alternative(tidy(html), subtype="html")
    else:
        message.set_content(tidy(html), subtype="html")
    if inline:
        _relate(message, inline)
    for each in mail.attachments:
        if each not in inline:
            _attach(message, each)


def _ending(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _relate(message: EmailMessage, inline: Iterable[Attachment]) -> None:
    payload = message.get_payload()
    page: MIMEPart = message
    if message.get_content_type() == "multipart/alternative" and isinstance(payload, list):
        page = cast("MIMEPart", payload[-1])
    for each in inline:
        major, minor = _type(each)
        page.add_related(
            each.data,
            maintype=major,
            subtype=minor,
            cid=f"<{one_line(each.content_id or '')}>",
            disposition="inline",
            filename=each.name,
        )


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    major, minor = _type(attachment)
    message.add_attachment(
        attachment.data, maintype=major, subtype=minor, filename=one_line(attachment.name)
    )


def _type(attachment: Attachment) -> tuple[str, str]:
    """Its type, where bytes may have it: mails and parts within parts travel as bytes too."""
    major, _, minor = unescape(attachment.content_type).lower().partition("/")
    if major in ("message", "multipart") or not (
        _TOKEN.fullmatch(major) and _TOKEN.fullmatch(minor)
    ):
        return ("application", "octet-stream")
    return (major, minor)
