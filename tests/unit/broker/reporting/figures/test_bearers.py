"""Who asks: bearer tokens in the clear and hashed, how often they are tried, and what a reload changes."""

from __future__ import annotations

import pytest

from broker.config.figures import FiguresRole, FiguresToken
from broker.config.model import Secret
from broker.config.secret import digest, hash_token, verify
from broker.reporting.figures import bearers as module
from broker.reporting.figures.bearers import TRIES, Bearers, Right
from broker.reporting.figures.problems import Problem

PLAIN = FiguresToken(name="Wall", secret=Secret(digest=digest("wall-secret")))
HASHED = FiguresToken(
    name="Boss", secret=Secret(argon2=hash_token("boss-secret")), role=FiguresRole.SUPERVISOR
)


async def code(bearers: Bearers, shown: str | None, right: Right = Right.FIGURES) -> str:
    """Who was let in, or why nobody was."""
    try:
        return (await bearers.who(shown, right)).name
    except Problem as problem:
        return problem.code.value


async def test_who_is_let_in() -> None:
    bearers = Bearers((PLAIN, HASHED), lambda: 0.0)
    assert await code(bearers, "Bearer wall-secret") == "Wall"
    assert await code(bearers, "bearer boss-secret") == "Boss"
    assert await code(bearers, "Bearer boss-secret", Right.CONTACTS) == "Boss"
    assert await code(bearers, "Bearer wall-secret", Right.CONTACTS) == "NotAllowed"
    for shown in (None, "", "Bearer", "Bearer ", "Basic wall-secret", "wall-secret"):
        assert await code(bearers, shown) == "AuthFailed"
    assert await code(bearers, f"Bearer {'x' * 5_000}") == "AuthFailed"


async def test_a_hash_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a tenth of a second, and a wallboard asks again and again."""
    tried: list[str] = []

    def counting(secret: Secret, token: str) -> bool:
        tried.append(token)
        return verify(secret, token)

    monkeypatch.setattr(module, "verify", counting)
    bearers = Bearers((HASHED,), lambda: 0.0)
    for _ in range(20):
        assert await code(bearers, "Bearer boss-secret") == "Boss"
    assert tried == ["boss-secret"]


async def test_guesses_are_limited_and_those_who_are_known_are_not_kept_out() -> None:
    now = [0.0]
    bearers = Bearers((PLAIN, HASHED), lambda: now[0])
    assert await code(bearers, "Bearer boss-secret") == "Boss"
    found = [await code(bearers, f"Bearer guess-{number}") for number in range(TRIES + 3)]
    assert found == ["AuthFailed"] * (TRIES - 1) + ["RateLimited"] * 4
    assert await code(bearers, "Bearer boss-secret") == "Boss"
    assert await code(bearers, "Bearer wall-secret") == "Wall"
    now[0] += 1.0 / TRIES
    assert await code(bearers, "Bearer guess") == "AuthFailed"
    assert await code(bearers, "Bearer guess") == "RateLimited"


async def test_where_no_token_is_hashed_there_is_nothing_to_try() -> None:
    bearers = Bearers((PLAIN,), lambda: 0.0)
    assert {await code(bearers, f"Bearer {number}") for number in range(20)} == {"AuthFailed"}


async def test_who_is_no_bearer_any_more_is_not_let_in() -> None:
    bearers = Bearers((PLAIN, HASHED), lambda: 0.0)
    assert await code(bearers, "Bearer wall-secret") == "Wall"
    assert await code(bearers, "Bearer boss-secret") == "Boss"
    bearers.renew((HASHED,))
    assert await code(bearers, "Bearer wall-secret") == "AuthFailed"
    assert await code(bearers, "Bearer boss-secret") == "Boss"


async def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KNOWN", 1)
    other = FiguresToken(name="Other", secret=Secret(digest=digest("other-secret")))
    bearers = Bearers((PLAIN, other), lambda: 0.0)
    assert await code(bearers, "Bearer wall-secret") == "Wall"
    assert await code(bearers, "Bearer other-secret") == "Other"
    assert len(bearers._known) == 1
    assert await code(bearers, "Bearer wall-secret") == "Wall"
