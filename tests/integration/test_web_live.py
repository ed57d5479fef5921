"""Visitors on real WebSockets of a real web process, before a real broker; either is killed in mid-chat."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from connectors.client import Alerted, SentenceAdded, WorkplaceClient, connect_workplace
from protocol.values import AgentState
from tests.support.web_browser import Browser, Cut, Live, Refused, browsing, token_of
from tests.support.web_process import Installation, installed, ready

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@asynccontextmanager
async def echoing(place: Installation, *, silent: bool = False) -> AsyncIterator[WorkplaceClient]:
    """An agent who takes each chat, and repeats what they hear."""
    async with connect_workplace(place.address, "101", "alice", "alice-secret") as client:

        async def work() -> None:
            async for event in client.events():
                match event:
                    case Alerted(ref):
                        await client.answer(ref)
                    case SentenceAdded(ref, sentence, False) if not silent:
                        key = f"to {sentence.id}"
                        client.send_soon(ref, f"you said: {sentence.text}", sentence_id=key)
                    case _:
                        pass

        await client.set_state(AgentState.READY)
        task = asyncio.create_task(work())
        yield client
        task.cancel()


def check(browser: Browser, said: list[str]) -> None:
    """Every line is there once, in order, and so is its answer."""
    assert sorted(browser.transcript) == list(range(1, 2 * len(said) + 1))
    lines = [one for _, one in sorted(browser.transcript.items())]
    mine = [one["Text"] for one in lines if not one["IsOutbound"]]
    theirs = [one["Text"] for one in lines if one["IsOutbound"]]
    assert mine == said
    assert theirs == [f"you said: {text}" for text in said]


def test_a_conversation(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        async with echoing(place) as agent, browsing(place.webs[0].base, PartyName="Jana") as jana:
            live = await jana.back()
            answered = await live.until("SE_CHAT_STATUS", Status="Answered")
            assert answered["AgentName"] == "Alice"
            assert (answered["Peer"], answered["TrackingId"]) == ("shop", "visitor")
            await jana.say("k1", "Hello")
            await jana.hear(2)
            check(jana, ["Hello"])
            acknowledged = await live.ask("ES_CHAT_CONFIRM", {"ID": "to k1"})
            assert acknowledged[:2] == ["SYS_ACK", {"Type": "ES_CHAT_CONFIRM"}]
            snapshot = (await live.ask("ES_CHAT_STATUS", {}))[1]
            assert all(one["ConfirmedTime"] for one in snapshot["Sentences"])
            (chat,) = agent.chats()
            agent.typing(chat.ref)
            await live.until("SE_CHAT_TYPING", IsTyping=True)
            confirmed = await live.until("SE_CHAT_CONFIRM", ID="k1")
            assert confirmed["TimeStamp"]
            await agent.hang_up(chat.ref)
            closed = await live.until("SE_CHAT_STATUS", Status="Closed")
            assert closed["CloseReason"] == "Agent"

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


def test_two_tabs_are_one_visitor(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        base = place.webs[0].base
        async with browsing(base) as one:
            other = await Live.opened(base, one.token)
            await one.say("k1", "from the first tab")
            pushed = await other.until("SE_CHAT_SENTENCE", ID="k1")
            assert pushed["Counter"] == 1
            answer = await other.ask("ES_CHAT_SENTENCE", {"ID": "k2", "Text": "from the second"})
            assert answer[1]["Counter"] == 2
            await one.hear(2)
            stranger = await Live.opened(base, await token_of(base))
            assert (await stranger.ask("ES_CHAT_RESYNC", {}))[1] == []
            unknown = await stranger.ask("ES_CHAT_STATUS", {})
            assert unknown[1]["Code"] == "UnknownChat"
            await one.say("k3", "not for a stranger")
            assert [frame[0] for frame in stranger.heard] == [
                "SYS_WELCOME",
                "SE_CHAT_LIST",
                "SYS_ERROR",
            ]
            await other.connection.close()
            await stranger.connection.close()

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


def test_the_broker_is_killed_in_mid_chat(tmp_path: Path) -> None:
    """I-1: no line is lost or doubled, and the socket stays open over a short absence."""

    async def scenario(place: Installation) -> None:
        said = [f"line {number}" for number in range(12)]
        async with echoing(place), browsing(place.webs[0].base) as jana:
            await (await jana.back()).until("SE_CHAT_STATUS", Status="Answered")
            live = jana.live
            for number, text in enumerate(said):
                if number in (4, 8):
                    await asyncio.to_thread(place.broker.kill)
                    restart = asyncio.create_task(asyncio.to_thread(place.broker.start))
                    assert live is not None
                    notice = await live.until("SYS_ERROR", Code="Overloaded")
                    assert not notice["Fatal"]
                    refused = await live.ask("ES_CHAT_SENTENCE", {"ID": f"k{number}", "Text": text})
                    assert (
                        refused[1].get("Code") == "RateLimited" or refused[1]["ID"]
                    )  # it may be back
                    await restart
                await jana.say(f"k{number}", text)
            await jana.hear(2 * len(said))
            check(jana, said)
            assert jana.live is live

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


def test_a_broker_that_stays_away_is_said_so(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        base = place.webs[0].base
        async with browsing(base) as jana:
            await jana.say("k1", "before")
            live = await jana.back()
            await asyncio.to_thread(place.broker.kill)
            bye = await live.until("SYS_BYE")
            assert (bye["Code"], bye["ReconnectAfterSeconds"]) == ("StoreUnavailable", 2)
            with pytest.raises(Cut):
                await live.get()
            assert live.closed == 1013
            jana.live = None
            with pytest.raises(Refused) as caught:
                await Live.opened(base, jana.token)
            assert caught.value.args[0][1]["Code"] == "Overloaded"
            async with httpx2.AsyncClient(base_url=base) as http:
                headers = {"Parley-Visitor": jana.token}
                routed = (await http.get("/api/Routing/WebChat", headers=headers)).json()
                assert routed["Signal"] == "Busy"
                refused = await http.get("/api/Chat/WebChat", headers=headers)
                assert (refused.status_code, refused.json()["code"]) == (503, "Overloaded")
                assert refused.headers["retry-after"]
            await asyncio.to_thread(place.broker.start)
            await jana.say("k2", "after")
            assert [one["Text"] for one in jana.transcript.values()] == ["before", "after"]

    with installed(tmp_path, web="patience = 0.3") as place:
        asyncio.run(scenario(place))


def test_the_web_process_is_killed_in_mid_chat(tmp_path: Path) -> None:
    """I-1: it keeps nothing that could be lost."""

    async def scenario(place: Installation) -> None:
        (web,) = place.webs
        said = [f"line {number}" for number in range(9)]
        async with echoing(place), browsing(web.base) as jana:
            for number, text in enumerate(said):
                saying = asyncio.create_task(jana.say(f"k{number}", text))
                if number in (3, 6):
                    await asyncio.to_thread(web.kill)
                    await asyncio.to_thread(web.start)
                await saying
            await jana.hear(2 * len(said))
            check(jana, said)

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


def test_two_web_processes_need_nothing_in_common_but_the_secret(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        first, second = place.webs
        said = [f"line {number}" for number in range(10)]
        async with echoing(place), browsing(first.base, second.base) as jana:
            tab = await Live.opened(second.base, jana.token)
            for number, text in enumerate(said):
                await jana.say(f"k{number}", text)
                if number == 4:
                    await asyncio.to_thread(first.kill)
            await jana.hear(2 * len(said))
            check(jana, said)
            last = await tab.until("SE_CHAT_SENTENCE", ID="to k9")
            counters = [one[1]["Counter"] for one in tab.heard if one[0] == "SE_CHAT_SENTENCE"]
            assert counters == list(range(1, last["Counter"] + 1))
            await tab.connection.close()

    with installed(tmp_path, webs=2) as place:
        asyncio.run(scenario(place))


def test_a_clean_stop_says_good_bye(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        (web,) = place.webs
        async with browsing(web.base) as jana:
            live = await jana.back()
            stopping = asyncio.create_task(asyncio.to_thread(web.stop))
            bye = await live.until("SYS_BYE")
            assert bye["Code"] == "Shutdown"
            with pytest.raises(Cut):
                await live.get()
            assert live.closed == 1012
            assert await stopping == 0
            jana.live = None

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


async def refused_handshake(base: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await connect(base.replace("http", "ws") + "/ws", **options)
    return caught.value.response.status_code


def test_who_may_not_open_a_socket(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        base = place.webs[0].base
        for options in ({"origin": "https://evil.example"}, {"origin": None}, {"origin": "null"}):
            assert await refused_handshake(base, **options) == 403
        token = await token_of(base)
        live = await Live.opened(base, token, origin="https://shop.example.com")
        await live.connection.close()
        parts = token.split(".")
        bad = [token[:-4] + "AAAA", "nonsense", ".".join(reversed(parts)), "cookie"]
        for one in bad:
            with pytest.raises(Refused) as caught:
                await Live.opened(base, one)
            assert caught.value.args[0][1] | {"Text": ""} == {
                "Code": "AuthFailed",
                "Text": "",
                "Fatal": True,
            }
        with pytest.raises(Refused) as caught:
            await Live.opened(base, token, site="other")
        assert caught.value.args[0][1]["Code"] == "AuthFailed"

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


def test_a_cookie_is_good_for_a_page_of_our_own(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        base = place.webs[0].base
        async with httpx2.AsyncClient(base_url=base) as http:
            await http.get("/api/Visitor")
            cookie = f"parley.shop={http.cookies['parley.shop']}"
        live = await Live.opened(base, "cookie", cookie=cookie)
        await live.connection.close()
        with pytest.raises(Refused):  # a foreign page does not get to use it
            await Live.opened(base, "cookie", cookie=cookie, origin="https://shop.example.com")

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


REFUSED: list[tuple[list[Any], str, str]] = [
    (["ES_CHAT_STATUS", {"TrackingId": "other"}], "NotAllowed", "TrackingId"),
    (["ES_CHAT_STATUS", {"Peer": "web"}], "NotAllowed", "Peer"),
    (["ES_CHAT_STATUS", {"Port": "1"}], "NotAllowed", "Port"),
    (
        ["ES_CHAT_STATUS", {"ChatId": "11111111-1111-4111-8111-111111111111"}],
        "NotAllowed",
        "ChatId",
    ),
    (
        ["ES_CHAT_START", {"ReturnChatId": "11111111-1111-4111-8111-111111111111"}],
        "NotAllowed",
        "Return",
    ),
    (["ES_CHAT_SENTENCE", {"ID": "a", "Text": "x", "Model": 10}], "NotAllowed", "Model"),
    (["ES_CHAT_SENTENCE", {"ID": "a", "Text": "x", "Model": 2}], "NotAllowed", "Model"),
    (["ES_CHAT_SENTENCE", {"ID": "a", "Text": 7}], "BadPayload", "Text"),
    (["ES_CHAT_SENTENCE", {"ID": "a" * 65, "Text": "x"}], "TooLong", "ID"),
    (["ES_CHAT_SENTENCE", {"ID": "", "Text": "x"}], "BadPayload", "ID"),
    (["ES_CHAT_OPEN", {"Peer": "web", "RemoteAddress": "x"}], "NotAllowed", "ES_CHAT_OPEN"),
    (["ES_WS_ROUTING", "web"], "NotAllowed", "ES_WS_ROUTING"),
    (["CS_CHAT_RESYNC", {"Peer": "101"}], "NotAllowed", "CS_CHAT_RESYNC"),
    (["SE_CHAT_TYPING", {"Peer": "web", "TrackingId": "x"}], "NotAllowed", "SE_CHAT_TYPING"),
    (["NO_SUCH_TYPE", {}], "UnknownType", "unknown"),
    (
        ["ES_SCENARIO_SAVE", {"ScenarioId": "11111111-1111-4111-8111-111111111111"}],
        "UnknownScenario",
        "",
    ),
    (
        ["ES_BLOB_GET", {"BlobId": "11111111-1111-4111-8111-111111111111"}],
        "UnknownMessage",
        "BlobId",
    ),
    (["ES_CHAT_CONFIRM", {"ID": "nothing"}], "BadPayload", ""),
]


def test_what_a_visitor_may_not_do_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        async with browsing(place.webs[0].base) as jana:
            live = await jana.back()
            for frame, code, begin in REFUSED:
                answer = await live.ask(*frame)
                assert answer[0] == "SYS_ERROR", (frame, answer)
                assert not answer[1]["Fatal"]
                if frame[0] != "ES_CHAT_CONFIRM":
                    assert answer[1]["Code"] == code, (frame, answer)
                    assert answer[1]["Text"].startswith(begin)
            await jana.say("k1", "still here")
            assert list(jana.transcript) == [1]

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


@pytest.mark.parametrize(
    ("message", "code", "close"),
    [
        ("{", "BadFrame", 1008),
        ("[]", "BadFrame", 1008),
        ('["ES_CHAT_RESYNC",{},{"Id":1}] x', "BadFrame", 1008),
        (b"[]", "BadFrame", 1008),
        ("[" * 100_000, "BadFrame", 1008),
        ("x" * 400_000, None, 1009),
    ],
    ids=["no JSON", "no frame", "more behind", "binary", "deep", "long"],
)
def test_what_is_no_frame_ends_the_socket(
    tmp_path: Path, message: str | bytes, code: str | None, close: int
) -> None:
    async def scenario(place: Installation) -> None:
        base = place.webs[0].base
        live = await Live.opened(base, await token_of(base))
        await live.connection.send(message)
        if code is not None:
            frame = await live.get()
            assert (frame[0], frame[1]["Code"], frame[1]["Fatal"]) == ("SYS_ERROR", code, True)
        with pytest.raises(Cut):
            await live.get()
        assert live.closed == close

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))


async def to_the_end(live: Live) -> None:
    """Read until the socket is gone."""
    with suppress(Cut):
        while True:
            await live.get()


def test_who_floods_is_sent_away_and_who_does_not_read_is_cut(tmp_path: Path) -> None:
    async def scenario(place: Installation) -> None:
        base = place.webs[0].base
        async with browsing(base) as jana:
            flood = await Live.opened(base, await token_of(base))
            ping = json.dumps(["SYS_PING", {"Nonce": "x"}])
            with suppress(ConnectionClosed):
                for _ in range(2_000):
                    await flood.connection.send(ping)
            await to_the_end(flood)
            assert flood.heard[-1][1]["Code"] == "RateLimited"
            slow = await Live.opened(base, jana.token, max_queue=1)
            for number in range(12):
                await jana.say(f"k{number}", "x" * 30_000)
            transport = slow.connection.transport
            transport.pause_reading()
            for _ in range(25):
                await slow.send("ES_CHAT_STATUS", {})
            await asyncio.sleep(1.0)  # real time: somebody who does not read
            transport.resume_reading()
            await to_the_end(slow)
            assert len(slow.heard) < 25
            await jana.say("last", "still here")

    with installed(tmp_path) as place:
        asyncio.run(scenario(place))
        ready(place.webs[0])
