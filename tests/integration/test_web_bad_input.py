"""Every route and every frame of the web site refuses bad input in one way, and nothing is lost by it.

The cases are made of the tables that the program itself is made of: a route or a frame that is added is
tried, too.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin
from uuid import uuid4

import httpx2
import pytest
from attrs import NOTHING, evolve, fields, has, resolve_types

from connectors.channels.converter import Secret
from connectors.web.api import TOKEN_HEADER
from connectors.web.app import OPERATIONS
from connectors.web.converting import longest_of
from connectors.web.operations import BODY_BYTES, Operation, Parameter, Who
from connectors.web.questions import ANSWERS
from connectors.web.rates import RATES, Rate, Rates
from connectors.web.settings import CallBackSettings, MessageSettings
from connectors.web.tokens import Visitor
from protocol.catalogue import CATALOGUE
from protocol.identifiers import derive
from protocol.limits import TEXT_LENGTHS
from protocol.structure import wire_name
from protocol.values import Guid
from tests.support.web_process import LETTERS
from tests.support.web_socket import Page, opened
from tests.support.web_stage import ROUTED, SITE, WebStage, happens, play

ALL: Final = evolve(
    SITE,
    apps=("WebChat", "WebForm", "WebMsg", "WebCBack"),
    message=MessageSettings(gateway="letters", token=Secret("letters-secret")),
    call_back=CallBackSettings(region="CZ"),
)
FORM: Final = str(derive("scenario", "Before the chat"))
EVIL: Final = "https://evil.example"
LINE: Final = "said before all of it"
JSON: Final = [one for one in OPERATIONS if has(one.body)]
Refusal = tuple[int, str, str | None]
"""Status, code and member."""


def at_work(
    scenario: Callable[[WebStage, httpx2.AsyncClient], Awaitable[None]], folder: Path
) -> None:
    """Play it around a chat, of which everything is there afterwards."""

    async def run(stage: WebStage) -> None:
        browser = await stage.chatting()
        said = {"ID": "before", "Text": LINE}
        assert (await browser.post("/api/Chat/WebChat/Sentence", json=said)).status_code == 200
        stage.site.api.rates = Rates(lambda: 0.0, dict.fromkeys(RATES, Rate(1, 10_000)))
        await scenario(stage, browser)
        stage.site.api.rates = Rates(lambda: 0.0)
        chat = (await browser.get("/api/Chat/WebChat")).json()
        assert ([one["Text"] for one in chat["Sentences"]], chat["Status"]) == ([LINE], "Waiting")
        assert (await browser.post("/api/Chat/WebChat/Sentence", json=said)).status_code == 200

    play(run, folder, ALL, ROUTED + LETTERS)


def refusal(answer: httpx2.Response) -> Refusal:
    """What an answer says, which has to be a problem as RFC 9457 has it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    known = {"type", "title", "status", "detail", "code", "member"}
    assert set(found) <= known
    assert known - {"member"} <= set(found)
    assert found["status"] == answer.status_code
    assert found["title"]
    assert answer.headers["cache-control"] == "no-store"
    member = found.get("member")
    assert member is None or found["detail"].startswith(f"{member}: ")
    assert answer.status_code not in (429, 503) or int(answer.headers["retry-after"]) > 0
    return answer.status_code, found["code"], member


def of(operation: Operation, **changes: str) -> str:
    """The address of an operation, with parameters that are good but for the changes."""
    path, query = operation.path, []
    for one in operation.parameters:
        value = changes.pop(one.name, None)
        if one.in_path:
            usual = "WebChat" if one.kind is str else str(uuid4())
            path = path.replace(f"{{{one.name}}}", value or usual)
        elif value is not None or one.needed:
            query.append(f"{one.name}={value or 'x'}")
    assert not changes
    return f"{path}?{'&'.join(query)}"


def base(kind: Any) -> Any:
    """A type without `None`."""
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    return kind


