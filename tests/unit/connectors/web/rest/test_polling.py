"""Frames by HTTP, for a browser that has no WebSocket."""

import itertools
import json
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from attrs import define, evolve, field

from connectors.web.app import WebSite
from connectors.web.rest import polling
from connectors.web.visits import Visits
from protocol.blob import AttachmentInfo
from protocol.values import Guid, ScanVerdict
from tests.support.web_stage import OWN, SITE, WebStage, answering, happens, play, settings

HERE = "/api/Frames"
GUID = Guid("11111111-1111-4111-8111-111111111111")
HELLO = {"Version": 1, "Role": "connector", "Peers": ["shop"], "Token": "cookie"}


@define
class Poller:
    """A browser that polls, at one process or at several in turn."""

    ways: list[httpx2.AsyncClient]
    heard: list[list[Any]] = field(factory=list)
    cursor: str | None = None
    _turn: int = 0
    _ids: Any = field(factory=lambda: itertools.count(1))

    async def say(self, *frames: list[Any]) -> list[list[Any]]:
        """One request."""
        self._turn += 1
        way = self.ways[self._turn % len(self.ways)]
        body = {"Frames": [json.dumps(one) for one in frames], "Cursor": self.cursor}
        answer = await way.post(HERE, json=body)
        assert answer.status_code == 200, answer.text
        self.cursor = answer.json()["Cursor"]
        told = [json.loads(text) for text in answer.json()["Frames"]]
        self.heard += told
        return told

    async def ask(self, kind: str, payload: Any) -> list[Any]:
        """One question; its answer."""
        number = next(self._ids)
        told = await self.say([kind, payload, {"Id": number}])
        (found,) = [one for one in told if one[2:] == [{"Re": number}]]
        return found

    async def until(self, kind: str, **members: Any) -> Any:
        """Poll until something was told; its payload."""
        while True:
            for name, payload, *_ in self.heard:
                if name == kind and members.items() <= payload.items():
                    return payload
            await self.say()
            await anyio.sleep(0.005)  # real time: a browser polls

    def said(self) -> list[tuple[int, str]]:
        """All sentences that were told, in the order in which they were."""
        return [
            (p["Counter"], p["Text"]) for kind, p, *_ in self.heard if kind == "SE_CHAT_SENTENCE"
        ]


async def polls(stage: WebStage) -> Poller:
    return Poller([await stage.known()])


def test_a_conversation(tmp_path: Path) -> None:
    """What a socket would have told, in the same order."""

    async def scenario(stage: WebStage) -> None:
        said: list[str] = []
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, said)
            page = await polls(stage)
            welcome = await page.ask("SYS_HELLO", HELLO)
            assert (welcome[0], welcome[1]["FrameBytes"]) == ("SYS_WELCOME", 393_216)
            assert (await page.ask("ES_CHAT_RESYNC", {"Peer": "shop"}))[1] == []
            assert (await page.ask("SYS_PING", {}))[0] == "SYS_PONG"
            started = await page.ask("ES_CHAT_START", {"Peer": "shop", "TrackingId": "visitor"})
            assert (started[1]["TrackingId"], started[1]["Sentences"]) == ("visitor", [])
            await page.until("SE_CHAT_STATUS", Status="Answered", AgentName="Alice")
            for text in ("one", "two"):
                echo = await page.ask("ES_CHAT_SENTENCE", {"ID": text, "Text": text})
                assert (echo[1]["ID"], echo[1]["TrackingId"]) == (text, "visitor")
                await page.until("SE_CHAT_SENTENCE", Text=f"you said: {text}")
                await page.until("SE_CHAT_CONFIRM", ID=text)
            assert page.said() == [
                (1, "one"),
                (2, "you said: one"),
                (3, "two"),
                (4, "you said: two"),
            ]
            (chat,) = agent.chats()
            agent.typing(chat.ref, True)
            await page.until("SE_CHAT_TYPING", IsTyping=True)
            agent.typing(chat.ref, False)
            await page.until("SE_CHAT_TYPING", IsTyping=False)
            await page.say(["ES_CHAT_TYPING", {}])
            await happens(lambda: chat.is_typing)
            ended = await page.ask("ES_CHAT_STOP", {})
            assert ended[1]["Status"] == "Closed"
            assert [await page.say() for _ in range(2)] == [[], []]
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)


