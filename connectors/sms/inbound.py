"""What comes from the far sides: texts to the broker, parts put together, receipts as reports."""

import json
import logging
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Final

import anyio
from attrs import asdict, define, field

from connectors.channels.channel import Host, Incoming, NotTaken, Report, Stopping
from connectors.sms.accounts import Account, SmppSide
from connectors.sms.codings import read
from connectors.sms.joining import Joined, Joiner, Piece
from connectors.sms.ledger import Ledger, Record, written
from connectors.sms.parts import PartOf, parse
from connectors.sms.redeliveries import Known, Redeliveries, print_of
from connectors.sms.smpp_codec import Pdu, Tag
from connectors.sms.smpp_outcomes import REJECTED, TRY_AGAIN, is_receipt, receipt
from connectors.sms.webhooks import CalledReceipt, CalledText, ReportKind
from protocol.values import Guid

PIECE: Final = "part:"
SEEN: Final = "seen:"
OUT: Final = "out:"
REFUSED: Final = "refused:"
MOST_REFUSED: Final = 1_000
"""So many texts that the broker refused are remembered."""
_REPORTS: Final = {
    ReportKind.DELIVERED: Report.DELIVERED,
    ReportKind.READ: Report.READ,
    ReportKind.UNDELIVERED: Report.UNDELIVERED,
}
NOBODY: Final = "unknown"
"""Stands for a sender that an SMSC does not name."""
_UDHI: Final = 0x40
_INTERNATIONAL: Final = 1

_log = logging.getLogger(__name__)


@define(eq=False)
class _Queue:
    """The whole texts of an account, in the order in which they became whole."""

    texts: deque[Joined] = field(factory=deque)
    came: anyio.Event = field(factory=anyio.Event)


