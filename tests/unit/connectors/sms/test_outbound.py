"""What the broker sends."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from attrs import define, evolve, field

from connectors.channels.channel import Outgoing, Permanent, Sent, Temporary, Throttled, Unknown
from connectors.channels.channel import OutgoingAttachment as Attachment
from connectors.channels.converter import structured
from connectors.sms.accounts import Account, accounts_of
from connectors.sms.answers import Outcome
from connectors.sms.codings import read
from connectors.sms.ledger import Ledger
from connectors.sms.outbound import Outbound
from connectors.sms.parts import parse
from connectors.sms.settings import SmsSettings
from connectors.sms.smpp_codec import Tag
from connectors.sms.smpp_session import Answered
from protocol.identifiers import derive
from tests.support.sms_host import GATEWAY, PlayedHost, outgoing, played_host

WEB = {"listen": "127.0.0.1:8080", "public_url": "https://sms.example.com"}
TWILIO = {
    "provider": "twilio",
    "gateway": "sms",
    "number": "+15552220000",
    "region": "CZ",
    "user": "AC1",
    "password": "token",
}
VONAGE = {**TWILIO, "provider": "vonage", "proof": {"secret": "s"}}
SMPP: dict[str, Any] = {
    "provider": "smpp",
    "gateway": "sms",
    "number": "90210",
    "user": "me",
    "password": "secret",
    "smpp": {"host": "smsc.example.com"},
}
MESSAGE = derive("message", "m-1")


def account(content: Mapping[str, Any], **smpp: Any) -> Account:
    if smpp:
        content = {**content, "smpp": {**content["smpp"], **smpp}}
    settings = {"accounts": {"main": content}, "web": WEB}
    (found,) = accounts_of(structured(settings, SmsSettings, path="sms", environ={}))
    return found


@define(eq=False)
class Link:
    """A link that answers as it is told: a list of outcomes, then it takes everything as `id-N`."""

    id: str = "id-{}"
    outcomes: list[Outcome] = field(factory=list)
    submitted: list[tuple[str, Mapping[str, Any], Mapping[int, bytes]]] = field(factory=list)

    async def submit(
        self,
        label: str,
        members: Mapping[str, Any],
        options: Mapping[int, bytes],
        wait: float,
        offer: Callable[[], Awaitable[None]],
    ) -> Answered:
        await offer()
        self.submitted.append((label, members, options))
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome.SENT
        number = label.split("/")[1]
        is_sent = outcome is Outcome.SENT
        return Answered(
            key=label, outcome=outcome, id=self.id.format(number) if is_sent else "", text="why"
        )


@define(eq=False)
class Way:
    """The way out, a provider and an SMSC behind it."""

    host: PlayedHost
    outbound: Outbound
    link: Link

    async def send(self, account: Account, message: Outgoing) -> Sent:
        return await self.outbound.send(account, message)


@asynccontextmanager
async def way(
    answer: Callable[[httpx2.Request], httpx2.Response] | None = None,
    outcomes: list[Outcome] | None = None,
) -> AsyncIterator[Way]:
    transport = httpx2.MockTransport(answer or (lambda request: httpx2.Response(500)))
    async with played_host() as host, httpx2.AsyncClient(transport=transport) as client:
        link = Link(outcomes=list(outcomes or []))
        outbound = Outbound(host, Ledger(), client)
        outbound.links["main"] = link  # type: ignore[assignment]  # plays one
        outbound.receipts["main"] = "https://sms.example.com/main/receipt"
        yield Way(host, outbound, link)


async def test_a_text_goes_to_the_provider() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(201, json={"sid": "SM1"})

    async with way(answer) as it:
        sent = await it.send(account(TWILIO), outgoing("Ahoj", remote_address="603 123 456"))
        assert sent == Sent("SM1")
        assert it.host.parts == {"main http": None}
    (request,) = seen
    assert request.url.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert parse_qs(request.content.decode()) == {
        "To": ["+420603123456"],
        "From": ["+15552220000"],
        "Body": ["Ahoj"],
        "StatusCallback": ["https://sms.example.com/main/receipt"],
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Permanent), (401, Temporary), (429, Throttled), (500, Temporary), (502, Unknown)],
)
async def test_b55_a_provider_that_does_not_take_it(status: int, error: type[Exception]) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, json={"message": "no"}, headers={"Retry-After": "7"})

    async with way(answer) as it:
        with pytest.raises(error, match=str(status)) as caught:
            await it.send(account(TWILIO), outgoing())
        assert (it.host.parts["main http"] is None) == (status in (400, 429))
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after == 7.0


async def test_a_text_that_a_provider_cuts_is_put_together() -> None:
    both = {"messages": [{"status": "0", "message-id": one} for one in ("A", "B")]}
    async with way(lambda request: httpx2.Response(200, json=both)) as it:
        assert await it.send(account(VONAGE), outgoing("a" * 200)) == Sent("A")
        record = it.outbound.ledger.of_part("B")
        assert record is not None
        assert (record.message_id, record.total) == (MESSAGE, 2)
        assert await it.host.store.positions() != {}


@pytest.mark.parametrize(
    "message",
    [
        outgoing(""),
        outgoing(" \n"),
        outgoing(remote_address="nobody"),
        outgoing(remote_address="123"[:0]),
        outgoing(remote_address="+123"),
        outgoing("a" * 40_000),
        outgoing(
            attachments=(
                Attachment(name="a", size=1, content_type="text/plain", pieces=lambda: None),  # type: ignore[arg-type, return-value]  # never read
            )
        ),
    ],
)
async def test_what_is_no_sms_is_refused_for_good(message: Outgoing) -> None:
    async with way() as it:
        with pytest.raises(Permanent):
            await it.send(account(SMPP), message)
        assert it.link.submitted == []


async def test_a_value_that_cannot_stand_in_its_place_is_refused_for_good() -> None:
    described = {
        "provider": "described",
        "gateway": "sms",
        "request": {
            "url": "https://x.example.com/${to}",
            "method": "GET",
            "headers": {"X-Text": "${text}"},
        },
        "texts": {"id": "/id", "sender": "/from", "receiver": "/to", "text": "/text"},
        "proof": {"secret": "s"},
    }
    async with way() as it:
        with pytest.raises(Permanent, match="printable"):
            await it.send(account(described), outgoing("two\nlines"))


@pytest.mark.parametrize(
    ("shown_from", "device", "number", "sender"),
    [
        ("+15559990000", None, "+15552220000", "+15559990000"),
        ("Support", None, "+15552220000", "+15552220000"),
        (None, json.dumps({"number": "+15553330000"}), "+15552220000", "+15552220000"),
        (None, json.dumps({"number": "+15553330000"}), None, "+15553330000"),
        (None, "no json", None, ""),
        (None, "[]", None, ""),
    ],
)
async def test_whom_a_text_is_from(
    shown_from: str | None, device: str | None, number: str | None, sender: str
) -> None:
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.extend(parse_qs(request.content.decode(), keep_blank_values=True)["From"])
        return httpx2.Response(201, json={"sid": "SM1"})

    gateway = evolve(GATEWAY, device=device)
    content = {key: value for key, value in {**TWILIO, "number": number}.items() if value}
    async with way(answer) as it:
        await it.send(account(content), outgoing(shown_from=shown_from, gateway=gateway))
    assert seen == [sender]


async def test_b63_numbers_are_of_the_region_of_the_gateway() -> None:
    content = {key: value for key, value in SMPP.items() if key != "region"}
    gateway = evolve(GATEWAY, device=json.dumps({"region": "CZ"}))
    async with way() as it:
        await it.send(account(content), outgoing(remote_address="603123456", gateway=gateway))
        (_, members, _), *_ = it.link.submitted
    assert members["destination_addr"] == "420603123456"


async def test_a_short_text_goes_to_the_smsc_as_one() -> None:
    async with way() as it:
        assert await it.send(account(SMPP), outgoing("Ahoj €")) == Sent("id-1")
        ((label, members, options),) = it.link.submitted
        assert await it.host.store.positions() == {}
    assert label == f"{MESSAGE}/1/1"
    assert options == {}
    assert members["short_message"] == b"Ahoj \x1b\x65"
    assert (members["esm_class"], members["data_coding"]) == (0, 0)
    assert (members["dest_addr_ton"], members["dest_addr_npi"]) == (1, 1)
    assert (members["source_addr_ton"], members["source_addr"]) == (3, "90210")
    assert members["registered_delivery"] == 1


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("letter", ["a", "ž", "😀", "€"])
async def test_a_long_text_goes_to_the_smsc_in_parts(wide: bool, letter: str) -> None:
    text = letter * 400
    async with way() as it:
        await it.send(account(SMPP, wide_reference=wide), outgoing(text))
        submitted = sorted(it.link.submitted, key=lambda one: int(one[0].split("/")[1]))
    said, references = "", set()
    for number, (_, members, _) in enumerate(submitted, 1):
        assert members["esm_class"] == 0x40
        assert len(members["short_message"]) <= 160
        place, body = parse(members["short_message"])
        assert place is not None
        assert (place.number, place.total) == (number, len(submitted))
        references.add(place.reference)
        said += read(body, members["data_coding"])
    assert said == text
    assert len(references) == 1


async def test_a_long_text_may_go_whole() -> None:
    async with way() as it:
        await it.send(account(SMPP, long="payload"), outgoing("ž" * 100))
        ((label, members, options),) = it.link.submitted
    assert label.endswith("/1/1")
    assert members["short_message"] == b""
    assert options == {Tag.PAYLOAD: ("ž" * 100).encode("utf-16-be")}


async def test_b55_only_the_parts_that_were_not_taken_are_sent_again() -> None:
    text, unknown = "a" * 400, [Outcome.SENT, Outcome.UNKNOWN, Outcome.SENT]
    async with way(outcomes=unknown) as it:
        with pytest.raises(Unknown):
            await it.send(account(SMPP), outgoing(text))
        with pytest.raises(Unknown):
            it.outbound.find(outgoing(text))
        first = {label for label, _, _ in it.link.submitted}
        it.link.submitted.clear()
        sent = await it.send(account(SMPP), outgoing(text))
        again = {label for label, _, _ in it.link.submitted}
    assert (len(first), len(again)) == (3, 1)
    assert again < first
    assert sent == Sent("id-1")


async def test_b55_an_answer_that_comes_late_is_found() -> None:
    async with way(outcomes=[Outcome.UNKNOWN]) as it:
        with pytest.raises(Unknown):
            await it.send(account(SMPP), outgoing())
        await it.outbound.late(f"{MESSAGE}/1/1", "id-late")
        assert it.outbound.find(outgoing()) == Sent("id-late")
        assert await it.send(account(SMPP), outgoing()) == Sent("id-late")
        assert len(it.link.submitted) == 1
        assert len(it.outbound.ledger) == 0


@pytest.mark.parametrize(
    ("outcomes", "error"),
    [
        ([Outcome.SENT, Outcome.THROTTLED, Outcome.TEMPORARY], Throttled),
        ([Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.TEMPORARY], Unknown),
        ([Outcome.SENT, Outcome.SENT, Outcome.TEMPORARY], Temporary),
        ([Outcome.SENT, Outcome.UNKNOWN, Outcome.PERMANENT], Permanent),
    ],
)
async def test_the_worst_part_says_what_became_of_a_text(
    outcomes: list[Outcome], error: type[Exception]
) -> None:
    async with way(outcomes=outcomes) as it:
        with pytest.raises(error, match="why"):
            await it.send(account(SMPP), outgoing("a" * 400))
        assert (len(it.outbound.ledger) == 0) == (
            error is Permanent or Outcome.SENT not in outcomes
        )


@pytest.mark.parametrize(("answered", "called"), [("0A1F", "2591"), ("x-7", "x-7")])
async def test_an_smsc_may_call_a_message_otherwise_in_its_receipts(
    answered: str, called: str
) -> None:
    async with way() as it:
        it.link.id = answered
        sent = await it.send(account(SMPP, receipt_ids="decimal"), outgoing())
    assert sent == Sent(called)


@pytest.mark.parametrize("content", [TWILIO, SMPP])
async def test_b55_that_it_may_be_there_is_noted_before_it_is(content: Mapping[str, Any]) -> None:
    """And only then: what cannot be sent was not, for sure."""
    noted: list[str] = []

    async def note() -> None:
        noted.append("offered")

    def answer(request: httpx2.Request) -> httpx2.Response:
        noted.append("asked")
        return httpx2.Response(201, json={"sid": "SM1"})

    async with way(answer) as it:
        for bad in (
            outgoing(offered=note, remote_address="nobody"),
            outgoing(" ", offered=note),
        ):
            with pytest.raises(Permanent):
                await it.send(account(content), bad)
        assert noted == []
        await it.send(account(content), outgoing(offered=note))
    assert noted == (["offered", "asked"] if content is TWILIO else ["offered"])
