"""What a call of a webhook says."""

import pytest

from connectors.sms.calls import FORM, JSON, MOST_FIELDS, Call, Malformed, fields_once, pairs, tree


def call(body: bytes = b"", kind: bytes = FORM, query: bytes = b"") -> Call:
    return Call(
        method="POST",
        url="https://sms.example.com/in",
        query=query,
        headers={"content-type": kind},
        body=body,
    )


def test_forms_are_read_as_octets() -> None:
    assert pairs(b"a=1&b=%ff+x&&c&a=%3D%26") == [
        (b"a", b"1"),
        (b"b", b"\xff x"),
        (b"c", b""),
        (b"a", b"=&"),
    ]
    assert pairs(b"") == []
    with pytest.raises(Malformed):
        pairs(b"&".join([b"a=1"] * (MOST_FIELDS + 1)))


@pytest.mark.parametrize(
    ("it", "said"),
    [
        (call(b"a=1&b=%C5%BE&a=2"), {"a": "1", "b": "ž"}),
        (call(b"a=%ff"), {"a": "�"}),
        (call(query=b"a=1"), {"a": "1"}),
        (call(b"a=2", query=b"a=1"), {"a": "2"}),
        (call(b'{"a": {"b": [1]}}', JSON + b"; charset=utf-8"), {"a": {"b": [1]}}),
        (call(b"[]", b"Application/JSON"), []),
    ],
)
def test_what_a_call_says(it: Call, said: object) -> None:
    assert tree(it) == said


@pytest.mark.parametrize(
    "it",
    [
        call(b"{", JSON),
        call(b"\xff", JSON),
        call(b"[" * 60_000, JSON),
        call(b'{"a": NaN}', JSON),
        call(b"9" * 5_000, JSON),
        call(b"a=1", b"text/plain"),
        call(b"a=1", b""),
    ],
)
def test_what_cannot_be_read_is_refused(it: Call) -> None:
    with pytest.raises(Malformed):
        tree(it)


def test_fields_that_are_there_once() -> None:
    assert fields_once(call(b'{"a": "1", "b": 2}', JSON)) == [(b"a", b"1"), (b"b", b"2")]
    assert fields_once(call(query=b"a=1&b=2")) == [(b"a", b"1"), (b"b", b"2")]
    for it in (
        call(b"a=1&a=1"),
        call(b'{"a": "1", "a": "2"}', JSON),
        call(b'{"a": {}}', JSON),
        call(b'{"a": true}', JSON),
        call(b"[]", JSON),
        call(b"", FORM, b"a=1&a=2"),
    ):
        with pytest.raises(Malformed):
            fields_once(it)


def test_the_url_with_its_query() -> None:
    assert call(query=b"x=%20").full_url == b"https://sms.example.com/in?x=%20"
    assert call().full_url == b"https://sms.example.com/in"
