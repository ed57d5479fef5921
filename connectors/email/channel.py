"""The channel for e-mail: mailboxes and folders in, a submission server out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from time import time
from typing import Any, ClassVar, Final, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from attrs import define, field

from connectors.channels.channel import (
    Attachment,
    Channel,
    Host,
    NotTaken,
    Outgoing,
    Permanent,
    Report,
    Sent,
    Stopping,
    Temporary,
)
from connectors.channels.lanes import Lanes
from connectors.email import folder as files
from connectors.email.arrivals import from_folder, from_mailbox, order_of
from connectors.email.build import build
from connectors.email.convert import (
    Arrival,
    Kept,
    incoming,
    kept,
    origin_of,
    outgoing,
    own_name,
    read_kept,
    told_apart,
)
from connectors.email.imap import (
    Fetched,
    ImapError,
    Mailbox,
    NotFetchedError,
    NotMarkedError,
    Place,
)
from connectors.email.imap import WrongCredentialsError as ImapLoginError
from connectors.email.mail import NewMail, Outcome
from connectors.email.mail import Report as FarReport
from connectors.email.oauth import TokenError, Tokens
from connectors.email.settings import Account, EmailSettings, Folder, Imap, Smtp
from connectors.email.smtp import Envelope, Submission, UnreachableError, WrongCredentialsError

T = TypeVar("T")

PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before a mailbox is tried again."""
LATER: Final = 300.0
"""The same where somebody has to do something first."""
_REPORTS: Final = {
    Outcome.FAILED: Report.BOUNCED,
    Outcome.DELIVERED: Report.DELIVERED,
    Outcome.READ: Report.READ,
}

_log = logging.getLogger(__name__)


