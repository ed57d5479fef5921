"""Visitors' tokens."""

import base64
import json

import pytest
from attrs import evolve
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.web.tokens import KNOWN, Identity, NoVisitor, Tokens

SECRET = b"s" * 40
DAY = 86_400.0


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens([SECRET], lifetime=30 * DAY, now=clock)


def test_who_is_written_is_read(tokens: Tokens, clock: Clock) -> None:
    visitor = tokens.stranger("shop")
    assert tokens.read(tokens.written(visitor), "shop") == visitor
    assert (
        Tokens([SECRET], lifetime=DAY, now=clock).read(tokens.written(visitor), "shop") == visitor
    )
    assert len(base64.urlsafe_b64decode(visitor.tracking_id + "==")) == 16
    assert tokens.stranger("shop").tracking_id != visitor.tracking_id


def test_an_identity_is_in_it(tokens: Tokens) -> None:
    identity = Identity(user="7", name="Jana", variables=(("A", "b"),))
    visitor = evolve(tokens.stranger("shop"), identity=identity, earlier="before")
    assert tokens.read(tokens.written(visitor), "shop") == visitor


def test_it_is_bound_to_its_site_and_to_its_secret(tokens: Tokens, clock: Clock) -> None:
    token = tokens.written(tokens.stranger("shop"))
    with pytest.raises(NoVisitor):
        tokens.read(token, "other")
    with pytest.raises(NoVisitor):
        Tokens([b"t" * 40], lifetime=DAY, now=clock).read(token, "shop")


def test_it_ends(tokens: Tokens, clock: Clock) -> None:
    token = tokens.written(tokens.stranger("shop"))
    clock.now += 30 * DAY - 1
    tokens.read(token, "shop")
    clock.now += 1
    with pytest.raises(NoVisitor):
        tokens.read(token, "shop")


def test_it_is_renewed_on_the_way(tokens: Tokens, clock: Clock) -> None:
    visitor = tokens.stranger("shop")
    assert tokens.renewed(visitor) is None
    clock.now += DAY + 1
    renewed = tokens.renewed(visitor)
    assert renewed is not None
    assert (renewed.tracking_id, renewed.made) == (visitor.tracking_id, int(clock.now))


def _signed(header: dict[str, str], claims: dict[str, object], secret: bytes = SECRET) -> str:
    return jwt.encode(header, claims, OctKey.import_key(secret))


REST: dict[str, object] = {"k": "key", "b": 1_800_000_000}


def test_what_the_others_are_is_one(tokens: Tokens) -> None:
    claims = {"t": "a", "s": "shop", "iat": 1_800_000_000, **REST}
    found = tokens.read(_signed({"alg": "HS256", "typ": "parley-visitor"}, claims), "shop")
    assert (found.tracking_id, found.key) == ("a", "key")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "x" * 5_000,
        _signed({"alg": "HS256"}, {"t": "a", "s": "shop", "iat": 1_800_000_000, **REST}),
        _signed(
            {"alg": "HS256", "typ": "JWT"}, {"t": "a", "s": "shop", "iat": 1_800_000_000, **REST}
        ),
        _signed(
            {"alg": "HS256", "typ": "parley-visitor"}, {"s": "shop", "iat": 1_800_000_000, **REST}
        ),
        _signed(
            {"alg": "HS256", "typ": "parley-visitor"},
            {"t": "a", "s": "shop", "iat": 1_900_000_000, **REST},
        ),
        ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in (
                {"alg": "none", "typ": "parley-visitor"},
                {"t": "a", "s": "shop", "iat": 1_800_000_000, **REST},
            )
        )
        + ".",
    ],
)
def test_what_is_none(tokens: Tokens, token: str) -> None:
    with pytest.raises(NoVisitor):
        tokens.read(token, "shop")


def test_not_all_are_remembered(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.web.tokens.KNOWN", 2)
    for _ in range(4):
        tokens.read(tokens.written(tokens.stranger("shop")), "shop")
    assert len(tokens._known) == 2
    assert KNOWN > 2


def test_renewals_have_an_end(tokens: Tokens, clock: Clock) -> None:
    """Who has stolen a token of a customer cannot renew it for ever."""
    stranger = tokens.stranger("shop")
    customer = evolve(stranger, identity=Identity(user="7"))
    for visitor, days in ((customer, 1), (stranger, 400)):
        clock.now, last = 1_800_000_000.0, visitor
        token = tokens.written(visitor)
        while clock.now < 1_800_000_000 + days * DAY - 1:
            last = tokens.read(token, "shop")
            token = tokens.written(tokens.renewed(last) or last)
            clock.now += 3_600 * 4 if days == 1 else DAY * 5
        assert (last.key, last.born) == (visitor.key, visitor.born)
        assert last.made > visitor.made
        clock.now = 1_800_000_000.0 + days * DAY
        with pytest.raises(NoVisitor):
            tokens.read(token, "shop")


def test_what_was_ended_has_no_rights_nor_have_its_renewals(tokens: Tokens, clock: Clock) -> None:
    visitor, other = tokens.stranger("shop"), tokens.stranger("shop")
    clock.now += 2 * DAY
    renewed = tokens.renewed(visitor)
    assert renewed is not None
    tokens.end(visitor)
    for one in (visitor, renewed):
        with pytest.raises(NoVisitor):
            tokens.read(tokens.written(one), "shop")
    tokens.read(tokens.written(other), "shop")


def test_secrets_follow_each_other(clock: Clock) -> None:
    old, new = b"o" * 32, b"n" * 32
    before = Tokens([old], lifetime=DAY, now=clock)
    between = Tokens([new, old], lifetime=DAY, now=clock)
    after = Tokens([new], lifetime=DAY, now=clock)
    visitor = before.stranger("shop")
    first = before.written(visitor)
    assert between.read(first, "shop") == visitor
    second = between.written(visitor)
    assert after.read(second, "shop") == visitor
    for tokens, token in ((after, first), (before, second)):
        with pytest.raises(NoVisitor):
            tokens.read(token, "shop")
