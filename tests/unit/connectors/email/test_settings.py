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
        ({"imap": _SERVER | {"done": "move", "done_folder": "inbox"}}, "is what is read"),
        ({"imap": _SERVER | {"done": "move", "refused_folder": "INBOX"}}, "is what is read"),
    ],
)
def test_what_does_not_fit_together_is_told(change: dict[str, object], says: str) -> None:
    own = {"own": {"token_url": "https://login.example/token", "client_id": "x"}}
    (fault,) = read(_ACCOUNT | change, oauth=own).faults()
    assert says in fault


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"address": "SERVICE@example.com", "imap": _SERVER | {"folder": "Sales"}}, "service@"),
        ({"address": "sales@example.com"}, "mailbox INBOX of u@mail.example.com is there twice"),
    ],
)
def test_an_address_and_a_mailbox_are_there_once(change: dict[str, object], says: str) -> None:
    (fault,) = read(_ACCOUNT, _ACCOUNT | change).faults()
    assert says in fault
    assert "twice" in fault


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        ([{"path": "in"}, {"path": "./in"}], "there twice"),
        ([{"path": "sent/../out"}], "mail that goes out is written into"),
        ([{"path": "in", "keep": "in"}], "would be taken again"),
        ([{"path": "in", "keep": "also"}, {"path": "also"}], "would be taken again"),
    ],
)
def test_no_file_is_taken_again_and_again(folders: list[dict[str, object]], says: str) -> None:
    out: dict[str, object] = {"gateway": "mail", "address": "service@example.com", "out": "out"}
    (fault,) = read(out, folders=folders).faults()
    assert fault.startswith("email.folders[")
    assert says in fault


def test_every_gateway_that_is_named_is_told_of() -> None:
    settings = read(_ACCOUNT, folders=[{"path": "in"}, {"path": "on", "gateway": "drop"}])
    named = [("accounts[0].gateway", "mail"), ("folders[1].gateway", "drop")]
    assert list(settings.gateways()) == named


def test_a_day_that_is_none_is_told_with_one_that_is() -> None:
    with pytest.raises(FaultsError, match="must be a day, as 2026-01-31, not yesterday"):
        read(_ACCOUNT | {"imap": _SERVER | {"since": "yesterday"}})


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
