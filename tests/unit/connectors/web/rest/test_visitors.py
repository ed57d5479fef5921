"""Who a visitor is."""

import time
from pathlib import Path

import httpx2
import pytest
from attrs import evolve
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.channels.converter import Secret
from connectors.web.problems import Problem
from connectors.web.settings import IdentityKey
from protocol.chat import ChatServiceInfo, VariableInfo
from tests.support.web_stage import FOREIGN, SITE, WebStage, happens, play

KEY = "k" * 32
KNOWN = evolve(SITE, keys=(IdentityKey(algorithm="HS256", secret=Secret(KEY)),))
HERE = "/api/Chat/WebChat"


def claim(user: str = "customer 7", secret: str = KEY) -> dict[str, str]:
    claims = {"sub": user, "name": "Jana", "exp": int(time.time()) + 600}
    return {"Token": jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))}


async def texts(browser: httpx2.AsyncClient) -> list[str]:
    chat = (await browser.get(HERE)).json()
    return [one["Text"] for one in chat["Sentences"]] if chat else []


async def say(browser: httpx2.AsyncClient, text: str) -> None:
    answer = await browser.post(f"{HERE}/Sentence", json={"ID": text, "Text": text})
    assert answer.status_code == 200, answer.text


def test_a_customer_finds_what_was_said_elsewhere(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        first = await stage.known()
        assert (await first.post("/api/Identify", json=claim())).json() == {
            "IsIdentified": True,
            "PartyName": "Jana",
        }
        await first.post(HERE, json={"PartyName": "Somebody else"})
        await say(first, "from the first")
        second = await stage.known()
        assert await texts(second) == []
        await second.post("/api/Identify", json=claim())
        assert await texts(second) == ["from the first"]  # at once, without a reload
        chat = (await second.get(HERE)).json()
        assert chat["Sentences"][0]["PartyName"] == "Jana"
        await second.post("/api/Logout")
        assert await texts(second) == []
        assert (await second.get("/api/Visitor")).json()["IsIdentified"] is False
        assert await texts(first) == ["from the first"]

    play(scenario, tmp_path, KNOWN)


def test_a_chat_that_runs_goes_on_until_it_ends(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        await say(browser, "as a stranger")
        await browser.post("/api/Identify", json=claim())
        await say(browser, "as a customer")
        assert await texts(browser) == ["as a stranger", "as a customer"]
        await browser.post(f"{HERE}/Stop")
        await browser.post(HERE, json={})
        await say(browser, "in a chat of theirs")
        assert await texts(browser) == ["in a chat of theirs"]

    play(scenario, tmp_path, KNOWN)


def test_the_word_of_somebody_else_changes_nothing(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        await say(browser, "mine")
        cookie = browser.cookies["parley.shop"]
        for body in (claim(secret="o" * 32), {"Token": "x"}):
            refused = await browser.post("/api/Identify", json=body)
            assert (refused.status_code, refused.json()["code"]) == (401, "AuthFailed")
        assert (await browser.post("/api/Identify", json={})).status_code == 422
        assert browser.cookies["parley.shop"] == cookie
        assert await texts(browser) == ["mine"]

    play(scenario, tmp_path, KNOWN)


def test_a_cookie_for_our_pages_and_a_header_for_others(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        own = await stage.browser().get("/api/Visitor")
        said = own.headers["set-cookie"].lower()
        assert {"httponly", "samesite=strict", "path=/"} <= {
            part.strip() for part in said.split(";")
        }
        assert "parley-visitor" not in own.headers
        foreign = await stage.browser().get("/api/Visitor", headers={"Origin": FOREIGN})
        assert "set-cookie" not in foreign.headers
        assert foreign.headers["parley-visitor"]
        assert foreign.headers["access-control-allow-origin"] == FOREIGN
        assert "parley-visitor" in foreign.headers["access-control-expose-headers"].lower()
        secure = stage.browser()
        secure.base_url = httpx2.URL("https://site.test")
        cookie = (await secure.get("/api/Visitor")).headers["set-cookie"]
        assert cookie.startswith("__Host-parley.shop=")
        assert "Secure" in cookie

    play(scenario, tmp_path)


def test_a_cookie_is_not_taken_from_a_foreign_page_nor_a_token_of_another_site(
    tmp_path: Path,
) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        for headers in ({"Origin": FOREIGN}, {"Sec-Fetch-Site": "cross-site"}):
            refused = await browser.get(HERE, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (401, "AuthFailed")
        token = browser.cookies["parley.shop"]
        stranger = stage.browser()
        taken = await stranger.get(HERE, headers={"Parley-Visitor": token, "Origin": FOREIGN})
        assert taken.status_code == 200
        bad = await stranger.get(HERE, headers={"Parley-Visitor": f"{token[:-3]}AAA"})
        assert (bad.status_code, bad.headers["www-authenticate"]) == (401, "Parley-Visitor")

    play(scenario, tmp_path)


def test_agents_see_what_is_signed_and_no_page_can_say_it(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with stage.alice() as agent:
            browser = await stage.known()
            await browser.post("/api/Identify", json=claim())
            await browser.post(HERE, json={})
            await happens(lambda: agent.chats())
            (chat,) = agent.chats()
            info = (await agent.answer(chat.ref)).info
            assert info is not None
            told = {one.name: one.value for one in info.variables or ()}
            assert told == {"Customer (verified)": "customer 7"}
            assert info.remote_party_name == "Jana"
        visits = stage.site.visits["shop"]
        forged = ChatServiceInfo(variables=(VariableInfo(name="Customer (VERIFIED) ", value="7"),))
        with pytest.raises(Problem, match=r"Variables\[0\].Name"):
            await visits.start(visits.stranger(), forged, None)

    play(scenario, tmp_path, KNOWN)