def test_several_processes_serve_one_visitor_in_turn(tmp_path: Path) -> None:
    """The cursor is the browser's, so nothing hangs on who answers."""

    async def scenario(stage: WebStage) -> None:
        other = WebSite.made(settings(stage.broker, tmp_path))
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            other.start(tasks)
            await happens(lambda: other.links[0].ready)
            tasks.start_soon(answering, agent, [])
            first = await stage.known()
            transport = httpx2.ASGITransport(other.application(), client=("192.0.2.7", 5_000))
            async with httpx2.AsyncClient(
                transport=transport, base_url=OWN, cookies=first.cookies
            ) as second:
                page = Poller([first, second])
                await page.ask("SYS_HELLO", HELLO)
                await page.ask("ES_CHAT_START", {})
                await page.until("SE_CHAT_STATUS", Status="Answered")
                for number in range(6):
                    said = {"ID": f"s{number}", "Text": f"s{number}"}
                    await page.ask("ES_CHAT_SENTENCE", said)
                    await page.until("SE_CHAT_SENTENCE", Text=f"you said: s{number}")
            last = dict(page.said())
            expected = [text for n in range(6) for text in (f"s{n}", f"you said: s{n}")]
            assert [last[counter] for counter in sorted(last)] == expected
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)


def test_an_echo_stands_where_its_sentence_does(tmp_path: Path) -> None:
    """What was said before is told before: a browser sees no gap."""

    async def scenario(stage: WebStage) -> None:
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, [])
            page = await polls(stage)
            await page.ask("SYS_HELLO", HELLO)
            await page.ask("ES_CHAT_START", {})
            await page.until("SE_CHAT_STATUS", Status="Answered")
            (chat,) = agent.chats()
            await agent.send(chat.ref, "before")
            link = stage.site.links[0]
            await happens(lambda: link.client.chats()[0].view.last_counter == 1)
            told = await page.say(
                ["ES_CHAT_SENTENCE", {"ID": "a", "Text": "mine"}, {"Id": 70}],
                ["ES_CHAT_STATUS", {}, {"Id": 71}],
            )
            kinds = [(one[0], *one[2:]) for one in told if one[0] != "SE_CHAT_CONFIRM"]
            assert kinds[:2] == [("SE_CHAT_SENTENCE",), ("SE_CHAT_SENTENCE", {"Re": 70})]
            assert kinds[-1] == ("SE_CHAT_STATUS", {"Re": 71})
            again = await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "mine"})
            assert again[1]["Counter"] == 2  # W-21
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)