def good(model: Any) -> dict[str, Any]:
    """The least that a model needs."""
    usual: dict[Any, Any] = {str: "x", int: 1, bool: True, Guid: str(uuid4())}
    return {
        wire_name(one): usual[base(one.type)]
        for one in fields(resolve_types(model))
        if one.default is NOTHING
    }


def wrong(kind: Any) -> Any:
    """A value that is none of a type."""
    return "x" if base(kind) in (int, bool, float, datetime) else 7


async def ask(browser: httpx2.AsyncClient, operation: Operation, **how: Any) -> httpx2.Response:
    path = how.pop("path", None) or of(operation)
    if "json" not in how and "content" not in how:
        if has(operation.body):
            how["json"] = good(operation.body)
        elif operation.body is bytes:
            how["content"] = b"x"
    return await browser.request(operation.method, path, **how)


# --- routes


def test_malformed_json(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, browser: httpx2.AsyncClient) -> None:
        kind = {"Content-Type": "application/json"}
        for operation in JSON:
            for data in (b"", b"{", b"{]", b'{"a": NaN}', b'{"a":1,"a":2}', b"\xff", b"[" * 90_000):
                answer = await ask(browser, operation, content=data, headers=kind)
                assert refusal(answer)[:2] == (400, "BadFrame"), (operation.path, data[:20])
            text = await ask(
                browser, operation, content=b"{}", headers={"Content-Type": "text/html"}
            )
            assert refusal(text) == (415, "BadFrame", "Content-Type")

    at_work(scenario, tmp_path)


def test_wrong_types(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, browser: httpx2.AsyncClient) -> None:
        kind = {"Content-Type": "application/json"}
        for operation in JSON:
            for value in ("[]", "7", '"x"', "null", "true"):
                answer = await ask(browser, operation, content=value, headers=kind)
                assert refusal(answer) == (422, "BadPayload", "Body"), (operation.path, value)
            for one in fields(resolve_types(operation.body)):
                name = wire_name(one)
                said = {**good(operation.body), name: wrong(one.type)}
                answer = await ask(browser, operation, json=said)
                assert refusal(answer) == (422, "BadPayload", name), (operation.path, name)

    at_work(scenario, tmp_path)


def bad_parameters(one: Parameter) -> Iterator[tuple[str, Refusal]]:
    """Values that it does not take, and what is said of them."""
    if one.kind is str:
        yield "x" * (one.longest + 1), (422, "TooLong", one.name)
        yield "%00", (422, "BadPayload", one.name)
        return
    for value in ("x", "-1", "1e3", "99999999999"):
        yield value, (422, "BadPayload", one.name)
    if one.kind is int and one.most < 2_147_483_647:
        yield str(one.most + 1), (422, "BadPayload", one.name)


def test_parameters(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, browser: httpx2.AsyncClient) -> None:
        for operation in OPERATIONS:
            for one in operation.parameters:
                for value, expected in bad_parameters(one):
                    if one.name == "site":
                        expected = (404, "UnknownGateway", "site")
                    answer = await ask(browser, operation, path=of(operation, **{one.name: value}))
                    assert refusal(answer) == expected, (operation.path, one.name, value[:20])
                if one.needed and not one.in_path:
                    bare = of(operation).replace(f"{one.name}=x", "")
                    answer = await ask(browser, operation, path=bare)
                    assert refusal(answer) == (422, "BadPayload", one.name)

    at_work(scenario, tmp_path)


def test_too_long(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, browser: httpx2.AsyncClient) -> None:
        for operation in JSON:
            for one in fields(resolve_types(operation.body)):
                if base(one.type) is str and longest_of(one) < BODY_BYTES // 2:
                    said = {**good(operation.body), wire_name(one): "x" * (longest_of(one) + 1)}
                    found = refusal(await ask(browser, operation, json=said))
                    assert found == (422, "TooLong", wire_name(one)), operation.path
                if get_origin(base(one.type)) is tuple:
                    said = {**good(operation.body), wire_name(one): [None] * 1_001}
                    found = refusal(await ask(browser, operation, json=said))
                    assert found == (422, "TooLong", wire_name(one)), operation.path
            kind = {"Content-Type": "application/json"}
            data = b" " * (operation.longest + 1)
            answer = await ask(browser, operation, content=data, headers=kind)
            assert refusal(answer) == (413, "FrameTooLarge", None)

    at_work(scenario, tmp_path)


