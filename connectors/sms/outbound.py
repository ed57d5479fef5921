"""What the broker sends: a text to a provider by a described request, or to an SMSC in parts."""

import json
import time
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import anyio
import httpx2
from attrs import define, field

from connectors.channels.channel import (
    Host,
    Outgoing,
    Permanent,
    SendError,
    Sent,
    Temporary,
    Throttled,
    Unknown,
)
from connectors.sms.accounts import Account, HttpSide, SmppSide
from connectors.sms.answers import Outcome, Verdict
from connectors.sms.codings import encoding_for, written
from connectors.sms.described import message_values
from connectors.sms.http_sender import ask
from connectors.sms.inbound import OUT
from connectors.sms.ledger import Ledger, Record
from connectors.sms.ledger import written as recorded
from connectors.sms.parts import PartOf, header
from connectors.sms.smpp_codec import Tag
from connectors.sms.smpp_link import SmppLink
from connectors.sms.smpp_session import Answered
from connectors.sms.templates import BadValue
from protocol.numbers import AddressKind, SmsAddress, sms_address
from protocol.sms_text import MAX_SEGMENTS, split

LINK_WAIT: Final = 15.0
"""How long a text waits for a connection to its SMSC before it is tried again later."""
_TYPES: Final[Mapping[AddressKind, tuple[int, int]]] = {
    AddressKind.NUMBER: (1, 1),
    AddressKind.SHORT_CODE: (3, 0),
    AddressKind.NAME: (5, 0),
}
"""Type of number and numbering plan of SMPP (5.2.5, 5.2.6)."""


@define(eq=False)
class Outbound:
    """The way out, of all accounts.

    Attributes:
        host: The frame.
        ledger: The parts of what was sent.
        client: Asks providers.
        links: The SMSCs by account.
        receipts: Where each account's provider posts receipts.
    """

    host: Host
    ledger: Ledger
    client: httpx2.AsyncClient
    links: dict[str, SmppLink] = field(factory=dict)
    receipts: dict[str, str] = field(factory=dict)

    async def send(self, account: Account, message: Outgoing) -> Sent:
        """Send a text.

        Raises:
            SendError: It was not sent, or perhaps.
        """
        device = _device(message)
        region = account.region or device.get("region")
        text = message.text or ""
        if not text.strip():
            raise Permanent("there is no text to be sent")
        if message.attachments:
            raise Permanent("an SMS takes no attachments")
        to = sms_address(message.remote_address, region)
        if to is None or to.kind is AddressKind.NAME:
            raise Permanent(f"{message.remote_address!r} is no phone number")
        sender = _sender(account, message, device, region)
        if isinstance(account.side, HttpSide):
            return await self._by_http(account, account.side, message, text, to, sender)
        return await self._by_smpp(account, account.side, message, text, to, sender)

    def find(self, message: Outgoing) -> Sent:
        """Look what became of an attempt whose outcome is not known.

        Raises:
            Unknown: That is still not known.
        """
        record = self.ledger.known(message.message_id)
        if record is None or not record.is_taken:
            raise Unknown("no answer came later either")
        return Sent(record.ids[1])

    async def late(self, label: str, id_: str) -> None:
        """Note the answer for a part that came when nobody waited any more."""
        message_id, number, total = label.split("/")
        record = self.ledger.record(message_id, int(total), time.time())
        await self._note(record, int(number), id_)

    async def _note(self, record: Record, number: int, id_: str) -> Record:
        record = self.ledger.take(record, number, id_)
        await self.host.store.set_position(f"{OUT}{record.message_id}", recorded(record))
        return record

    async def _forget(self, message_id: str) -> None:
        if self.ledger.known(message_id) is not None:
            self.ledger.drop(message_id)
            await self.host.store.set_position(f"{OUT}{message_id}", None)

    # --- HTTP

    async def _by_http(
        self,
        account: Account,
        side: HttpSide,
        message: Outgoing,
        text: str,
        to: SmsAddress,
        sender: SmsAddress | None,
    ) -> Sent:
        values = message_values(
            to=to.text,
            sender="" if sender is None else sender.text,
            text=text,
            message_id=message.message_id,
            attempt=message.attempt,
            receipts=self.receipts.get(account.name, ""),
        )
        try:
            request = side.described.request({**values, **side.values})
        except BadValue as error:
            raise Permanent(str(error)) from error
        await message.offer()
        verdict = await ask(self.client, request, side.described.answer, side.timeout)
        works = verdict.outcome in (Outcome.SENT, Outcome.PERMANENT, Outcome.THROTTLED)
        self.host.tell(f"{account.name} http", None if works else verdict.text)
        if verdict.outcome is not Outcome.SENT:
            raise error_of(verdict)
        if len(verdict.ids) > 1:
            record = self.ledger.record(message.message_id, len(verdict.ids), time.time())
            for number, id_ in enumerate(verdict.ids, 1):
                record = self.ledger.take(record, number, id_)
            await self.host.store.set_position(f"{OUT}{record.message_id}", recorded(record))
        return Sent(verdict.ids[0] if verdict.ids else None)

    # --- SMPP

    async def _by_smpp(
        self,
        account: Account,
        side: SmppSide,
        message: Outgoing,
        text: str,
        to: SmsAddress,
        sender: SmsAddress | None,
    ) -> Sent:
        units = smpp_parts(text, side, message.message_id)
        record = self.ledger.record(message.message_id, len(units), time.time())
        members = smpp_members(side, to, sender)
        answers: dict[int, Answered] = {}

        async def submit(number: int) -> None:
            part, options = units[number - 1]
            label = f"{message.message_id}/{number}/{len(units)}"
            answer = await self.links[account.name].submit(
                label, {**members, **part}, options, LINK_WAIT, message.offer
            )
            answers[number] = answer
            if answer.outcome is Outcome.SENT and len(units) > 1:
                await self._note(record, number, smpp_id(side, answer.id))

        async with anyio.create_task_group() as tasks:
            for number in record.missing():
                tasks.start_soon(submit, number)
        outcomes = {one.outcome for one in answers.values()}
        if outcomes <= {Outcome.SENT}:
            first = record.ids.get(1) or smpp_id(side, answers[1].id)
            if len(units) == 1:
                await self._forget(message.message_id)
            return Sent(first or None)
        worst = next(one for one in _WORST if one in outcomes)
        if worst is Outcome.PERMANENT:
            await self._forget(message.message_id)
        text = next(one.text for one in answers.values() if one.outcome is worst)
        raise error_of(Verdict(outcome=worst, text=text, retry_after=side.smpp.rest or None))


