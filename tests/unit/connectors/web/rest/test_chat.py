"""The chat by JSON over HTTP."""

from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from attrs import evolve

from tests.support.web_stage import SITE, WebStage, answering, happens, play

HERE = "/api/Chat/WebChat"


async def until(browser: httpx2.AsyncClient, wanted: Any, path: str = HERE) -> dict[str, Any]:
    while True:
        answer = (await browser.get(path)).json()
        if answer is not None and wanted(answer):
            found: dict[str, Any] = answer
            return found
        await anyio.sleep(0.02)  # real time: a browser polls


def test_a_conversation(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        said: list[str] = []
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, said)
            browser = await stage.known()
            started = await browser.post(
                HERE, json={"PartyName": "Jana", "Culture": "en", "Location": "https://a.example/1"}
            )
            assert started.json()["Sentences"] == []
            chat = await until(browser, lambda chat: chat["Status"] == "Answered")
            assert chat["AgentName"] == "Alice"
            echo = await browser.post(f"{HERE}/Sentence", json={"ID": "a", "Text": "Hello <b>"})
            assert (echo.json()["Counter"], echo.json()["Text"]) == (1, "Hello <b>")
            chat = await until(browser, lambda chat: chat["Counter"] == 2)
            assert [one["IsOutbound"] for one in chat["Sentences"]] == [False, True]
            assert chat["Sentences"][1]["Text"] == "you said: Hello <b>"
            assert chat["ConfirmedCounter"] == 2
            behind = (await browser.get(f"{HERE}?Counter=1")).json()
            assert [one["Counter"] for one in behind["Sentences"]] == [2]
            assert behind["Counter"] == 2
            ended = await browser.post(f"{HERE}/Stop")
            assert (ended.json()["Status"], ended.json()["CloseReason"]) == ("Closed", "External")
            assert (await browser.get(HERE)).json()["Status"] == "Closed"
            tasks.cancel_scope.cancel()
        assert said == ["Hello <b>"]

    play(scenario, tmp_path)


def test_a_sentence_that_is_sent_again_is_the_same(tmp_path: Path) -> None:
    """W-21."""

    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        said = {"ID": "a", "Text": "once"}
        first = await browser.post(f"{HERE}/Sentence", json=said)
        again = await browser.post(f"{HERE}/Sentence", json=said)
        assert first.json() == again.json()
        other = await browser.post(f"{HERE}/Sentence", json={**said, "Text": "twice"})
        assert (other.status_code, other.json()["code"]) == (409, "KeyReused")
        assert (await browser.get(HERE)).json()["Counter"] == 1

    play(scenario, tmp_path)


