"""The web server that providers call."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import httpx2
import pytest
from attrs import evolve
from trio.testing import MockClock

from connectors.sms.calls import Call, Malformed
from connectors.sms.proofs import Unproved
from connectors.sms.settings import Web
from connectors.sms.web_server import (
    LONGEST_HEADER,
    LONGEST_QUERY,
    NotNow,
    NotWanted,
    UnknownAccount,
    WebServer,
    application,
)
from connectors.sms.webhooks import Answer

WEB = Web(listen="127.0.0.1:0", public_url="https://sms.example.com/p", body=1_024, calls=2)


def client(
    handle: Callable[[str, str, Call], Awaitable[Answer]], web: Web = WEB
) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(application(web, handle))
    return httpx2.AsyncClient(transport=transport, base_url="http://inside")


async def taken(name: str, kind: str, call: Call) -> Answer:
    return Answer(content_type="text/xml", body="<Response/>")


async def test_a_call_comes_as_it_is() -> None:
    seen: list[tuple[str, str, Call]] = []

    async def handle(name: str, kind: str, call: Call) -> Answer:
        seen.append((name, kind, call))
        return await taken(name, kind, call)

    async with client(handle) as it:
        answer = await it.post("/main/text?a=%20b", content=b"x=%ff", headers={"X-Sign": "s"})
        await it.get("/main/receipt")
    assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert answer.headers["content-type"].startswith("text/xml")
    (name, kind, call), (_, other, _) = seen
    assert (name, kind, other) == ("main", "text", "receipt")
    assert (call.method, call.url) == ("POST", "https://sms.example.com/p/main/text")
    assert (call.query, call.body, call.headers["x-sign"]) == (b"a=%20b", b"x=%ff", b"s")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownAccount(), 404),
        (Unproved("bad"), 403),
        (Malformed("bad"), 400),
        (NotWanted("bad"), 422),
        (NotNow(), 503),
    ],
)
async def test_what_is_not_taken_is_refused(error: Exception, status: int) -> None:
    async def handle(name: str, kind: str, call: Call) -> Answer:
        raise error

    async with client(handle) as it:
        answer = await it.post("/main/text")
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 404),
        ("POST", "/main", 404),
        ("POST", "/main/other", 404),
        ("POST", "/a/b/text", 404),
        ("DELETE", "/main/text", 405),
        ("PUT", "/main/text", 405),
    ],
)
async def test_what_is_not_there_is_refused(method: str, path: str, status: int) -> None:
    async with client(taken) as it:
        assert (await it.request(method, path)).status_code == status


async def test_what_is_too_long_is_refused() -> None:
    async with client(taken) as it:
        assert (await it.post("/main/text", content=b"a" * 1_024)).status_code == 200
        assert (await it.post("/main/text", content=b"a" * 1_025)).status_code == 413
        query = "a" * (LONGEST_QUERY + 1)
        assert (await it.get(f"/main/text?{query}")).status_code == 414
        header = {"X-Long": "a" * (LONGEST_HEADER + 1)}
        assert (await it.post("/main/text", headers=header)).status_code == 431


async def test_what_is_too_long_without_saying_so_is_refused() -> None:
    sent: list[Any] = []
    pieces = iter([{"type": "http.request", "body": b"a" * 100, "more_body": True}] * 11)

    async def receive() -> Any:
        return next(pieces)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/main/text", "headers": []}
    await application(WEB, taken)({**scope, "query_string": b""}, receive, send)
    assert sent[0]["status"] == 413
    assert next(pieces, None) is None


async def test_a_body_that_does_not_come_is_not_waited_for(autojump_clock: MockClock) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        await anyio.sleep(1_000)

    async with client(taken) as it:
        assert (await it.post("/main/text", content=pieces())).status_code == 408


async def test_a_broker_that_is_away_is_not_waited_for(autojump_clock: MockClock) -> None:
    async def handle(name: str, kind: str, call: Call) -> Answer:
        await anyio.sleep(1_000)
        return Answer()

    async with client(handle) as it:
        answer = await it.post("/main/text")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


async def test_no_more_calls_at_a_time_than_may() -> None:
    go, statuses = anyio.Event(), []

    async def handle(name: str, kind: str, call: Call) -> Answer:
        await go.wait()
        return Answer()

    async with client(handle) as it, anyio.create_task_group() as tasks:

        async def call() -> None:
            statuses.append((await it.post("/main/text")).status_code)
            if statuses == [503]:
                go.set()

        for _ in range(3):
            tasks.start_soon(call)
    assert sorted(statuses) == [200, 200, 503]


def test_it_listens_and_ends_in_good_order() -> None:
    statuses: list[int] = []

    async def main() -> None:
        go = anyio.Event()

        async def handle(name: str, kind: str, call: Call) -> Answer:
            server.stop()  # and still this call is answered
            await go.wait()
            return Answer()

        server = WebServer(WEB, handle)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.run)
            port = await server.port()

            async def call() -> None:
                async with httpx2.AsyncClient() as it:
                    answer = await it.post(f"http://127.0.0.1:{port}/main/text")
                    statuses.append(answer.status_code)

            tasks.start_soon(call)
            go.set()
            await server.stopped()

    anyio.run(main, backend="asyncio")
    assert statuses == [200]


def test_an_address_that_is_taken_is_an_error() -> None:
    async def main() -> None:
        first = WebServer(WEB, taken)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            port = await first.port()
            with pytest.raises(OSError, match="listen"):
                await WebServer(evolve(WEB, listen=f"127.0.0.1:{port}"), taken).run()
            first.stop()

    anyio.run(main, backend="asyncio")
