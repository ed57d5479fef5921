"""Where something stands in an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.locators import MOST, BadLocator, Document, at_pointer, locator

VONAGE = b'{"message-count":"2","messages":[{"status":"0","message-id":"A"},{"status":"0","message-id":"B"}]}'
SESSION = b"<session><success>true</success><token>T</token><id>ID\r\n</id></session>"


@pytest.mark.parametrize(
    ("written", "body", "found"),
    [
        ("json:/message-count", VONAGE, ("2",)),
        ("json:/messages/*/message-id", VONAGE, ("A", "B")),
        ("json:/messages/1/message-id", VONAGE, ("B",)),
        ("json:/messages/2/message-id", VONAGE, ()),
        ("json:/messages/-1/status", VONAGE, ()),
        ("json:/messages", VONAGE, ()),
        ("json:/nothing/there", VONAGE, ()),
        ("json:", b'"whole"', ("whole",)),
        ("json:/a~1b/m~0n", b'{"a/b": {"m~n": 7}}', ("7",)),
        ("json:/ok", b'{"ok": true}', ("true",)),
        ("json:/ok", b'{"ok": null}', ()),
        ("json:/x", b"no json", ()),
        ("json:/x", b"[" * 100_000, ()),
        ("json:/x", b"\xff\xfe", ()),
        ("form:id", b"success=true&token=T&id=a%20b", ("a b",)),
        ("form:id", b"success=true", ()),
        ("form:id", b"&".join([b"a=1"] * (MOST + 1)), ()),
        (r"regex:<id>\s*(.*?)\s*</id>", SESSION, ("ID",)),
        (r"regex:tr\w+", SESSION, ("true",)),
        (r"regex:(no)|such", b"such", ()),
        ("header:Location", b"", ("/m/7",)),
        ("header:Retry-After", b"", ()),
    ],
)
def test_what_is_found(written: str, body: bytes, found: tuple[str, ...]) -> None:
    document = Document(body=body, headers={"location": "/m/7"})
    assert locator(written).find(document) == found


@pytest.mark.parametrize("written", ["", "json", "json:a", "xpath://id", "regex:("])
def test_what_says_no_place_is_refused(written: str) -> None:
    with pytest.raises(BadLocator):
        locator(written)


def test_no_more_is_found_than_may() -> None:
    body = b"[" + b",".join([b"1"] * 1_000) + b"]"
    assert len(locator("json:/*").find(Document(body=body))) == MOST
    assert len(locator("regex:1").find(Document(body=body))) == MOST


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.text(),
)
def test_any_pointer_finds_texts_in_any_value(value: object, path: str) -> None:
    assert all(isinstance(one, str) for one in at_pointer(value, f"/{path}"))
