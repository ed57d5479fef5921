"""A known customer: whose word is taken, and for what."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from connectors.channels.converter import Secret
from connectors.web.identity import Identities
from connectors.web.problems import Problem
from connectors.web.settings import IdentityKey, Site
from connectors.web.tokens import Visitor

NOW = 1_800_000_000
SECRET = "k" * 32
STRANGER = Visitor(site="shop", tracking_id="stranger", made=NOW)
SITE = Site(
    gateway="web",
    token=Secret("t"),
    keys=(IdentityKey(algorithm="HS256", secret=Secret(SECRET)),),
)
CLAIMS = {"sub": "customer 7", "exp": NOW + 600, "name": "Jana"}


def identities(site: Site = SITE, name: str = "shop", secret: bytes = b"w" * 32) -> Identities:
    return Identities(name, site, secret, lambda: float(NOW))


def signed(claims: dict[str, Any], secret: str = SECRET, **header: str) -> str:
    return jwt.encode({"alg": "HS256", **header}, claims, OctKey.import_key(secret))


def test_the_word_of_the_sites_server_is_taken() -> None:
    said = {**CLAIMS, "email": "j@example.com", "variables": {"Level": "gold", "Orders": 3}}
    found = identities().identified(STRANGER, signed(said))
    assert found.identity is not None
    assert (found.identity.user, found.identity.name) == ("customer 7", "Jana")
    assert found.identity.variables == (
        ("Customer", "customer 7"),
        ("E-mail", "j@example.com"),
        ("Level", "gold"),
        ("Orders", "3"),
    )
    assert (found.earlier, found.made) == ("stranger", NOW)


def test_a_customer_has_the_same_name_everywhere_and_nobody_can_guess_it() -> None:
    one = identities().identified(STRANGER, signed(CLAIMS))
    other = identities().identified(evolve(STRANGER, tracking_id="another"), signed(CLAIMS))
    assert one.tracking_id == other.tracking_id
    names = {
        one.tracking_id,
        identities(name="other").tracking_id("customer 7"),
        identities(secret=b"x" * 32).tracking_id("customer 7"),
        identities().tracking_id("customer 8"),
    }
    assert len(names) == 4


def test_who_is_identified_again_keeps_or_leaves_the_chat_of_before() -> None:
    it = identities()
    known = it.identified(STRANGER, signed(CLAIMS))
    assert it.identified(known, signed(CLAIMS)).earlier == "stranger"
    assert it.identified(known, signed({**CLAIMS, "sub": "other"})).earlier is None


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "no key"),
        ("a.b.c", "no key"),
        ("x" * 9_000, "longer than"),
        (signed(CLAIMS, "o" * 32), "no key"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjoxOTAwMDAwMDAwfQ.", "no key"),
        (signed({"exp": NOW + 600}), "names nobody"),
        (signed({"sub": " ", "exp": NOW + 600}), "sub is no text"),
        (signed({"sub": 7, "exp": NOW + 600}), "sub is no text"),
        (signed({"sub": "a" * 257, "exp": NOW + 600}), "sub is too long"),
        (signed({"sub": "a"}), "has no end"),
        (signed({"sub": "a", "exp": True}), "has no end"),
        (signed({"sub": "a", "exp": NOW - 61}), "is over"),
        (signed({"sub": "a", "exp": NOW + 90_000}), "longer than a day"),
        (signed({**CLAIMS, "nbf": NOW + 61}), "not hold yet"),
        (signed({**CLAIMS, "variables": ["x"]}), "no table"),
        (signed({**CLAIMS, "variables": {"x": "y" * 1_025}}), "blank or too long"),
    ],
)
def test_what_is_no_word_of_theirs(token: str, said: str) -> None:
    with pytest.raises(Problem, match=said) as caught:
        identities().identified(STRANGER, token)
    assert caught.value.member == "Token"


def test_for_whom_and_by_whom() -> None:
    strict = identities(evolve(SITE, audience="parley", issuer="https://shop.example.com"))
    good = {**CLAIMS, "aud": ["x", "parley"], "iss": "https://shop.example.com"}
    assert strict.read(signed(good)).user == "customer 7"
    changes: list[dict[str, Any]] = [
        {"aud": "x"},
        {"aud": []},
        {"iss": "https://evil.example"},
        {"iss": None},
    ]
    for change in changes:
        with pytest.raises(Problem, match=r"aud|iss"):
            strict.read(signed({**good, **change}))


def test_keys_have_names() -> None:
    keys = (
        IdentityKey(algorithm="HS256", id="old", secret=Secret("o" * 32)),
        IdentityKey(algorithm="HS256", id="new", secret=Secret("n" * 32)),
    )
    it = identities(evolve(SITE, keys=keys))
    assert it.read(signed(CLAIMS, "n" * 32, kid="new")).user == "customer 7"
    assert it.read(signed(CLAIMS, "o" * 32, kid="old")).user == "customer 7"
    for token in (signed(CLAIMS, "n" * 32, kid="old"), signed(CLAIMS, "n" * 32)):
        with pytest.raises(Problem, match="no key"):
            it.read(token)


def _pem(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made


def _private(key: Any) -> bytes:
    made: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made


def test_public_keys(tmp_path: Path) -> None:
    pair, edwards = rsa.generate_private_key(65_537, 2_048), ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "rsa.pem").write_bytes(_pem(pair))
    (tmp_path / "ed.pem").write_bytes(_pem(edwards))
    keys = (
        IdentityKey(algorithm="RS256", public_key=tmp_path / "rsa.pem"),
        IdentityKey(algorithm="EdDSA", public_key=tmp_path / "ed.pem"),
    )
    it = identities(evolve(SITE, keys=keys))
    by_rsa = jwt.encode({"alg": "RS256"}, CLAIMS, RSAKey.import_key(_private(pair)))
    assert it.read(by_rsa).user == "customer 7"
    for name in ("EdDSA", "Ed25519"):  # RFC 9864 gave it another name
        with warnings.catch_warnings(action="ignore"):
            key = OKPKey.import_key(_private(edwards))
            token = jwt.encode({"alg": name}, CLAIMS, key, algorithms=[name])
        assert it.read(token).user == "customer 7"
    # The public key of the one algorithm is no secret of another.
    forged = jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key("z" * 40))
    with pytest.raises(Problem, match="no key"):
        it.read(forged)
    (tmp_path / "rsa.pem").write_text("nonsense")
    with pytest.raises(ValueError, match="no public key"):
        identities(evolve(SITE, keys=keys[:1]))