def test_too_fast(tmp_path: Path) -> None:
    async def scenario(stage: WebStage, browser: httpx2.AsyncClient) -> None:
        stage.site.api.rates = Rates(lambda: 0.0, dict.fromkeys(RATES, Rate(1, 0)))
        for operation in OPERATIONS:
            answer = await ask(browser, operation)
            assert refusal(answer) == (429, "RateLimited", None), operation.path

    at_work(scenario, tmp_path)


def test_foreign_origins_and_tokens(tmp_path: Path) -> None:
    async def scenario(stage: WebStage, browser: httpx2.AsyncClient) -> None:
        tokens = stage.site.sockets.tokens
        (cookie,) = browser.cookies.values()
        elsewhere = tokens.written(Visitor(site="other", tracking_id="x", made=1_800_000_000))
        for operation in OPERATIONS:
            for origin in (EVIL, "null", "http://site.test.evil.example", ""):
                answer = await ask(browser, operation, headers={"Origin": origin})
                assert refusal(answer) == (403, "NotAllowed", "Origin"), operation.path
                assert "access-control-allow-origin" not in answer.headers
            if operation.who is not Who.KNOWN:
                continue
            for token in ("", "nonsense", cookie[:-2], cookie.swapcase(), elsewhere, "x" * 5_000):
                answer = await ask(browser, operation, headers={TOKEN_HEADER: token})
                assert refusal(answer) == (401, "AuthFailed", TOKEN_HEADER), operation.path
            nobody = await ask(stage.browser(), operation)
            assert refusal(nobody) == (401, "AuthFailed", TOKEN_HEADER), operation.path

    at_work(scenario, tmp_path)


def test_what_is_somebody_elses(tmp_path: Path) -> None:
    async def scenario(stage: WebStage, browser: httpx2.AsyncClient) -> None:
        other, blob, unknown = await stage.chatting("Other"), str(uuid4()), str(uuid4())
        assert (
            await browser.put(f"/api/Attachment/{blob}?Name=x", content=b"x")
        ).status_code == 201
        chat = "/api/Chat/WebChat"
        named = {"ID": "x", "Text": "x", "Attachments": [{"BlobId": blob, "Name": "x"}]}
        cases: list[tuple[str, str, Any, Refusal]] = [
            ("GET", f"/api/Attachment/{blob}", None, (404, "UnknownMessage", "BlobId")),
            ("POST", f"{chat}/Sentence", named, (404, "UnknownMessage", "Attachments[0].BlobId")),
            ("GET", f"/api/Scenario/{unknown}", None, (404, "UnknownScenario", "scenarioid")),
            (
                "POST",
                "/api/Scenario",
                {"ScenarioId": unknown},
                (404, "UnknownScenario", "ScenarioId"),
            ),
            ("POST", chat, {"ScenarioId": unknown}, (404, "UnknownScenario", "ScenarioId")),
            (
                "POST",
                "/api/Scenario",
                {"ScenarioId": FORM, "Values": [{"ControlId": unknown}]},
                (422, "BadPayload", "Values[0].ControlId"),
            ),
            ("POST", "/api/Identify", {"Token": "a.b.c"}, (401, "AuthFailed", "Token")),
            ("POST", "/api/Message/Nonsense", good(_body_of("/api/Message/{webapp}")), _NO_APP),
            ("POST", "/api/CallBack/Nonsense", good(_body_of("/api/CallBack/{webapp}")), _NO_APP),
            ("GET", "/api/Signal/Nonsense", None, _NO_APP),
            ("GET", "/api/Nothing", None, (404, "UnknownType", None)),
            ("PATCH", chat, None, (405, "NotAllowed", None)),
        ]
        for method, path, body, expected in cases:
            how = {} if body is None else {"json": body}
            assert refusal(await other.request(method, path, **how)) == expected, path
        # A picture of an agent of somebody else is one of nobody, and a stranger has no chat to confirm.
        stranger = await stage.known()
        assert refusal(await stranger.post(f"{chat}/Sentence", json={"ID": "x", "Text": "x"})) == (
            404,
            "UnknownChat",
            None,
        )

    at_work(scenario, tmp_path)


