"""A request on its way to a provider."""

import logging
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from connectors.sms.answers import AnswerRules, Outcome, Verdict
from connectors.sms.described import HttpRequest
from connectors.sms.http_sender import LONGEST_ANSWER, ask
from connectors.sms.locators import locator
from tests.support.dovecot import free_port

REQUEST = HttpRequest(
    method="POST", url="https://example.com/send?key=secret", headers={"X-A": "1"}, body=b"to=1"
)
RULES = AnswerRules(code=locator("json:/ok"), codes={"true": Outcome.SENT}, id=locator("json:/id"))


async def asked(answer: Callable[[httpx2.Request], httpx2.Response]) -> Verdict:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        return await ask(client, REQUEST, RULES, 5.0)


async def test_an_answer_is_read() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"ok": True, "id": "A"})

    assert await asked(answer) == Verdict(outcome=Outcome.SENT, ids=("A",))
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", REQUEST.url)
    assert (request.content, request.headers["x-a"]) == (b"to=1", "1")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx2.ConnectError, "temporary"),
        (httpx2.ConnectTimeout, "temporary"),
        (httpx2.PoolTimeout, "temporary"),
        (httpx2.ReadTimeout, "unknown"),
        (httpx2.ReadError, "unknown"),
        (httpx2.WriteError, "unknown"),
        (httpx2.RemoteProtocolError, "unknown"),
        (TimeoutError, "unknown"),
    ],
)
async def test_b55_an_error_is_unknown_whenever_it_may_have_been_heard(
    error: type[Exception], outcome: str
) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error("it says secret")

    verdict = await asked(answer)
    assert verdict.outcome is Outcome(outcome)
    assert "secret" not in verdict.text


async def test_why_there_is_no_connection_is_told_without_the_url() -> None:
    url = f"http://127.0.0.1:{free_port()}/?key=secret"
    async with httpx2.AsyncClient(trust_env=False) as client:
        verdict = await ask(client, evolve(REQUEST, url=url), RULES, 5)
    assert verdict.outcome is Outcome.TEMPORARY
    assert verdict.text.startswith("no connection: ")
    assert verdict.text.endswith("Connection refused")
    assert "secret" not in verdict.text


async def test_b55_no_answer_in_time_is_unknown(autojump_clock: MockClock) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await trio.sleep(100)

    verdict = await asked(lambda request: httpx2.Response(200, content=pieces()))
    assert verdict == Verdict(outcome=Outcome.UNKNOWN, text="no answer within 5 s")


async def test_no_url_is_logged_for_it_may_have_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        await asked(lambda request: httpx2.Response(500))
    assert "secret" not in caplog.text


async def test_a_redirect_is_not_followed() -> None:
    verdict = await asked(
        lambda request: httpx2.Response(302, headers={"Location": "https://other.example.com/"})
    )
    assert verdict.outcome is Outcome.TEMPORARY


async def test_an_answer_without_end_is_cut() -> None:
    whole = b'{"ok": true, "id": "' + b"a" * LONGEST_ANSWER + b'"}'
    verdict = await asked(lambda request: httpx2.Response(200, content=whole))
    assert verdict.outcome is Outcome.UNKNOWN
