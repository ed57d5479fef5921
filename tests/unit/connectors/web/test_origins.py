"""Which pages may use a site."""

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from connectors.channels.converter import Secret
from connectors.web.origins import Origins, own
from connectors.web.problems import Problem
from connectors.web.settings import Site

SITES = {
    "a": Site(gateway="a", token=Secret("t"), origins=("https://a.example",)),
    "b": Site(gateway="b", token=Secret("t"), origins=("https://b.example",)),
}
ORIGINS = Origins(SITES)


def request(scheme: str = "https", **headers: str) -> HTTPConnection:
    given = {"host": "chat.example", **{key.replace("_", "-"): it for key, it in headers.items()}}
    scope: dict[str, Any] = {
        "type": "websocket" if scheme.startswith("ws") else "http",
        "scheme": scheme,
        "path": "/",
        "server": ("chat.example", 443),
        "query_string": b"",
        "headers": [(key.encode(), it.encode()) for key, it in given.items()],
    }
    return HTTPConnection(scope)


def test_our_own_pages() -> None:
    assert own(request("wss")) == "https://chat.example"
    assert ORIGINS.is_own(request(origin="https://chat.example"))
    assert ORIGINS.is_own(request())
    assert not ORIGINS.is_own(request(origin="http://chat.example"))
    assert not ORIGINS.is_own(request(sec_fetch_site="same-site"))
    assert ORIGINS.checked(request(origin="https://chat.example"), "a") is None


def test_pages_of_a_site() -> None:
    assert ORIGINS.site_of("https://b.example") == "b"
    assert ORIGINS.site_of(None) is None
    assert ORIGINS.checked(request(origin="https://b.example"), "b") == "https://b.example"
    assert ORIGINS.known(request(origin="https://b.example")) == "https://b.example"
    assert ORIGINS.known(request(origin="https://c.example")) is None


@pytest.mark.parametrize(
    "origin", ["https://b.example", "https://a.example.evil", "null", "", "https://a.example:444"]
)
def test_pages_of_others(origin: str) -> None:
    with pytest.raises(Problem, match="Origin"):
        ORIGINS.checked(request(origin=origin), "a")


def test_a_socket_needs_an_origin() -> None:
    assert ORIGINS.may_open(request("wss", origin="https://b.example"))
    assert ORIGINS.may_open(request("wss", origin="https://chat.example"))
    assert not ORIGINS.may_open(request("wss", origin="https://c.example"))
    assert not ORIGINS.may_open(request("wss"))
    assert ORIGINS.checked(request(), "a") is None
    with pytest.raises(Problem):
        ORIGINS.checked(request(), "a", needed=True)
