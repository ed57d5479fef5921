"""The way to an SMSC: one of another implementation, and one that fails."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import smpp34
from attrs import define, field
from smpp34 import _smpp34 as constants

from connectors.client.backoff import Backoff
from connectors.sms.accounts import SmppSide
from connectors.sms.answers import Outcome
from connectors.sms.settings import Smpp
from connectors.sms.smpp_codec import Pdu
from connectors.sms.smpp_link import SmppLink
from connectors.sms.smpp_session import Account, Answered
from tests.support.certificates import Authority
from tests.support.smsc import Connection, smsc, smsc_by_hand

MEMBERS = {"source_addr": "90210", "destination_addr": "420603123456", "short_message": b"hi"}


async def offered() -> None:
    """Note nothing."""


@define(eq=False)
class Heard:
    """What a link told."""

    delivered: list[tuple[Pdu, int]] = field(factory=list)
    lost: list[int] = field(factory=list)
    told: list[str | None] = field(factory=list)
    late: list[tuple[str, str]] = field(factory=list)
    answers: list[int] = field(factory=list)
    changed: anyio.Event = field(factory=anyio.Event)

    async def deliver(self, pdu: Pdu, connection: int) -> int:
        self.delivered.append((pdu, connection))
        self._note()
        return self.answers.pop(0) if self.answers else 0

    async def lose(self, connection: int) -> None:
        self.lost.append(connection)
        self._note()

    def tell(self, fault: str | None) -> None:
        self.told.append(fault)
        self._note()

    async def come_late(self, label: str, id_: str) -> None:
        self.late.append((label, id_))
        self._note()

    def _note(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(20):
            while not condition():
                await self.changed.wait()


@asynccontextmanager
async def linked(port: int, **given: Any) -> AsyncIterator[tuple[SmppLink, Heard]]:
    heard = Heard()
    side = SmppSide(
        account=Account(system_id="me", password="secret"),
        smpp=Smpp(**{"host": "127.0.0.1", "port": port, **given}),
    )
    link = SmppLink(
        name="main",
        side=side,
        deliver=heard.deliver,
        lost=heard.lose,
        tell=heard.tell,
        late=heard.come_late,
        backoff=Backoff(first=0.01, longest=0.05),
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(link.run)
        yield link, heard
        await link.close()
        tasks.cancel_scope.cancel()


def played(main: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """A test that runs under asyncio, as the SMSC of smpp34 needs."""

    def test() -> None:
        anyio.run(main, backend="asyncio")

    test.__doc__ = main.__doc__
    return test


async def submit(link: SmppLink, label: str = "m/1/1") -> Answered:
    return await link.submit(label, MEMBERS, {}, 10.0, offered)


@played
async def test_messages_go_out_and_come_in() -> None:
    async with smsc() as it, linked(it.port) as (link, heard):
        answer = await submit(link)
        assert (answer.outcome, answer.id) == (Outcome.SENT, "id-1")
        (seen,) = it.submits
        assert (seen.source_addr, seen.destination_addr) == ("90210", "420603123456")
        assert seen.short_message == b"hi"
        heard.answers = [0, 0x64]
        assert await it.deliver(b"yes") == 0
        assert await it.deliver(b"no") == 0x64
        assert [pdu.message for pdu, _ in heard.delivered] == [b"yes", b"no"]
        assert heard.told == [None]
        assert link.is_bound


@played
async def test_b55_what_the_smsc_refuses_is_told_by_its_kind() -> None:
    statuses = [
        (constants.ESME_RTHROTTLED, Outcome.THROTTLED),
        (constants.ESME_RMSGQFUL, Outcome.THROTTLED),
        (constants.ESME_RINVDSTADR, Outcome.PERMANENT),
        (constants.ESME_RSYSERR, Outcome.TEMPORARY),
    ]
    async with smsc() as it, linked(it.port) as (link, _):
        for status, outcome in statuses:
            it.decide = lambda event, status=status: event.reject(status)
            assert (await submit(link)).outcome is outcome


@played
async def test_answers_may_come_in_any_order() -> None:
    async with smsc() as it, linked(it.port) as (link, _):
        waiting: list[smpp34.SubmitSmEvent] = []

        def decide(event: smpp34.SubmitSmEvent) -> None:
            waiting.append(event)
            if len(waiting) == 3:
                for one in reversed(waiting):
                    one.accept(one.short_message.decode())

        it.decide = decide
        found: dict[str, str] = {}

        async def send(text: str) -> None:
            members = {**MEMBERS, "short_message": text.encode()}
            found[text] = (await link.submit(text, members, {}, 10.0, offered)).id

        async with anyio.create_task_group() as tasks:
            for text in ("a", "b", "c"):
                tasks.start_soon(send, text)
        assert found == {"a": "a", "b": "b", "c": "c"}


@played
async def test_it_comes_back_when_the_smsc_says_goodbye() -> None:
    async with smsc() as it, linked(it.port) as (link, heard):
        await submit(link)
        await (await it.esme()).unbind()
        await heard.until(lambda: heard.told.count(None) == 2)
        assert (await submit(link)).outcome is Outcome.SENT
        assert heard.lost == [1]
        assert heard.told == [None, "the SMSC said goodbye", None]


@played
async def test_without_an_smsc_nothing_was_sent() -> None:
    async with smsc_by_hand() as port:
        pass
    async with linked(port) as (link, heard):
        await heard.until(lambda: bool(heard.told))
        noted: list[str] = []

        async def note() -> None:
            noted.append("offered")

        answer = await link.submit("m/1/1", MEMBERS, {}, 0.0, note)
        assert (answer.outcome, noted) == (Outcome.TEMPORARY, [])
        assert heard.told[0] is not None


@played
async def test_b55_it_is_noted_before_the_smsc_may_have_it() -> None:
    """A connection that goes meanwhile was not asked."""
    got: list[str] = []

    async def takes(line: Connection) -> None:
        await line.bind()
        pdu = await line.next()
        got.append("asked")
        await line.say("submit_sm_resp", pdu.sequence, message_id="m-1")
        await line.next()

    async def note() -> None:
        await anyio.lowlevel.checkpoint()
        got.append("offered")

    async with smsc_by_hand(takes) as port, linked(port) as (link, heard):
        assert (await link.submit("m/1/1", MEMBERS, {}, 10.0, note)).id == "m-1"
        assert got == ["offered", "asked"]

        async def gone() -> None:
            await link.close()
            await heard.until(lambda: bool(heard.lost))

        answer = await link.submit("m/2/1", MEMBERS, {}, 10.0, gone)
        assert answer.outcome is Outcome.TEMPORARY


@played
async def test_b55_a_connection_that_breaks_before_the_answer_leaves_it_unknown() -> None:
    async def breaks(line: Connection) -> None:
        await line.bind()
        assert (await line.next()).command == "submit_sm"

    async with smsc_by_hand(breaks) as port, linked(port) as (link, heard):
        answer = await submit(link)
        assert answer.outcome is Outcome.UNKNOWN
        await heard.until(lambda: bool(heard.lost))


@played
async def test_b55_an_answer_that_comes_late_is_told() -> None:
    async def is_slow(line: Connection) -> None:
        await line.bind()
        pdu = await line.next()
        while (other := await line.next()).command == "enquire_link":
            await line.say("enquire_link_resp", other.sequence)
        await line.say("submit_sm_resp", pdu.sequence, message_id="late-1")
        await line.say("submit_sm_resp", other.sequence, message_id="soon-2")
        await line.next()

    async with smsc_by_hand(is_slow) as port, linked(port, answer_wait=0.5) as (link, heard):
        first = await link.submit("m/1/2", MEMBERS, {}, 10.0, offered)
        assert first.outcome is Outcome.UNKNOWN
        assert (await link.submit("m/2/2", MEMBERS, {}, 10.0, offered)).id == "soon-2"
        assert heard.late == [("m/1/2", "late-1")]


@played
async def test_a_silent_smsc_is_left() -> None:
    async def is_silent(line: Connection) -> None:
        await line.bind()
        while True:
            await line.next()

    async with (
        smsc_by_hand(is_silent) as port,
        linked(port, answer_wait=0.1, idle=0.1) as (_, heard),
    ):
        await heard.until(lambda: "the SMSC does not answer any more" in heard.told)


@played
async def test_a_bind_that_is_refused_is_told() -> None:
    async def refuses(line: Connection) -> None:
        pdu = await line.next()
        await line.say("bind_transceiver_resp", pdu.sequence, 0x0E)

    async def takes(line: Connection) -> None:
        await line.bind()
        await line.next()

    async with smsc_by_hand(refuses, takes) as port, linked(port) as (_, heard):
        await heard.until(lambda: None in heard.told)
        assert heard.told == ["the SMSC refuses the bind: ESME_RINVPASWD", None]


@played
async def test_an_answer_is_not_written_to_another_connection() -> None:
    seen: list[Pdu] = []

    async def breaks(line: Connection) -> None:
        await line.bind()
        await line.stream.send(smpp34.DeliverSm("1", "2", b"hi", sequence_number=9).encode())

    async def listens(line: Connection) -> None:
        await line.bind()
        while True:
            seen.append(await line.next())

    async with smsc_by_hand(breaks, listens) as port, linked(port) as (link, heard):
        go = anyio.Event()

        async def deliver(pdu: Pdu, connection: int) -> int:
            await go.wait()
            await heard.deliver(pdu, connection)
            return 0

        link.deliver = deliver
        await heard.until(lambda: heard.told.count(None) == 2)
        go.set()
        await heard.until(lambda: bool(heard.delivered))
    assert [pdu.command for pdu in seen if pdu.command != "unbind"] == []


@pytest.mark.parametrize(("host", "is_bound"), [("localhost", True), ("127.0.0.1", False)])
def test_tls_is_spoken_with_whoever_has_the_name(tmp_path: Path, host: str, is_bound: bool) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def main() -> None:
        async def takes(line: Connection) -> None:
            await line.bind()
            await line.next()

        ca = authority.directory / "ca.pem"
        async with (
            smsc_by_hand(takes, tls=context) as port,
            linked(port, host=host, tls=True, ca=ca) as (_, heard),
        ):
            await heard.until(lambda: bool(heard.told))
            assert (heard.told[0] is None) == is_bound

    anyio.run(main, backend="asyncio")


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad\r\n\r\n", b"\x00\x00\x00\x04", b""])
def test_what_is_no_smsc_is_left(data: bytes) -> None:
    async def main() -> None:
        async def says(line: Connection) -> None:
            await line.stream.send(data)

        async with smsc_by_hand(says) as port, linked(port) as (link, heard):
            await heard.until(lambda: len(heard.lost) > 2)
            assert not link.is_bound

    anyio.run(main, backend="asyncio")
