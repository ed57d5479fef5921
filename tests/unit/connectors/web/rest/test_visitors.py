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
from connectors.web.revoked import Revoked
from connectors.web.settings import IdentityKey
from connectors.web.tokens import Identity
from protocol.chat import ChatServiceInfo, VariableInfo
from tests.support.web_socket import opened
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


def stolen(browser: httpx2.AsyncClient) -> dict[str, str]:
    """The visitor's token, as somebody else would send it."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/Logout"), ("DELETE", "/api/Visitor")])
def test_a_token_has_no_rights_once_its_visitor_has_logged_out(
    method: str, path: str, tmp_path: Path
) -> None:
    async def scenario(stage: WebStage) -> None:
        browser, thief = await stage.known(), stage.browser()
        await browser.post("/api/Identify", json=claim())
        await browser.post(HERE, json={})
        await say(browser, "a secret")
        taken = stolen(browser)
        assert (await thief.get(HERE, headers=taken)).json()["Sentences"][0]["Text"] == "a secret"
        thief.cookies.clear()
        assert (await browser.request(method, path)).status_code in (200, 204)
        for asked in (thief.get(HERE, headers=taken), thief.post(f"{HERE}/Stop", headers=taken)):
            refused = await asked
            assert (refused.status_code, refused.json()["code"]) == (401, "AuthFailed")
        # Who logs in again, and whoever is that customer elsewhere, is not concerned.
        again = await stage.known()
        await again.post("/api/Identify", json=claim())
        assert await texts(again) == ["a secret"]

    play(scenario, tmp_path, KNOWN)


def test_who_is_forgotten_has_no_cookie_any_more(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        assert browser.cookies
        assert (await browser.delete("/api/Visitor")).content == b""
        assert not browser.cookies
        assert (await browser.get(HERE)).status_code == 401
        assert (await browser.delete("/api/Visitor")).status_code == 204  # nobody is that, too

    play(scenario, tmp_path)


def test_sockets_of_who_has_logged_out_end_and_no_others(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        visits = stage.site.visits["shop"]
        visitor = evolve(visits.stranger(), identity=Identity(user="7"))
        async with opened(stage, visitor) as page, opened(stage) as other:
            elsewhere = Revoked(time.time, stage.site.web.revoked)
            elsewhere.end(visitor.key, visitor.born + 86_400)  # another process
            await happens(lambda: page.closed is not None)
            assert page.of("SYS_BYE")[0]["ReconnectAfterSeconds"] == 1
            assert other.closed is None
            other.say("SYS_PING", {}, {"Id": 1})
            await happens(lambda: other.answer(1))
        async with opened(stage, visitor) as again:
            assert again.of("SYS_ERROR")[0]["Code"] == "AuthFailed"

    play(scenario, tmp_path)


def test_tokens_that_anybody_can_have_are_not_written_down(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        for _ in range(5):
            await (await stage.known()).post("/api/Logout")
        assert len(stage.site.sockets.tokens.revoked) == 0
        await (await stage.chatting()).post("/api/Logout")
        assert len(stage.site.sockets.tokens.revoked) == 1

    play(scenario, tmp_path)