@define(eq=False)
class Email(Channel):
    """E-mail.

    Attributes:
        settings: What the configuration says.
    """

    name: ClassVar[str] = "email"
    offers: ClassVar[bool] = True
    settings: EmailSettings
    _host: Host | None = None
    _begun: anyio.Event = field(factory=anyio.Event)
    _tokens: dict[str, Tokens] = field(factory=dict)
    _room: dict[str, anyio.CapacityLimiter] = field(factory=dict)

    # --- in

    async def run(self, host: Host) -> None:
        """Read all mailboxes and folders until the program is about to end."""
        self._host = host
        self._begun.set()
        async with anyio.create_task_group() as tasks:
            for account in self.settings.accounts:
                if account.imap is not None:
                    tasks.start_soon(self._read, host, account, account.imap)
            for folder in self.settings.folders:
                tasks.start_soon(self._watch, host, folder)
            await host.stopped()

    async def _read(self, host: Host, account: Account, imap: Imap) -> None:
        """Read one mailbox, on one connection after the other."""
        part, failures, refused = f"imap {account.address}", 0, None
        while not host.stopping:
            mailbox = Mailbox(imap)
            wait = PAUSES[min(failures, len(PAUSES) - 1)]
            try:
                token = await self._token(host, imap.oauth, refused)
                await _in_thread(mailbox.abort, partial(mailbox.connect, token))
                host.tell(part)
                failures = 0
                while not host.stopping:
                    # What came meanwhile may have been told in the answer to another command, and only there.
                    while await self._sweep(host, account, imap, mailbox):
                        host.tell(part)
                    host.tell(part)
                    await _wait(host, imap, mailbox)
            except Stopping:
                return
            except ImapLoginError as error:
                # A token may have been withdrawn; with another one it is tried at once.
                wait = LATER if imap.oauth is None or refused is not None else 0.0
                refused = token
                host.tell(part, f"the login is refused: {error}")
            except TokenError as error:
                wait = LATER if error.is_final else wait
                host.tell(part, str(error))
            except ImapError as error:
                if not host.stopping:
                    host.tell(part, str(error))
            finally:
                with anyio.move_on_after(5, shield=True):
                    await _in_thread(mailbox.abort, mailbox.close)
                mailbox.abort()
            failures += 1
            if not await host.pause(wait):
                return

    async def _sweep(self, host: Host, account: Account, imap: Imap, mailbox: Mailbox) -> bool:
        """Give all that is new in a mailbox to the broker; whether to look again at once."""
        key = f"imap:{imap.user}@{imap.host}/{imap.folder}"
        after = Place.read(await host.store.position(key))
        places = await _in_thread(mailbox.abort, partial(mailbox.candidates, after))
        new = [one for one in places if after is None or not one.is_known_by(after)]
        known = [one for one in places if after is not None and one.is_known_by(after)]
        faults = [await _mark(mailbox, known)]
        given, held = 0, False
        while new and not host.stopping:
            try:
                fetch = partial(mailbox.fetch, new, self.settings.message_bytes)
                batch = await _in_thread(mailbox.abort, fetch)
            except NotFetchedError as error:
                if mailbox.mode == "keep":
                    raise  # nothing but the place says what was read
                faults.append(str(error))
                # A place beyond this one would say that it was read.
                new, held = new[1:], True
                continue
            new = new[batch.count :]
            given += len(batch.mails)
            place = None if held else key
            faults.append(await self._take_all(host, account, mailbox, batch.mails, place))
        host.tell(f"imap {account.address} marks", next(filter(None, faults), None))
        return given > 0 and not held and not host.stopping

    async def _take_all(
        self,
        host: Host,
        account: Account,
        mailbox: Mailbox,
        mails: Sequence[Fetched],
        key: str | None,
    ) -> str | None:
        """Give mails to the broker, several at once, and mark together those that it has.

        Args:
            host: The frame.
            account: Whose mailbox it is.
            mailbox: Where they lie.
            mails: What was fetched.
            key: Where it is noted how far the mailbox was read; None: nowhere.

        Returns:
            Why not all of them could be marked.

        Raises:
            Stopping: The program ends before all are given.
        """
        is_taken: dict[Place, bool] = {}

        async def give(arrival: Arrival, place: Place) -> None:
            with suppress(Stopping):
                is_taken[place] = await self._give(host, account.gateway, arrival)

        async with anyio.create_task_group() as tasks:
            lanes = Lanes(tasks)
            for fetched in mails:
                if host.stopping:
                    break
                read_it = partial(from_mailbox, mailbox.settings, fetched)
                arrival = await _in_thread(None, read_it)
                do = partial(give, arrival, fetched.place)
                await lanes.put(order_of(arrival), do, len(fetched.data))
        faults = [
            await _mark(mailbox, [place], is_taken=False)
            for place, taken in is_taken.items()
            if not taken
        ]
        # Of what is noted to be read nothing is asked for again, so nothing before it may be left.
        read = [*takewhile(is_taken.__contains__, (fetched.place for fetched in mails))]
        if key is not None and read:
            await host.store.set_position(key, str(read[-1]))
        faults.append(await _mark(mailbox, [place for place, taken in is_taken.items() if taken]))
        if len(is_taken) < len(mails):
            raise Stopping
        return next(filter(None, faults), None)

    async def _give(self, host: Host, gateway: str, arrival: Arrival) -> bool:
        """Give one mail to the broker: as a report on what was sent, or as a message.

        Returns:
            Whether the broker has it; else it refuses it for good.
        """
        mail = arrival.mail
        if await self._report(host, mail.reports):
            return True
        name, origin = own_name(arrival), origin_of(mail)
        known = await _kept(host, name)
        if known is not None and known.origin != origin:
            name = told_apart(name, origin)
        text = mail.text if mail.automatic is None else None
        await host.store.set_note(f"mail:{name}", kept(mail, text))
        try:
            await host.receive(incoming(arrival, gateway, name, self.settings.attachments))
        except NotTaken as error:
            _log.warning("mail %s is not taken: %s", name, error)
            return False
        return True

    async def _report(self, host: Host, reports: Sequence[FarReport]) -> bool:
        """Tell the broker what a mail reports; whether all of it was about mail that it knows."""
        told = 0
        for report in reports:
            kind = _REPORTS.get(report.outcome)
            if kind is None:
                return False
            for name in report.message_ids:
                attempt = await host.store.sent_as(name)
                if attempt is not None:
                    told += await host.report(
                        kind, delivery_id=name, gateway=str(attempt.gateway), text=str(report)
                    )
                    break
        return bool(reports) and told == len(reports)

    # --- folders

    async def _watch(self, host: Host, folder: Folder) -> None:
        """Take the files of one folder."""
        going = True
        while going:
            try:
                fault = await self._empty(host, folder)
            except OSError as error:
                fault = str(error)
            if host.stopping:
                return
            host.tell(f"folder {folder.path}", fault)
            going = await host.pause(folder.poll)

    async def _empty(self, host: Host, folder: Folder) -> str | None:
        """Take the files that are there, several at once; give what was wrong with one of them.

        Raises:
            OSError: The folder cannot be read.
        """
        faults: list[str] = []

        async def give(arrival: Arrival, dropped: files.Dropped) -> None:
            try:
                await self._put_in(host, folder, arrival, dropped)
            except OSError as error:
                faults.append(str(error))  # and the next one is not kept waiting
            except Stopping:
                pass

        paths = await _in_thread(None, partial(files.names, folder.path, time()))
        async with anyio.create_task_group() as tasks:
            lanes = Lanes(tasks)
            for path in paths:
                if host.stopping:
                    break
                take = partial(files.take, path, self.settings.message_bytes)
                try:
                    dropped = await _in_thread(None, take)
                except OSError as error:
                    faults.append(str(error))
                    continue
                if dropped is not None:
                    arrival = await _in_thread(None, partial(from_folder, folder, dropped))
                    do = partial(give, arrival, dropped)
                    await lanes.put(order_of(arrival), do, len(dropped.data))
        return faults[0] if faults else None

    async def _put_in(
        self, host: Host, folder: Folder, arrival: Arrival, dropped: files.Dropped
    ) -> None:
        """Give one of them to the broker, and put its file where it is done."""
        gateway = self._gateway_of(arrival) or folder.gateway
        if gateway is not None and await self._give(host, gateway, arrival):
            await _in_thread(None, partial(files.finish, dropped, folder.keep))
            return
        where = await _in_thread(None, partial(files.refuse, dropped))
        _log.warning("%s is set aside: %s", where, "not taken" if gateway else "for nobody here")

    def _gateway_of(self, arrival: Arrival) -> str | None:
        """The gateway of the address that a mail is for."""
        mail = arrival.mail
        wanted = [*mail.delivered_to, *(box.address for box in (*mail.to, *mail.cc, *mail.bcc))]
        gateways = {account.address.lower(): account.gateway for account in self.settings.accounts}
        return next((gateways[each.lower()] for each in wanted if each.lower() in gateways), None)

    # --- out

    async def send(self, message: Outgoing) -> Sent:
        """Hand a message to the submission server of its gateway, or write it into its folder."""
        await self._begun.wait()
        host = self._host
        assert host is not None
        account = next(
            (one for one in self.settings.accounts if one.gateway == message.gateway.peer_address),
            None,
        )
        smtp, out = (account.smtp, account.out) if account is not None else (None, None)
        if account is None or (smtp is None and out is None):
            raise Temporary(f"no server for mail of gateway {message.gateway.peer_address}")
        mail = await self._compose(host, message, account)
        if smtp is None:
            assert out is not None
            await message.offer()
            return await self._put_out(host, account, out, mail)
        room = self._room.setdefault(account.address, anyio.CapacityLimiter(smtp.connections))
        async with room:
            try:
                await self._hand_over(host, account, smtp, mail, message.offer)
            except TokenError as error:
                host.tell(f"smtp {account.address}", str(error))
                raise Temporary(str(error)) from error
        host.tell(f"smtp {account.address}")
        return Sent(mail.message_id)

    async def _put_out(self, host: Host, account: Account, out: Path, mail: NewMail) -> Sent:
        """Write a mail into a folder."""
        data = _written(mail, _is_wide((account.address, *mail.recipients)))
        try:
            await _in_thread(None, partial(files.put, out, mail.message_id, data))
        except OSError as error:
            host.tell(f"folder {out}", error.strerror or str(error))
            raise Temporary(f"{out}: {error.strerror}") from error
        host.tell(f"folder {out}")
        return Sent(mail.message_id)

    async def _compose(self, host: Host, message: Outgoing, account: Account) -> NewMail:
        attachments = [
            Attachment(
                name=each.name,
                data=await each.read(),
                content_type=each.content_type,
                content_id=each.content_id,
                is_inline=each.is_inline,
            )
            for each in message.attachments
        ]
        answered = message.in_reply_to
        mail = outgoing(
            message, account, attachments, await _kept(host, answered) if answered else None
        )
        if not mail.recipients:
            raise Permanent("the mail that it answers does not say who wrote it")
        return mail

    async def _hand_over(
        self,
        host: Host,
        account: Account,
        smtp: Smtp,
        mail: NewMail,
        offer: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        addresses = (account.address, *mail.recipients)
        envelope = Envelope(
            sender=account.address,
            recipients=mail.recipients,
            name=mail.message_id,
            wide=_is_wide(addresses),
        )
        refused: str | None = None
        while True:
            token = await self._token(host, smtp.oauth, refused)
            submission = Submission(smtp, token)
            hand = partial(
                submission.hand_over,
                envelope,
                partial(_written, mail),
                partial(anyio.from_thread.run, offer),
            )
            try:
                await _in_thread(submission.abort, hand)
                return
            except WrongCredentialsError as error:
                if token is None or refused is not None:
                    host.tell(f"smtp {account.address}", f"the login is refused: {error}")
                    raise Temporary(f"the login is refused: {error}") from error
                refused = token
            except UnreachableError as error:
                host.tell(f"smtp {account.address}", str(error))
                raise

    async def _token(self, host: Host, name: str | None, refused: str | None) -> str | None:
        if name is None:
            return None
        if name not in self._tokens:
            self._tokens[name] = Tokens(name, self.settings.oauth[name], host.store)
        return await self._tokens[name].token(refused)


def _is_wide(addresses: Sequence[str]) -> bool:
    """Whether addresses need more letters than old servers know."""
    return not all(address.rpartition("@")[0].isascii() for address in addresses)


def _written(mail: NewMail, wide: bool) -> bytes:
    try:
        return build(mail, wide=wide)
    except ValueError as error:
        raise Permanent(str(error)) from error


async def _kept(host: Host, name: str) -> Kept | None:
    note = await host.store.note(f"mail:{name}")
    return read_kept(note) if note is not None else None


async def _mark(mailbox: Mailbox, places: Sequence[Place], *, is_taken: bool = True) -> str | None:
    """Mark mails as done; why it does not go; the broker has them, and the next ones are not kept waiting."""
    try:
        await _in_thread(mailbox.abort, partial(mailbox.finish, places, is_taken=is_taken))
    except NotMarkedError as error:
        return str(error)
    return None


async def _wait(host: Host, imap: Imap, mailbox: Mailbox) -> None:
    """Wait until something may be new in a mailbox, or the program is about to end."""
    if not mailbox.can_idle:
        await host.pause(imap.poll)
        return
    fault: ImapError | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_break_off, host, mailbox)
        try:
            await _in_thread(mailbox.abort, partial(mailbox.wait, imap.poll))
        except ImapError as error:
            fault = error
        tasks.cancel_scope.cancel()
    if fault is not None:
        raise fault


async def _break_off(host: Host, mailbox: Mailbox) -> None:
    await host.stopped()
    mailbox.abort()


async def _in_thread(abort: Callable[[], None] | None, work: Callable[[], T]) -> T:
    """Do something that blocks; if nobody wants it any more, its connection is broken, which ends it."""
    try:
        return await anyio.to_thread.run_sync(
            work, abandon_on_cancel=abort is not None, limiter=anyio.CapacityLimiter(1)
        )
    except anyio.get_cancelled_exc_class():
        if abort is not None:
            abort()
        raise
