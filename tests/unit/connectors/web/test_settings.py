"""What `[web]` says, and what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest

from connectors.channels.converter import FaultsError
from connectors.web.settings import judge, load, read

SMALLEST = {"sites": {"shop": {"gateway": "web", "token": "t"}}}
LONG = "s" * 32


def site(**more: Any) -> dict[str, Any]:
    return {"sites": {"shop": {"gateway": "web", "token": "t", **more}}}


def test_the_least_that_it_needs(tmp_path: Path) -> None:
    web = read(SMALLEST, {}, beside=tmp_path)
    assert (web.listen, web.key_file) == ("127.0.0.1:8080", tmp_path / "web.key")
    assert web.sites["shop"].apps == ("WebChat",)
    assert web.context() is None


def test_it_is_read_from_a_file_that_has_more(tmp_path: Path) -> None:
    path = tmp_path / "parley.toml"
    path.write_text('[server]\nlisten = "x"\n[web.sites.a]\ngateway = "web"\ntoken_env = "T"\n')
    assert load(path, {"T": "from outside"}).sites["a"].token.value == "from outside"
    path.write_text("[server]\n")
    with pytest.raises(FaultsError, match="there is no"):
        load(path, {})
    path.write_text("[web")
    with pytest.raises(FaultsError, match="not valid TOML"):
        load(path, {})
    path.write_bytes(b"\xff")
    with pytest.raises(FaultsError, match="not UTF-8"):
        load(path, {})
    with pytest.raises(FaultsError, match="cannot be read"):
        load(tmp_path / "none", {})


@pytest.mark.parametrize(
    ("table", "path", "said"),
    [
        ([], "web", "must be a table"),
        ({}, "web.sites", "must not be empty"),
        (SMALLEST | {"lissten": "x"}, "web.lissten", "did you mean listen"),
        (SMALLEST | {"listen": "x"}, "web.listen", "host:port"),
        (SMALLEST | {"path": "/a/"}, "web.path", "without a slash at its end"),
        (SMALLEST | {"proxies": ["10.0.0.1/8"]}, "web.proxies[0]", "a network"),
        (SMALLEST | {"secret": "short"}, "web.secret", "32 characters"),
        (SMALLEST | {"content": "nowhere"}, "web.content", "no such folder"),
        (SMALLEST | {"patience": -1}, "web.patience", "from 0 to 300"),
        ({"sites": {"a b": SMALLEST["sites"]["shop"]}}, "web.sites.a b", "letters, digits"),
        ({"sites": {"a": {"gateway": "web"}}}, "web.sites.a.token", "is missing"),
        (site(origins=["https://a.example/"]), "web.sites.shop.origins[0]", "an origin"),
        (site(origins=["HTTPS://a.example"]), "web.sites.shop.origins[0]", "lower case"),
        (site(origins=["https://u@a.example"]), "web.sites.shop.origins[0]", "an origin"),
        (site(culture="english!"), "web.sites.shop.culture", "a culture"),
        (site(apps=["WebMsg"]), "web.sites.shop.message", "apps has WebMsg"),
        (site(apps=["WebCBack"]), "web.sites.shop.call_back", "apps has WebCBack"),
        (site(call_back={"becomes": "message"}), "web.sites.shop.message", "becomes a message"),
        (site(call_back={"region": "cz"}), "web.sites.shop.call_back.region", "two capital"),
        (site(call_back={"hours": ["always"]}), "web.sites.shop.call_back.hours[0]", "hours like"),
        (site(call_back={"timezone": "Mars"}), "web.sites.shop.call_back.timezone", "a time zone"),
        (site(keys=[{"algorithm": "none"}]), "web.sites.shop.keys[0].algorithm", "one of HS256"),
        (site(keys=[{"algorithm": "HS256"}]), "web.sites.shop.keys[0].secret", "HS256 needs"),
        (
            site(keys=[{"algorithm": "HS256", "secret": "s"}]),
            "web.sites.shop.keys[0].secret",
            "32 characters",
        ),
        (
            site(keys=[{"algorithm": "RS256", "secret": LONG}]),
            "web.sites.shop.keys[0].secret",
            "nothing with RS256",
        ),
        (
            site(keys=[{"algorithm": "EdDSA", "public_key": "none.pem"}]),
            "web.sites.shop.keys[0].public_key",
            "no such file",
        ),
        (
            {
                "sites": {
                    "a": {"gateway": "web", "token": "one"},
                    "b": {"gateway": "web", "token": "two"},
                }
            },
            "web.sites.b.token",
            "another one than that of a",
        ),
    ],
)
def test_faults(table: Any, path: str, said: str, tmp_path: Path) -> None:
    found = judge(table, tmp_path, {})
    assert path in [place for place, _ in found]
    assert any(said in text for place, text in found if place == path), found


def test_nothing_is_said_of_what_is_good(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("x")
    good = site(
        origins=["https://a.example:8443", "http://b.example"],
        keys=[{"algorithm": "RS256", "public_key": "key.pem"}],
        call_back={"hours": ["Mon-Fri 08:00-18:00"], "timezone": "Europe/Prague", "region": "CZ"},
        message={"gateway": "letters", "token": "x"},
    )
    assert judge(good, tmp_path, {}) == []
