"""What is answered stands below the answer, once, in its language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.email.mail import Quote
from connectors.email.quote import LONGEST, attribution, quoted_html, quoted_text

QUOTE = Quote(
    writer="Ann",
    date=datetime(2023, 10, 3, 12, 3, tzinfo=UTC),
    text="Does it work?\n\n> before\n",
    html="<p>Does it work?</p>",
)


@pytest.mark.parametrize(
    ("culture", "line"),
    [
        (None, "On 03 Oct 2023 at 12:03, Ann wrote:"),
        ("en-GB", "On 03 Oct 2023 at 12:03, Ann wrote:"),
        ("de-AT", "Am 03.10.2023 um 12:03 schrieb Ann:"),
        ("fr", "Le 03.10.2023 12:03, Ann a écrit :"),
        ("xx", "On 03 Oct 2023 at 12:03, Ann wrote:"),
    ],
)
def test_the_line_above_is_in_the_language_of_the_answer(culture: str | None, line: str) -> None:
    assert attribution(QUOTE, culture) == line


def test_a_mail_without_a_date_is_quoted_without_one() -> None:
    assert attribution(Quote(writer="Ann"), "de") == "Ann schrieb:"


def test_each_line_is_behind_a_sign() -> None:
    told = quoted_text("Yes.\n", QUOTE, None)
    assert told.startswith("Yes.\n\nOn 03 Oct")
    assert told.endswith("wrote:\n> Does it work?\n>\n>> before\n")


def test_an_answer_that_quotes_already_is_left_alone() -> None:
    for text in ("Yes.\n> Does it work?\n", "Yes\n-----Original Message-----\nx"):
        assert quoted_text(text, QUOTE, None) == text
    for html in ("<p>Yes</p><blockquote>x</blockquote>", '<div class="gmail_quote">x</div>'):
        assert quoted_html(html, QUOTE, None) == html


def test_html_is_quoted_within_its_page() -> None:
    told = quoted_html("<html><body><p>Yes</p></body></html>", QUOTE, None)
    assert told.index("<p>Yes</p>") < told.index("Ann wrote") < told.index("<p>Does it work?</p>")
    assert told.endswith("</blockquote>\n</body></html>")


def test_text_is_quoted_in_html_as_text() -> None:
    told = quoted_html("<p>Yes</p>", Quote(writer="<Ann>", text="a <b>\nc"), None)
    assert "&lt;Ann&gt; wrote:" in told
    assert "a &lt;b&gt;<br>\nc" in told


def test_a_long_mail_is_quoted_to_a_bound() -> None:
    told = quoted_text("Yes", Quote(writer="Ann", text="x" * 1_000_000), None)
    assert len(told) < LONGEST + 100


def test_nothing_is_quoted_of_nothing() -> None:
    assert quoted_text("Yes", Quote(writer="Ann"), None) == "Yes"
    assert quoted_html("<p>Yes</p>", Quote(writer="Ann"), None) == "<p>Yes</p>"
