"""The section `[sms]`."""

from typing import Any

import pytest

from connectors.channels.converter import FaultsError, structured
from connectors.sms.settings import SmsSettings

ACCOUNT = {"provider": "twilio", "gateway": "sms"}


def read(account: dict[str, Any], web: dict[str, Any] | None = None) -> SmsSettings:
    content = {"accounts": {"main": {**ACCOUNT, **account}}, **({"web": web} if web else {})}
    return structured(content, SmsSettings, path="sms", environ={"TOKEN": "from outside"})


def test_what_is_left_out_has_a_value() -> None:
    settings = read({"password_env": "TOKEN"}, {"listen": "[::1]:80", "public_url": "https://x"})
    account = settings.accounts["main"]
    assert account.password is not None
    assert account.password.value == "from outside"
    assert account.region is None
    assert settings.web is not None
    assert settings.web.body == 65_536
    assert settings.parts_wait == 3_600.0


def test_every_gateway_that_is_named_is_told_of() -> None:
    assert list(read({}).gateways()) == [("accounts.main.gateway", "sms")]


@pytest.mark.parametrize(
    ("account", "fault"),
    [
        ({"provider": "pigeon"}, "provider"),
        ({"region": "XX"}, "region"),
        ({"gateway": ""}, "gateway"),
        ({"timeout": 0.5}, "timeout"),
        ({"smpp": {"host": "h", "alphabet": "utf-8"}}, "smpp.alphabet"),
        ({"request": {"url": "u", "id": "sid"}}, "request.id"),
        ({"request": {"url": "u", "codes": {"0": "maybe"}}}, "request.codes.0"),
        ({"texts": {"id": "id", "sender": "/a", "receiver": "/b", "text": "/c"}}, "texts.id"),
        ({"receipts": {"id": "/a", "status": "/b", "statuses": {}}}, "receipts.statuses"),
        ({"proof": {"method": "rot13"}}, "proof.method"),
        ({"passwort": "x"}, "passwort"),
    ],
)
def test_a_value_that_cannot_be_is_a_fault(account: dict[str, Any], fault: str) -> None:
    with pytest.raises(FaultsError) as caught:
        read(account)
    assert [one.path for one in caught.value.faults] == [f"sms.accounts.main.{fault}"]


@pytest.mark.parametrize("url", ["sms.example.com", "https://x/", "https://x?y"])
def test_a_public_url_is_what_signatures_are_made_over(url: str) -> None:
    with pytest.raises(FaultsError, match="public_url"):
        read({}, {"listen": "127.0.0.1:80", "public_url": url})


def test_there_is_an_account_at_least() -> None:
    with pytest.raises(FaultsError, match="accounts"):
        structured({"accounts": {}}, SmsSettings, path="sms", environ={})
