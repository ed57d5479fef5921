"""docs/connectors/email.md: what it tells to write is taken, and what it names is there."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from attrs import fields

from connectors.channels.settings import read
from connectors.email.main import made
from connectors.email.settings import Account, EmailSettings, Folder, Imap, Smtp
from tests.support.terminals import ROOT

PAGE = (ROOT / "docs" / "connectors" / "email.md").read_text("utf-8")
ENVIRON = dict.fromkeys(
    ("MAIL_TOKEN", "MAIL_PASSWORD", "GOOGLE_SECRET", "GOOGLE_GRANT", "MICROSOFT_SECRET"), "secret"
)


def blocks(title: str) -> list[dict[str, Any]]:
    """The pieces of configuration with a title."""
    found = re.findall(r'^```toml title="([^"]*)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    return [tomllib.loads(text) for name, text in found if name == title]


def test_the_file_of_the_page_is_good() -> None:
    (content,) = blocks("email.toml")
    settings = read(content, "email", EmailSettings, ENVIRON)
    assert made(settings.own).settings.accounts[0].address == "service@example.com"


def test_its_further_parts_fit_into_that_file() -> None:
    (content,) = blocks("email.toml")
    for part in blocks("a part of email.toml"):
        content["email"] |= part["email"]
    content["email"]["accounts"][0]["imap"] = {
        "host": "imap.gmail.com",
        "user": "u",
        "oauth": "google",
    }
    settings = read(content, "email", EmailSettings, ENVIRON).own
    assert settings.faults() == ()
    assert set(settings.oauth) == {"google", "microsoft"}
    assert settings.folders[0].gateway == "mail"


def test_the_broker_takes_what_is_added_to_its_file() -> None:
    (addition,) = blocks("parley.toml, in addition")
    assert addition["message_gateways"][0]["name"] == addition["message_rules"][0]["gateway"]


@pytest.mark.parametrize("section", [Account, Imap, Smtp, Folder])
def test_every_key_is_told_of(section: type) -> None:
    for member in fields(section):
        assert f"`{member.name}`" in PAGE or f"\n{member.name} =" in PAGE, member.name
