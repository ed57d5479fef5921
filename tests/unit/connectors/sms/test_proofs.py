"""Whoever calls a webhook proves that they are the provider."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import evolve

from connectors.sms.calls import FORM, JSON, Call, Malformed
from connectors.sms.proofs import (
    BodyProof,
    SecretProof,
    TwilioProof,
    Unproved,
    VonageMethod,
    VonageProof,
)

NOW = 1_700_000_000.0
URL = "https://sms.example.com/main/inbound"
TOKEN = b"12345"
TWILIO = TwilioProof(tokens=(TOKEN,), keys={"k1": b"shared"})
TEXT = {"MessageSid": "SM1", "From": "+15552221111", "To": "90210", "Body": "ž & = +"}


def signed(data: str, key: bytes = TOKEN, algorithm: str = "sha1") -> bytes:
    return base64.b64encode(hmac.new(key, data.encode(), algorithm).digest())


def twilio_call(
    fields: Mapping[str, str] = TEXT, url: str = URL, signature: bytes | None = None, **more: bytes
) -> Call:
    said = url + "".join(name + fields[name] for name in sorted(fields))
    headers = {
        "content-type": FORM,
        "x-twilio-signature": signed(said) if signature is None else signature,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return Call(method="POST", url=url, headers=headers, body=urlencode(fields).encode())


def test_twilio_the_published_example() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    it = twilio_call(fields, "https://mycompany.com/myapp.php", b"RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    query = evolve(it, query=b"foo=1&bar=2")
    TWILIO.check(query, NOW)
    with pytest.raises(Unproved):
        TWILIO.check(it, NOW)


def test_twilio_a_signed_form() -> None:
    TWILIO.check(twilio_call(), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"body": urlencode({**TEXT, "Body": "other"}).encode()},
        {"body": b""},
        {"url": "https://sms.example.com/other/inbound"},
        {"query": b"x=1"},
        {"headers": {"content-type": FORM}},
        {"headers": {"content-type": FORM, "x-twilio-signature": b""}},
        {"headers": {"content-type": FORM, "x-twilio-signature": b"\xff\xfe"}},
    ],
)
def test_twilio_refuses_what_was_changed(change: Mapping[str, Any]) -> None:
    with pytest.raises(Unproved):
        TWILIO.check(evolve(twilio_call(), **change), NOW)


def test_twilio_refuses_another_secret() -> None:
    with pytest.raises(Unproved):
        TwilioProof(tokens=(b"other",)).check(twilio_call(), NOW)
    TwilioProof(tokens=(b"other", TOKEN)).check(twilio_call(), NOW)


@pytest.mark.parametrize(
    ("called", "configured"),
    [
        ("https://sms.example.com:443/x", "https://sms.example.com/x"),
        ("https://sms.example.com/x", "https://sms.example.com:443/x"),
        ("http://sms.example.com:80/x", "http://sms.example.com/x"),
    ],
)
def test_twilio_signs_the_port_or_not(called: str, configured: str) -> None:
    TWILIO.check(evolve(twilio_call(url=called), url=configured), NOW)


def test_twilio_another_port_is_another_url() -> None:
    with pytest.raises(Unproved):
        TWILIO.check(evolve(twilio_call(url=URL), url="https://sms.example.com:8443/x"), NOW)


def test_twilio_a_shared_key_signs_with_sha256() -> None:
    said = URL + "".join(name + TEXT[name] for name in sorted(TEXT))
    by_key = twilio_call(
        signature=signed(said, b"shared", "sha256"),
        x_twilio_webhooks_signature_settings=b"key=k1, algorithm=HMAC_SHA256",
    )
    TWILIO.check(by_key, NOW)
    for settings in (b"key=k2,algorithm=HMAC_SHA256", b"key=k1,algorithm=HMAC_SHA1", b"", b"\xff"):
        headers = {**by_key.headers, "x-twilio-webhooks-signature-settings": settings}
        with pytest.raises(Unproved):
            TWILIO.check(evolve(by_key, headers=headers), NOW)
    with pytest.raises(Unproved):
        TwilioProof(keys={"k1": b"shared"}).check(twilio_call(), NOW)


def test_twilio_a_body_of_json_is_signed_by_its_hash() -> None:
    body = b'{"MessageSid": "SM1"}'
    query = "bodySHA256=" + hashlib.sha256(body).hexdigest()
    headers = {"content-type": JSON, "x-twilio-signature": signed(f"{URL}?{query}")}
    it = Call(method="POST", url=URL, query=query.encode(), headers=headers, body=body)
    TWILIO.check(it, NOW)
    with pytest.raises(Unproved):
        TWILIO.check(evolve(it, body=body + b" "), NOW)
    bare = evolve(it, query=b"", headers={**headers, "x-twilio-signature": signed(URL)})
    with pytest.raises(Unproved, match="body"):
        TWILIO.check(bare, NOW)


VONAGE = {
    "msisdn": "15552221111",
    "to": "90210",
    "messageId": "A1",
    "text": "you & me = love",
    "timestamp": str(int(NOW)),
    "nonce": "n1",
}


def vonage_sign(fields: Mapping[str, str], method: VonageMethod, secret: bytes = b"s3cret") -> str:
    said = "".join(
        f"&{name}=" + fields[name].replace("&", "_").replace("=", "_") for name in sorted(fields)
    ).encode()
    if method is VonageMethod.MD5_HASH:
        return hashlib.md5(said + secret).hexdigest()
    return hmac.new(secret, said, method.value).hexdigest().upper()


def vonage_call(fields: Mapping[str, str], form: str = "form") -> Call:
    if form == "json":
        headers, body, query = {"content-type": JSON}, json.dumps(fields).encode(), b""
    elif form == "form":
        headers, body, query = {"content-type": FORM}, urlencode(fields).encode(), b""
    else:
        headers, body, query = {}, b"", urlencode(fields).encode()
    return Call(method="POST", url=URL, query=query, headers=headers, body=body)


@pytest.mark.parametrize("method", list(VonageMethod))
@pytest.mark.parametrize("form", ["form", "json", "query"])
def test_vonage_a_signed_call(method: VonageMethod, form: str) -> None:
    proof = VonageProof(secrets=(b"old", b"s3cret"), method=method)
    good = {**VONAGE, "sig": vonage_sign(VONAGE, method)}
    proof.check(vonage_call(good, form), NOW)
    for bad in (
        {**good, "text": "other"},
        {**good, "sig": "0" * 32},
        VONAGE,
        {**good, "more": "1"},
    ):
        with pytest.raises(Unproved):
            proof.check(vonage_call(bad, form), NOW)


def test_vonage_the_example_of_its_library() -> None:
    fields = {
        "a": "1",
        "b": "2",
        "timestamp": "1461605396",
        "sig": "6af838ef94998832dbfc29020b564830",
    }
    VonageProof(secrets=(b"secret",)).check(vonage_call(fields), 1461605396.0)


@pytest.mark.parametrize(
    ("timestamp", "sound"),
    [
        (str(int(NOW) - 24 * 3600), True),
        (str(int(NOW) - 26 * 3600), False),
        (str(int(NOW) + 299), True),
        (str(int(NOW) + 301), False),
        ("", False),
        ("soon", False),
        ("9" * 400, False),
    ],
)
def test_vonage_a_call_is_good_for_a_while(timestamp: str, sound: bool) -> None:
    fields = {**VONAGE, "timestamp": timestamp}
    it = vonage_call({**fields, "sig": vonage_sign(fields, VonageMethod.SHA256)})
    proof = VonageProof(secrets=(b"s3cret",), method=VonageMethod.SHA256)
    if sound:
        proof.check(it, NOW)
    else:
        with pytest.raises(Unproved):
            proof.check(it, NOW)


def test_vonage_a_field_that_is_there_twice_is_refused() -> None:
    good = {**VONAGE, "sig": vonage_sign(VONAGE, VonageMethod.MD5_HASH)}
    it = vonage_call(good)
    with pytest.raises(Malformed):
        VonageProof(secrets=(b"s3cret",)).check(evolve(it, body=it.body + b"&text=x"), NOW)


@pytest.mark.parametrize(
    ("authorization", "query"),
    [
        (b"Basic " + base64.b64encode(b"any:s3cret"), b""),
        (b"bearer  s3cret", b""),
        (b"", b"a=1&key=s3cret"),
    ],
)
def test_a_secret_in_one_of_three_places(authorization: bytes, query: bytes) -> None:
    headers = {"authorization": authorization} if authorization else {}
    it = Call(method="POST", url=URL, query=query, headers=headers)
    SecretProof(secrets=(b"other", b"s3cret")).check(it, NOW)
    with pytest.raises(Unproved):
        SecretProof(secrets=(b"other",)).check(it, NOW)


@pytest.mark.parametrize(
    ("authorization", "query"),
    [
        (b"", b""),
        (b"Basic !!", b"key=s3cret"),
        (b"Basic " + base64.b64encode(b"s3cret"), b""),
        (b"Bearer", b"key=s3cret"),
        (b"Digest s3cret", b""),
        (b"", b"key=&key=s3cret"),
    ],
)
def test_no_secret_is_no_proof(authorization: bytes, query: bytes) -> None:
    headers = {"authorization": authorization} if authorization else {}
    it = Call(method="POST", url=URL, query=query, headers=headers)
    with pytest.raises(Unproved):
        SecretProof(secrets=(b"s3cret",)).check(it, NOW)


def test_a_body_that_is_signed() -> None:
    proof = BodyProof(secrets=(b"old", b"s3cret"), header="x-sign", prefix=b"sha256=")
    digest = hmac.new(b"s3cret", b"{}", "sha256").digest()
    for said in (digest.hex().encode(), digest.hex().upper().encode(), base64.b64encode(digest)):
        it = Call(method="POST", url=URL, headers={"x-sign": b"sha256=" + said}, body=b"{}")
        proof.check(it, NOW)
        for bad in (
            evolve(it, body=b"{ }"),
            evolve(it, headers={"x-sign": said}),
            evolve(it, headers={}),
        ):
            with pytest.raises(Unproved):
                proof.check(bad, NOW)


def test_a_query_is_not_what_a_body_signs() -> None:
    proof = BodyProof(secrets=(b"s3cret",), header="x-sign")
    digest = hmac.new(b"s3cret", b"", "sha256").hexdigest().encode()
    it = Call(method="GET", url=URL, query=b"text=forged", headers={"x-sign": digest})
    with pytest.raises(Unproved):
        proof.check(it, NOW)