def test_an_echo_says_what_was_confirmed_before_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor is behind that, so nobody would tell it later."""
    says = Visits.say

    async def scenario(stage: WebStage) -> None:
        link = stage.site.links[0]

        async def late(*asked: Any) -> Any:
            echo = await says(*asked)
            await happens(lambda: not link.client.chats()[0].unconfirmed)
            return echo

        monkeypatch.setattr(Visits, "say", late)
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, [])
            page = await polls(stage)
            await page.ask("ES_CHAT_START", {})
            await page.until("SE_CHAT_STATUS", Status="Answered")
            echo = await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"})
            assert echo[1]["ConfirmedTime"] is not None
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)


REFUSED: list[tuple[list[Any], str, bool]] = [
    (["ES_CHAT_SENTENCE", {"ID": "a", "Text": "x", "TrackingId": "other"}], "NotAllowed", False),
    (["ES_CHAT_SENTENCE", {"ID": "a", "Text": "x", "Model": 2}], "NotAllowed", False),
    (["ES_CHAT_SENTENCE", {"ID": "a", "Text": 7}], "BadPayload", False),
    (["ES_WS_ROUTING", "web"], "NotAllowed", False),
    (["NO_SUCH_FRAME", {}], "UnknownType", False),
    (["ES_CHAT_STATUS", {}], "UnknownChat", False),
    (["SYS_HELLO", {**HELLO, "Token": None}], "BadHello", True),
    (["SYS_HELLO", {**HELLO, "Version": 2}], "VersionNotServed", True),
    (["SYS_HELLO", {**HELLO, "Peers": ["other"]}], "BadHello", True),
]


def test_frames_that_are_refused(tmp_path: Path) -> None:
    """Each by itself, as on a socket; the others are done."""

    async def scenario(stage: WebStage) -> None:
        page = await polls(stage)
        for frame, code, fatal in REFUSED:
            (kind, error, headers), *_ = await page.say([*frame, {"Id": 1}], ["SYS_PING", {}])
            assert (kind, error["Code"], error["Fatal"]) == ("SYS_ERROR", code, fatal)
            assert headers == {"Re": 1}
            assert page.heard[-1][0] == "SYS_PONG"
        figures = stage.site.figures
        assert figures.frames["SYS_PING"] == len(REFUSED)
        assert figures.refused["ES_CHAT_STATUS", "UnknownChat"] == 1

    play(scenario, tmp_path)


BODIES: list[tuple[dict[str, Any], int, str, str]] = [
    ({"Frames": ["["]}, 400, "BadFrame", "Frames[0]"),
    ({"Frames": ['["SYS_PING",{}]', "{}"]}, 400, "BadFrame", "Frames[1]"),
    ({"Frames": [7]}, 422, "BadPayload", "Frames[0]"),
    ({"Frames": [""] * 33}, 422, "TooLong", "Frames"),
    ({"Frames": ["x" * 393_217]}, 422, "TooLong", "Frames[0]"),
    ({"Cursor": "x"}, 422, "BadPayload", "Cursor"),
    ({"Cursor": f"{GUID}:1:a:b::1,2"}, 422, "BadPayload", "Cursor"),
]


def test_requests_that_are_refused(tmp_path: Path) -> None:
    """None of their frames is done, then."""

    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        said = '["ES_CHAT_SENTENCE",{"ID":"a","Text":"x"}]'
        for body, status, code, member in BODIES:
            frames = [said, *body.get("Frames", [])][-33:]
            answer = await browser.post(HERE, json={**body, "Frames": frames})
            found = answer.json()
            place = member.replace("[1]", "[2]").replace("[0]", "[1]")
            assert (answer.status_code, found["code"], found["member"]) == (status, code, place)
        assert (await browser.get("/api/Chat/WebChat")).json()["Sentences"] == []
        too_long = await browser.post(HERE, content=b" " * (polling.BODY + 1), headers=JSON)
        assert (too_long.status_code, too_long.json()["code"]) == (413, "FrameTooLarge")
        stranger = await stage.browser().post(HERE, json={})
        assert (stranger.status_code, stranger.json()["code"]) == (401, "AuthFailed")
        for origin in ("https://evil.example", "null"):
            foreign = await browser.post(HERE, json={}, headers={"Origin": origin})
            assert (foreign.status_code, foreign.json()["code"]) == (403, "NotAllowed")

    play(scenario, tmp_path)


JSON = {"Content-Type": "application/json"}


def test_who_is_too_fast(tmp_path: Path) -> None:
    """Frames are rated as on a socket, and requests besides."""

    async def scenario(stage: WebStage) -> None:
        page = await polls(stage)
        await page.ask("ES_CHAT_START", {})
        says = [["ES_CHAT_SENTENCE", {"ID": f"{n}", "Text": "x"}, {"Id": n}] for n in range(30)]
        told = await page.say(*says)
        refused = [one[1]["Code"] for one in told if one[0] == "SYS_ERROR"]
        assert set(refused) == {"RateLimited"}
        assert len(page.said()) + len(refused) == 30
        answers = [await page.ways[0].post(HERE, json={}) for _ in range(40)]
        late = [one for one in answers if one.status_code == 429]
        assert late[0].json()["code"] == "RateLimited"
        assert late[0].headers["retry-after"] == "1"

    play(scenario, tmp_path)


def test_what_takes_too_long_is_refused_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(stage: WebStage) -> None:
        page = await polls(stage)
        await page.ask("ES_CHAT_START", {})
        monkeypatch.setattr(polling, "WITHIN", 0.0)
        told = await page.say(
            ["ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"}, {"Id": 1}], ["SYS_PING", {}]
        )
        assert [(one[0], one[1]["Code"], one[2]) for one in told] == [
            ("SYS_ERROR", "RateLimited", {"Re": 1})
        ]
        monkeypatch.undo()
        echo = await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"})
        assert echo[1]["Counter"] == 1
        assert page.said() == [(1, "x")]

    play(scenario, tmp_path)


def test_the_broker_goes_and_comes(tmp_path: Path) -> None:
    """It is said once, what is said meanwhile is refused for now, and the chat is told when it is back."""

    async def scenario(stage: WebStage) -> None:
        page = await polls(stage)
        await page.ask("SYS_HELLO", HELLO)
        await page.ask("ES_CHAT_START", {})
        await page.say()
        await stage.broker.kill()
        await happens(lambda: not stage.site.links[0].ready)
        away = {"Code": "Overloaded", "Text": "the broker is away", "Fatal": False}
        assert await page.say() == [["SYS_ERROR", away]]
        assert await page.say() == []
        said = ["ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"}, {"Id": 9}]
        (refused,) = await page.say(said)
        assert (refused[1]["Code"], refused[1]["Text"]) == ("RateLimited", "the broker is away")
        hello = {"Frames": [json.dumps(["SYS_HELLO", HELLO])]}
        answer = await page.ways[0].post(HERE, json=hello)
        assert (answer.status_code, answer.json()["code"]) == (503, "Overloaded")
        async with anyio.create_task_group() as tasks:
            await tasks.start(stage.broker.run)
            await happens(lambda: stage.site.links[0].ready)
            page.heard.clear()
            await page.until("SE_CHAT_STATUS")
            assert (await page.say(said))[0][1]["Counter"] == 1
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)


def test_who_polls_costs_the_broker_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many who come at once would be refused by its rate, and told that it is away."""

    async def scenario(stage: WebStage) -> None:
        page = await polls(stage)

        async def asked(*_: object) -> None:
            raise AssertionError("the broker was asked")

        monkeypatch.setattr(Visits, "_waited", asked)
        assert (await page.ask("SYS_HELLO", HELLO))[0] == "SYS_WELCOME"
        assert [await page.say() for _ in range(3)] == [[], [], []]
        assert (await page.ask("ES_CHAT_RESYNC", {"Peer": "shop"}))[1] == []

    play(scenario, tmp_path)