def test_who_polls_is_told_that_nothing_has_changed(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        tag = (await browser.get(HERE)).headers["etag"]
        same = await browser.get(HERE, headers={"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
        await browser.post(f"{HERE}/Sentence", json={"ID": "a", "Text": "new"})
        changed = await browser.get(HERE, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag
        other = await browser.get(f"{HERE}?Counter=1", headers={"If-None-Match": tag})
        assert other.status_code == 200

    play(scenario, tmp_path)


def test_polling_asks_the_broker_nothing(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        stranger = await stage.known()
        assert (await stranger.get(HERE)).json() is None
        before = len(stage.broker.core.way.heard)
        for _ in range(5):
            await browser.get(HERE)
            assert (await stranger.get(HERE)).json() is None
        assert len(stage.broker.core.way.heard) == before

    play(scenario, tmp_path)


def test_each_browser_has_its_own_chat(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        jana, petr = await stage.chatting("Jana"), await stage.chatting("Petr")
        await jana.post(f"{HERE}/Sentence", json={"ID": "a", "Text": "of Jana"})
        chats = [(await one.get(HERE)).json() for one in (jana, petr)]
        assert chats[0]["ChatId"] != chats[1]["ChatId"]
        assert [chat["Counter"] for chat in chats] == [1, 0]

    play(scenario, tmp_path)


def test_typing_and_confirmations_reach_the_agent(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        said: list[str] = []
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, said)
            browser = await stage.chatting()
            await until(browser, lambda chat: chat["Status"] == "Answered")
            assert (await browser.post(f"{HERE}/Typing", json={})).status_code == 204
            (chat,) = agent.chats()
            await happens(lambda: chat.is_typing)
            await browser.post(f"{HERE}/Sentence", json={"ID": "a", "Text": "x"})
            await until(browser, lambda chat: chat["Counter"] == 2)
            assert chat.unconfirmed
            confirmed = await browser.post(f"{HERE}/Confirm", json={"Counter": 2})
            assert confirmed.status_code == 204
            await happens(lambda: not chat.unconfirmed)
            agent.typing(chat.ref)
            await until(browser, lambda chat: chat["IsTyping"])
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)


def test_agents_see_where_the_visitor_is_if_the_site_wants_it(tmp_path: Path) -> None:
    page = {"Location": "https://shop.example.com/a", "Title": "A"}

    async def scenario(stage: WebStage) -> None:
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, [])
            browser = await stage.chatting()
            await until(browser, lambda chat: chat["Status"] == "Answered")
            assert (await browser.post(f"{HERE}/Navigation", json=page)).status_code == 204
            (chat,) = agent.chats()
            shown = (await agent.status(chat.ref)).navigation
            wanted = (
                "https://shop.example.com/a\nA" if stage.site.web.sites["shop"].navigation else None
            )
            assert (shown.text if shown is not None else None) == wanted
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)
    play(scenario, tmp_path, evolve(SITE, navigation=False))


@pytest.mark.parametrize(
    ("body", "status", "code", "member"),
    [
        (b"{", 400, "BadFrame", None),
        (b'{"ID":"a","ID":"b"}', 400, "BadFrame", None),
        (b'{"ID":"a","Text":NaN}', 400, "BadFrame", None),
        (b"[]", 422, "BadPayload", "Body"),
        (b'{"Text":"no name"}', 422, "BadPayload", "ID"),
        (b'{"ID":" ","Text":"no name"}', 422, "BadPayload", "ID"),
        (b'{"ID":"a","Text":7}', 422, "BadPayload", "Text"),
        (b'{"ID":"a","Text":"a\\u0000b"}', 422, "BadPayload", "Text"),
        (b'{"ID":"a","Text":"\\ud800"}', 422, "BadPayload", "Text"),
        (b'{"ID":"a","Text":"x","TimeSent":"yesterday"}', 422, "BadPayload", "TimeSent"),
        (
            b'{"ID":"a","Text":"x","Attachments":[{"Size":true}]}',
            422,
            "BadPayload",
            "Attachments[0].Size",
        ),
        (b'{"ID":"' + b"a" * 65 + b'","Text":"x"}', 422, "TooLong", "ID"),
        (b'{"ID":"a","Text":"' + b"x" * 32_769 + b'"}', 422, "TooLong", "Text"),
        (b'{"ID":"a","Text":"' + b"x" * 262_144 + b'"}', 413, "FrameTooLarge", None),
        (
            b'{"ID":"a","Text":"","Attachments":[{"BlobId":"11111111-1111-4111-8111-111111111111"}]}',
            404,
            "UnknownMessage",
            "Attachments[0].BlobId",
        ),
    ],
)
def test_what_is_no_sentence_is_refused(
    tmp_path: Path, body: bytes, status: int, code: str, member: str | None
) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        kind = {"Content-Type": "application/json"}
        answer = await browser.post(f"{HERE}/Sentence", content=body, headers=kind)
        details = answer.json()
        assert (answer.status_code, details["code"], details.get("member")) == (
            status,
            code,
            member,
        )
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await browser.get(HERE)).json()["Counter"] == 0

    play(scenario, tmp_path)


def test_without_a_chat_there_is_nothing_to_say_it_in(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.known()
        answer = await browser.post(f"{HERE}/Sentence", json={"ID": "a", "Text": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownChat")
        nobody = await stage.browser().get(HERE)
        assert (nobody.status_code, nobody.json()["code"]) == (401, "AuthFailed")

    play(scenario, tmp_path)


def test_who_is_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        other = await stage.chatting()
        answers = [
            await browser.post(f"{HERE}/Sentence", json={"ID": f"s{n}", "Text": "x"})
            for n in range(30)
        ]
        refused = [one for one in answers if one.status_code == 429]
        assert refused
        assert refused[0].json()["code"] == "RateLimited"
        assert int(refused[0].headers["retry-after"]) >= 1
        taken = [one for one in answers if one.status_code == 200]
        assert (await browser.get(HERE)).json()["Counter"] == len(taken)
        said = await other.post(f"{HERE}/Sentence", json={"ID": "a", "Text": "x"})
        assert said.status_code == 200

    play(scenario, tmp_path)


def test_texts_are_encoded_for_html_where_that_is_wanted(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting("<i>")
        said = {"ID": "a", "Text": "<b>\"'&"}
        echo = await browser.post(f"{HERE}/Sentence", json=said)
        assert echo.json()["Text"] == "&lt;b&gt;&quot;&#x27;&amp;"
        assert echo.json()["PartyName"] == "&lt;i&gt;"
        plain = (await browser.get(f"{HERE}?HtmlEncode=false")).json()
        assert plain["Sentences"][0]["Text"] == said["Text"]

    play(scenario, tmp_path, evolve(SITE, html_encode=True))