_WORST: Final = (Outcome.PERMANENT, Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.TEMPORARY)


def error_of(verdict: Verdict) -> SendError:
    """What the frame is told of an attempt that failed."""
    text = verdict.text or "no reason was given"
    match verdict.outcome:
        case Outcome.PERMANENT:
            return Permanent(text)
        case Outcome.THROTTLED:
            return Throttled(text, verdict.retry_after)
        case Outcome.UNKNOWN:
            return Unknown(text)
        case _:
            return Temporary(text)


def smpp_parts(
    text: str, side: SmppSide, message_id: str
) -> list[tuple[dict[str, Any], dict[int, bytes]]]:
    """Cut a text into what goes to an SMSC: for each unit its own members and options.

    The reference is that of the message, so that a part that is sent later belongs to the others.

    Raises:
        Permanent: It has more parts than there are numbers for.
    """
    smpp = side.smpp
    encoding = encoding_for(text, smpp.alphabet)
    parts = split(text, encoding=encoding, wide_reference=smpp.wide_reference)
    if len(parts) > MAX_SEGMENTS:
        raise Permanent(f"{len(parts)} parts; {MAX_SEGMENTS} is the most")
    if smpp.long == "payload" and len(parts) > 1:
        coding, data = written(text, encoding, smpp.alphabet)
        return [({"data_coding": coding, "short_message": b""}, {Tag.PAYLOAD: data})]
    reference = crc32(message_id.encode()) & 0xFFFF
    found: list[tuple[dict[str, Any], dict[int, bytes]]] = []
    for number, part in enumerate(parts, 1):
        coding, data = written(part, encoding, smpp.alphabet)
        place = PartOf(reference, len(parts), number)
        head = header(place, wide=smpp.wide_reference) if len(parts) > 1 else b""
        own = {
            "data_coding": coding,
            "short_message": head + data,
            "esm_class": 0x40 if head else 0,
        }
        found.append((own, {}))
    return found


def smpp_members(side: SmppSide, to: SmsAddress, sender: SmsAddress | None) -> dict[str, Any]:
    """The members that all parts of a text have."""
    ton, npi = _TYPES[to.kind]
    members: dict[str, Any] = {
        "dest_addr_ton": ton,
        "dest_addr_npi": npi,
        "destination_addr": to.text.removeprefix("+"),
        "registered_delivery": 1 if side.smpp.receipts else 0,
    }
    if sender is not None:
        ton, npi = _TYPES[sender.kind]
        members["source_addr_ton"], members["source_addr_npi"] = ton, npi
        members["source_addr"] = sender.text.removeprefix("+")
    return members


def smpp_id(side: SmppSide, answered: str) -> str:
    """How receipts will call what an SMSC called so in its answer."""
    if side.smpp.receipt_ids == "decimal":
        try:
            return str(int(answered, 16))
        except ValueError:
            return answered
    return answered


def _device(message: Outgoing) -> dict[str, str]:
    try:
        found = json.loads(message.gateway.device or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _sender(
    account: Account, message: Outgoing, device: Mapping[str, str], region: str | None
) -> SmsAddress | None:
    """Whom a text is from: the number that the broker names, else that of the account, or of the gateway."""
    named = sms_address(message.shown_from or "", region)
    if named is not None and named.kind is not AddressKind.NAME:
        return named
    return account.number or sms_address(device.get("number", ""), region)
