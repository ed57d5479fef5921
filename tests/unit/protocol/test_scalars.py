"""W-5..W-8: what a member may hold, and what is said when it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from protocol import limits
from protocol.errors import ErrorCode
from protocol.scalars import MemberError, enum_values, mismatch, read_name, read_scalar, read_text
from protocol.schema import Blank, Kind, Member
from protocol.values import ChatStatus

GUID = "00000000-0000-4000-8000-0000000000aa"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def member(kind: Kind, **more: Any) -> Member:
    return Member(name="m", wire="M", kind=kind, **more)


TEXT = member(Kind.TEXT, longest=5)
NAME = member(Kind.TEXT, longest=5, blank=Blank.REFUSED)
KEY = member(Kind.TEXT, longest=5, longest_bytes=4)
GONE = member(Kind.TEXT, longest=5, blank=Blank.NULL)
TEXTS = member(Kind.TEXTS, longest=5)
NAMES = member(Kind.TEXTS, longest=5, blank=Blank.REFUSED)
INT = member(Kind.INT)
SMALL = member(Kind.INT, span=limits.INT16)
STATUS = member(Kind.ENUM, enum=ChatStatus)


@pytest.mark.parametrize(
    ("of", "value", "read"),
    [
        (TEXT, "", ""),
        (TEXT, "abcde", "abcde"),
        (GONE, " ", None),
        (GONE, "a", "a"),
        (NAME, "Eva", "Eva"),
        (KEY, "čč", "čč"),
        (TEXTS, ["a", ""], ("a", "")),
        (NAMES, ("a",), ("a",)),
        (INT, -(2**31), -(2**31)),
        (SMALL, 2**15 - 1, 2**15 - 1),
        (member(Kind.BOOL), False, False),
        (member(Kind.GUID), GUID.upper(), GUID),
        (member(Kind.GUID), bytes.fromhex(GUID.replace("-", "")), GUID),
        (member(Kind.TIME), NOON, NOON),
        (member(Kind.TIME), "2026-01-02T12:00:00Z", NOON),
        (member(Kind.TIME), datetime(1, 1, 1, tzinfo=UTC), None),
        (member(Kind.DECIMAL), "1.50", Decimal("1.50")),
        (STATUS, "Waiting", ChatStatus.WAITING),
        (STATUS, "Queue", ChatStatus.WAITING),
    ],
)
def test_what_a_member_holds_is_read(of: Member, value: object, read: object) -> None:
    assert read_scalar(of, value) == read


@pytest.mark.parametrize(
    ("of", "value", "says", "code", "path"),
    [
        (TEXT, 7, "str expected, not this int", ErrorCode.BAD_PAYLOAD, "M"),
        (TEXT, "a\0", "no text holds U+0000", ErrorCode.BAD_PAYLOAD, "M"),
        (TEXT, "abcdef", "longer than 5 characters", ErrorCode.TOO_LONG, "M"),
        (NAME, " \t", "must not be blank", ErrorCode.BAD_PAYLOAD, "M"),
        (KEY, "ččč", "longer than 4 bytes", ErrorCode.TOO_LONG, "M"),
        (TEXTS, "a", "array expected, not this str", ErrorCode.BAD_PAYLOAD, "M"),
        (TEXTS, ["a", None], "str expected, not this nil", ErrorCode.BAD_PAYLOAD, "M[1]"),
        (NAMES, ["a", ""], "must not be blank", ErrorCode.BAD_PAYLOAD, "M[1]"),
        (TEXTS, ["a"] * (limits.PEERS + 1), "elements", ErrorCode.TOO_LONG, "M"),
        (INT, 2**31, "int32 expected", ErrorCode.BAD_PAYLOAD, "M"),
        (INT, True, "int32 expected, not this bool", ErrorCode.BAD_PAYLOAD, "M"),
        (SMALL, 2**15, "int16 expected", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.BOOL), 1, "bool expected, not this int", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.GUID), "me", "Guid expected, not this str", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.GUID), b"short", "Guid expected, not this bin", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.TIME), "noon", "DateTime expected", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.TIME), 12, "DateTime expected", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.DECIMAL), "much", "decimal expected", ErrorCode.BAD_PAYLOAD, "M"),
        (member(Kind.DECIMAL), 1.5, "decimal expected, not this float", ErrorCode.BAD_PAYLOAD, "M"),
        (STATUS, "Sleeping", "one of Pilot, ", ErrorCode.BAD_PAYLOAD, "M"),
        (STATUS, {}, "not this map", ErrorCode.BAD_PAYLOAD, "M"),
    ],
)
def test_what_it_does_not_hold_is_refused_with_its_path(
    of: Member, value: object, says: str, code: ErrorCode, path: str
) -> None:
    with pytest.raises(MemberError) as caught:
        read_scalar(of, value)
    assert says in caught.value.text
    assert (caught.value.code, caught.value.path) == (code, path)


def test_a_fault_names_the_kind_and_never_the_value() -> None:
    """W-14: the value may be a secret."""
    assert mismatch("int32", "hunter2").text == "int32 expected, not this str"


def test_a_path_grows_from_the_inside() -> None:
    fault = MemberError("wrong").inside("Text").inside("Sentences[3]")
    assert fault.path == "Sentences[3].Text"


def test_texts_and_names_are_read_by_themselves_too() -> None:
    assert (read_text("", 1), read_name("a", 1)) == ("", "a")
    with pytest.raises(MemberError, match="blank"):
        read_name("", 1)


def test_older_spellings_stand_beside_the_values() -> None:
    known = enum_values(ChatStatus)
    assert {item.value for item in ChatStatus} < set(known)
    assert known["ClosedByAgent"] is ChatStatus.CLOSED