def test_what_a_scanner_says_of_attachments(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        page = await polls(stage)
        await page.ask("ES_CHAT_START", {})
        await page.ask("ES_CHAT_SENTENCE", {"ID": "a", "Text": "x"})
        (chat,) = stage.site.links[0].client.chats()
        told = chat.view.sentences[1]
        for scan in (ScanVerdict.PENDING, ScanVerdict.CLEAN):
            named = AttachmentInfo(blob_id=GUID, scan=scan)
            chat.view.sentences[1] = evolve(told, attachments=(named,))
            ((kind, verdict),) = await page.say()
            assert (kind, verdict["BlobId"], verdict["Scan"]) == ("SE_BLOB_STATUS", GUID, scan)
        assert await page.say() == []

    play(scenario, tmp_path)


def test_a_foreign_page_polls_with_its_token(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        origin = SITE.origins[0]
        browser = stage.browser(Origin=origin)
        token = (await browser.get("/api/Visitor")).headers["parley-visitor"]
        browser.headers["Parley-Visitor"] = token
        page = Poller([browser])
        assert (await page.ask("SYS_HELLO", HELLO))[0] == "SYS_WELCOME"
        answer = await browser.post(HERE, json={})
        assert answer.headers["access-control-allow-origin"] == origin

    play(scenario, tmp_path)
