"""A described request on its way to a provider, and what became of it."""

import logging
from contextlib import aclosing
from typing import Final

import anyio
import httpx2

from connectors.channels.telling import in_words
from connectors.sms.answers import AnswerRules, Outcome, Verdict, judge
from connectors.sms.described import HttpRequest
from connectors.sms.locators import Document

LONGEST_ANSWER: Final = 65_536
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
    httpx2.ProxyError,
)
"""Errors after which it is sure that the provider has heard nothing."""


# They log the URL of every request, and some providers want a secret in theirs.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


async def ask(
    client: httpx2.AsyncClient, request: HttpRequest, rules: AnswerRules, within: float
) -> Verdict:
    """Send a request, and read the answer; the outcome is unknown whenever it may have been heard (B-55).

    Args:
        client: Sends it.
        request: The request.
        rules: How the answer is read.
        within: How long all of it may take.
    """
    try:
        with anyio.fail_after(within):
            return await _ask(client, request, rules)
    except _NOT_SENT as error:
        return Verdict(outcome=Outcome.TEMPORARY, text=f"no connection: {in_words(error)}")
    except TimeoutError:
        return Verdict(outcome=Outcome.UNKNOWN, text=f"no answer within {within:g} s")
    except httpx2.HTTPError as error:
        # Without the URL: that may have a secret in it.
        return Verdict(outcome=Outcome.UNKNOWN, text=f"no answer: {type(error).__name__}")


async def _ask(client: httpx2.AsyncClient, request: HttpRequest, rules: AnswerRules) -> Verdict:
    async with client.stream(
        request.method, request.url, headers=dict(request.headers), content=request.body
    ) as answer:
        body = bytearray()
        async with aclosing(answer.aiter_bytes()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > LONGEST_ANSWER:
                    del body[LONGEST_ANSWER:]
                    break
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return judge(answer.status_code, Document(body=bytes(body), headers=headers), rules)
