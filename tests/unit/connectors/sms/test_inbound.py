"""What comes from the far sides."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
import smpp34
from attrs import define, evolve
from trio.testing import MockClock

from connectors.channels.channel import NotTaken
from connectors.sms.accounts import Account, SmppSide
from connectors.sms.inbound import OUT, PIECE, REFUSED, SEEN, Inbound, read_known, read_piece
from connectors.sms.joining import MISSING, Joiner
from connectors.sms.ledger import Ledger
from connectors.sms.parts import PartOf, header
from connectors.sms.redeliveries import Redeliveries
from connectors.sms.settings import Smpp
from connectors.sms.smpp_codec import Pdu, Tag, decode
from connectors.sms.smpp_session import Account as SmppAccount
from connectors.sms.webhooks import CalledReceipt, CalledText, ReportKind
from protocol.identifiers import derive
from tests.support.sms_host import PlayedHost, played_host

ACCOUNT = Account(
    name="main",
    gateway="sms",
    number=None,
    region="CZ",
    side=SmppSide(
        account=SmppAccount(system_id="me", password="x"),
        smpp=Smpp(host="127.0.0.1", reply_within=5.0),
    ),
)
OTHER = evolve(ACCOUNT, name="other", gateway="announced-by-nobody")
MESSAGE = derive("message", "m")


@define(eq=False)
class Way:
    """The way in, and the frame behind it."""

    host: PlayedHost
    inbound: Inbound

    def deliver(self, text: bytes, connection: int = 1, **given: Any) -> Any:
        return self.inbound.delivered(ACCOUNT, pdu(text, **given), connection)

    async def stored(self) -> list[str]:
        return sorted(key.partition(":")[0] for key in await self.host.store.positions())


def pdu(text: bytes, **given: Any) -> Pdu:
    values: dict[str, Any] = {"source_addr_ton": 1, "dest_addr_ton": 3, **given}
    source = values.pop("source_addr", "420603123456")
    return decode(smpp34.DeliverSm(source, "90210", text, **values).encode())


@asynccontextmanager
async def way(wait: float = 3600.0) -> AsyncIterator[Way]:
    async with played_host() as host, anyio.create_task_group() as tasks:
        accounts = {"main": ACCOUNT, OTHER.name: OTHER}
        inbound = Inbound(host, accounts, Joiner(wait=wait, most=100), Ledger())
        inbound.redeliveries["main"] = Redeliveries()
        tasks.start_soon(inbound.run)
        yield Way(host, inbound)
        tasks.cancel_scope.cancel()


WHEN = datetime(2026, 3, 1, tzinfo=UTC)


def called(name: str = "SM1") -> CalledText:
    return CalledText(id=name, sender="603123456", receiver="90210", text="Ahoj", when=WHEN)


async def test_a_text_is_given_to_the_broker() -> None:
    async with way() as it:
        await it.inbound.text(ACCOUNT, called())
        (message,) = it.host.received
    assert (message.gateway, message.delivery_id) == ("sms", "SM1")
    assert (message.remote_address, message.to) == ("+420603123456", "90210")
    assert (message.text, message.received) == ("Ahoj", WHEN)


def part(number: int, total: int = 2, text: str = "") -> CalledText:
    return CalledText(
        id=f"A{number}",
        sender="420603123456",
        receiver="90210",
        text=text or f"<{number}>",
        part=PartOf(7, total, number),
    )


async def test_parts_are_stored_and_given_as_one_text() -> None:
    async with way() as it:
        await it.inbound.text(ACCOUNT, part(2))
        assert await it.stored() == ["part"]
        assert it.host.received == []
        await it.inbound.text(ACCOUNT, part(1))
        await it.host.until(lambda: it.host.received)
        (message,) = it.host.received
        assert (message.text, message.delivery_id) == ("<1><2>", "A1")
        assert (message.remote_address, message.to) == ("+420603123456", "90210")
        await anyio.wait_all_tasks_blocked()
    async with way() as it:
        assert await it.stored() == []


async def test_parts_outlive_the_program() -> None:
    async with way() as before:
        await before.inbound.text(ACCOUNT, part(1, text="a\ud83d"))
        stored = await before.host.store.positions()
    async with way() as it:
        for key, text in stored.items():
            assert key.startswith(PIECE)
            it.inbound.restore(read_piece(text))
        await it.inbound.text(ACCOUNT, part(2, text="\ude00b"))
        await it.host.until(lambda: it.host.received)
        assert it.host.received[0].text == "a😀b"


async def test_parts_that_do_not_come_are_marked() -> None:
    async with way(wait=0.0) as it:
        await it.inbound.text(ACCOUNT, part(2, 3))
        await it.host.until(lambda: it.host.received)
        assert it.host.received[0].text == f"{MISSING}<2>{MISSING}"


async def test_whole_texts_that_the_broker_refuses_hold_up_no_others() -> None:
    async with way() as it:
        it.host.answers = [NotTaken("no", "BadPayload")]
        await it.inbound.text(ACCOUNT, evolve(part(1, 1), id="B1"))
        await it.inbound.text(ACCOUNT, part(1))
        await it.inbound.text(ACCOUNT, part(2))
        await it.host.until(lambda: it.host.received)
        assert it.host.received[0].text == "<1><2>"


async def test_an_account_whose_gateway_is_not_announced_holds_up_no_other() -> None:
    async with way() as it:
        announced = anyio.Event()
        it.host.answers = [announced]
        await it.inbound.text(OTHER, evolve(part(1, 1), id="B1"))
        await it.host.until(lambda: not it.host.answers)
        await it.inbound.text(OTHER, evolve(part(1, 1, text="later"), id="B2"))
        await it.inbound.text(ACCOUNT, part(1, 1))
        await it.host.until(lambda: it.host.received)
        assert [one.gateway for one in it.host.received] == ["sms"]
        announced.set()
        await it.host.until(lambda: len(it.host.received) == 3)
        assert [one.delivery_id for one in it.host.received] == ["A1", "B1", "B2"]


async def test_what_the_broker_refused_is_set_aside_and_not_given_again() -> None:
    async with way() as it:
        it.host.answers = [NotTaken("TooLong", "TooLong")]
        for _ in range(2):
            with pytest.raises(NotTaken, match="TooLong"):
                await it.inbound.text(ACCOUNT, called())
        assert it.host.received == []
        ((key, text),) = (await it.host.store.positions()).items()
        assert key == f"{REFUSED}main SM1"
        assert json.loads(text) == {"why": "TooLong", "from": "+420603123456", "text": "Ahoj"}


async def test_no_more_that_was_refused_is_kept_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sms.inbound.MOST_REFUSED", 2)
    async with way() as it:
        for number in range(3):
            it.host.answers = [NotTaken("no", "BadPayload")]
            with pytest.raises(NotTaken):
                await it.inbound.text(ACCOUNT, called(f"SM{number}"))
        assert list(it.inbound.refused) == [f"{REFUSED}main SM1", f"{REFUSED}main SM2"]
        assert len(await it.host.store.positions()) == 2


def said(id_: str, kind: ReportKind | None, reason: str = "why") -> CalledReceipt:
    return CalledReceipt(id=id_, kind=kind, reason=reason)


async def test_a_receipt_is_a_report() -> None:
    async with way() as it:
        await it.inbound.receipt(ACCOUNT, said("SM1", ReportKind.DELIVERED))
        await it.inbound.receipt(ACCOUNT, said("SM2", ReportKind.UNDELIVERED))
        await it.inbound.receipt(ACCOUNT, said("SM2", ReportKind.READ))
        await it.inbound.receipt(ACCOUNT, said("SM3", None))
        await it.inbound.receipt(ACCOUNT, said("unknown", ReportKind.DELIVERED))
        assert it.host.reports == [
            ("Delivered", "SM1", "why"),
            ("Undelivered", "SM2", "why"),
            ("Read", "SM2", "why"),
            ("Delivered", "unknown", "why"),
        ]


async def taken(it: Way) -> None:
    record = it.inbound.ledger.record(MESSAGE, 2, 0.0)
    record = it.inbound.ledger.take(record, 1, "a")
    it.inbound.ledger.take(record, 2, "b")


async def test_a_text_is_delivered_when_all_its_parts_are() -> None:
    async with way() as it:
        await taken(it)
        await it.inbound.receipt(ACCOUNT, said("b", ReportKind.DELIVERED))
        assert it.host.reports == []
        assert await it.stored() == [OUT.rstrip(":")]
        await it.inbound.receipt(ACCOUNT, said("a", ReportKind.DELIVERED))
        assert it.host.reports == [("Delivered", MESSAGE, "why")]
        assert await it.stored() == []


async def test_a_text_is_undelivered_as_soon_as_one_part_is() -> None:
    async with way() as it:
        await taken(it)
        await it.inbound.receipt(ACCOUNT, said("b", ReportKind.UNDELIVERED))
        assert it.host.reports == [("Undelivered", MESSAGE, "part 2 of 2: why")]
        assert len(it.inbound.ledger) == 0


async def test_an_smsc_is_answered_when_the_broker_has_the_text() -> None:
    async with way() as it:
        assert await it.deliver(b"caf\x05 \x1b\x65") == 0
        (message,) = it.host.received
        assert (message.text, message.remote_address) == ("café €", "+420603123456")
        assert message.to == "90210"
        ((key, text),) = (await it.host.store.positions()).items()
        assert key.startswith(SEEN)
        assert read_known(text).answered is not None


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ({"source_addr": "Bank", "source_addr_ton": 5}, "Bank"),
        ({"source_addr": "603123456", "source_addr_ton": 2}, "+420603123456"),
        ({"source_addr": "420603123456", "source_addr_ton": 0}, "+420603123456"),
        ({"source_addr": "1234", "source_addr_ton": 3}, "1234"),
        ({"source_addr": "", "source_addr_ton": 0}, ""),
    ],
)
async def test_senders_have_one_spelling(given: dict[str, Any], sender: str) -> None:
    async with way() as it:
        await it.deliver(b"hi", **given)
        assert it.host.received[0].remote_address == (sender or "unknown")


async def test_an_smsc_comes_again_when_the_broker_is_away(autojump_clock: MockClock) -> None:
    async with way() as it:
        it.host.answers = [anyio.Event()]
        assert await it.deliver(b"yes") == 0x64
        assert await it.stored() == ["seen"]
        assert await it.deliver(b"yes") == 0
        assert await it.deliver(b"yes") == 0
        first, second = it.host.received
        assert first.delivery_id != second.delivery_id


async def test_what_cannot_come_again_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with way() as it:
        await it.deliver(b"yes")
        monkeypatch.setattr("connectors.sms.redeliveries.SHORTLY", -1.0)
        await it.deliver(b"no")
        assert await it.stored() == []


async def test_a_delivery_is_known_after_the_program_ended() -> None:
    async with way() as before:
        await before.deliver(b"yes", connection=7)
        known = [read_known(text) for text in (await before.host.store.positions()).values()]
    async with way() as it:
        it.inbound.redeliveries["main"] = Redeliveries(tuple(known))
        await it.deliver(b"yes", connection=1)
        assert it.host.received[0].delivery_id == before.host.received[0].delivery_id


async def test_what_may_have_been_answered_in_vain_is_known_on_the_next_connection() -> None:
    async with way() as it:
        assert await it.deliver(b"yes", connection=1) == 0
        await it.inbound.lost(ACCOUNT, 1)
        assert await it.deliver(b"yes", connection=2) == 0
        first, second = it.host.received
        assert first.delivery_id == second.delivery_id
        assert first.received == second.received


async def test_what_the_broker_refuses_for_good_does_not_come_again() -> None:
    async with way() as it:
        it.host.answers = [NotTaken("no", "BadPayload")]
        assert await it.deliver(b"yes") == 0x65


async def test_a_program_that_ends_takes_nothing_more() -> None:
    async with way() as it:
        it.host.stop()
        assert await it.deliver(b"yes") == 0x64


@pytest.mark.parametrize("wide", [False, True])
async def test_parts_of_an_smsc_with_headers(wide: bool) -> None:
    async with way() as it:
        for number in (2, 1):
            head = header(PartOf(300 if wide else 30, 2, number), wide=wide)
            text = "😀".encode("utf-16-be")[2 * number - 2 : 2 * number]
            assert await it.deliver(head + text, esm_class=0x40, data_coding=8) == 0
        await it.host.until(lambda: it.host.received)
        assert it.host.received[0].text == "😀"


async def test_parts_of_an_smsc_with_options() -> None:
    async with way() as it:
        for number in (1, 2):
            options = [
                smpp34.Tlv(Tag.REFERENCE, b"\x00\x09"),
                smpp34.Tlv(Tag.TOTAL, b"\x02"),
                smpp34.Tlv(Tag.NUMBER, bytes([number])),
            ]
            await it.deliver(b"ab"[number - 1 : number], tlvs=options)
        await it.host.until(lambda: it.host.received)
        assert it.host.received[0].text == "ab"


async def test_a_long_text_of_an_smsc_may_come_whole() -> None:
    async with way() as it:
        await it.deliver(b"", tlvs=[smpp34.Tlv(Tag.PAYLOAD, b"a" * 1_000)])
        assert it.host.received[0].text == "a" * 1_000


async def test_a_receipt_of_an_smsc_is_a_report() -> None:
    async with way() as it:
        assert await it.deliver(b"id:77 stat:DELIVRD err:000 text:hi", esm_class=4) == 0
        assert await it.deliver(b"thanks", esm_class=4) == 0
        assert it.host.reports == [("Delivered", "77", "DELIVRD")]
        assert it.host.received == []
