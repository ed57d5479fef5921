"""Values of strangers stay values, whatever they hold."""

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.templates import (
    FORM,
    BadTemplate,
    BadValue,
    body_template,
    header_template,
    url_template,
)

URL = "https://api.example.com/v1/${account}/messages?to=${to}&text=${text}"
WRITTEN = st.text(min_size=1)


@given(WRITTEN)
def test_a_value_in_a_url_is_one_value(text: str) -> None:
    filled = url_template(URL).fill({"account": "AC1", "to": "+1555", "text": text})
    parts = urlsplit(filled)
    assert parts.netloc == "api.example.com"
    assert parts.path == "/v1/AC1/messages"
    assert parse_qsl(parts.query) == [("to", "+1555"), ("text", text)]


@pytest.mark.parametrize("value", ["..", "."])
def test_no_value_walks_through_a_path(value: str) -> None:
    with pytest.raises(BadValue):
        url_template("https://example.com/${account}/x").fill({"account": value})
    assert url_template("https://example.com/x?a=${text}").fill({"text": value}).endswith(value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "/no/host",
        "https://${host}/x",
        "https://a.${host}/x",
        "https://example.com:${port}/x",
        "${url}",
        "https://user:secret@example.com/",
        "https://example.com/#${text}",
        "https://example.com/?${name}=1",
        "https://example.com/$",
        "https://example.com/${Bad}",
        "https://example.com/$text",
    ],
)
def test_a_url_where_a_value_would_be_more_is_refused(url: str) -> None:
    with pytest.raises(BadTemplate):
        url_template(url)


@given(WRITTEN)
def test_a_value_in_a_form_is_one_value(text: str) -> None:
    template = body_template("From=${from}&Body=${text}&price=1$$", FORM)
    filled = template.fill({"from": "90210", "text": text})
    assert parse_qsl(filled) == [("From", "90210"), ("Body", text), ("price", "1$")]


@given(WRITTEN)
def test_a_value_in_json_is_one_text(text: str) -> None:
    template = body_template(
        '{"to": ["${to}"], "text": "says: ${text}"}', "application/json; charset=utf-8"
    )
    filled = template.fill({"to": '"', "text": text})
    assert json.loads(filled) == {"to": ['"'], "text": f"says: {text}"}


@given(WRITTEN)
def test_a_value_in_xml_is_one_text(text: str) -> None:
    template = body_template("<sms to='${to}'><text>${text}</text></sms>", "text/xml")
    root = ElementTree.fromstring(template.fill({"to": "'><x/>", "text": text}))
    assert root.attrib == {"to": "'><x/>"}
    assert [one.tag for one in root] == ["text"]
    if text.isprintable():
        assert root[0].text == text


def test_letters_that_xml_cannot_have_are_seen() -> None:
    template = body_template("<t>${text}</t>", "application/xml")
    assert template.fill({"text": "a\x00\x1b\ud800b\r"}) == "<t>a���b&#13;</t>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("${text}=1", FORM),
        ("a=1&&b", FORM),
        ('{"to": ${to}}', "application/json"),
        ('{"${name}": 1}', "application/json"),
        ('{"to": "${to}"', "application/json"),
        ("<${tag}/>", "text/xml"),
        ("<t a=${x}/>", "text/xml"),
        ("<t>", "text/xml"),
        ("<!DOCTYPE t [<!ENTITY e 'x'>]><t>&e;</t>", "text/xml"),
        ("<t><!-- ${text} --></t>", "text/xml"),
        ("<t><![CDATA[${text}]]></t>", "text/xml"),
        ("anything", "application/octet-stream"),
        ("price: $5", "text/plain"),
    ],
)
def test_a_body_where_a_value_would_be_more_is_refused(body: str, content_type: str) -> None:
    with pytest.raises(BadTemplate):
        body_template(body, content_type)


def test_plain_text_has_nothing_to_break_out_of() -> None:
    template = body_template("${text}", "text/plain")
    assert template.names == {"text"}
    assert template.fill({"text": "<&\n"}) == "<&\n"


def test_a_header_takes_what_ends_no_line() -> None:
    template = header_template("Bearer ${token}")
    assert template.fill({"token": "abc"}) == "Bearer abc"
    for value in ("a\r\nX: y", "a\x00", "ž"):
        with pytest.raises(BadValue):
            template.fill({"token": value})
    with pytest.raises(BadTemplate):
        header_template("a\nb")


def test_values_of_a_query_may_have_spaces_and_signs() -> None:
    filled = url_template("https://example.com/?m=${text}").fill({"text": "a b+c&d=e#f/%"})
    assert parse_qs(urlsplit(filled).query) == {"m": ["a b+c&d=e#f/%"]}
