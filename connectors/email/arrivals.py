"""Mails that have come, read, wherever they lay; and which of them must not overtake each other."""

from __future__ import annotations

from connectors.email.convert import Arrival, own_name
from connectors.email.folder import Dropped
from connectors.email.imap import Fetched
from connectors.email.parse import parse
from connectors.email.settings import Folder, Imap


def from_mailbox(imap: Imap, fetched: Fetched) -> Arrival:
    """A mail of a mailbox."""
    return Arrival(
        mail=parse(fetched.data),
        data=fetched.data,
        received=fetched.received,
        size=fetched.size,
        where=f"{imap.folder} of {imap.user}, UID {fetched.place.uid}",
    )


def from_folder(folder: Folder, dropped: Dropped) -> Arrival:
    """A mail of a folder."""
    return Arrival(
        mail=parse(dropped.data),
        data=dropped.data,
        received=dropped.received,
        size=dropped.size,
        where=str(folder.keep or folder.path),
    )


def order_of(arrival: Arrival) -> set[str]:
    """What keeps mails in their order: who wrote them, and every mail that they are or name."""
    mail = arrival.mail
    reported = (name for report in mail.reports for name in report.message_ids)
    remote = mail.remote.address.lower() if mail.remote is not None else ""
    names = (own_name(arrival), *mail.in_reply_to, *mail.references, *reported)
    return {f"from {remote}", *(f"mail {name}" for name in names)}
