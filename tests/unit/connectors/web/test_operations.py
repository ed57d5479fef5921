"""Parameters and bodies."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.web.operations import Parameter, decoded
from connectors.web.problems import Problem
from protocol.values import Guid

GUID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, "x", "x"),
        (int, "007", 7),
        (bool, "TRUE", True),
        (bool, "false", False),
        (Guid, GUID.upper(), GUID),
        (datetime, "2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        (str, None, None),
    ],
)
def test_values(kind: Any, text: str | None, value: object) -> None:
    assert Parameter(name="P", kind=kind, says="").read(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (str, "x" * 257),
        (str, "a\0b"),
        (int, "-1"),
        (int, "1.0"),
        (int, "٣"),
        (int, "99999999999"),
        (int, "3000000000"),
        (bool, "1"),
        (Guid, "x"),
        (Guid, "00000000-0000-0000-0000-000000000000"),
        (datetime, "today"),
        (str, None),
    ],
)
def test_what_is_none(kind: Any, text: str | None) -> None:
    with pytest.raises(Problem) as caught:
        Parameter(name="P", kind=kind, says="", needed=True).read(text)
    assert caught.value.member == "P"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"NaN", b"[Infinity]", b"[" * 100_000]
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        decoded(body)
    assert caught.value.code == "BadFrame"


def test_what_is_json() -> None:
    assert decoded(b' {"a": [1, null]} ') == {"a": [1, None]}
