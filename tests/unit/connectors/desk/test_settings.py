"""`[desk]`."""

from pathlib import Path
from typing import Any

import pytest

from connectors.desk.settings import judge, read

OIDC = {"issuer": "https://id.example.com", "client_id": "desk", "client_secret": "s"}


def test_a_secret_of_the_environment_will_do() -> None:
    desk = read({"token_env": "T"}, {"T": "desk-secret"})
    assert (desk.token.value, desk.listen) == ("desk-secret", "127.0.0.1:8090")
    assert "desk-secret" not in repr(desk)


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("x", "desk"),
        ({}, "desk.token"),
        ({"token": "t", "lisen": "x"}, "desk.lisen"),
        ({"token": "t", "listen": "x"}, "desk.listen"),
        ({"token": "t", "path": "desk/"}, "desk.path"),
        ({"token": "t", "origins": ["desk.example.com"]}, "desk.origins[0]"),
        ({"token": "t", "idle": 60, "warning": 60}, "desk.warning"),
        ({"token": "t", "oidc": OIDC}, "desk.origins"),
        ({"token": "t", "oidc": {**OIDC, "issuer": "http://id.example.com"}}, "desk.oidc.issuer"),
        ({"token": "t", "oidc": {"issuer": "https://id.example.com"}}, "desk.oidc.client_id"),
    ],
)
def test_what_is_wrong_is_named(table: Any, path: str) -> None:
    assert path in [where for where, _ in judge(table, Path(), {})]
