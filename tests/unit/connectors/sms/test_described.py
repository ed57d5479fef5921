"""The request by which a text is sent."""

from base64 import b64decode
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.sms.described import Described, message_values
from connectors.sms.templates import (
    FORM,
    BadTemplate,
    BadValue,
    body_template,
    header_template,
    url_template,
)


def values(**given: str) -> dict[str, str]:
    it = {"to": "+420603123456", "sender": "90210", "text": "Hello", "message_id": "m-1"}
    return message_values(**{**it, **given}, attempt=2, receipts="https://here/r")


def test_a_request_is_filled() -> None:
    described = Described(
        method="POST",
        url=url_template("https://example.com/${account}/send"),
        headers={"X-Key": header_template("${message_id}/${attempt}")},
        body=body_template("to=${to_digits}&text=${text}&type=${text_type}", FORM),
        content_type=FORM,
        user="me",
        password="it: ž",
    )
    described.check_names({"account": "A"})
    request = described.request({**values(text="ž&to=1"), "account": "A b"})
    assert (request.method, request.url) == ("POST", "https://example.com/A%20b/send")
    assert request.headers["X-Key"] == "m-1/2"
    assert b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode() == "me:it: ž"
    assert parse_qsl(request.body.decode()) == [
        ("to", "420603123456"),
        ("text", "ž&to=1"),
        ("type", "unicode"),
    ]
    assert "ž" not in repr(request)


def test_a_request_without_a_body() -> None:
    described = Described(method="GET", url=url_template("https://example.com/?t=${text}"))
    request = described.request(values())
    assert (request.body, dict(request.headers)) == (b"", {})
    assert parse_qsl(urlsplit(request.url).query) == [("t", "Hello")]


def test_every_place_has_a_value() -> None:
    described = Described(method="GET", url=url_template("https://example.com/?t=${tex}"))
    with pytest.raises(BadTemplate, match="tex"):
        described.check_names({})


def test_a_value_that_cannot_stand_in_a_header_is_no_request() -> None:
    described = Described(
        method="GET",
        url=url_template("https://example.com/"),
        headers={"X-Text": header_template("${text}")},
    )
    with pytest.raises(BadValue):
        described.request(values(text="a\r\nX-Admin: 1"))


def test_what_a_text_is_counted_as_is_a_value() -> None:
    it = values(text="a" * 161)
    assert (it["segments"], it["text_type"]) == ("2", "text")
    assert values(to="90210")["to_digits"] == "90210"