_NO_APP: Final = (404, "UnknownType", "webapp")


def _body_of(path: str) -> Any:
    return next(one.body for one in OPERATIONS if one.path == path)


# --- frames, by both ways

FRAMES: Final = sorted({*ANSWERS, "ES_CHAT_SENTENCE", "ES_CHAT_TYPING"})
NAMES: Final = {"Peer": "other", "TrackingId": "somebody", "Port": "1"}
"""What a browser may not choose."""
Frame = list[Any]


def members(kind: str) -> list[tuple[str, Any]]:
    """The members of a frame that a browser may say, with their types."""
    payload: Any = CATALOGUE[kind].payload
    return [
        (wire_name(one), one.type)
        for one in fields(resolve_types(payload))
        if wire_name(one) not in NAMES
    ]


def names_of(kind: str) -> set[str]:
    """All members that a frame has."""
    payload: Any = CATALOGUE[kind].payload
    return {wire_name(one) for one in fields(payload)}


def needed(kind: str) -> dict[str, Any]:
    """The least that a frame needs."""
    found = {name: str(uuid4()) for name in CATALOGUE[kind].required if name not in NAMES}
    return {**found, **({"Data": "", "Size": 1} if "Data" in found else {})}


def bad_frames() -> Iterator[tuple[Frame, str, str]]:
    """Frames that are refused, with the code and how the text begins."""
    number = 0

    def frame(kind: str, payload: Any) -> Frame:
        nonlocal number
        number += 1
        return [kind, payload, {"Id": number}]

    for kind in FRAMES:
        for name, value in NAMES.items():
            if name not in names_of(kind):
                continue
            yield frame(kind, {**needed(kind), name: value}), "NotAllowed", f"{name}: "
        yield frame(kind, [7]), "BadPayload", "Payload: "
        for name, type_ in members(kind):
            value = wrong(type_)
            yield frame(kind, {**needed(kind), name: value}), "BadPayload", name
    long = "x" * (TEXT_LENGTHS["Text"] + 1)
    yield frame("ES_CHAT_SENTENCE", {"ID": "x", "Text": long}), "TooLong", "Text: "
    yield frame("ES_CHAT_SENTENCE", {"ID": "x", "Text": "x", "Model": 10}), "NotAllowed", "Model: "
    yield frame("ES_CHAT_STOP", {"ChatId": str(uuid4())}), "NotAllowed", "ChatId: "
    yield frame("ES_CHAT_START", {"ReturnChatId": str(uuid4())}), "NotAllowed", "ReturnChatId: "
    yield frame("ES_BLOB_GET", {"BlobId": str(uuid4())}), "UnknownMessage", "BlobId: "
    yield frame("ES_SCENARIO_LOAD", {"Id": str(uuid4())}), "UnknownScenario", ""
    yield frame("ES_MESSAGE_RECEIVING", {"Peer": "shop"}), "", ""
    yield frame("CS_CHAT_ANSWER", {"Peer": "shop", "ChatId": str(uuid4())}), "", ""
    yield frame("NONSENSE", {}), "UnknownType", ""


BAD: Final = [*bad_frames()]


