"""A visitor on a WebSocket, which is played."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from connectors.client import ChatForgotten, ChatRef
from connectors.web import socket
from connectors.web.tokens import Identity
from protocol.blob import BlobStatusInfo
from protocol.identifiers import derive
from protocol.values import Guid, ScanVerdict
from tests.support.web_socket import opened
from tests.support.web_stage import SITE, WebStage, answering, happens, play

GUID = Guid("11111111-1111-4111-8111-111111111111")


def on(scenario: Callable[[WebStage], Awaitable[None]], folder: Path, **more: Any) -> None:
    play(scenario, folder, **more)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Token": "nonsense"}, "AuthFailed"),
        ({"Token": "cookie"}, "AuthFailed"),
        ({"Peers": ["other"]}, "AuthFailed"),
        ({"Peers": ["shop", "shop"]}, "AuthFailed"),
        ({"Peers": []}, "AuthFailed"),
        ({"Version": 2}, "VersionNotServed"),
        ({"Version": "1"}, "BadHello"),
        ({"Token": None}, "BadHello"),
    ],
)
def test_hellos_that_are_not_good(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    """W-10."""

    async def scenario(stage: WebStage) -> None:
        async with opened(stage, **changes) as page:
            await happens(lambda: page.closed)
            kind, error, headers = page.frames[0]
            assert (kind, error["Code"], error["Fatal"]) == ("SYS_ERROR", code, True)
            assert headers == {"Re": "h"}
            assert page.closed == 1008

    on(scenario, tmp_path)


async def refused_at_once(stage: WebStage, frame: list[Any]) -> None:
    async with opened(stage, greet=False) as page:
        page.say(*frame)
        await happens(lambda: page.closed)
        assert page.frames[0][1]["Code"] == "BadHello"


def test_something_else_first(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        await refused_at_once(stage, ["ES_CHAT_RESYNC", {"Peer": "x"}])
        await refused_at_once(stage, ["NO_SUCH", {}])

    on(scenario, tmp_path)


def test_who_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "HELLO_SECONDS", 0.01)
    monkeypatch.setattr(socket, "HEARTBEAT", 1)

    async def scenario(stage: WebStage) -> None:
        async with opened(stage, greet=False) as page:
            await happens(lambda: page.closed)
            assert page.frames[0][1]["Code"] == "HelloTimeout"
        monkeypatch.setattr(socket, "HELLO_SECONDS", 10.0)
        async with opened(stage) as page:
            await happens(lambda: page.closed)
            assert [frame[0] for frame in page.frames] == ["SYS_WELCOME", "SYS_PING", "SYS_BYE"]
            assert page.frames[-1][1]["Code"] == "Timeout"

    on(scenario, tmp_path)


def test_questions_and_their_answers(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        form = derive("scenario", "Before the chat")
        async with opened(stage) as page:
            asked = await page.ask("ES_CHAT_REQUEST", {"PreferredCulture": "en"})
            assert (asked[0], asked[1]["Signal"]) == ("SE_CHAT_RESPONSE", "Closed")
            loaded = await page.ask("ES_SCENARIO_LOAD", {"Id": form})
            control = loaded[1]["Screens"][0]["Controls"][0]["ScreenControlId"]
            filled = {
                "ScenarioId": form,
                "Values": [{"ScreenControlId": control, "ResultText": "x"}],
            }
            assert (await page.ask("ES_SCENARIO_SAVE", filled))[0] == "SYS_ACK"
            started = await page.ask("ES_CHAT_START", {"PartyName": "Jana", "ResultModel": filled})
            assert started[1]["Sentences"] == []
            other = await page.ask("ES_SCENARIO_SAVE", {**filled, "ChatId": GUID})
            assert other[1]["Code"] == "UnknownChat"
            own = await page.ask("ES_SCENARIO_SAVE", {**filled, "ChatId": started[1]["ChatId"]})
            assert own[0] == "SYS_ACK"
            listed = await page.ask("ES_CHAT_RESYNC", {"After": 7})
            assert listed[1]["Code"] == "BadPayload"
            pong = await page.ask("SYS_PING", {"Nonce": "n"})
            assert pong[:2] == ["SYS_PONG", {"Nonce": "n"}]
            page.say("SYS_BYE", {"Code": "Shutdown"})
            await happens(lambda: page.closed == 1000)

    on(scenario, tmp_path)


def test_too_many_sockets_and_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(stage: WebStage) -> None:
        visitor = stage.site.visits["shop"].stranger()
        async with opened(stage, visitor), opened(stage, visitor), opened(stage, visitor) as third:
            await happens(lambda: third.closed)
            assert (third.frames[0][1]["Code"], third.closed) == ("Overloaded", 1013)
        async with opened(stage, visitor) as again:
            assert again.frames[0][0] == "SYS_WELCOME"
            monkeypatch.setattr(socket, "QUESTIONS", 0)
            assert (await again.ask("ES_CHAT_RESYNC", {}))[1]["Code"] == "RateLimited"
            monkeypatch.setattr(socket, "PENDING", 0)
            said = await again.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"})
            assert said[1]["Code"] == "RateLimited"

    on(scenario, tmp_path, sockets_per_visitor=2)


def test_who_does_not_read_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-24."""
    monkeypatch.setattr(socket, "WAITING_FRAMES", 3)

    async def scenario(stage: WebStage) -> None:
        async with opened(stage) as page:
            page.deaf = True
            for _ in range(6):
                page.say("SYS_PING", {"Nonce": "x"})
            await happens(lambda: page.aborted)

    on(scenario, tmp_path)


