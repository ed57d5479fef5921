"""The client of a carrier of messages, on real sockets under trio and asyncio, against a played broker."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
import pytest
from anyio.abc import SocketAttribute

from connectors.channels.conform.broker import Heard, PlayedBroker, silence
from connectors.client import (
    MessageClient,
    MessageSending,
    Receipt,
    Refused,
    connect_messages,
)
from connectors.client.backoff import Backoff
from connectors.client.settings import Tuning
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.values import Direction
from tests.support.channel_messages import MESSAGE, ONE
from tests.support.played_channel import GATEWAYS, INBOUND, OUTBOUND, WHEN

LETTER = MessageContentInfo(
    delivery_system_id="<a@b>",
    gateway_id=INBOUND.id,
    remote_address="anna",
    received_sent_time=WHEN,
    body_text="coo",
)
Scenario = Callable[[PlayedBroker, MessageClient], Awaitable[None]]
Play = Callable[[Scenario], None]


@pytest.fixture(params=["trio", "asyncio"])
def play(request: pytest.FixtureRequest) -> Play:
    """Run a scenario under either library."""

    def play(scenario: Scenario, tuning: Tuning | None = None) -> None:
        async def run() -> None:
            broker = PlayedBroker(GATEWAYS, "loft-secret")
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
            where = f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
            quick = tuning or Tuning(backoff=Backoff(first=0.01, longest=0.05))
            with anyio.fail_after(20):
                async with listener, anyio.create_task_group() as tasks:
                    tasks.start_soon(listener.serve, broker.serve)
                    async with connect_messages(
                        where, ["loft"], "loft-secret", tuning=quick
                    ) as client:
                        await scenario(broker, client)
                    tasks.cancel_scope.cancel()

        anyio.run(run, backend=request.param)

    return play


def test_a_carrier_asks_for_gateways_and_for_no_chats(play: Play) -> None:
    async def scenario(broker: PlayedBroker, client: MessageClient) -> None:
        assert await client.gateways("loft") == GATEWAYS
        assert await client.gateways("other") == ()
        assert broker.heard("ES_CHAT_RESYNC") == []
        assert client.peers == ("loft",)

    play(scenario)


def test_an_inbound_message_is_handed_over(play: Play) -> None:
    async def scenario(broker: PlayedBroker, client: MessageClient) -> None:
        receipt = await client.receive_message(LETTER)
        assert receipt == Receipt(True, broker.taken[INBOUND.id, "<a@b>"])
        (heard,) = broker.heard("ES_MESSAGE_RECEIVING")
        assert heard.payload.direction is Direction.I
        assert heard.payload.request_id

        async def refuse(heard: Heard) -> None:
            await broker.receipt(heard, taken=False)

        broker.on["ES_MESSAGE_RECEIVING"] = refuse
        assert await client.receive_message(LETTER) == Receipt(False)

    play(scenario)


def test_what_was_handed_over_outlives_a_connection(play: Play) -> None:
    async def scenario(broker: PlayedBroker, client: MessageClient) -> None:
        async def cut(heard: Heard) -> None:
            broker.on.clear()
            await heard.line.cut()

        broker.on["ES_MESSAGE_RECEIVING"] = cut
        assert (await client.receive_message(LETTER)).is_taken
        first, second = broker.heard("ES_MESSAGE_RECEIVING")
        assert first.payload == second.payload

    play(scenario)


def test_what_is_to_be_sent_is_an_event_and_is_answered(play: Play) -> None:
    async def scenario(broker: PlayedBroker, client: MessageClient) -> None:
        await broker.sending(MESSAGE)
        asked: list[MessageContentInfo] = []
        async for event in client.events():
            if isinstance(event, MessageSending):
                asked.append(event.message)
                break
        assert asked == [MESSAGE]
        await client.message_sent(asked[0], delivery_id="ring p1")
        await client.message_sent(asked[0], error="permanent: no")
        sent, failed = (one.payload for one in broker.heard("ES_MESSAGE_SENT"))
        assert (sent.id, sent.ref_id, sent.reference, sent.data) == (
            ONE,
            OUTBOUND.id,
            "ring p1",
            None,
        )
        assert failed.data == "permanent: no"
        assert abs((sent.time_stamp - datetime.now(UTC)).total_seconds()) < 60

    play(scenario)


def test_a_report_of_an_unknown_message_is_refused(play: Play) -> None:
    async def scenario(broker: PlayedBroker, client: MessageClient) -> None:
        assert OUTBOUND.id is not None
        await client.report_message("Read", OUTBOUND.id, message_id=ONE)

        async def refuse(heard: Heard) -> None:
            await broker.refuse(heard, ErrorCode.UNKNOWN_MESSAGE)

        broker.on["ES_MESSAGE_REPORT"] = refuse
        with pytest.raises(Refused, match="UnknownMessage"):
            await client.report_message("Bounced: no", OUTBOUND.id, delivery_id="x")
        read, bounced = (one.payload for one in broker.heard("ES_MESSAGE_REPORT"))
        assert (read.data, read.id, bounced.data, bounced.reference) == (
            "Read",
            ONE,
            "Bounced: no",
            "x",
        )

    play(scenario)


def test_an_inbound_message_waits_longer_than_other_requests() -> None:
    assert Tuning().wait_of("ES_MESSAGE_RECEIVING") == 60.0
    assert Tuning().wait_of("ES_MESSAGE_SENT") == Tuning().answer_wait


def test_a_played_broker_can_be_silent(play: Play) -> None:
    async def scenario(broker: PlayedBroker, client: MessageClient) -> None:
        broker.on["ES_MESSAGE_RECEIVING"] = silence
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.receive_message, LETTER)
            assert await broker.until(lambda: bool(broker.heard("ES_MESSAGE_RECEIVING")), 5)
            tasks.cancel_scope.cancel()

    play(scenario)
