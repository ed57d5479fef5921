"""HTML as lines of a terminal."""

import pytest

from connectors.terminal.html_text import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Do they fit?", "Do they fit?"),
        ("<p>Good  day,\n</p><p>do they <b>fit</b>?", "Good day,\n\ndo they fit?"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>one<li>two</ul>after", "- one\n- two\n\nafter"),
        ("<blockquote><p>old</p><p>words</p></blockquote>new", "> old\n\n> words\n\nnew"),
        ("<pre>a  b\n c</pre>", "a  b\n c"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("<a href='https://far/x'>here</a> and on", "here <https://far/x> and on"),
        ("<a href='https://far/x'>https://far/x</a>", "https://far/x"),
        ("<a href='mailto:eva@far'>eva@far</a>", "eva@far"),
        ("<a href='javascript:x()'>here</a>", "here"),
        ("1 &lt; 2 &amp;&nbsp;3", "1 < 2 & 3"),
        ("<head><title>t</title></head><style>p{}</style>a<script>x()</script>b", "ab"),
        ("</p></blockquote></script>a", "a"),
        ("<div><div>a</div></div>\n<div>b</div>", "a\nb"),
    ],
)
def test_html_is_read_as_lines(html: str, text: str) -> None:
    assert text_of(html) == text


def test_what_is_nested_deep_is_read() -> None:
    assert text_of("<div>" * 5_000 + "a" + "</div>" * 5_000) == "a"
