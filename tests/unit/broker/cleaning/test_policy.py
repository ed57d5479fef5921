"""What is left of HTML that wants to act, to hide or to load: B-50."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cleaning.policy import ATTRIBUTES, SCHEMES, STYLES, clean
from broker.cleaning.tags import KEPT
from tests.support.hostile_html import VECTORS

WAITING: Final = re.compile(r' data-src="[^"]*"')


class Seen(HTMLParser):
    """What a reader of HTML sees in it: tags with their members."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


def faults(html: str) -> list[str]:
    """What in some HTML acts, hides or loads."""
    found = []
    for tag, members in Seen(html).tags:
        if tag not in KEPT:
            found.append(tag)
        allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"rel", "data-src"}
        for name, value in members.items():
            if name not in allowed:
                found.append(f"{tag} {name}")
            elif not is_harmless(name, value or ""):
                found.append(f"{tag} {name}={value}")
    return found


def is_harmless(name: str, value: str) -> bool:
    """Whether what a member says neither acts, nor hides, nor loads."""
    scheme = value.partition(":")[0].lower()
    match name:
        case "href":
            return scheme in SCHEMES
        case "src":
            return scheme == "cid"
        case "data-src":
            return scheme in ("http", "https")
        case "style":
            styles = (style.partition(":")[0].strip() for style in value.split(";"))
            return set(styles) <= STYLES and "(" not in value
        case _:
            return True


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_acts_hides_or_loads(vector: str) -> None:
    for html in (vector, f"<p>before</p>{vector}<p>after</p>", f"<div>{vector}", vector * 3):
        cleaned = clean(html)
        assert faults(cleaned) == []
        assert clean(cleaned) == WAITING.sub("", cleaned)


@given(st.lists(st.sampled_from(VECTORS), min_size=2, max_size=5), st.data())
def test_nor_do_pieces_of_them(vectors: list[str], data: st.DataObject) -> None:
    html = "".join(
        vector[data.draw(st.integers(0, 8)) : data.draw(st.integers(0, len(vector)))]
        for vector in vectors
    )
    assert faults(clean(html)) == []


def test_the_judge_of_this_test_finds_faults() -> None:
    assert faults("<script>") == ["script"]
    assert faults("<img src=http://x.example onerror=y>") == [
        "img src=http://x.example",
        "img onerror",
    ]
    assert faults("<a href=javascript:1>") == ["a href=javascript:1"]
    assert faults("<p style='display:none'>") == ["p style=display:none"]


def test_what_a_reader_sees_stays() -> None:
    html = (
        '<h1>Order</h1><table width="100%"><tbody><tr><td colspan="2" align="right">'
        '<b style="text-align:left">3 pieces</b></td></tr></tbody></table>'
        '<blockquote dir="rtl">x</blockquote><ul><li>y</li></ul>'
    )
    assert clean(html) == html


def test_links_lead_away_and_give_nothing_of_us() -> None:
    link = '<a href="https://example.com/a?b=c&amp;d">x</a>'
    assert clean(link) == link.replace(">x", ' rel="noopener noreferrer">x')
    for scheme in ("mailto:x@example.com", "tel:+4930", "cid:part1"):
        assert f'href="{scheme}"' in clean(f'<a href="{scheme}">x</a>')


def test_images_of_the_message_stay_and_those_of_the_web_wait_for_the_reader() -> None:
    assert clean('<img src="cid:logo" alt="L">') == '<img src="cid:logo" alt="L">'
    remote = '<img alt="T" src="http://t.example/x?y=1&amp;z=2" width="1">'
    assert clean(remote) == remote.replace(" src=", " data-src=")
    assert clean('<img src="data:image/png;base64,AA" alt="D">') == '<img alt="D">'


def test_of_styles_those_stay_that_hide_nothing() -> None:
    styles = (
        "color:#fff;TEXT-ALIGN: right;background:url(x);font-weight:bold;font-style:expression(1)"
    )
    assert (
        clean(f'<p style="{styles}">x</p>') == '<p style="text-align: right;font-weight:bold">x</p>'
    )


def test_a_member_that_names_itself_a_source_is_none() -> None:
    assert clean('<img data-src="cid:x" alt="a">') == '<img alt="a">'


def test_a_quote_within_a_member_ends_nothing() -> None:
    html = """<img alt='" src="http://evil.example' src="cid:x">"""
    assert clean(html) == '<img alt="&quot; src=&quot;http://evil.example" src="cid:x">'


@pytest.mark.parametrize(
    ("given_", "kept"), [("2", True), ("99", True), ("0", False), ("100", False)]
)
def test_cells_span_few_others(given_: str, kept: bool) -> None:
    html = f'<table><tbody><tr><td colspan="{given_}">x</td></tr></tbody></table>'
    assert ("colspan" in clean(html)) is kept
