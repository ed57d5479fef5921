"""Tokens are fetched from a real issuer, kept, and renewed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from attrs import define, evolve

from connectors.channels.converter import Secret
from connectors.channels.store import opened
from connectors.email.oauth import TokenError, Tokens, xoauth2
from connectors.email.settings import OAuth
from tests.support import tokens as issuers
from tests.support.dovecot import free_port
from tests.support.tokens import Issuer


@define
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def settings(issuer: Issuer, grant: str | None = "granted") -> OAuth:
    return OAuth(
        token_url=issuer.url,
        client_id="parley",
        client_secret=Secret("hush"),
        refresh_token=None if grant is None else Secret(grant),
        scope="https://mail.example/",
    )


@asynccontextmanager
async def tokens_of(issuer: Issuer, *, grant: str | None = "granted") -> AsyncIterator[Tokens]:
    async with opened(":memory:") as store:
        yield Tokens("own", settings(issuer, grant), store, Clock())


async def test_a_token_is_asked_for_as_issuers_want_it() -> None:
    with issuers.running() as issuer:
        async with tokens_of(issuer) as tokens:
            assert await tokens.token() == "token-1"
    assert issuer.asked == [
        {
            "client_id": "parley",
            "client_secret": "hush",
            "scope": "https://mail.example/",
            "grant_type": "refresh_token",
            "refresh_token": "granted",
        }
    ]


async def test_a_program_with_a_right_of_its_own_asks_for_itself() -> None:
    with issuers.running() as issuer:
        async with tokens_of(issuer, grant=None) as tokens:
            await tokens.token()
    assert issuer.asked[0]["grant_type"] == "client_credentials"
    assert "refresh_token" not in issuer.asked[0]


async def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    with issuers.running() as issuer:
        async with tokens_of(issuer) as tokens:
            clock = tokens.clock
            assert isinstance(clock, Clock)
            await tokens.token()
            clock.now = 3500.0
            assert await tokens.token() == "token-1"
            clock.now = 3541.0
            assert await tokens.token() == "token-2"


async def test_a_token_that_was_refused_is_not_given_again() -> None:
    with issuers.running() as issuer:
        async with tokens_of(issuer) as tokens:
            first = await tokens.token()
            assert await tokens.token(refused=first) == "token-2"
            assert await tokens.token(refused=first) == "token-2"


async def test_many_who_want_one_ask_once() -> None:
    with issuers.running() as issuer:
        async with tokens_of(issuer) as tokens, anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(tokens.token)
        assert len(issuer.asked) == 1


async def test_a_grant_that_is_replaced_is_kept_over_a_restart(tmp_path: Path) -> None:
    with issuers.running() as issuer:
        issuer.rotates = True
        for number in (1, 2, 3):
            async with opened(tmp_path / "store") as store:
                assert await Tokens("own", settings(issuer), store).token() == f"token-{number}"
        # A person has signed in anew: what they put into the file is newer than what was kept.
        issuer.grants = {"granted anew"}
        async with opened(tmp_path / "store") as store:
            await Tokens("own", settings(issuer, "granted anew"), store).token()


@pytest.mark.parametrize(
    ("fault", "says", "is_final"),
    [
        (
            (400, {"error": "invalid_grant", "error_description": "expired\nTrace: 1"}),
            "invalid_grant expired",
            True,
        ),
        ((401, {"error": "invalid_client"}), "invalid_client", True),
        ((400, {"error": "temporarily_unavailable"}), "temporarily_unavailable", False),
        ((503, "<html>busy</html>"), "503", False),
        ((429, ["odd"]), "429", False),
        ((200, {"token_type": "Bearer"}), "gives no access_token", False),
        ((200, "not json"), "gives no access_token", False),
    ],
)
async def test_a_refusal_says_whether_a_person_must_act(
    fault: tuple[int, object], says: str, is_final: bool
) -> None:
    with issuers.running() as issuer:
        issuer.fault.append(fault)
        async with tokens_of(issuer) as tokens:
            with pytest.raises(TokenError, match=says) as caught:
                await tokens.token()
            assert caught.value.is_final is is_final
            assert await tokens.token() == "token-2"


async def test_an_issuer_that_is_gone_is_tried_again() -> None:
    async with opened(":memory:") as store:
        gone = OAuth(token_url=f"http://127.0.0.1:{free_port()}/", client_id="parley")
        with pytest.raises(TokenError, match="does not answer") as caught:
            await Tokens("own", gone, store).token()
    assert not caught.value.is_final


@pytest.mark.parametrize("lifetime", ["3600", None, "soon", 0, -5])
async def test_an_odd_lifetime_is_survived(lifetime: object) -> None:
    with issuers.running() as issuer:
        issuer.lifetime = lifetime
        async with tokens_of(issuer) as tokens:
            assert await tokens.token() == await tokens.token()


def test_what_a_server_is_told_has_the_form_of_xoauth2() -> None:
    said = base64.b64encode(
        xoauth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg").encode()
    )
    assert said.decode() == (
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJo"
        "ZG1semRHRXVZMjl0Q2cBAQ=="
    )


def test_a_secret_is_not_shown() -> None:
    shown = repr(evolve(OAuth(token_url="x", client_id="y"), client_secret=Secret("hush")))
    assert "hush" not in shown
