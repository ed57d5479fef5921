"""The SMS channel: accounts at providers and SMSCs on the frame of channels."""

import json
import logging
import time
from functools import partial
from typing import ClassVar, Final

import anyio
import httpx2

from connectors.channels.channel import Channel, Host, NotTaken, Outgoing, Sent, Stopping, Temporary
from connectors.sms.accounts import Account, HttpSide, SmppSide, accounts_of
from connectors.sms.calls import Call, tree
from connectors.sms.inbound import OUT, PIECE, REFUSED, SEEN, Inbound, read_known, read_piece
from connectors.sms.joining import Joiner
from connectors.sms.ledger import Ledger, read
from connectors.sms.outbound import Outbound
from connectors.sms.redeliveries import Redeliveries
from connectors.sms.settings import SmsSettings
from connectors.sms.smpp_link import SmppLink
from connectors.sms.web_server import NotNow, NotWanted, UnknownAccount, WebServer
from connectors.sms.webhooks import Answer, receipt_of, text_of

HOUR: Final = 3_600.0

_log = logging.getLogger(__name__)


class Sms(Channel):
    """The channel."""

    name: ClassVar[str] = "sms"
    backend: ClassVar[str] = "asyncio"
    offers: ClassVar[bool] = True

    def __init__(self, settings: SmsSettings) -> None:
        """Make the channel.

        Raises:
            FaultsError: Some of the settings do not fit together.
        """
        self._settings = settings
        self._accounts = {account.name: account for account in accounts_of(settings)}
        self._ready = anyio.Event()
        self._sending = 0
        self._sent = anyio.Event()
        self.web: WebServer | None = None

    async def run(self, host: Host) -> None:
        """Serve providers and SMSCs until the end is announced."""
        async with httpx2.AsyncClient(follow_redirects=False, timeout=None) as client:
            await self._restore(host, client)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._inbound.run)
                tasks.start_soon(self._forget, host)
                links = list(self._outbound.links.values())
                for link in links:
                    tasks.start_soon(link.run)
                if self._settings.web is not None:
                    self.web = WebServer(self._settings.web, self._called)
                    tasks.start_soon(self.web.run)
                self._ready.set()
                await host.stopped()
                await self._stop(links)
                tasks.cancel_scope.cancel()

    async def _stop(self, links: list[SmppLink]) -> None:
        """End in good order: take no more calls, finish what is being sent, say goodbye."""
        if self.web is not None:
            self.web.stop()
        while self._sending:
            await self._sent.wait()
        for link in links:
            await link.close()
        if self.web is not None:
            await self.web.stopped()

    async def send(self, message: Outgoing) -> Sent:
        """Send one text."""
        await self._ready.wait()
        self._sending += 1
        try:
            return await self._outbound.send(self._account_of(message), message)
        finally:
            self._sending -= 1
            self._sent.set()
            self._sent = anyio.Event()

    async def find(self, message: Outgoing) -> Sent | None:
        """Look whether an answer came late."""
        await self._ready.wait()
        return self._outbound.find(message)

    async def listening(self) -> None:
        """Wait until the providers can call."""
        await self._ready.wait()
        if self.web is not None:
            await self.web.port()

    def _account_of(self, message: Outgoing) -> Account:
        names = (message.gateway.peer_address, message.gateway.id)
        for account in self._accounts.values():
            if account.gateway in names:
                return account
        raise Temporary(f"no account carries for the gateway {message.gateway.peer_address}")

    async def _restore(self, host: Host, client: httpx2.AsyncClient) -> None:
        stored = await host.store.positions()
        now = time.time()
        ledger = Ledger(
            read(key.removeprefix(OUT), text) for key, text in stored.items() if key.startswith(OUT)
        )
        settings = self._settings
        joiner = Joiner(wait=settings.parts_wait, most=settings.parts_most)
        self._inbound = Inbound(host, self._accounts, joiner, ledger)
        self._inbound.refused.update(
            {
                key: json.loads(text)["why"]
                for key, text in stored.items()
                if key.startswith(REFUSED)
            }
        )
        self._outbound = Outbound(host, ledger, client)
        for name, account in self._accounts.items():
            if isinstance(account.side, SmppSide):
                prefix = f"{SEEN}{name} "
                known = [read_known(text) for key, text in stored.items() if key.startswith(prefix)]
                self._inbound.redeliveries[name] = Redeliveries(tuple(known))
                self._outbound.links[name] = self._link(host, account, account.side)
            elif settings.web is not None:
                self._outbound.receipts[name] = f"{settings.web.public_url}/{name}/receipt"
        pieces = [read_piece(text) for key, text in stored.items() if key.startswith(PIECE)]
        for piece in sorted(pieces, key=lambda one: one.came):
            self._inbound.restore(piece)
        for message_id in ledger.old(now):
            ledger.drop(message_id)
            await host.store.set_position(f"{OUT}{message_id}", None)

    def _link(self, host: Host, account: Account, side: SmppSide) -> SmppLink:
        return SmppLink(
            name=account.name,
            side=side,
            deliver=partial(self._inbound.delivered, account),
            lost=partial(self._inbound.lost, account),
            tell=partial(host.tell, f"{account.name} smpp"),
            late=self._outbound.late,
        )

    async def _called(self, name: str, kind: str, call: Call) -> Answer:
        account = self._accounts.get(name)
        side = account.side if account is not None else None
        if account is None or not isinstance(side, HttpSide) or side.proof is None:
            raise UnknownAccount
        side.proof.check(call, time.time())
        value = tree(call)
        try:
            if kind == "receipt" and side.receipts is not None:
                await self._inbound.receipt(account, receipt_of(value, side.receipts))
            elif kind == "text" and side.texts is not None:
                text = text_of(value, side.texts)
                if text is not None:
                    await self._inbound.text(account, text)
            else:
                raise UnknownAccount
        except Stopping as error:
            raise NotNow from error
        except NotTaken as error:
            raise NotWanted(str(error)) from error
        return side.taken

    async def _forget(self, host: Host) -> None:
        """Let go every hour what is kept no longer."""
        while await host.pause(HOUR):
            ledger = self._outbound.ledger
            for message_id in ledger.old(time.time()):
                ledger.drop(message_id)
                await host.store.set_position(f"{OUT}{message_id}", None)
