"""What `[web]` says, and what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from connectors.channels.converter import FaultsError
from connectors.web.settings import judge, load, read
from tests.support.certificates import Authority

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
        (SMALLEST | {"secret": LONG, "former": [{"secret": "x"}]}, "web.former[0].secret", "32"),
        (SMALLEST | {"former": [{"secret": LONG}]}, "web.former", "without a secret"),
        (SMALLEST | {"secret": LONG, "former": [{}]}, "web.former[0].secret", "is missing"),
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
        (site(call_back={"hours": ["Mon 8-9"]}), "web.sites.shop.call_back.hours[0]", "hours like"),
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
            "cannot be read",
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


def said_of(table: Any, beside: Path, path: str) -> str:
    """What is said of a path, where nothing is said of others."""
    ((place, text),) = judge(table, beside, {})
    assert place == path
    return text


def test_every_file_that_is_named_is_looked_into(tmp_path: Path) -> None:
    """Before the process is started, not when the first visitor comes."""
    ca = SMALLEST | {"tls": True, "ca": "ca.pem"}
    assert "cannot be read" in said_of(ca, tmp_path, "web.ca")
    (tmp_path / "ca.pem").write_text("nonsense")
    assert "has no certificates" in said_of(ca, tmp_path, "web.ca")
    Authority(tmp_path)  # which writes it
    web = read(ca, {}, beside=tmp_path)
    assert web.ca == tmp_path / "ca.pem"
    assert web.context() is not None

    key = site(keys=[{"algorithm": "RS256", "public_key": "key.txt"}])
    (tmp_path / "key.txt").write_text("nonsense")
    assert "is no public key" in said_of(key, tmp_path, "web.sites.shop.keys[0].public_key")

    (tmp_path / "web.key").write_text("short")
    assert "32 bytes" in said_of(SMALLEST, tmp_path, "web.key_file")
    assert judge(SMALLEST | {"secret": LONG}, tmp_path, {}) == []
    (tmp_path / "web.key").unlink()
    elsewhere = SMALLEST | {"key_file": "no/such/folder/web.key"}
    assert "cannot be made" in said_of(elsewhere, tmp_path, "web.key_file")
    assert not (tmp_path / "web.key").exists()  # looking makes none

    for table, path in (
        (SMALLEST | {"agent_images": "none"}, "web.agent_images"),
        (site(content="none"), "web.sites.shop.content"),
    ):
        assert "no such folder" in said_of(table, tmp_path, path)
    secret = SMALLEST | {"secret_file": "none.txt"}
    assert "the file cannot be read" in said_of(secret, tmp_path, "web.secret_file")


def test_relative_paths_begin_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(f"{LONG}\nmore")
    (tmp_path / "pages").mkdir()
    web = read(SMALLEST | {"secret_file": "secret.txt", "content": "pages"}, {}, beside=tmp_path)
    assert web.secret is not None
    assert web.secret.value == LONG
    assert web.content == web.sites["shop"].content == tmp_path / "pages"


def test_nothing_is_said_of_what_is_good(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(RSAKey.generate_key(2_048).as_pem(private=False))
    good = site(
        origins=["https://a.example:8443", "http://b.example"],
        keys=[{"algorithm": "RS256", "public_key": "key.pem"}],
        call_back={"hours": ["Mon-Fri 08:00-18:00"], "timezone": "Europe/Prague", "region": "CZ"},
        message={"gateway": "letters", "token": "x"},
    )
    assert judge(good, tmp_path, {}) == []


def test_what_is_wrong_in_the_content_folder_is_told_with_file_and_line(tmp_path: Path) -> None:
    common, own = tmp_path / "common", tmp_path / "own"
    for folder in (common, own):
        folder.mkdir()
        (folder / "WebChat.json").write_text("[]")
    (own / "WebForm.html").write_text("<!-- x -->\n<img>")
    table: dict[str, Any] = SMALLEST | {"content": "common"}
    table = table | {"sites": {"a": SMALLEST["sites"]["shop"], "b": SMALLEST["sites"]["shop"]}}
    table["sites"]["b"] = table["sites"]["b"] | {"content": "own"}
    told = judge(table, tmp_path, {})
    assert [path for path, _ in told if path == "web.content"] == ["web.content"]
    assert ("web.content", "WebChat.json, line 1: must be an object") in told
    assert ("web.sites.b.content", "WebChat.json, line 1: must be an object") in told
    assert any(text.startswith("WebForm.html, line 2: <img> is not") for _, text in told)


def test_the_newest_secret_comes_first(tmp_path: Path) -> None:
    former = [{"secret_env": "OLD"}, {"secret": "b" * 32}]
    web = read(SMALLEST | {"secret": LONG, "former": former}, {"OLD": "a" * 32}, beside=tmp_path)
    assert web.secrets() == (LONG.encode(), b"a" * 32, b"b" * 32)
    made = read(SMALLEST, {}, beside=tmp_path)
    assert made.secrets() == made.secrets()
    assert made.revoked == tmp_path / "web.revoked"
