"""The client on real sockets, under trio and under asyncio."""

import ssl
from collections.abc import Awaitable, Callable

import anyio
import pytest
import trustme

from connectors.client.backoff import Backoff
from connectors.client.connect import (
    Address,
    Client,
    WorkplaceClient,
    connect_connector,
    connect_workplace,
)
from connectors.client.errors import Ended, NotConnected, Refused
from connectors.client.events import (
    Alerted,
    ChatRef,
    Disconnected,
    Event,
    ListRefused,
    Ready,
    SentenceAdded,
)
from connectors.client.settings import Tuning
from protocol.errors import ErrorCode
from protocol.values import AgentState, ChatStatus, Signal
from tests.support.core_on_socket import CoreOnSocket, with_core

QUICK = Tuning(backoff=Backoff(first=0.01, longest=0.05))

Scenario = Callable[[CoreOnSocket], Awaitable[None]]


@pytest.fixture(params=["trio", "asyncio"])
def play(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Run a scenario with a broker under either library."""

    def play(scenario: Scenario) -> None:
        with_core(scenario, request.param)

    return play


async def until(client: Client, wanted: Callable[[Event], bool]) -> Event:
    async for event in client.events():
        if wanted(event):
            return event
    raise AssertionError("the session ended before")


async def take_everything(client: WorkplaceClient, said: list[str]) -> None:
    """An agent who takes each chat and repeats what they hear."""
    async for event in client.events():
        match event:
            case Alerted(ref):
                await client.answer(ref)
            case SentenceAdded(ref, sentence, False):
                said.append(sentence.text or "")
                client.send_soon(ref, f"you said: {sentence.text}")
            case _:
                pass


def test_a_conversation(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with (
            connect_connector(broker.address, ["web"], "web-secret") as visitor,
            connect_workplace(broker.address, "101", "alice", "alice-secret") as agent,
            anyio.create_task_group() as tasks,
        ):
            said: list[str] = []
            await agent.set_state(AgentState.READY)
            tasks.start_soon(take_everything, agent, said)
            assert (await visitor.ask_chat()).signal is Signal.FREE
            chat = await visitor.start_chat(party_name="Jana")
            echo = await visitor.send(chat, "Good morning")
            assert echo.counter == 1
            event = await until(
                visitor, lambda event: isinstance(event, SentenceAdded) and not event.mine
            )
            assert isinstance(event, SentenceAdded)
            assert event.sentence.text == "you said: Good morning"
            assert (await visitor.status(chat)).status is ChatStatus.ANSWERED
            assert (await visitor.stop(chat)).status is ChatStatus.CLOSED
            with pytest.raises(Refused, match="ChatClosed"):
                await visitor.send(chat, "one more thing")
            assert said == ["Good morning"]
            tasks.cancel_scope.cancel()

    play(scenario)


def test_a_send_outlives_a_restart_of_the_broker(play: Callable[[Scenario], None]) -> None:
    """W-25, W-26."""

    async def scenario(broker: CoreOnSocket) -> None:
        async with (
            connect_connector(broker.address, ["web"], "web-secret", tuning=QUICK) as client,
            anyio.create_task_group() as tasks,
        ):
            chat = await client.start_chat(party_name="Jana")
            await broker.kill()
            tasks.start_soon(client.send, chat, "are you there?")
            await until(client, lambda event: isinstance(event, Disconnected))
            await tasks.start(broker.run)
            await until(client, lambda event: isinstance(event, SentenceAdded))
            assert [one.words.text for one in broker.core.chat.transcript.sentences] == [
                "are you there?"
            ]
            tasks.cancel_scope.cancel()

    play(scenario)


def test_a_cancelled_send_is_sent_all_the_same(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            chat = await client.start_chat()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.send(chat, "already handed over")
            event = await until(client, lambda event: isinstance(event, SentenceAdded))
            assert isinstance(event, SentenceAdded)
            assert event.sentence.counter == 1

    play(scenario)


def test_a_refused_hello_is_raised_as_it_is(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        with pytest.raises(Ended, match="AuthFailed"):
            async with connect_connector(broker.address, ["web"], "wrong"):
                pass

    play(scenario)


def test_what_the_program_raises_comes_out_as_it_is(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        with pytest.raises(KeyError):
            async with connect_connector(broker.address, ["web"], "web-secret"):
                raise KeyError("the program's own")

    play(scenario)


def test_without_a_broker_it_waits_and_calls_that_cannot_wait_say_so(
    play: Callable[[Scenario], None],
) -> None:
    async def scenario(_broker: CoreOnSocket) -> None:
        async with connect_workplace(
            "127.0.0.1:1", "101", "alice", "alice-secret", tuning=QUICK, wait=False
        ) as client:
            await until(client, lambda event: isinstance(event, Disconnected))
            with pytest.raises(NotConnected):
                await client.answer(_any_chat())
            assert not client.ready

    play(scenario)


def _any_chat() -> ChatRef:
    return ChatRef("101", "00000000-0000-4000-8000-000000000000")


def test_events_that_nobody_reads_end_the_client(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_connector(broker.address, ["web"], "web-secret", events=4) as client:
            chat = await client.start_chat()

            async def say_much() -> None:
                for n in range(10):
                    await client.send(chat, f"{n}")

            with pytest.raises(Ended, match="EventsNotRead"):
                await say_much()

    play(scenario)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_tls_and_a_certificate_that_nobody_knows(backend: str) -> None:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting, doubting = ssl.create_default_context(), ssl.create_default_context()
    authority.configure_trust(trusting)

    async def scenario() -> None:
        broker = CoreOnSocket(server)
        async with anyio.create_task_group() as tasks:
            await tasks.start(broker.run)
            where = broker.address
            async with connect_connector(where, ["web"], "web-secret", tls=trusting) as client:
                chat = await client.start_chat()
                assert (await client.send(chat, "in secret")).counter == 1
            async with connect_connector(
                where, ["web"], "web-secret", tls=doubting, wait=False
            ) as client:
                lost = await until(client, lambda event: isinstance(event, Disconnected))
                assert isinstance(lost, Disconnected)
                assert "certificate verify failed" in lost.why
            tasks.cancel_scope.cancel()

    anyio.run(scenario, backend=backend)


def test_a_refusal_is_an_exception_with_its_code(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            broker.core.way.refusals = [ErrorCode.UNKNOWN_GATEWAY]
            with pytest.raises(Refused) as caught:
                await client.start_chat()
            assert caught.value.code == "UnknownGateway"

    play(scenario)


def test_leaving_the_block_says_goodbye(play: Callable[[Scenario], None]) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            await until(client, lambda event: isinstance(event, Ready))
            assert len(broker.core.lines) == 1
        await broker.left.wait()
        assert not broker.core.lines
        with pytest.raises(Ended):
            client.send_soon(_any_chat(), "too late")

    play(scenario)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("localhost:7070", "localhost", 7070), ("[::1]:80", "::1", 80)],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert (Address.parse(text).host, Address.parse(text).port) == (host, port)


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", ":7070", "host:0", "host:99999"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        Address.parse(text)


def test_a_program_that_waits_to_be_ready_is_told_that_its_list_is_refused(
    play: Callable[[Scenario], None],
) -> None:
    """W-25: it would wait for ever; one that does not wait is told by an event, and may be ready yet."""

    async def scenario(broker: CoreOnSocket) -> None:
        refused = broker.core.way.refused
        refused["ES_CHAT_RESYNC"] = ErrorCode.OVERLOADED
        with pytest.raises(Refused, match="Overloaded"):
            async with connect_connector(broker.address, ["web"], "web-secret"):
                raise AssertionError("it is ready")
        refused["ES_CHAT_RESYNC"] = ErrorCode.OVERLOADED
        tuning = Tuning(pause=0.01)
        async with connect_connector(
            broker.address, ["web"], "web-secret", tuning=tuning, wait=False
        ) as client:
            await until(client, lambda event: isinstance(event, ListRefused))
            await until(client, lambda event: isinstance(event, Ready))
            await client.wait_ready()

    play(scenario)


@pytest.mark.parametrize(
    ("text", "host"),
    [("a.example:7070", "a.example"), ("[::1]:7070", "::1"), ("é.example:1", "é.example")],
)
def test_an_address_is_told_as_it_was_given(text: str, host: str) -> None:
    address = Address.parse(text)
    assert (address.host, str(address)) == (host, text)


@pytest.mark.parametrize("text", [f"{'x' * 300}:7070", "a..b:7070"])
def test_a_name_that_no_resolver_takes_is_no_address(text: str) -> None:
    """It would be no lost connection either."""
    with pytest.raises(ValueError, match="no name of a host"):
        Address.parse(text)
