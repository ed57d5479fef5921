"""What a file may say, and what does not fit together."""

from __future__ import annotations

import pytest

from connectors.channels.converter import FaultsError, structured
from connectors.email.settings import EmailSettings

_SERVER: dict[str, object] = {"host": "mail.example.com", "user": "u", "password": "p"}
_ACCOUNT: dict[str, object] = {
    "gateway": "mail",
    "address": "service@example.com",
    "imap": _SERVER,
    "smtp": _SERVER,
}


def read(*accounts: dict[str, object], **more: object) -> EmailSettings:
    return structured({"accounts": list(accounts), **more}, EmailSettings, path="email", environ={})


def test_a_usual_file_is_good() -> None:
    settings = read(
        _ACCOUNT,
        {"gateway": "sales", "address": "sales@example.com"},
        folders=[{"path": "drop", "gateway": "mail"}],
        oauth={"own": {"token_url": "https://login.example/token", "client_id": "x"}},
    )
    assert settings.faults() == ()
    assert settings.accounts[0].imap is not None
    assert settings.accounts[0].imap.done == "keyword"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"address": "service"}, "not an address"),
        ({"imap": {"host": "h", "user": "u"}}, "without a password"),
        ({"imap": {"host": "h", "user": "u", "oauth": "other"}}, "there is no"),
        ({"smtp": _SERVER | {"oauth": "own"}}, "both there"),
        ({"smtp": {"host": "h"}, "out": "sent"}, "both there"),
    ],
)
def test_what_does_not_fit_together_is_told(change: dict[str, object], says: str) -> None:
    own = {"own": {"token_url": "https://login.example/token", "client_id": "x"}}
    (fault,) = read(_ACCOUNT | change, oauth=own).faults()
    assert says in fault


def test_an_address_is_there_once() -> None:
    (fault,) = read(_ACCOUNT, _ACCOUNT | {"address": "SERVICE@example.com"}).faults()
    assert "twice" in fault


@pytest.mark.parametrize(
    "change",
    [
        {"imap": _SERVER | {"done": "burn"}},
        {"imap": _SERVER | {"since": "yesterday"}},
        {"imap": _SERVER | {"port": 0}},
        {"smtp": _SERVER | {"tls": True}},
        {"gateway": " "},
        {"odd": 1},
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(FaultsError):
        read(_ACCOUNT | change)
    with pytest.raises(FaultsError):
        read()
