"""What the settings come to."""

from typing import Any

import pytest

from connectors.channels.converter import FaultsError, structured
from connectors.sms.accounts import HttpSide, SmppSide, accounts_of
from connectors.sms.proofs import BodyProof, SecretProof, TwilioProof, VonageProof
from connectors.sms.settings import SmsSettings
from protocol.numbers import AddressKind, SmsAddress

WEB = {"listen": "127.0.0.1:8080", "public_url": "https://sms.example.com"}
TWILIO = {"provider": "twilio", "gateway": "sms", "user": "AC1", "password": "token"}
SMPP = {
    "provider": "smpp",
    "gateway": "sms",
    "user": "me",
    "password": "secret",
    "smpp": {"host": "smsc.example.com"},
}
DESCRIBED = {
    "provider": "described",
    "gateway": "sms",
    "password": "s3cret",
    "values": {"account": "a b"},
    "request": {
        "url": "https://api.example.com/${account}/send",
        "content_type": "application/json",
        "body": '{"to": "${to}", "text": "${text}"}',
        "headers": {"Authorization": "Bearer ${password}"},
        "code": "json:/status",
        "codes": {"ok": "sent", "busy": "throttled"},
        "id": "json:/id",
        "statuses": {"409": "sent"},
    },
    "texts": {"id": "/id", "sender": "/from", "receiver": "/to", "text": "/text"},
    "receipts": {"id": "/id", "status": "/status", "statuses": {"DELIVRD": "Delivered"}},
    "proof": {"kind": "body", "secret": "k", "old_secret": "j", "header": "X-Sign"},
}


def settings(account: dict[str, Any], *, web: bool = True, name: str = "main") -> SmsSettings:
    content = {"accounts": {name: account}, **({"web": WEB} if web else {})}
    return structured(content, SmsSettings, path="sms", environ={})


def account(content: dict[str, Any]) -> Any:
    (found,) = accounts_of(settings(content))
    return found


def test_an_account_at_twilio() -> None:
    found = account({**TWILIO, "number": "+1 555 222 0000"})
    assert found.number == SmsAddress(AddressKind.NUMBER, "+15552220000")
    assert isinstance(found.side, HttpSide)
    assert found.side.proof == TwilioProof(tokens=(b"token",))
    assert found.side.described.user == "AC1"
    assert found.side.described.answer.id is not None
    assert "token" not in repr(found)


def test_an_account_may_have_another_url_and_a_shared_key() -> None:
    proof = {"key_name": "k1", "secret": "shared"}
    found = account({**TWILIO, "url": "https://eu.example.com/${user}", "proof": proof})
    assert found.side.described.url.text == "https://eu.example.com/${user}"
    assert found.side.proof == TwilioProof(keys={"k1": b"shared"})


def test_an_account_at_vonage_and_of_a_session() -> None:
    vonage = account({**TWILIO, "provider": "vonage", "proof": {"secret": "s", "method": "sha256"}})
    assert isinstance(vonage.side.proof, VonageProof)
    assert vonage.side.proof.secrets == (b"s",)
    assert vonage.called("420603123456") == "+420603123456"
    session = account({**TWILIO, "provider": "session", "proof": {"secret": "s"}})
    assert session.side.proof == SecretProof(secrets=(b"s",))


def test_an_account_that_is_described() -> None:
    found = account({**DESCRIBED, "region": "CZ"})
    side = found.side
    assert isinstance(side.proof, BodyProof)
    assert side.proof.header == "x-sign"
    assert side.proof.secrets == (b"k", b"j")
    assert side.texts.sender == "/from"
    assert list(side.receipts.statuses) == ["delivrd"]
    assert found.called("603 123 456") == "+420603123456"
    assert found.called("1" * 17) == "1" * 17
    assert found.address("603 123 456") == SmsAddress(AddressKind.NUMBER, "+420603123456")


def test_an_account_at_an_smsc_needs_no_web() -> None:
    (found,) = accounts_of(settings(SMPP, web=False))
    assert isinstance(found.side, SmppSide)
    assert (found.side.account.system_id, found.side.smpp.port) == ("me", 2775)
    assert found.called("420603123456") == "+420603123456"


def faults(content: dict[str, Any], **given: Any) -> list[str]:
    with pytest.raises(FaultsError) as caught:
        accounts_of(settings(content, **given))
    return [str(fault) for fault in caught.value.faults]


def without(content: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in keys}


def changed(part: str, **values: Any) -> dict[str, Any]:
    inner: Any = DESCRIBED[part]
    return {**DESCRIBED, part: {**inner, **values}}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({**TWILIO, "number": "no number at all"}, "neither a number"),
        ({**TWILIO, "provider": "vonage"}, "must prove"),
        ({**TWILIO, "provider": "session", "proof": {"secret": ""}}, "must prove"),
        (without(TWILIO, "password"), "must prove"),
        (without(TWILIO, "user"), "there is no ${user}"),
        (without(DESCRIBED, "request"), "how is the provider asked"),
        (without(DESCRIBED, "values"), "there is no ${account}"),
        (without(DESCRIBED, "proof"), "must prove"),
        (changed("request", url="https://${account}/"), "where the request goes"),
        (changed("request", body="{${text}}"), "not valid application/json"),
        (changed("request", headers={"X": "$"}), "neither"),
        (without(SMPP, "smpp"), "is missing"),
        ({**SMPP, "password": "too long for it"}, "1 to 8 letters"),
        (without(SMPP, "user"), "1 to 15 letters"),
    ],
)
def test_what_does_not_fit_together_is_a_fault(content: dict[str, Any], fault: str) -> None:
    (found,) = faults(content)
    assert fault in found
    assert found.startswith("sms.accounts.main")


def test_all_faults_are_found_at_once() -> None:
    assert len(faults({**TWILIO, "number": "-"}, web=False)) == 2
    (name,) = faults(TWILIO, name="Main/../x")
    assert "its name" in name
    two = structured(
        {"accounts": {"a": TWILIO, "b": TWILIO}, "web": WEB}, SmsSettings, path="sms", environ={}
    )
    with pytest.raises(FaultsError, match="two accounts carry for the gateway sms"):
        accounts_of(two)
