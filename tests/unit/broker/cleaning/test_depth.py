"""How deeply HTML is nested: B-50."""

import pytest

from broker.cleaning.depth import DEPTH, is_too_deep


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * DEPTH,
        "<div>" * DEPTH + "</div>" * DEPTH + "<div>" * DEPTH,
        "<br>" * 1_000,
        "<p>x" * 1_000,
        "<ul>" + "<li>x" * 1_000,
        "<table>" + "<tr><td>x</td></tr>" * 1_000,
        "<div><span></div>" * 1_000,
        "</div>" * 1_000,
        "1 < 2 " * 1_000,
    ],
)
def test_what_people_write(html: str) -> None:
    assert not is_too_deep(html)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * (DEPTH + 1),
        "<DIV><p>" * DEPTH,
        "<div></x>" * (DEPTH + 1),
        "<table><tr><td>" * DEPTH,
        "<b>x" * (DEPTH + 1),
    ],
)
def test_what_nobody_writes(html: str) -> None:
    assert is_too_deep(html)
