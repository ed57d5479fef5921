"""Handing mail over by SMTP, and what became of it.

The one thing that matters is what is known afterwards. Until the last dot of a mail is on its way the
server has not taken it, whatever breaks; from then on only the server's answer says whether it has.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from attrs import define, frozen

from connectors.channels.channel import Permanent, SendError, Temporary, Throttled, Unknown
from connectors.email.oauth import xoauth2
from connectors.email.settings import Smtp
from connectors.email.xtext import xtext

PIECE: Final = 256 * 1024
_PORTS: Final = {"on": 465, "starttls": 587, "off": 587}
_ADDRESS: Final = re.compile(r"[^\s<>\x00-\x1f]+@[^\s<>@\x00-\x1f]+")
_TOO_FAST: Final = re.compile(
    r"""\brate\b|throttl|too\ many\ (concurrent|connections|messages|requests|sessions|recipients\ this)
    |concurrent|server\ (is\ )?busy|too\ (fast|quickly)|slow\ down|sending\ (limit|quota)|limit\ exceeded
    |\b4\.7\.(28|500|650)\b|\b4\.3\.2\b|\b5\.4\.5\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""How servers say that we send too much, and not that they do not want this mail."""


@frozen(kw_only=True)
class Envelope:
    """For whom a mail is.

    Attributes:
        sender: Where a report goes that it could not be delivered.
        recipients: The addresses.
        name: The name of the mail, which a report gives back.
        wide: Whether an address has letters beyond ASCII.
    """

    sender: str
    recipients: Sequence[str]
    name: str
    wide: bool = False


class UnreachableError(Temporary):
    """Nothing of a mail could even be begun."""


class WrongCredentialsError(Exception):
    """The server does not take the login."""


@define(eq=False)
class Submission:
    """One connection, for one mail; its methods block.

    Attributes:
        settings: The server.
        token: In place of a password.
        timeout: Seconds that the server may take for an answer.
    """

    settings: Smtp
    token: str | None = None
    _client: smtplib.SMTP | None = None
    _is_aborted: bool = False

    def hand_over(
        self,
        envelope: Envelope,
        data: Callable[[bool], bytes],
        offer: Callable[[], None] = lambda: None,
    ) -> str:
        """Hand a mail over.

        Args:
            envelope: For whom it is.
            data: Its bytes; it is told whether letters beyond ASCII may stand in headers.
            offer: Called before the server may have it.

        Returns:
            What the server said.

        Raises:
            SendError: It was not taken, or nobody knows.
            WrongCredentialsError: The server does not take the login.
        """
        try:
            client = self._connect()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.abort()
            found = _before(error)
            if isinstance(found, Throttled):
                raise found from error
            raise UnreachableError(f"{self.settings.host}:{self._port}: {found}") from error
        try:
            return self._transmit(client, envelope, data, offer)
        finally:
            self._leave(client)

    def abort(self) -> None:
        """Break the connection from another thread, so that whoever waits on it goes on."""
        self._is_aborted = True
        client = self._client
        if client is not None and client.sock is not None:
            with suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)
            client.close()

    # --- the connection

    @property
    def _port(self) -> int:
        return self.settings.port or _PORTS[self.settings.tls]

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        client: smtplib.SMTP
        if settings.tls == "on":
            client = smtplib.SMTP_SSL(
                local_hostname=_own_name(), timeout=settings.timeout, context=self._context()
            )
        else:
            client = smtplib.SMTP(local_hostname=_own_name(), timeout=settings.timeout)
        self._client = client
        # Without this the certificate would be held against an empty name.
        client._host = settings.host  # type: ignore[attr-defined]  # noqa: SLF001 - the only way there is
        code, text = client.connect(settings.host, self._port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        client.ehlo_or_helo_if_needed()
        if settings.tls == "starttls":
            client.starttls(context=self._context())
            client.ehlo_or_helo_if_needed()
        self._log_in(client)
        return client

    def _context(self) -> ssl.SSLContext:
        ca = self.settings.ca
        return ssl.create_default_context(cafile=None if ca is None else str(ca))

    def _log_in(self, client: smtplib.SMTP) -> None:
        user, password, token = self.settings.user, self.settings.password, self.token
        try:
            if user is not None and token is not None:
                said = xoauth2(user, token)
                # A server that refuses a token explains itself first, and wants an empty line for that.
                client.auth("XOAUTH2", lambda challenge=None: "" if challenge else said)
            elif user is not None and password is not None:
                client.login(user, password.value)
        except smtplib.SMTPAuthenticationError as error:
            self.abort()
            if 500 <= error.smtp_code < 600:
                raise WrongCredentialsError(_said(error.smtp_code, error.smtp_error)) from error
            raise Temporary(_said(error.smtp_code, error.smtp_error)) from error

    def _leave(self, client: smtplib.SMTP) -> None:
        with suppress(OSError, smtplib.SMTPException, ValueError):
            if client.sock is not None and not self._is_aborted:
                client.sock.settimeout(min(5.0, self.settings.timeout))
                client.quit()
        client.close()

    # --- one mail

    def _transmit(
        self,
        client: smtplib.SMTP,
        envelope: Envelope,
        data: Callable[[bool], bytes],
        offer: Callable[[], None],
    ) -> str:
        try:
            body = self._introduce(client, envelope, data)
            self._pour(client, body)
        except SendError:
            raise
        except ValueError as error:
            raise Permanent(_text(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise _before(error) from error
        offer()
        # From here on the server may have it.
        try:
            client.send(b".\r\n")
            code, text = client.getreply()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Unknown(
                f"the connection broke before the server's answer: {_text(error)}"
            ) from error
        if not 200 <= code < 300:
            raise outcome(code, text)
        return _said(code, text)

    def _introduce(
        self, client: smtplib.SMTP, envelope: Envelope, data: Callable[[bool], bytes]
    ) -> bytes:
        """Say for whom it is, until the server wants to have it; gives the bytes."""
        if envelope.wide and not client.has_extn("smtputf8"):
            raise Permanent("an address has letters beyond ASCII, which the server does not take")
        for address in envelope.recipients:
            if not _ADDRESS.fullmatch(address):
                raise Permanent(f"{address!r} is not an address")
        body = data(envelope.wide)
        room = client.esmtp_features.get("size", "")
        if room.isdigit() and 0 < int(room) < len(body):
            raise Permanent(f"5.3.4 the mail has {len(body)} bytes, the server takes {room}")
        options, wanted = ["SMTPUTF8", "BODY=8BITMIME"] if envelope.wide else [], []
        if client.has_extn("dsn"):
            options += ["RET=HDRS", f"ENVID={xtext(envelope.name)}"]
            wanted = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if self.settings.reports else []
        code, text = client.mail(envelope.sender, options)
        if code != 250:
            raise outcome(code, text)
        refused = []
        for recipient in envelope.recipients:
            code, text = client.rcpt(recipient, wanted)
            if code not in (250, 251):
                refused.append(outcome(code, text, recipient))
            if code == 421:
                break
        if refused:
            # Nobody gets it, so that it can be sent again to all of them.
            raise next((one for one in refused if isinstance(one, Permanent)), refused[0])
        code, text = client.docmd("DATA")
        if code != 354:
            raise outcome(code, text)
        return body

    def _pour(self, client: smtplib.SMTP, body: bytes) -> None:
        stuffed = re.sub(rb"(?m)^\.", b"..", body)
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        for at in range(0, len(stuffed), PIECE):
            client.send(stuffed[at : at + PIECE])


def _own_name() -> str:
    """How we greet; without asking the name service, which may take long."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def outcome(code: int, text: bytes, recipient: str | None = None) -> SendError:
    """What an answer of a server means for the mail."""
    said = _said(code, text)
    told = f"{recipient}: {said}" if recipient else said
    if _TOO_FAST.search(said):
        return Throttled(told, retry_after=None if recipient else 60.0)
    if 500 <= code < 600:
        return Permanent(told)
    return Temporary(told)


def _before(error: BaseException) -> SendError:
    """What a fault means that came before a mail was on its way: nothing of the mail."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = _said(error.smtp_code, error.smtp_error)
        found = outcome(error.smtp_code, said.encode())
        return found if isinstance(found, Throttled) else Temporary(said)
    return Temporary(_text(error))


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    words = " ".join(words.split())[:500]
    return words if words.startswith(str(code)) else f"{code} {words}".strip()


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
