"""What the section `[email]` of a channel's file says.

[[email.accounts]]
gateway = "mail"                      # peer of the message gateways: mail in and mail out
address = "service@example.com"
imap = { host = "imap.example.com", user = "service@example.com", password_env = "MAIL_PASSWORD" }
smtp = { host = "smtp.example.com", user = "service@example.com", password_env = "MAIL_PASSWORD" }

[[email.folders]]                     # files that another program drops
path = "drop"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from attrs import field, frozen

from connectors.channels.converter import Secret, between, not_empty
from connectors.channels.settings import Ca


def day(value: str) -> str:
    """A check of a day."""
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"must be a day, as 2026-01-31, not {value}") from None
    return value


Text = Annotated[str, not_empty]
Port = Annotated[int, between(1, 65_535)]
Seconds = Annotated[float, between(0.05, 86_400)]
Tls = Literal["on", "starttls", "off"]


@frozen(kw_only=True)
class Imap:
    """How a mailbox is read.

    Attributes:
        host: The server.
        port: Its port; None: 993 with TLS from the first byte, else 143.
        tls: `on` from the first byte, `starttls` after a greeting, `off`.
        ca: File with the certificates that are trusted; None: those of the system.
        user: The login.
        password: Its password.
        oauth: In place of a password: a name of `[email.oauth]`.
        folder: The folder that is read.
        done: What becomes of a mail that the broker has: a `keyword` is set, it is marked as `seen`, it is
            made to `move` to another folder, or it is left as it is (`keep`).
        done_folder: Where it moves to.
        refused_folder: Where mail moves to that the broker does not take.
        since: Mail from before this day is left alone, as `2026-01-31`; None: all is taken.
        idle: Whether the server tells of new mail (IDLE), where it can.
        poll: How often is looked without being told, in seconds.
        timeout: How long the server may take for an answer.
    """

    host: Text
    port: Port | None = None
    tls: Tls = "on"
    ca: Ca | None = None
    user: Text
    password: Secret | None = None
    oauth: str | None = None
    folder: Text = "INBOX"
    done: Literal["keyword", "seen", "move", "keep"] = "keyword"
    done_folder: Text = "Done"
    refused_folder: Text = "Refused"
    since: Annotated[str, day] | None = None
    idle: bool = True
    poll: Seconds = 120.0
    timeout: Seconds = 60.0


@frozen(kw_only=True)
class Smtp:
    """How mail is handed over.

    Attributes:
        host: The server.
        port: Its port; None: 465 with TLS from the first byte, else 587.
        tls: As for IMAP.
        ca: As for IMAP.
        user: The login; None: none is wanted.
        password: Its password.
        oauth: In place of a password: a name of `[email.oauth]`.
        connections: How many there are at a time.
        reports: Whether the far side is asked to report what was delivered (DSN), where it can.
        timeout: How long the server may take for an answer.
    """

    host: Text
    port: Port | None = None
    tls: Tls = "starttls"
    ca: Ca | None = None
    user: str | None = None
    password: Secret | None = None
    oauth: str | None = None
    connections: Annotated[int, between(1, 100)] = 3
    reports: bool = False
    timeout: Seconds = 60.0


@frozen(kw_only=True)
class Account:
    """One address, with the gateways that stand for it at the broker.

    Attributes:
        gateway: The `peer` of those gateways.
        address: The address that mail is sent from.
        name: The name beside it; None: what the broker says.
        reply_to: Where answers are wanted, if elsewhere.
        quote: Whether an answer shows below what it answers.
        imap: Where mail comes in; None: nowhere but in a folder.
        smtp: Where mail goes out.
        out: A folder into which mail is written in place of that; with neither none goes out.
    """

    gateway: Text
    address: Annotated[str, not_empty]
    name: str | None = None
    reply_to: str | None = None
    quote: bool = True
    imap: Imap | None = None
    smtp: Smtp | None = None
    out: Path | None = None


@frozen(kw_only=True)
class Folder:
    """A folder in which other programs drop mail as files.

    Attributes:
        path: The folder.
        gateway: The gateway for mail to none of the addresses; None: such mail is set aside.
        keep: Where files go that the broker has; None: they are deleted.
        poll: How often is looked, in seconds.
    """

    path: Path
    gateway: str | None = None
    keep: Path | None = None
    poll: Seconds = 1.0


@frozen(kw_only=True)
class OAuth:
    """Where tokens come from (OAuth 2).

    Attributes:
        token_url: The issuer's address for tokens.
        client_id: The name of this program at the issuer.
        client_secret: Its secret, if it has one.
        refresh_token: What a person has granted; None: the program has a right of its own.
        scope: What is asked for.
    """

    token_url: Text
    client_id: Text
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    scope: str | None = None


@frozen(kw_only=True)
class EmailSettings:
    """`[email]`.

    Attributes:
        accounts: The addresses.
        folders: The folders for files.
        oauth: Issuers of tokens, by names of their own.
        message_bytes: A mail with more bytes is not fetched as a whole.
        attachments: How many attachments of one mail the broker takes.
    """

    accounts: Annotated[tuple[Account, ...], not_empty]
    folders: tuple[Folder, ...] = ()
    oauth: dict[str, OAuth] = field(factory=dict)
    message_bytes: Annotated[int, between(1, 1 << 30)] = 50 * 1024 * 1024
    attachments: Annotated[int, between(1, 1000)] = 10

    def faults(self) -> tuple[str, ...]:
        """What does not fit together."""
        found = []
        for number, account in enumerate(self.accounts):
            where = f"email.accounts[{number}]"
            local, _, domain = account.address.rpartition("@")
            if not local or not domain:
                found.append(f"{where}.address: {account.address} is not an address")
            if account.smtp is not None and account.out is not None:
                found.append(f"{where}: smtp and out are both there; give one")
            for name in ("imap", "smtp"):
                server: Imap | Smtp | None = getattr(account, name)
                if server is None:
                    continue
                if server.oauth is not None and server.oauth not in self.oauth:
                    found.append(f"{where}.{name}.oauth: there is no [email.oauth.{server.oauth}]")
                if server.oauth is not None and server.password is not None:
                    found.append(f"{where}.{name}: a password and oauth are both there; give one")
                if server.user is not None and server.oauth is None and server.password is None:
                    found.append(f"{where}.{name}: a user without a password and without oauth")
            if account.imap is not None:
                found += (f"{where}.imap.{fault}" for fault in _faults_of_moving(account.imap))
        found += (f"email.accounts: {address} is there twice" for address in self._twice())
        found += self._faults_of_folders()
        return tuple(found)

    def gateways(self) -> Iterator[tuple[str, str]]:
        """Where gateways are named, and which."""
        for number, account in enumerate(self.accounts):
            yield f"accounts[{number}].gateway", account.gateway
        for number, folder in enumerate(self.folders):
            if folder.gateway is not None:
                yield f"folders[{number}].gateway", folder.gateway

    def _twice(self) -> Iterator[str]:
        """Addresses and mailboxes that several accounts have: each mail would come for one of them."""
        names = [account.address.lower() for account in self.accounts]
        names += (
            f"the mailbox {imap.folder} of {imap.user}@{imap.host.lower()}"
            for imap in (account.imap for account in self.accounts)
            if imap is not None
        )
        return (name for name, count in sorted(Counter(names).items()) if count > 1)

    def _faults_of_folders(self) -> Iterator[str]:
        """Folders from which mail would come again and again."""
        written = {account.out.resolve() for account in self.accounts if account.out is not None}
        paths = [folder.path.resolve() for folder in self.folders]
        for number, folder in enumerate(self.folders):
            where, path = f"email.folders[{number}]", paths[number]
            if path in paths[:number]:
                yield f"{where}.path: {folder.path} is there twice"
            if path in written:
                yield f"{where}.path: mail that goes out is written into {folder.path}"
            if folder.keep is not None and folder.keep.resolve() in paths:
                yield f"{where}.keep: what is kept in {folder.keep} would be taken again"


def _faults_of_moving(imap: Imap) -> Iterator[str]:
    """Folders to which mail would move from themselves, each time as new mail."""
    if imap.done != "move":
        return
    read = _folder(imap.folder)
    for name, folder in (
        ("done_folder", imap.done_folder),
        ("refused_folder", imap.refused_folder),
    ):
        if _folder(folder) == read:
            yield f"{name}: {folder} is what is read"


def _folder(name: str) -> str:
    return name.upper() if name.upper() == "INBOX" else name
