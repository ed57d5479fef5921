"""`GET /api/Routing/{webapp}`."""

import logging
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from connectors.web.rest.routing import shown_url
from tests.support.web_stage import ROUTED, SITE, WebStage, happens, play

HERE = "/api/Routing/WebChat"
TEMPLATE = '<p data-part="greeting">Hello</p>'


def test_what_a_page_is_to_show(tmp_path: Path) -> None:
    (tmp_path / "WebChat.html").write_text(TEMPLATE)
    (tmp_path / "WebChat.json").write_text('{"colour": "red"}')

    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        routed = (await browser.get(HERE)).json()
        assert routed["TargetElementID"] == "chat"
        assert routed["Scenario"]["DisplayName"] == "Before we begin"
        assert routed["Scenario"]["Controls"][0]["ControlType"] == "TextArea"
        assert (routed["SolicitationTimeOut"], routed["HonorRejectPeriod"]) == (45, 86_400)
        assert (routed["HtmlTemplate"], routed["Literals"], routed["ChatRunning"]) == (
            None,
            None,
            None,
        )
        assert routed["Signal"] == "Closed"  # nobody is there
        more = (await browser.get(f"{HERE}?IncludeSettings=true&RegionalTime=1790000000000")).json()
        assert more["HtmlTemplate"] == TEMPLATE
        assert more["Settings"] == {"colour": "red"}
        said = more["Literals"]
        assert (said["title"], said["language"]) == ("Sprechen Sie mit uns", "de")
        assert said["chat_send"] == "Senden"

    play(scenario, tmp_path, evolve(SITE, content=tmp_path))


def test_the_signal_is_what_the_broker_says_and_the_chat_that_runs_is_shown(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with stage.alice():
            browser = await stage.chatting()
            routed = (await browser.get(HERE)).json()
            assert routed["Signal"] == "Free"
            assert routed["ChatRunning"]["Status"] == "Alerting"
            await browser.post("/api/Chat/WebChat/Stop")
            assert (await browser.get(HERE)).json()["ChatRunning"] is None

    play(scenario, tmp_path)


@pytest.mark.parametrize(
    "query", ["WebChat?PageUrl=https://a.example/private/x", "WebMsg", "Nonsense"]
)
def test_nothing_is_shown_where_a_rule_blocks_or_none_is(tmp_path: Path, query: str) -> None:
    async def scenario(stage: WebStage) -> None:
        answer = await stage.browser().get(f"/api/Routing/{query}")
        assert (answer.status_code, answer.json()) == (200, None)

    play(scenario, tmp_path)


def test_the_page_is_that_of_the_referer(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        answer = await stage.browser().get(HERE, headers={"Referer": "http://site.test/private/x"})
        assert answer.json() is None

    play(scenario, tmp_path)


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("IncludeSettings=1", "IncludeSettings"),
        (f"UserToken={'x' * 321}", "UserToken"),
        (f"Culture={'x' * 36}", "Culture"),
        ("RegionalTime=" + "1" * 21, "RegionalTime"),
        ("UserToken=a%00b", "UserToken"),
        ("site=other", "site"),
    ],
)
def test_parameters_that_are_none(tmp_path: Path, query: str, member: str) -> None:
    async def scenario(stage: WebStage) -> None:
        answer = await stage.browser().get(f"{HERE}?{query}")
        assert answer.json()["member"] == member
        assert answer.status_code in (404, 422)

    play(scenario, tmp_path)


