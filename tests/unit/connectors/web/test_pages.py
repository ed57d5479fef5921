"""What browsers load from us: the scripts, and the shop."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from connectors.web.pages import assets, routes


def asked(**headers: str) -> Request:
    """A request with these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "map.json").write_text("{}", encoding="utf-8")
    (tmp_path / "parley.d.ts").write_text("", encoding="utf-8")
    (tmp_path / "widget.js").write_text("launch()" * 100, encoding="utf-8")
    return tmp_path


def answered(folder: Path, path: str = "/widget.js", **headers: str) -> Response:
    return assets("shop", folder)[path].answer(asked(**headers))


def test_a_script_may_be_loaded_from_anywhere(folder: Path) -> None:
    answer = answered(folder)
    assert answer.body == b"launch()" * 100
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_it_is_packed_for_who_can_unpack_it(folder: Path) -> None:
    answer = answered(folder, accept_encoding="br, gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(bytes(answer.body)) == b"launch()" * 100


def test_who_has_it_is_told_so_and_who_has_another_gets_it(folder: Path) -> None:
    tag = answered(folder).headers["etag"]
    same = answered(folder, if_none_match=tag)
    assert (same.status_code, same.body) == (304, b"")
    (folder / "widget.js").write_text("changed()", encoding="utf-8")
    other = answered(folder, if_none_match=tag)
    assert (other.status_code, other.body) == (200, b"changed()")


def test_the_shop_names_its_site_and_nothing_else(folder: Path) -> None:
    page = assets('"><script>', folder)["/"].answer(asked())
    text = bytes(page.body).decode()
    assert 'data-site="&quot;&gt;&lt;script&gt;"' in text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_shop_says_who_plays_the_agent_and_asks_no_other_host(folder: Path) -> None:
    found = assets("shop", folder)
    text = found["/"].data.decode()
    assert "parley agent --ready" in text
    assert "style=" not in text
    loaded = re.findall(r'<\w+ [^>]*(?:src|href)="([^"#]+)"', text)
    assert set(loaded) == {"shop.css", "lamp.svg", "widget.js"}
    assert b"url(" not in found["/shop.css"].data
    assert len(found["/"].packed) + len(found["/shop.css"].packed) < 6_000


def test_what_was_not_built_or_is_not_for_browsers_is_not_there(folder: Path) -> None:
    paths = {getattr(route, "path", "") for route in routes("shop", folder)}
    assert paths == {"/", "/lamp.svg", "/shop.css", "/map.json", "/widget.js"}
