"""Text out of HTML without a library, and HTML out of text: B-50."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cleaning.bodies import HTML_BYTES, TEXT_BYTES, Way
from broker.cleaning.plain import html_of, plain_bodies, plain_text
from tests.support.hostile_html import VECTORS


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Good day</p><p>Jana</p>", "Good day\n\nJana"),
        ("a<br>b", "a\nb"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\n c".replace("\n ", "\n")),
        ("1 &lt; 2 &amp;&amp; 3 > 2", "1 < 2 && 3 > 2"),
        ("1 < 2", "1 < 2"),
        ("<style>p{}</style>x<SCRIPT>y</script >z", "xz"),
        ("<!-- <p>unseen</p> -->x", "x"),
        ("<!-- never ended", ""),
        ("<script>never ended", ""),
        ("<p", ""),
        ("x<p title='a>b'>y", "x\nb'>y"),
        ("<!doctype html><?php 1 ?>x</>", "x"),
        ("   many\t blanks \n\n\n\n and lines ", "many blanks\n\nand lines"),
        ("&#" + "9" * 5_000 + ";", "&#" + "9" * 5_000 + ";"),
        ("", ""),
    ],
)
def test_what_a_reader_without_layout_sees(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    "part", ["<", "<!--", "<a", "<script", "</", "&", "\n ", "<p>", "&nGt;", "<x '"]
)
def test_no_text_is_longer_than_a_body_may_be(part: str) -> None:
    text = plain_text((part * HTML_BYTES)[:HTML_BYTES])
    assert len(text.encode()) <= TEXT_BYTES


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_text_survives_being_html(text: str) -> None:
    html = html_of(text)
    assert html is not None
    assert plain_text(html).split() == text.split()


def test_html_made_of_a_text_holds_no_tag_but_breaks() -> None:
    for vector in VECTORS:
        html = html_of(plain_text(vector)) or ""
        assert "<" not in html.replace("<br>", "")


def test_html_that_is_too_long_is_not_made() -> None:
    assert html_of("&" * (HTML_BYTES // 5)) is not None
    assert html_of("&" * (HTML_BYTES // 5 + 1)) is None
    assert plain_bodies("&" * HTML_BYTES, wants_text=True).html is None


def test_bodies_have_the_text_only_where_it_is_wanted() -> None:
    assert plain_bodies("<p>a&lt;", wants_text=False).text is None
    found = plain_bodies("<p>a&lt;", wants_text=True)
    assert (found.html, found.text, found.way) == ("a&lt;", "a<", Way.PLAIN)
