"""Mails of a mailbox that are given side by side, each sender's and each thread's in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from connectors.channels.converter import Secret
from connectors.email.channel import Email
from connectors.email.imap import TAKEN
from connectors.email.settings import EmailSettings, Imap
from tests.support import dovecot
from tests.support.channel_host import at_work
from tests.support.dovecot import Dovecot
from tests.support.mail_channel import ACCOUNT, names, question

needs_dovecot = pytest.mark.requires("dovecot")


@pytest.fixture(name="server")
def _server() -> Iterator[Dovecot]:
    with dovecot.running() as server:
        yield server


def reading(server: Dovecot, **more: Any) -> Email:
    usual = Imap(
        host="127.0.0.1",
        port=server.plain,
        tls="off",
        user="service",
        password=Secret(dovecot.PASSWORD),
        timeout=20,
    )
    return Email(EmailSettings(accounts=(evolve(ACCOUNT, imap=evolve(usual, **more)),)))


def of(*numbers: int) -> list[bytes]:
    """Mails of as many people."""
    return [question(one, From=f"c{one}@customer.example") for one in numbers]


@needs_dovecot
async def test_mails_of_several_people_are_given_side_by_side(server: Dovecot) -> None:
    """B-50: each once, and those of one person or thread in the order in which they came."""
    again = question(9, From="c2@customer.example")
    reply = question(10, From="c99@customer.example", In_Reply_To="<3@customer.example>")
    server.deliver(*of(1, 2, 3), again, reply, *of(4))
    async with at_work(reading(server)) as host:
        host.holds = lambda message: message.delivery_id.startswith(("2@", "3@"))
        await host.until(lambda: len(host.taken) == 2)
        assert sorted(names(host)) == ["1", "4"]
        assert len(host.given) == 4
    with server.client() as client:
        assert client.search(["KEYWORD", TAKEN]) == [1, 6]
    async with at_work(reading(server)) as host:
        await host.until(lambda: len(host.taken) == 4)
        came = names(host)
    assert sorted(came) == ["10", "2", "3", "9"]
    assert came.index("2") < came.index("9")
    assert came.index("3") < came.index("10")


@needs_dovecot
async def test_no_place_is_noted_behind_a_mail_that_was_not_given(
    server: Dovecot, tmp_path: Path
) -> None:
    """Where nothing but the place says what was read."""
    server.deliver(*of(1, 2, 3))
    path = tmp_path / "store"
    async with at_work(reading(server, done="keep"), path) as host:
        host.holds = lambda message: message.delivery_id.startswith("2@")
        await host.until(lambda: len(host.taken) == 2)
    async with at_work(reading(server, done="keep"), path) as host:
        await host.until(lambda: len(host.taken) == 2)
        assert sorted(names(host)) == ["2", "3"]