def check(frame: Frame, told: Frame, code: str, begins: str) -> None:
    """Whether a frame was refused as it should be."""
    kind, error, headers = told
    assert (kind, headers) == ("SYS_ERROR", {"Re": frame[2]["Id"]}), (frame, told)
    assert error.get("Fatal") is not True
    expected = {code} if code else {"NotAllowed", "UnknownType", "BadPayload"}
    assert error["Code"] in expected, (frame, told)
    assert error["Text"].startswith(begins), (frame, told)
    assert error.get("Type") in (frame[0], None)


async def heard(page: Page, number: int) -> Frame:
    """The answer to a frame."""
    await happens(lambda: page.answer(number))
    found = page.answer(number)
    assert found is not None
    return found


def test_frames_over_a_socket(tmp_path: Path) -> None:
    async def scenario(stage: WebStage, browser: httpx2.AsyncClient) -> None:
        sockets = stage.site.sockets
        sockets.rates = Rates(lambda: 0.0, dict.fromkeys(RATES, Rate(1, 10_000)))
        (cookie,) = browser.cookies.values()
        visitor = sockets.tokens.read(cookie, "shop")
        for start in range(0, len(BAD), 100):  # more at once would end a socket
            async with opened(stage, visitor) as page:
                for frame, code, begins in BAD[start : start + 100]:
                    page.say(*frame)
                    number = frame[2]["Id"]
                    told = await heard(page, number)
                    check(frame, told, code, begins)
                assert page.closed is None
        sockets.rates = Rates(lambda: 0.0, dict.fromkeys(RATES, Rate(1, 0)))
        async with opened(stage, visitor) as page:
            for kind in FRAMES:
                if kind != "ES_CHAT_TYPING":  # which is dropped without a word
                    check(
                        [kind, {}, {"Id": 1}],
                        _re(await page.ask(kind, needed(kind))),
                        "RateLimited",
                        "too fast",
                    )
            page._send.send_nowait({"type": "websocket.receive", "text": "{"})
            await happens(lambda: page.closed is not None)
            assert page.of("SYS_ERROR")[-1]["Code"] == "BadFrame"

    at_work(scenario, tmp_path)


def _re(told: Frame) -> Frame:
    return [*told[:2], {"Re": 1}]


def test_frames_by_polling(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, browser: httpx2.AsyncClient) -> None:
        hello = {"Version": 1, "Role": "connector", "Peers": ["shop"], "Token": "cookie"}
        cursor = None

        async def polled(*frames: Frame) -> list[Frame]:
            nonlocal cursor
            body = {"Frames": [json.dumps(one) for one in frames], "Cursor": cursor}
            answer = await browser.post("/api/Frames", json=body)
            assert answer.status_code == 200, answer.text
            cursor = answer.json()["Cursor"]
            return [json.loads(text) for text in answer.json()["Frames"]]

        await polled(["SYS_HELLO", hello, {"Id": "h"}])
        for frame, code, begins in BAD:
            (told,) = [one for one in await polled(frame) if one[0] == "SYS_ERROR"]
            check(frame, told, code, begins)
        for text in ("{", "[]", '["X"', "7"):
            answer = await browser.post("/api/Frames", json={"Frames": [text]})
            assert refusal(answer) == (400, "BadFrame", "Frames[0]")

    at_work(scenario, tmp_path)


@pytest.mark.parametrize("origin", [EVIL, "null", None])
def test_a_socket_from_elsewhere(origin: str | None, tmp_path: Path) -> None:
    async def scenario(stage: WebStage, _browser: httpx2.AsyncClient) -> None:
        told: list[int] = []

        class Wish:
            headers: Final = {"host": "site.test"} | ({} if origin is None else {"origin": origin})
            url: Final = httpx2.URL("ws://site.test/ws")

            async def send_denial_response(self, response: Any) -> None:
                told.append(response.status_code)

        wish: Any = Wish()
        await stage.site._socket(wish)
        assert told == [403]

    at_work(scenario, tmp_path)
