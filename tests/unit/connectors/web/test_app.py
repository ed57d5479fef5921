"""The web site as an application."""

from pathlib import Path

from connectors.web.app import OPERATIONS
from connectors.web.rates import Rates
from tests.support.web_stage import FOREIGN, WebStage, play


def test_it_describes_itself(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        description = (await browser.get("/chat/api/openapi.json")).json()
        assert description["openapi"] == "3.1.0"
        described = {
            (method.upper(), path)
            for path, methods in description["paths"].items()
            for method in methods
        }
        assert described == {(one.method, f"/chat{one.path}") for one in OPERATIONS}
        page = await browser.get("/chat/api")
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-security-policy"] == "default-src 'none'"
        assert "/chat/api/Routing/{webapp}" in page.text

    play(scenario, tmp_path, path="/chat")


def test_what_is_not_there(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        nothing = await browser.get("/api/Nothing")
        assert (nothing.status_code, nothing.json()["code"]) == (404, "UnknownType")
        wrong = await browser.delete("/api/Chat/WebChat")
        assert wrong.status_code == 405
        assert wrong.headers["content-type"] == "application/problem+json"
        assert (await browser.get("/healthz")).text == "healthy"
        assert (await browser.get("/readyz")).text == "ready"

    play(scenario, tmp_path)


def test_every_answer_is_guarded(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = stage.browser()
        for path in ("/api/Visitor", "/api/Nothing", "/api/Chat/WebChat", "/api/Routing/WebChat"):
            headers = (await browser.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["cache-control"] in ("no-store", "private, no-cache")
            assert "Origin" in headers["vary"]

    play(scenario, tmp_path)


def test_bodies_have_a_kind_and_an_end(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.known()
        kind = await browser.post(
            "/api/Chat/WebChat", content=b"{}", headers={"Content-Type": "text/plain"}
        )
        assert (kind.status_code, kind.json()["code"]) == (415, "BadFrame")
        long = await browser.post(
            "/api/Chat/WebChat",
            content=b"{}",
            headers={"Content-Type": "application/json", "Content-Length": "9" * 13},
        )
        assert (long.status_code, long.json()["code"]) == (413, "FrameTooLarge")

    play(scenario, tmp_path)


def test_so_many_requests_and_no_more(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        stage.site.api._busy.total_tokens = 0
        answer = await stage.browser().get("/api/Visitor", headers={"Origin": FOREIGN})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["access-control-allow-origin"] == FOREIGN

    play(scenario, tmp_path)


def test_new_visitors_of_one_address_are_bounded(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        stage.site.api.rates = Rates(lambda: 0.0)
        statuses = [(await stage.browser().get("/api/Visitor")).status_code for _ in range(402)]
        assert statuses == [200] * 400 + [429] * 2

    play(scenario, tmp_path)


def test_so_many_attachments_at_a_time(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.chatting()
        here = "/api/Attachment/11111111-1111-4111-8111-111111111111?Name=x"
        stage.site.api._large["192.0.2.7"] = 8
        answer = await browser.put(here, content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (503, "Overloaded")
        stage.site.api._large.clear()
        assert (await browser.get(here)).status_code == 404
        assert not stage.site.api._large

    play(scenario, tmp_path)