@define(eq=False)
class Inbound:
    """The way in, of all accounts.

    Attributes:
        host: The frame.
        accounts: The accounts by name.
        joiner: The parts that wait for others.
        ledger: The parts of what was sent.
        redeliveries: What an SMSC may deliver once more, by account.
        refused: What the broker refused for good, and why, by the key of the store.
    """

    host: Host
    accounts: dict[str, Account]
    joiner: Joiner
    ledger: Ledger
    redeliveries: dict[str, Redeliveries] = field(factory=dict)
    refused: dict[str, str] = field(factory=dict)
    _queues: dict[str, _Queue] = field(init=False)
    _changed: anyio.Event = field(factory=anyio.Event)

    def __attrs_post_init__(self) -> None:
        self._queues = {name: _Queue() for name in self.accounts}

    # --- texts

    async def text(self, account: Account, called: CalledText) -> None:
        """Take a text, and come back when the broker has it; or, of a part, when it is stored.

        Raises:
            NotTaken: The broker does not want it.
            Stopping: The program ends.
        """
        sender, receiver = account.called(called.sender), account.called(called.receiver)
        now = time.time()
        if called.part is None:
            await self._receive(
                account,
                Incoming(
                    gateway=account.gateway,
                    delivery_id=called.id,
                    remote_address=sender,
                    shown_from=sender,
                    to=receiver,
                    text=called.text,
                    received=called.when or datetime.fromtimestamp(now, UTC),
                ),
            )
            return
        piece = Piece(
            id=called.id,
            sender=sender,
            receiver=f"{account.name} {receiver}",
            part=called.part,
            text=called.text,
            came=now,
        )
        await self.host.store.set_position(f"{PIECE}{account.name} {piece.id}", _piece(piece))
        self.restore(piece)

    async def run(self) -> None:
        """Give the broker the texts that are whole, and those that have waited long enough."""
        async with anyio.create_task_group() as tasks:
            for name, account in self.accounts.items():
                tasks.start_soon(self._carry, account, self._queues[name])
            while True:
                deadline = self.joiner.deadline
                wait = float("inf") if deadline is None else max(0.0, deadline - time.time())
                with anyio.move_on_after(wait):
                    await self._changed.wait()
                self._changed = anyio.Event()
                self._give_out(self.joiner.expire(time.time()))

    async def _carry(self, account: Account, queue: _Queue) -> None:
        """Give the broker the texts of one account, which may have to wait for its gateway."""
        while True:
            while queue.texts:
                try:
                    await self._give(account, queue.texts[0])
                except Stopping:
                    return  # its parts are stored
                queue.texts.popleft()
            await queue.came.wait()
            queue.came = anyio.Event()

    def restore(self, piece: Piece) -> None:
        """Take a part that is stored."""
        self._give_out(self.joiner.add(piece))
        self._changed.set()

    def _give_out(self, texts: list[Joined]) -> None:
        for joined in texts:
            queue = self._queues.get(joined.pieces[0].receiver.partition(" ")[0])
            if queue is not None:
                queue.texts.append(joined)
                queue.came.set()

    async def _give(self, account: Account, joined: Joined) -> None:
        first = joined.pieces[0]
        if not joined.is_complete:
            _log.warning("%s: a text of %d parts lacks some", account.name, joined.total)
        try:
            await self._receive(
                account,
                Incoming(
                    gateway=account.gateway,
                    delivery_id=joined.id,
                    remote_address=first.sender,
                    shown_from=first.sender,
                    to=first.receiver.partition(" ")[2],
                    text=joined.text,
                    received=datetime.fromtimestamp(min(one.came for one in joined.pieces), UTC),
                ),
            )
        except NotTaken as error:
            _log.error("%s: the broker does not take %s: %s", account.name, joined.id, error)
        for piece in joined.pieces:
            await self.host.store.set_position(f"{PIECE}{account.name} {piece.id}", None)

    async def _receive(self, account: Account, message: Incoming) -> None:
        """Give a text to the broker; one that it refused is set aside, and not given again."""
        key = f"{REFUSED}{account.name} {message.delivery_id}"
        if key in self.refused:
            raise NotTaken(self.refused[key], "False")
        try:
            await self.host.receive(message)
        except NotTaken as error:
            if len(self.refused) >= MOST_REFUSED:
                oldest = next(iter(self.refused))
                del self.refused[oldest]
                await self.host.store.set_position(oldest, None)
            self.refused[key] = str(error)
            aside = {"why": str(error), "from": message.remote_address, "text": message.text}
            await self.host.store.set_position(key, json.dumps(aside))
            raise

    # --- receipts

    async def receipt(self, account: Account, called: CalledReceipt) -> None:
        """Take a receipt, and come back when the broker knows of it.

        Raises:
            Stopping: The program ends.
        """
        if called.kind is None:
            return
        record = self.ledger.of_part(called.id)
        if record is None:
            known = await self.host.report(
                _REPORTS[called.kind],
                delivery_id=called.id,
                gateway=account.gateway,
                text=called.reason,
            )
            if not known:
                _log.info("%s: a receipt for %s, which is not known", account.name, called.id)
            return
        await self._part_receipt(record, called, called.kind)

    async def _part_receipt(self, record: Record, called: CalledReceipt, kind: ReportKind) -> None:
        number = record.number_of(called.id)
        text = called.reason
        if kind is ReportKind.UNDELIVERED:
            text = f"part {number} of {record.total}: {text}"
        else:
            record = self.ledger.arrive(record, called.id)
            await self.host.store.set_position(f"{OUT}{record.message_id}", written(record))
            if not record.has_arrived:
                return
        await self.host.report(_REPORTS[kind], message_id=Guid(record.message_id), text=text)
        self.ledger.drop(record.message_id)
        await self.host.store.set_position(f"{OUT}{record.message_id}", None)

    # --- SMPP

    async def delivered(self, account: Account, pdu: Pdu, connection: int) -> int:
        """Take what an SMSC delivers; the status that it is answered."""
        side = account.side
        assert isinstance(side, SmppSide)
        if self.host.stopping:
            return TRY_AGAIN
        try:
            with anyio.fail_after(side.smpp.reply_within):
                if is_receipt(pdu):
                    await self._smpp_receipt(account, side, pdu)
                else:
                    await self._smpp_text(account, side, pdu, connection)
        except (TimeoutError, Stopping):
            return TRY_AGAIN
        except NotTaken as error:
            _log.error("%s: the broker does not take a text: %s", account.name, error)
            return REJECTED
        return 0

    async def _forget(self, account: Account, connection: int) -> None:
        """Let go the deliveries that cannot come again."""
        for print_ in self.redeliveries[account.name].forget(connection, time.time()):
            await self.host.store.set_position(f"{SEEN}{account.name} {print_}", None)

    async def lost(self, account: Account, connection: int) -> None:
        """Note that a connection is gone."""
        self.redeliveries[account.name].lose(connection, time.time())

    async def _smpp_receipt(self, account: Account, side: SmppSide, pdu: Pdu) -> None:
        found = receipt(pdu)
        if found is None:
            _log.warning("%s: a receipt that does not say for what", account.name)
            return
        await self.receipt(
            account, CalledReceipt(id=found.id, kind=found.kind, reason=found.reason)
        )

    async def _smpp_text(self, account: Account, side: SmppSide, pdu: Pdu, connection: int) -> None:
        part, body = _part_of(pdu)
        text = read(body, pdu.number("data_coding"), side.smpp.alphabet, part=part is not None)
        called = CalledText(
            id=uuid.uuid4().hex,
            sender=_address(pdu, "source_addr"),
            receiver=_address(pdu, "destination_addr", ton="dest_addr_ton"),
            text=text,
            part=part,
        )
        if part is not None:
            await self.text(account, called)
            return
        redeliveries, print_ = self.redeliveries[account.name], print_of(pdu)
        known = redeliveries.take(print_, called.id, connection, time.time())
        key = f"{SEEN}{account.name} {print_}"
        await self.host.store.set_position(key, _known(known))
        await self.text(
            account,
            CalledText(
                id=known.name,
                sender=called.sender,
                receiver=called.receiver,
                text=text,
                when=datetime.fromtimestamp(known.came, UTC),
            ),
        )
        answered = redeliveries.answer(print_, time.time())
        if answered is not None:
            await self.host.store.set_position(key, _known(answered))
        await self._forget(account, connection)


def _part_of(pdu: Pdu) -> tuple[PartOf | None, bytes]:
    if pdu.number("esm_class") & _UDHI:
        part, body = parse(pdu.message)
        return (part if part is not None and part.total > 1 else None), body
    numbers = [
        int.from_bytes(pdu.options.get(tag, b""), "big")
        for tag in (Tag.REFERENCE, Tag.TOTAL, Tag.NUMBER)
    ]
    part = PartOf(*numbers)
    return (part if part.is_sound and part.total > 1 else None), pdu.message


def _address(pdu: Pdu, name: str, *, ton: str | None = None) -> str:
    written = pdu.text(name) or NOBODY
    is_number = written.isdecimal() and pdu.number(ton or f"{name}_ton") == _INTERNATIONAL
    return f"+{written}" if is_number else written


def _piece(piece: Piece) -> str:
    return json.dumps(asdict(piece))


def read_piece(text: str) -> Piece:
    """The part that a text in the store is."""
    values = json.loads(text)
    return Piece(**{**values, "part": PartOf(**values["part"])})


def _known(known: Known) -> str:
    return json.dumps(asdict(known))


def read_known(text: str) -> Known:
    """The delivery that a text in the store is."""
    return Known(**json.loads(text))
