"""The channel as a whole: real sockets, a provider and an SMSC at the other end."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx2
import pytest
from attrs import define, evolve, field

from connectors.channels.channel import NotTaken, Sent, Temporary
from connectors.channels.converter import structured
from connectors.channels.store import opened
from connectors.sms.calls import Call
from connectors.sms.channel import Sms
from connectors.sms.settings import SmsSettings, Web
from connectors.sms.web_server import WebServer
from connectors.sms.webhooks import Answer
from protocol.identifiers import derive
from tests.support.sms_host import GATEWAY, PlayedHost, outgoing
from tests.support.smsc import free_port, smsc

SECRET = b"hook-secret"
ANSWER = Answer(content_type="application/json", body='{"success": true, "id": "S1"}')
MESSAGE = derive("message", "m-1")


@define(eq=False)
class Provider:
    """A provider by HTTP: what it was asked, and what it answers."""

    asked: list[dict[str, Any]] = field(factory=list)
    came: anyio.Event = field(factory=anyio.Event)
    go: anyio.Event | None = None
    answer: Answer = ANSWER

    async def handle(self, name: str, kind: str, call: Call) -> Answer:
        self.asked.append(json.loads(call.body))
        self.came.set()
        if self.go is not None:
            await self.go.wait()
        return self.answer


@define(eq=False)
class Whole:
    """A channel that runs."""

    host: PlayedHost
    channel: Sms
    provider: Provider
    client: httpx2.AsyncClient
    stopped: anyio.Event

    async def call(self, path: str, value: Any, key: str = SECRET.decode()) -> int:
        answer = await self.client.post(f"{path}?key={key}", json=value)
        return answer.status_code


def settings(url: str, web: int, **more: Any) -> SmsSettings:
    content = {
        "web": {"listen": f"127.0.0.1:{web}", "public_url": f"http://127.0.0.1:{web}"},
        "accounts": {
            "main": {
                "provider": "session",
                "gateway": "sms",
                "number": "+15552220000",
                "password": "TOKEN",
                "url": url,
                "proof": {"secret": SECRET.decode()},
            },
            **more,
        },
    }
    return structured(content, SmsSettings, path="sms", environ={})


@asynccontextmanager
async def whole(path: str = ":memory:", **more: Any) -> AsyncIterator[Whole]:
    provider = Provider()
    web = Web(listen="127.0.0.1:0", public_url="http://provider")
    server = WebServer(web, provider.handle)
    port = free_port()
    async with (
        opened(path) as store,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(server.run)
        url = f"http://127.0.0.1:{await server.port()}/x/text"
        channel = Sms(settings(url, port, **more))
        it = Whole(PlayedHost(store), channel, provider, client, anyio.Event())

        async def run() -> None:
            await channel.run(it.host)
            it.stopped.set()

        tasks.start_soon(run)
        await channel.listening()
        yield it
        it.host.stop()
        with anyio.fail_after(20):
            await it.stopped.wait()
        server.stop()


def session(text: str, id_: str = "S7") -> dict[str, Any]:
    return {
        "session": {
            "id": id_,
            "timestamp": "2026-03-01T12:00:00Z",
            "initialText": text,
            "to": {"id": "15552220000"},
            "from": {"id": "15552221111", "channel": "TEXT"},
        }
    }


def played(main: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """A test that runs under asyncio, as the web server needs."""

    def test() -> None:
        anyio.run(main, backend="asyncio")

    test.__doc__ = main.__doc__
    return test


@played
async def test_a_conversation_by_a_session_api() -> None:
    """A text comes in, an answer goes out, and its receipt comes back."""
    async with whole() as it:
        assert await it.call("/main/text", session("hello")) == 200
        (message,) = it.host.received
        assert (message.remote_address, message.text) == ("+15552221111", "hello")
        assert (message.gateway, message.delivery_id) == ("sms", "S7")
        sent = await it.channel.send(outgoing("Hi & bye", remote_address=message.remote_address))
        assert sent == Sent("S1")
        assert it.provider.asked == [
            {"token": "TOKEN", "numberToDial": "15552221111", "msg": "Hi & bye"}
        ]
        receipt = {"receipt": {"id": "S1", "status": "delivered"}}
        assert await it.call("/main/receipt", receipt) == 200
        assert it.host.reports == [("Delivered", "S1", "delivered")]


@played
async def test_what_is_not_proved_reaches_nobody() -> None:
    async with whole() as it:
        assert await it.call("/main/text", session("x"), key="other") == 403
        assert await it.call("/main/receipt", {}, key="") == 403
        assert await it.call("/other/text", session("x")) == 404
        assert await it.call("/main/text", {"session": {"from": {"channel": "TEXT"}}}) == 400
        assert it.host.received == []
        assert it.host.reports == []


@played
async def test_a_call_about_something_else_is_taken_and_left_alone() -> None:
    async with whole() as it:
        assert await it.call("/main/text", {"session": {"from": {"channel": "VOICE"}}}) == 200
        assert it.host.received == []


@played
async def test_only_what_the_broker_has_is_answered_well() -> None:
    async with whole() as it:
        go = anyio.Event()
        it.host.answers = [NotTaken("no", "BadPayload"), go]
        assert await it.call("/main/text", session("a", "S1")) == 422
        async with anyio.create_task_group() as tasks:
            statuses: list[int] = []

            async def call() -> None:
                statuses.append(await it.call("/main/text", session("b", "S2")))

            tasks.start_soon(call)
            await it.host.until(lambda: not it.host.answers)
            assert await it.call("/main/text", session("c", "S3")) == 200
            assert statuses == []
            go.set()
        assert statuses == [200]
        it.host.stop()


@played
async def test_a_program_that_ends_finishes_what_it_sends() -> None:
    async with whole() as it:
        it.provider.go = anyio.Event()
        sent: list[Sent] = []

        async def send() -> None:
            sent.append(await it.channel.send(outgoing()))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await it.provider.came.wait()
            it.host.stop()
            await anyio.wait_all_tasks_blocked()
            assert not it.stopped.is_set()
            it.provider.go.set()
        assert sent == [Sent("S1")]


@played
async def test_a_gateway_that_no_account_carries_for() -> None:
    async with whole() as it:
        with pytest.raises(Temporary, match="no account"):
            await it.channel.send(outgoing(gateway=evolve(GATEWAY, peer_address="fax", id=None)))


SMPP = {"provider": "smpp", "gateway": "smpp", "number": "90210", "user": "me", "password": "x"}


@played
async def test_a_conversation_by_smpp() -> None:
    async with smsc() as far:
        far.decide = lambda event: event.accept(f"id-{event.short_message[5]}")
        account = {**SMPP, "smpp": {"host": "127.0.0.1", "port": far.port}}
        async with whole(smpp=account) as it:
            assert await far.deliver(b"hello") == 0
            (message,) = it.host.received
            assert (message.gateway, message.remote_address) == ("smpp", "+420603123456")
            gateway = evolve(GATEWAY, peer_address="smpp")
            long = outgoing("a" * 200, gateway=gateway, remote_address=message.remote_address)
            sent = await it.channel.send(long)
            assert sent == Sent("id-1")
            assert {one.esm_class for one in far.submits} == {0x40}
            for number in (1, 2):
                receipt = f"id:id-{number} stat:DELIVRD err:000".encode()
                assert await far.deliver(receipt, esm_class=4) == 0
            assert it.host.reports == [("Delivered", MESSAGE, "DELIVRD")]
            kept = await it.host.store.positions()
            assert [key.partition(":")[0] for key in kept] == ["seen"]
            assert it.host.parts["smpp smpp"] is None


VONAGE = {
    "provider": "vonage",
    "gateway": "vonage",
    "number": "+15552220000",
    "user": "key",
    "password": "secret",
    "proof": {"secret": "sign", "method": "sha256"},
}


def signed(**fields: str) -> str:
    fields = {**fields, "timestamp": str(int(time.time())), "nonce": "n"}
    said = "".join(f"&{name}={fields[name]}" for name in sorted(fields))
    return urlencode({**fields, "sig": hmac.new(b"sign", said.encode(), "sha256").hexdigest()})


def text_part(number: int) -> str:
    return signed(
        msisdn="420603123456",
        to="15552220000",
        messageId=f"V{number}",
        text=f"part {number}",
        **{"concat-ref": "5", "concat-total": "2", "concat-part": str(number)},
    )


def test_parts_outlive_the_program(tmp_path: Any) -> None:
    path = str(tmp_path / "sms.sqlite")

    async def main() -> None:
        async with whole(path, vonage=VONAGE) as it:
            answer = await it.client.get(f"/vonage/text?{text_part(2)}")
            assert answer.status_code == 200
            assert it.host.received == []
        async with whole(path, vonage=VONAGE) as it:
            assert (await it.client.get(f"/vonage/text?{text_part(1)}")).status_code == 200
            await it.host.until(lambda: it.host.received)
            (message,) = it.host.received
            assert (message.text, message.delivery_id) == ("part 1part 2", "V1")

    anyio.run(main, backend="asyncio")


@played
async def test_a_form_that_twilio_signs_over_the_public_url() -> None:
    twilio = {"provider": "twilio", "gateway": "twilio", "user": "AC1", "password": "token"}
    async with whole(twilio=twilio) as it:
        fields = {"MessageSid": "SM1", "From": "+15552221111", "To": "+15552220000", "Body": "ž=&"}
        url = f"http://127.0.0.1:{it.client.base_url.port}/twilio/text"
        said = url + "".join(name + fields[name] for name in sorted(fields))
        signature = base64.b64encode(hmac.new(b"token", said.encode(), hashlib.sha1).digest())
        headers = {"X-Twilio-Signature": signature.decode()}
        answer = await it.client.post("/twilio/text", data=fields, headers=headers)
        assert (answer.status_code, answer.text) == (200, "<Response/>")
        assert it.host.received[0].text == "ž=&"
        other = await it.client.post("/twilio/text", data={**fields, "Body": "x"}, headers=headers)
        assert other.status_code == 403


def test_b55_it_says_when_a_provider_may_have_a_text() -> None:
    """So what waits for an account when the program is killed goes back to the broker."""
    assert Sms.offers
