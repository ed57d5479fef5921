"""How a web process is doing, in words and in numbers."""

from pathlib import Path
from typing import Any

from attrs import evolve
from prometheus_client import generate_latest

from connectors.web.figures import Figures, GatewayFigures, Now
from connectors.web.rates import RATES, Rate, Rates
from tests.support.web_socket import opened
from tests.support.web_stage import FOREIGN, WebStage, happens, play


def lines(figures: Figures) -> list[str]:
    return generate_latest(figures.registry).decode().splitlines()


def test_what_is_wrong_is_told_in_order() -> None:
    figures = Figures()
    assert figures.faults == ["starting"]
    figures.now = Now(faults=("web: the broker is away",))
    figures.stopping = True
    assert figures.faults == ["stopping", "web: the broker is away"]
    figures.stopping, figures.now = False, evolve(figures.now, faults=())
    assert figures.faults == []


def test_what_there_is_is_measured() -> None:
    figures = Figures()
    gateways = {"web": GatewayFigures(up=True, chats=5, followed=3), "mail": GatewayFigures()}
    figures.now = Now(sockets=7, visitors=4, requests=2, gateways=gateways)
    figures.limited["typing"] += 6
    found = lines(figures)
    for line in (
        "parley_web_sockets 7.0",
        "parley_web_visitors 4.0",
        "parley_web_requests_under_way 2.0",
        "parley_web_loop_lag_seconds 0.0",
        'parley_web_gateway_up{gateway="web"} 1.0',
        'parley_web_gateway_up{gateway="mail"} 0.0',
        'parley_web_gateway_chats{gateway="web"} 5.0',
        'parley_web_gateway_followed{gateway="web"} 3.0',
        'parley_web_limited_total{kind="typing"} 6.0',
    ):
        assert line in found
    assert any(line.startswith("process_resident_memory_bytes ") for line in found)


def test_a_name_that_a_browser_chose_is_no_label() -> None:
    figures = Figures()
    for kind in ("ES_CHAT_START", "nonsense", None, ""):
        figures.refuse(kind, "NotAllowed")
    assert dict(figures.refused) == {
        ("ES_CHAT_START", "NotAllowed"): 1,
        ("other", "NotAllowed"): 3,
    }


def test_requests_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        api = stage.site.api
        browser = await stage.known()
        await browser.get("/api/Visitor", headers={"Origin": "https://evil.example"})
        await stage.browser().get("/api/Chat/WebChat")
        await browser.post("/api/Chat/WebChat/Confirm", json={"Counter": "x"})
        api.rates = Rates(lambda: 0.0, {**RATES, "page": Rate(1, 1)}, limited=api.figures.limited)
        for _ in range(3):
            await browser.get("/api/Visitor")
        api._busy.total_tokens = 0
        await browser.get("/api/Visitor")
        assert dict(api.figures.requests) == {
            ("GET /api/Visitor", "done"): 2,
            ("GET /api/Visitor", "NotAllowed"): 1,
            ("GET /api/Chat/{webapp}", "AuthFailed"): 1,
            ("POST /api/Chat/{webapp}/Confirm", "BadPayload"): 1,
            ("GET /api/Visitor", "RateLimited"): 2,
            ("GET /api/Visitor", "Overloaded"): 1,
        }
        assert dict(stage.site.figures.limited) == {"page": 2}

    play(scenario, tmp_path)


def test_a_request_that_fails_is_counted_too(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        broken: Any = None
        stage.site.api.tokens = broken
        transport: Any = stage.browser()._transport
        transport.raise_app_exceptions = False
        browser = stage.browsers[0]
        assert (await browser.get("/api/Visitor")).status_code == 500
        assert dict(stage.site.figures.requests) == {("GET /api/Visitor", "failed"): 1}

    play(scenario, tmp_path)


def test_frames_sockets_and_handshakes_are_counted(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        figures = stage.site.figures
        async with opened(stage) as page, opened(stage, page.visitor) as second:
            page.say("SYS_PING", {}, {"Id": 1})
            page.say("ES_NO_SUCH_THING", {}, {"Id": 2})
            page.say("ES_CHAT_STOP", {"Peer": "other"}, {"Id": 3})
            second.say("ES_CHAT_RESYNC", {"After": {"TrackingId": "visitor"}}, {"Id": 4})
            await happens(lambda: sum(figures.refused.values()) == 3)
            now = stage.site.look()
            assert (now.sockets, now.visitors) == (2, 1)
            assert now.gateways["web"] == GatewayFigures(up=True, chats=0, followed=1)
            assert now.faults == ()
        assert figures.frames["SYS_HELLO"] == 2
        assert figures.frames["SYS_PING"] == 1
        assert {code for (_, code) in figures.refused} == {
            "UnknownType",
            "NotAllowed",
            "BadPayload",
        }
        assert "ES_NO_SUCH_THING" not in {kind for kind, _ in figures.refused}

    play(scenario, tmp_path)


def test_wishes_for_a_socket_are_counted(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        class Wish:
            def __init__(self, origin: str) -> None:
                self.headers = {"origin": origin, "host": "site.test"}
                self.url = type("Url", (), {"scheme": "ws"})
                self.answers: list[int] = []

            async def send_denial_response(self, response: Any) -> None:
                self.answers.append(response.status_code)

        async def wished(origin: str) -> list[int]:
            wish: Any = Wish(origin)
            await stage.site._socket(wish)
            return list(wish.answers)

        assert await wished("https://evil.example") == [403]
        stage.site.sockets.most = 0
        assert await wished(FOREIGN) == [503]
        assert dict(stage.site.figures.handshakes) == {"origin": 1, "full": 1}

    play(scenario, tmp_path)


def test_the_loop_says_that_it_runs(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        figures = stage.site.figures
        await happens(lambda: figures.faults == [])
        assert figures.pulse.lives
        assert figures.now.gateways["web"].up

    play(scenario, tmp_path)
