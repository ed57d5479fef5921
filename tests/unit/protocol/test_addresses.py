"""B-56, B-60: when two addresses are the same."""

from __future__ import annotations

import pytest

from protocol.addresses import compared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Eva@Example.org", "eva@example.ORG"),
        (" eva@example.org ", "eva@example.org"),
        ("+420 777-000.111", "+420777000111"),
        ("+420 (777) 000/111", "+420777000111"),
        ("40\u00a0200", "40200"),
        (" Bank ", "Bank"),
    ],
)
def test_each_kind_is_compared_in_its_way(one: str, other: str) -> None:
    assert compared(one) == compared(other)
    assert compared(compared(one)) == compared(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("eva@example.org", "eve@example.org"),
        ("eva.b@example.org", "evab@example.org"),
        ("+420777000111", "420777000111"),
        ("+420777000111", "+420777000112"),
        ("oGZUI0egBJY1", "ogzui0egbjy1"),
        ("Bank 24", "Bank24"),
        ("", "-"),
    ],
)
def test_what_may_be_somebody_else_is_not_the_same(one: str, other: str) -> None:
    assert compared(one) != compared(other)