def test_a_customer_comes_to_their_chat_when_that_of_the_stranger_ends(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        visits = stage.site.visits["shop"]
        stranger = visits.stranger()
        await visits.start(stranger, _start(), None)
        known = evolve(
            visits.stranger(), earlier=stranger.tracking_id, identity=Identity(user="7", name="J")
        )
        async with opened(stage, known) as page:
            said = await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "x", "PartyName": "Q"})
            assert (said[1]["Counter"], said[1]["PartyName"]) == (1, "J")
            await page.ask("ES_CHAT_STOP", {})
            assert (await page.ask("ES_CHAT_RESYNC", {}))[1] == []
            started = await page.ask("ES_CHAT_START", {})
            assert started[1]["Sentences"] == []
            said = await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "y"})
            assert said[1]["Counter"] == 1

    on(scenario, tmp_path)


def _start() -> Any:
    from protocol.chat import ChatServiceInfo

    return ChatServiceInfo()


def test_what_is_pushed_besides(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        (link,) = stage.site.links
        async with (
            stage.alice() as agent,
            anyio.create_task_group() as tasks,
            opened(stage) as page,
        ):
            tasks.start_soon(answering, agent, [])
            await page.ask("ES_CHAT_START", {})
            await happens(lambda: any(s["Status"] == "Answered" for s in page.of("SE_CHAT_STATUS")))
            (chat,) = agent.chats()
            agent.send_soon(chat.ref, "https://a.example/", model=6)
            await happens(lambda: any(s["Model"] == 6 for s in page.of("SE_CHAT_SENTENCE")))
            page.say("ES_CHAT_TYPING", {})
            await happens(lambda: chat.is_typing)
            ref = ChatRef("web", page.visitor.tracking_id)
            for watcher in link.watchers_of(ref):
                watcher.judged(BlobStatusInfo(peer="web", blob_id=GUID, scan=ScanVerdict.CLEAN))
            link.take(ChatForgotten(ref))
            await happens(lambda: page.of("SE_BLOB_STATUS"))
            assert page.of("SE_BLOB_STATUS")[0] | {"Offset": 0} == {
                "Peer": "shop",
                "BlobId": GUID,
                "Offset": 0,
                "IsComplete": False,
                "Scan": "Clean",
            }
            assert page.of("SE_CHAT_STATUS")[-1]["Status"] == "Closed"
            tasks.cancel_scope.cancel()

    on(scenario, tmp_path)


def test_a_site_without_navigation(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with opened(stage) as page:
            await page.ask("ES_CHAT_START", {})
            for model, code in ((6, "NotAllowed"), (8, "Re")):
                said = {"ID": f"m{model}", "Text": "x", "Model": model}
                answer = await page.ask("ES_CHAT_SENTENCE", said)
                assert answer[1].get("Code", "Re") == code

    on(scenario, tmp_path, site=evolve(SITE, navigation=False, co_browsing=True))


def test_the_broker_goes_and_comes(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with opened(stage) as page:
            await page.ask("ES_CHAT_START", {})
            before = len(page.of("SE_CHAT_STATUS"))
            await stage.broker.cut()
            await happens(lambda: page.of("SYS_ERROR"))
            notice = page.of("SYS_ERROR")[0]
            assert notice == {"Code": "Overloaded", "Text": "the broker is away", "Fatal": False}
            await happens(lambda: len(page.of("SE_CHAT_STATUS")) > before)
            said = await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"})
            assert said[1]["Counter"] == 1
            await stage.broker.kill()
            await happens(lambda: page.closed == 1013)
            assert page.of("SYS_BYE")[0]["Code"] == "StoreUnavailable"

    on(scenario, tmp_path)