def test_a_site_survives_its_broker_and_says_that_it_is_busy(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        link = stage.site.links[0]
        await stage.broker.kill()
        await happens(lambda: not link.ready)
        routed = (await browser.get(HERE)).json()
        assert (routed["Signal"], routed["TargetElementID"]) == ("Busy", "chat")
        refused = await browser.get("/api/Chat/WebChat")
        assert (refused.status_code, refused.json()["code"]) == (503, "Overloaded")
        assert refused.headers["retry-after"]
        assert (await browser.get("/readyz")).status_code == 503

    play(scenario, tmp_path)


def test_a_page_learns_soon_that_an_agent_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.web.broker_link.SIGNAL_PERIOD", 0.05)

    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        first = await browser.get("/api/Signal/WebChat")
        assert first.json() == {"Signal": "Closed"}
        assert not browser.cookies  # it is for anybody, and makes nobody a visitor
        asked = {"If-None-Match": first.headers["etag"]}
        assert (await browser.get("/api/Signal/WebChat", headers=asked)).status_code == 304
        async with stage.alice():
            while (told := await browser.get("/api/Signal/WebChat", headers=asked)).content == b"":
                assert told.status_code == 304
            assert told.json() == {"Signal": "Free"}
            assert (await browser.get(HERE)).json()["Signal"] == "Free"

    play(scenario, tmp_path)


def test_many_pages_at_once_are_one_question(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        client: Any = stage.site.links[0].client
        asked, ask = [], client.ask_chat

        async def counted(*arguments: Any) -> Any:
            asked.append(arguments)
            return await ask(*arguments)

        client.ask_chat = counted
        browser = stage.browser()
        heard: list[str] = []

        async def look() -> None:
            heard.append((await browser.get("/api/Signal/WebChat")).json()["Signal"])

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(look)
        assert (heard, len(asked)) == (["Closed"] * 20, 1)

    play(scenario, tmp_path)


def test_signals_of_other_applications(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        assert (await browser.get("/api/Signal/WebForm")).json() == {"Signal": "Free"}
        nothing = await browser.get("/api/Signal/Nonsense")
        assert (nothing.status_code, nothing.json()["member"]) == (404, "webapp")
        await stage.broker.kill()
        await happens(lambda: not stage.site.links[0].ready)
        for app in ("WebForm", "WebChat"):
            assert (await browser.get(f"/api/Signal/{app}")).json() == {"Signal": "Busy"}

    play(scenario, tmp_path)


HIDDEN = """
[[website_routing]]
gateway = "Web chat"
name = "hidden"
rank = 0
page_url_regex = '/account/'
chat_track_url = 0
log_url = true
workflow_id = "11111111-1111-4111-8111-111111111111"
"""


def test_a_rule_keeps_a_page_from_agents(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with stage.alice() as agent:
            browser = await stage.chatting()
            await happens(agent.chats)
            (chat,) = agent.chats()
            await agent.answer(chat.ref)
            for url in ("https://a/shop", "https://a/account/7"):
                said = {"Location": url, "Title": "x"}
                answer = await browser.post("/api/Chat/WebChat/Navigation", json=said)
                assert answer.status_code == 204
            shown = (await agent.status(chat.ref)).navigation
            assert shown is not None
            assert shown.text == "https://a/shop\nx"

    play(scenario, tmp_path, config=ROUTED + HIDDEN)


def test_a_rule_says_that_the_page_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        with caplog.at_level(logging.INFO, "connectors.web.rest.routing"):
            for url in ("https://u:p@a.example/account/7?token=1#x", "https://a.example/b"):
                routed = await browser.get(HERE, params={"PageUrl": url})
                assert routed.status_code == 200
        lines = [one.getMessage() for one in caplog.records if one.name.endswith("rest.routing")]
        assert lines == ["shop: WebChat on https://a.example/account/7"]

    play(scenario, tmp_path, config=ROUTED + HIDDEN)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x y\nz?q#f", "https://a.example/x%20yz"),
        ("https://[::1]:8/é", "https://[::1]:8/%C3%A9"),
        ("https://[", "no address"),
        ("a\x1b[31m", "a%1B[31m"),
        ("", ""),
    ],
)
def test_a_line_of_the_log_stays_one(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_who_takes_the_chat_is_told_the_workflow(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with stage.alice() as agent:
            browser = await stage.known()
            url = {"PageUrl": "https://a/account/7"}
            rule = (await browser.get(HERE, params=url)).json()["WebSiteRoutingId"]
            await browser.post("/api/Chat/WebChat", json={"WebSiteRoutingId": rule})
            await happens(agent.chats)
            (chat,) = agent.chats()
            about = (await agent.status(chat.ref)).info
            assert about is not None
            told = {one.name: one.value for one in about.variables or ()}
            assert told == {"WorkflowId": "11111111-1111-4111-8111-111111111111"}

    play(scenario, tmp_path, config=ROUTED + HIDDEN)
