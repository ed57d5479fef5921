"""What an identity provider says, and what of it is believed."""

from typing import Any

import pytest

from connectors.desk.oidc import challenge_of, fault_of

NOW = 1_800_000_000
GOOD = {
    "iss": "https://id.example.com",
    "aud": "desk",
    "sub": "248289761001",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "n",
}


def fault(**said: Any) -> str | None:
    claims = {name: value for name, value in {**GOOD, **said}.items() if value is not None}
    return fault_of(claims, "https://id.example.com", "desk", "n", NOW)


@pytest.mark.parametrize("said", [{}, {"aud": ["desk"]}, {"aud": ["desk", "x"], "azp": "desk"}])
def test_what_is_for_us_and_of_now_is_believed(said: dict[str, Any]) -> None:
    assert fault(**said) is None


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": ["desk", "x"]}, "azp"),
        ({"aud": ["desk", "x"], "azp": "x"}, "azp"),
        ({"azp": "x"}, "azp"),
        ({"exp": NOW - 61}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": NOW - 3_600}, "iat"),
        ({"iat": NOW + 3_600}, "iat"),
        ({"iat": None}, "iat"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": "x" * 256}, "sub"),
    ],
)
def test_what_is_not_is_refused(said: dict[str, Any], wrong: str) -> None:
    assert fault(**said) == wrong


def test_a_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
