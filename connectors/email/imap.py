"""A mailbox over IMAP: what is new in it, and a mark on what is done.

Every method blocks and runs in a thread; `abort` alone is called from another one. Whatever goes wrong is an
`ImapError`, after which the connection is thrown away.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any, Final

from attrs import define, frozen
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from connectors.email.settings import Imap

BATCH: Final = 50
"""Mails that are fetched, or marked, by one command."""
BATCH_BYTES: Final = 8 * 1024 * 1024
"""Bytes that are fetched by one command, unless a single mail has more."""
TAKEN: Final = "$ParleyTaken"
REFUSED: Final = "$ParleyRefused"
_NOT_NOW: Final = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]|temporar|try again", re.IGNORECASE
)
"""How a server refuses a login that is right."""
_BYTES: Final = re.compile(r"""\bb(['"])(.*)\1""")
_TOOK: Final = re.compile(r" *\([0-9. +]+ secs\)\.?")
_PORTS: Final = {"on": 993, "starttls": 143, "off": 143}
_SEEN, _FLAGGED, _DELETED = b"\\Seen", b"\\Flagged", b"\\Deleted"


class ImapError(Exception):
    """Something went wrong with a mailbox."""


class WrongCredentialsError(ImapError):
    """The server does not take the login."""


class NotFetchedError(ImapError):
    """The server does not give out a mail; the connection is good."""


class NotMarkedError(ImapError):
    """The server does not do with a mail what is to be done with it; the connection is good."""


@frozen
class Place:
    """A mail in a folder.

    Attributes:
        validity: UIDVALIDITY of the folder: with another one the numbers mean other mails.
        uid: The number of the mail.
    """

    validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"

    def is_known_by(self, last: Place) -> bool:
        """Whether it is the last one that was given, or one before it."""
        return self.validity == last.validity and self.uid <= last.uid

    @classmethod
    def read(cls, text: str | None) -> Place | None:
        """A place as it was noted."""
        found = re.fullmatch(r"(\d+):(\d+)", text or "")
        return cls(int(found[1]), int(found[2])) if found else None


@frozen(kw_only=True)
class Fetched:
    """A mail as it lies on the server.

    Attributes:
        place: Where.
        data: Its bytes; only its headers when it is too long.
        size: How many bytes it has there.
        received: When the server got it.
    """

    place: Place
    data: bytes
    size: int
    received: datetime

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are all of it."""
        return len(self.data) >= self.size


@frozen(kw_only=True)
class Batch:
    """Mails that were fetched together.

    Attributes:
        count: How many places were looked at, the first of those that were asked for.
        mails: What lies there, in order; of what is gone nothing.
    """

    count: int
    mails: tuple[Fetched, ...]


@define(eq=False)
class Mailbox:
    """A connection to one folder of a mailbox.

    Attributes:
        settings: Where it is, and how it is read.
        can_idle: Whether the server tells of new mail; known once it is connected.
    """

    settings: Imap
    can_idle: bool = False
    _client: IMAPClient | None = None
    _validity: int = 0
    _can_keyword: bool = False
    _is_aborted: bool = False

    # --- the connection

    def connect(self, token: str | None = None) -> None:
        """Connect, log in, and open the folder.

        Args:
            token: In place of a password.

        Raises:
            WrongCredentialsError: The login is not taken.
            ImapError: It does not go.
        """
        settings = self.settings
        port = settings.port or _PORTS[settings.tls]
        with _faults(f"{settings.host}:{port}: "):
            client = IMAPClient(
                settings.host,
                port,
                ssl=settings.tls == "on",
                ssl_context=self._context() if settings.tls == "on" else None,
                timeout=settings.timeout,
            )
            self._client = client
            client = self._connected
            if settings.tls == "starttls":
                client.starttls(self._context())
            try:
                if token is not None:
                    client.oauth2_login(settings.user, token)
                else:
                    password = settings.password
                    client.login(settings.user, "" if password is None else password.value)
            except LoginError as error:
                if _NOT_NOW.search(str(error)):
                    raise ImapError(_text(error)) from error
                raise WrongCredentialsError(_text(error)) from error
            if settings.done == "move":
                for folder in (settings.done_folder, settings.refused_folder):
                    if not client.folder_exists(folder):
                        client.create_folder(folder)
            self._open(client)

    def _context(self) -> ssl.SSLContext:
        ca = self.settings.ca
        return ssl.create_default_context(cafile=None if ca is None else str(ca))

    def _open(self, client: IMAPClient) -> None:
        opened = client.select_folder(self.settings.folder, readonly=self.settings.done == "keep")
        self.can_idle = self.settings.idle and bool(client.has_capability("IDLE"))
        self._validity = int(opened[b"UIDVALIDITY"])
        permanent = opened.get(b"PERMANENTFLAGS", ())
        self._can_keyword = b"\\*" in permanent or TAKEN.encode() in permanent

    def close(self) -> None:
        """Say goodbye, where there still is somebody."""
        client, self._client = self._client, None
        if client is None:
            return
        faults = (OSError, IMAPClientError, imaplib.IMAP4.error, ValueError)
        if not self._is_aborted:
            with suppress(*faults):
                client.socket().settimeout(min(5.0, self.settings.timeout))
                client.logout()
        with suppress(*faults):
            client.shutdown()

    def abort(self) -> None:
        """Break the connection from another thread, so that whoever waits on it goes on."""
        self._is_aborted = True
        client = self._client
        if client is not None:
            with suppress(OSError):
                client.socket().shutdown(socket.SHUT_RDWR)

    @property
    def _connected(self) -> IMAPClient:
        if self._client is None or self._is_aborted:
            raise ImapError("the connection was given up")
        return self._client

    # --- what is in it

    @property
    def mode(self) -> str:
        """What becomes of what is done; where a server keeps no keywords, it is marked as seen."""
        done = self.settings.done
        return "seen" if done == "keyword" and not self._can_keyword else done

    def candidates(self, after: Place | None) -> list[Place]:
        """What may be new, in the order in which it came.

        Args:
            after: The last one of which the broker has been told, with all before it.
        """
        since = self.settings.since
        within = ["SINCE", date.fromisoformat(since)] if since is not None else []
        with _faults():
            self._connected.noop()  # some servers look for new mail at no other time
            found = self._connected.search([*self._wanted(after), *within])
        first = self._first(after)
        return [Place(self._validity, uid) for uid in sorted(found) if uid >= first]

    def _first(self, after: Place | None) -> int:
        """The lowest number that may be new, where numbers are all that says so."""
        if self.mode != "keep" or after is None or after.validity != self._validity:
            return 1
        return after.uid + 1

    def _wanted(self, after: Place | None) -> Sequence[Any]:
        match self.mode:
            case "keyword":
                return ["UNDELETED", "UNKEYWORD", TAKEN, "UNKEYWORD", REFUSED]
            case "seen":
                return ["UNDELETED", "UNSEEN"]
            case "move":
                return ["UNDELETED"]
            case _:
                first = (
                    after.uid + 1 if after is not None and after.validity == self._validity else 1
                )
                # `n:*` means the last one too, however small its number is.
                return ["UNDELETED", "UID", f"{first}:*"]

    def fetch(self, places: Sequence[Place], most: int) -> Batch:
        """Fetch the first of several mails, as many as `BATCH` and `BATCH_BYTES` allow; mark nothing.

        Args:
            places: Where they are.
            most: Of a mail with more bytes only the headers are fetched.

        Raises:
            NotFetchedError: The server does not give out the first one.
        """
        with _faults():
            try:
                return self._fetch(self._connected, places[:BATCH], most)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                if len(places) == 1:
                    raise NotFetchedError(f"UID {places[0].uid}: {_text(error)}") from error
        return self.fetch(places[:1], most)  # one that is damaged is not to stop the others

    def _fetch(self, client: IMAPClient, places: Sequence[Place], most: int) -> Batch:
        about = client.fetch([place.uid for place in places], ["RFC822.SIZE", "INTERNALDATE"])
        sizes = {
            uid: int(one[b"RFC822.SIZE"]) for uid, one in about.items() if one.get(b"RFC822.SIZE")
        }
        count, room = 0, BATCH_BYTES
        for place in places:
            room -= size if (size := sizes.get(place.uid, 0)) <= most else 0
            if count and room < 0:
                break
            count += 1
        there = [place for place in places[:count] if place.uid in sizes]
        data: dict[int, bytes] = {}
        for part, is_long in ((b"BODY[]", False), (b"BODY[HEADER]", True)):
            uids = [place.uid for place in there if (sizes[place.uid] > most) is is_long]
            if uids:
                found = client.fetch(uids, [part.replace(b"BODY[", b"BODY.PEEK[")])
                data |= {uid: one[part] for uid, one in found.items() if one.get(part) is not None}
        mails = tuple(
            Fetched(
                place=place,
                data=data[place.uid],
                size=sizes[place.uid],
                received=_in_utc(about[place.uid][b"INTERNALDATE"]),
            )
            for place in there
            if place.uid in data
        )
        return Batch(count=count, mails=mails)

    def finish(self, places: Sequence[Place], *, is_taken: bool) -> None:
        """Mark mails as done; doing it twice does no harm.

        Args:
            places: Where they are.
            is_taken: Whether the broker has them; else they are marked so that a person finds them.

        Raises:
            NotMarkedError: The server does not mark all of them.
        """
        fault: NotMarkedError | None = None
        for at in range(0, len(places), BATCH):
            uids = [place.uid for place in places[at : at + BATCH]]
            try:
                self._finish(uids, is_taken=is_taken)
            except NotMarkedError as error:
                fault = error
                for uid in uids if len(uids) > 1 else ():
                    with suppress(NotMarkedError):  # there may be room for some
                        self._finish([uid], is_taken=is_taken)
        if fault is not None:
            raise fault

    def _finish(self, uids: Sequence[int], *, is_taken: bool) -> None:
        with _faults():
            try:
                self._mark(self._connected, uids, is_taken=is_taken)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                raise NotMarkedError(_text(error)) from error

    def _mark(self, client: IMAPClient, uids: Sequence[int], *, is_taken: bool) -> None:
        match self.mode:
            case "keyword":
                client.add_flags(uids, [TAKEN if is_taken else REFUSED], silent=True)
            case "seen":
                client.add_flags(uids, [_SEEN] if is_taken else [_SEEN, _FLAGGED], silent=True)
            case "move":
                settings = self.settings
                self._move(
                    client, uids, settings.done_folder if is_taken else settings.refused_folder
                )
            case _:
                pass

    def _move(self, client: IMAPClient, uids: Sequence[int], folder: str) -> None:
        if client.has_capability("MOVE"):
            client.move(uids, folder)
            return
        client.copy(uids, folder)
        client.add_flags(uids, [_DELETED], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)

    def wait(self, seconds: float) -> None:
        """Wait until the server tells that something is new, or so many seconds."""
        with _faults():
            client = self._connected
            client.idle()
            client.idle_check(timeout=seconds)
            client.idle_done()


def _in_utc(when: datetime) -> datetime:
    """A time of the library's, which is local and does not say so; some servers have wild ones."""
    try:
        return when.astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        return when.replace(tzinfo=UTC)


@contextmanager
def _faults(where: str = "") -> Iterator[None]:
    """Make one kind of error of all that the libraries raise.

    Args:
        where: What stands before its text.
    """
    try:
        yield
    except ImapError:
        raise
    except (
        OSError,
        IMAPClientError,
        imaplib.IMAP4.error,
        ValueError,
        KeyError,
        AttributeError,
    ) as error:
        raise ImapError(where + _text(error)) from error


def _text(error: BaseException) -> str:
    """The words of a server or of the system, without what the library and a stop-watch put around them."""
    text = " ".join(str(error).split())
    text = _TOOK.sub("", _BYTES.sub(r"\2", text))
    return text[:300] or type(error).__name__
