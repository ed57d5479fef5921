"""A submission server of the tests' own, over real sockets, with refusals and cuts that can be planted."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, simplefilter

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from attrs import define, field

from tests.support.dovecot import free_port

PASSWORD = "secret of the sender"


@define(eq=False)
class Submission:
    """The server, and what it is to do.

    Attributes:
        port: Where it listens.
        taken: The mails that it has taken, whether it said so or not.
        envelopes: For each of them the sender, the recipients and the parameters.
        refuse: Answers in place of those that are usual, by command: `MAIL`, `RCPT`, `DATA` (before the
            mail), `.` (behind it). Each is given once, the first first.
        cuts: Where the connection is broken, once each: `EHLO`, `MAIL`, `RCPT`, `DATA`, `half` (in the
            middle of the mail), `.` (taken, but not answered), `lost` (neither).
        silences: Where it says nothing any more, once each: `MAIL`, `.`.
        silent: Where it came to that.
        tokens: Those that are good, for XOAUTH2.
        logins: What was tried to log in with.
        dsn: Whether it says that it reports.
        most_at_once: How many mails were on their way at the same time.
    """

    port: int
    taken: list[bytes] = field(factory=list)
    envelopes: list[tuple[str | None, list[str], dict[str, Any]]] = field(factory=list)
    refuse: list[tuple[str, str]] = field(factory=list)
    cuts: list[str] = field(factory=list)
    silences: list[str] = field(factory=list)
    silent: list[str] = field(factory=list)
    tokens: set[str] = field(factory=set)
    logins: list[str] = field(factory=list)
    dsn: bool = False
    most_at_once: int = 0
    _under_way: set[int] = field(factory=set)

    def planted(self, command: str) -> str | None:
        """What is to be answered in place of the usual."""
        for each in self.refuse:
            if each[0] == command:
                self.refuse.remove(each)
                return each[1]
        return None

    def is_cut(self, where: str) -> bool:
        """Whether the connection breaks here."""
        if where in self.cuts:
            self.cuts.remove(where)
            return True
        return False

    def check(self, mechanism: str, data: Any) -> AuthResult:
        """Judge a login."""
        assert isinstance(data, LoginPassword)
        self.logins.append(f"{mechanism} {data.login.decode()}")
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    # --- what aiosmtpd calls

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        """Say what it can."""
        session.host_name = name
        self._cut(server, "EHLO")
        extra = ["250-DSN"] if self.dsn else []
        return [*lines[:-1], *extra, *lines[-1:]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        self._under_way.add(id(session))
        self.most_at_once = max(self.most_at_once, len(self._under_way))
        self._cut(server, "MAIL")
        await self._fall_silent("MAIL")
        refused = self.planted("MAIL")
        if refused:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient."""
        self._cut(server, "RCPT")
        refused = self.planted("RCPT")
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        self._cut(server, "lost")
        await self._fall_silent(".")
        refused = self.planted(".")
        if refused:
            return refused
        self._under_way.discard(id(session))
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        self.envelopes.append(
            (envelope.mail_from, list(envelope.rcpt_tos), getattr(server, "given", {}))
        )
        self._cut(server, ".")
        return "250 2.0.0 OK: queued"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """Judge a token."""
        said = base64.b64decode(args[1]).decode()
        self.logins.append(f"XOAUTH2 {said.split(chr(1))[0]}")
        token = said.partition("auth=Bearer ")[2].rstrip("\x01")
        if token in self.tokens:
            return AuthResult(success=True, handled=False)
        # As Gmail does it: an explanation first, which wants an empty line.
        await server.push("334 " + base64.b64encode(b'{"status":"400"}').decode())
        await server._reader.readline()
        return AuthResult(success=False, handled=False, message="535 5.7.8 token refused")

    async def _fall_silent(self, where: str) -> None:
        if where in self.silences:
            self.silences.remove(where)
            self.silent.append(where)
            await asyncio.Event().wait()

    def _cut(self, server: SMTP, where: str) -> None:
        if self.is_cut(where):
            _abort(server)
            raise asyncio.CancelledError


class _Session(SMTP):
    """A session that knows the parameters of DSN, and that can end in the middle of a mail."""

    given: dict[str, Any]

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        found = super()._getparams(params)
        self.given = {**getattr(self, "given", {}), **(found or {})}
        for name in ("RET", "ENVID", "NOTIFY"):
            (found or {}).pop(name, None)
        return found

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        handler: Submission = self.event_handler
        handler._cut(self, "DATA")
        refused = handler.planted("DATA")
        if refused:
            await self.push(refused)
        elif handler.is_cut("half"):
            await self.push("354 go on")
            await self._reader.read(10)
            _abort(self)
        else:
            await super().smtp_DATA(arg)


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of itself at each login


class _Controller(Controller):
    def factory(self) -> SMTP:
        with catch_warnings():
            simplefilter("ignore")  # a login without TLS, on loopback
            return _Session(self.handler, **self.SMTP_kwargs)


@contextmanager
def running(
    *,
    context: ssl.SSLContext | None = None,
    from_the_start: bool = False,
    login: bool = False,
    port: int | None = None,
    size: int | None = 33_554_432,
    wide: bool = True,
) -> Iterator[Submission]:
    """Run a server.

    Args:
        context: How it speaks TLS; None: not at all.
        from_the_start: Whether it speaks TLS from the first byte, and not only when asked.
        login: Whether it wants a login.
        port: Where it listens; None: anywhere.
        size: How long a mail may be.
        wide: Whether addresses may have letters beyond ASCII.
    """
    server = Submission(port or free_port())
    controller = _Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=context if from_the_start else None,
        tls_context=None if from_the_start else context,
        require_starttls=context is not None and not from_the_start,
        auth_required=login,
        auth_require_tls=context is not None and not from_the_start,
        authenticator=lambda server_, session, envelope, mechanism, data: server.check(
            mechanism, data
        ),
        data_size_limit=size,
        enable_SMTPUTF8=wide,
        timeout=30,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
