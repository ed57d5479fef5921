"""The channel between a real Dovecot, a real submission server and a played frame: no mail is lost."""

from __future__ import annotations

import imaplib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from connectors.channels.channel import (
    Attachment,
    OutgoingAttachment,
    Permanent,
    Report,
    Temporary,
    Throttled,
    Unknown,
)
from connectors.channels.converter import Secret
from connectors.channels.store import State
from connectors.email import channel as channels
from connectors.email import imap
from connectors.email.channel import Email
from connectors.email.imap import REFUSED, TAKEN, Batch, Mailbox, Place
from connectors.email.parse import parse
from connectors.email.settings import EmailSettings, Folder, Imap, OAuth, Smtp
from protocol.message import MessageContentInfo
from tests.support import dovecot, submission, tokens
from tests.support.channel_host import at_work
from tests.support.dovecot import Dovecot, free_port
from tests.support.mail_channel import ACCOUNT, GATEWAY, MESSAGE, names, question
from tests.support.mails.reports import bounce
from tests.support.mails.shape import head, mail

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


def sending(server: submission.Submission, **more: Any) -> Email:
    smtp = Smtp(host="127.0.0.1", port=server.port, tls="off", timeout=10)
    return Email(EmailSettings(accounts=(evolve(ACCOUNT, smtp=evolve(smtp, **more)),)))


# --- in


@needs_dovecot
async def test_what_is_there_and_what_comes_is_taken_in_order(server: Dovecot) -> None:
    server.deliver(question(1), question(2))
    async with at_work(reading(server)) as host:
        await host.until(lambda: len(host.taken) == 2)
        await anyio.to_thread.run_sync(server.deliver, question(3))
        await host.until(lambda: len(host.taken) == 3)
        assert not any(host.parts.values())
    assert names(host) == ["1", "2", "3"]
    assert host.taken[0].text == "question 1\n"
    assert host.taken[0].gateway == "mail"
    with server.client() as client:
        assert client.search(["KEYWORD", TAKEN]) == [1, 2, 3]


@needs_dovecot
@pytest.mark.parametrize("done", ["keyword", "seen", "move", "keep"])
async def test_nothing_is_given_twice_over_a_restart(
    server: Dovecot, done: str, tmp_path: Path
) -> None:
    server.deliver(question(1))
    path = tmp_path / "store"
    for number in (1, 2):
        async with at_work(reading(server, done=done), path) as host:
            await host.until(lambda: len(host.taken) == 1)
            assert names(host) == [str(number)]
        server.deliver(question(number + 1))


@needs_dovecot
async def test_a_mailbox_that_is_polled_is_read_too(server: Dovecot) -> None:
    async with at_work(reading(server, idle=False, poll=0.2)) as host:
        await host.until(lambda: "imap service@example.com" in host.parts)
        await anyio.to_thread.run_sync(server.deliver, question(1))
        await host.until(lambda: len(host.taken) == 1)


@needs_dovecot
async def test_a_mail_that_is_refused_is_set_aside_and_the_next_one_is_taken(
    server: Dovecot,
) -> None:
    server.deliver(question(1), question(2))
    async with at_work(reading(server)) as host:
        host.refuses = lambda message: message.delivery_id.startswith("1@")
        await host.until(lambda: len(host.taken) == 1)
        assert names(host) == ["2"]
    with server.client() as client:
        assert client.search(["KEYWORD", REFUSED]) == [1]
        assert client.search(["KEYWORD", TAKEN]) == [2]


@pytest.mark.parametrize(("done", "others"), [("keyword", ["1", "3"]), ("keep", ["1"])])
@needs_dovecot
async def test_a_mail_that_a_server_does_not_give_out_is_told_and_read_later(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch, done: str, others: list[str]
) -> None:
    """The next ones are not kept waiting, unless nothing but their place says that they were read."""
    fetch, is_damaged = Mailbox._fetch, True

    def refused(self: Mailbox, client: Any, places: list[Place], most: int) -> Batch:
        if is_damaged and any(place.uid == 2 for place in places):
            raise imaplib.IMAP4.error("it is damaged")
        return fetch(self, client, places, most)

    monkeypatch.setattr(Mailbox, "_fetch", refused)
    monkeypatch.setattr(channels, "PAUSES", (0.1,))
    server.deliver(*map(question, (1, 2, 3)))
    async with at_work(reading(server, done=done, poll=0.1)) as host:
        await host.until(lambda: names(host) == others)
        await host.until(
            lambda: any("UID 2: it is damaged" in str(one) for one in host.parts.values())
        )
        is_damaged = False
        await host.until(lambda: sorted(names(host)) == ["1", "2", "3"])
        await host.until(lambda: not any(host.parts.values()))
    assert len(host.taken) == 3


@needs_dovecot
async def test_while_the_broker_takes_nothing_no_more_than_one_batch_is_fetched(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[int] = []
    fetch = Mailbox.fetch

    def counted(self: Mailbox, places: list[Place], most: int) -> Batch:
        batch = fetch(self, places, most)
        fetched.append(batch.count)
        return batch

    monkeypatch.setattr(Mailbox, "fetch", counted)
    monkeypatch.setattr(imap, "BATCH", 2)
    server.deliver(*map(question, range(1, 6)))
    async with at_work(reading(server)) as host:
        host.room = anyio.Semaphore(1)
        await host.until(lambda: len(host.given) == 2)
        assert (fetched, names(host)) == ([2], ["1"])
        for _ in range(4):
            host.room.release()
        await host.until(lambda: len(host.taken) == 5)
    assert fetched == [2, 2, 1]


@needs_dovecot
async def test_what_the_broker_has_is_marked_when_the_end_comes_within_a_batch(
    server: Dovecot,
) -> None:
    server.deliver(*map(question, (1, 2, 3)))
    async with at_work(reading(server)) as host:
        host.room = anyio.Semaphore(1)
        await host.until(lambda: len(host.given) == 2)
        host.stop()
        host.room.release()
    with server.client() as client:
        assert client.search(["KEYWORD", TAKEN]) == [1]


@needs_dovecot
async def test_a_server_that_goes_away_and_comes_back_loses_nothing(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH", 2)
    server.deliver(*map(question, range(1, 6)))
    async with at_work(reading(server, timeout=5)) as host:
        host.room = anyio.Semaphore(2)
        await host.until(lambda: len(host.given) == 3)  # within the second batch
        await anyio.to_thread.run_sync(server.stop)
        for _ in range(4):
            host.room.release()
        await host.until(lambda: host.parts.get("imap service@example.com") is not None)
        await anyio.to_thread.run_sync(server.start)
        await host.until(lambda: len(host.taken) == 5)
        await anyio.to_thread.run_sync(server.deliver, question(6))
        await host.until(lambda: len(host.taken) == 6)
    assert names(host) == ["1", "2", "3", "4", "5", "6"]


@needs_dovecot
async def test_new_numbers_of_a_folder_give_nothing_twice(server: Dovecot, tmp_path: Path) -> None:
    server.deliver(question(1), question(2))
    path = tmp_path / "store"
    async with at_work(reading(server, done="keep"), path) as host:
        await host.until(lambda: len(host.taken) == 2)
    server.stop()
    server.forget_numbers()
    server.start()
    known = host.known
    async with at_work(reading(server, done="keep"), path) as host:
        host.known = known  # the broker knows what it has
        await host.until(lambda: len(host.given) == 2)
        await anyio.to_thread.run_sync(server.deliver, question(3))
        await host.until(lambda: len(host.taken) == 1)
    assert names(host) == ["3"]


@needs_dovecot
async def test_two_mails_with_one_name_are_two(server: Dovecot) -> None:
    same = "<always@device.example>"
    server.deliver(
        mail(head(Message_ID=same), "first\n"),
        mail(head(Message_ID=same), "first, over a list\n"),
        mail(head(Message_ID=same, Date="Wed, 04 Oct 2023 08:00:00 +0200"), "second\n"),
    )
    async with at_work(reading(server)) as host:
        await host.until(lambda: len(host.given) == 3)
    assert [message.text for message in host.taken] == ["first\n", "second\n"]


@needs_dovecot
async def test_a_mail_that_is_too_long_is_told_of(server: Dovecot) -> None:
    server.deliver(question(1) + b"x" * 100_000)
    channel = reading(server)
    channel.settings = evolve(channel.settings, message_bytes=10_000)
    async with at_work(channel) as host:
        await host.until(lambda: len(host.taken) == 1)
    assert "not fetched: it is in INBOX of service, UID 1" in (host.taken[0].text or "")
    assert host.taken[0].subject == "Question"


@needs_dovecot
async def test_a_wrong_login_is_told_and_tried_seldom(server: Dovecot) -> None:
    async with at_work(reading(server, password=Secret("wrong"))) as host:
        await host.until(lambda: bool(host.parts))
        fault = host.parts["imap service@example.com"]
    assert fault is not None
    assert fault.startswith("the login is refused")


@needs_dovecot
async def test_a_full_mailbox_in_which_nothing_can_be_moved_gives_each_mail_once() -> None:
    with dovecot.running(quota="5k", capability="IMAP4rev1 UIDPLUS IDLE") as server:
        server.deliver(question(1) + b"x" * 3_000)
        async with at_work(reading(server, done="move", poll=0.3)) as host:
            await host.until(
                lambda: "uota" in str(host.parts.get("imap service@example.com marks"))
            )
            await anyio.to_thread.run_sync(server.deliver, question(2))
            await host.until(lambda: len(host.taken) == 2)
            assert host.parts["imap service@example.com"] is None
            with server.client() as client:  # somebody makes room
                client.delete_messages([1])
                client.expunge()
            await host.until(lambda: host.parts["imap service@example.com marks"] is None)
        assert names(host) == ["1", "2"]
        assert len(host.given) == 2


@needs_dovecot
async def test_a_token_is_renewed_when_a_server_refuses_it() -> None:
    with tokens.running() as issuer, dovecot.running(tokeninfo=issuer.tokeninfo) as server:
        server.deliver(question(1))
        channel = reading(server, password=None, oauth="own")
        oauth = OAuth(token_url=issuer.url, client_id="parley", refresh_token=Secret("granted"))
        channel.settings = evolve(channel.settings, oauth={"own": oauth})
        issuer.withdrawn.add("token-1")
        async with at_work(channel) as host:
            await host.until(lambda: len(host.taken) == 1)
        assert len(issuer.asked) == 2


# --- reports


@needs_dovecot
async def test_a_bounce_is_told_of_the_mail_that_came_back(server: Dovecot) -> None:
    with submission.running() as smtp:
        channel = reading(server)
        account = channel.settings.accounts[0]
        out = Smtp(host="127.0.0.1", port=smtp.port, tls="off")
        channel.settings = evolve(channel.settings, accounts=(evolve(account, smtp=out),))
        async with at_work(channel) as host:
            assert GATEWAY.id is not None
            await host.store.begin(MESSAGE.message_id, GATEWAY.id, "out-1")
            sent = await channel.send(MESSAGE)
            await host.store.finish(MESSAGE.message_id, State.SENT, delivery_id=sent.delivery_id)
            name = parse(smtp.taken[0]).message_id
            assert name is not None
            await anyio.to_thread.run_sync(
                server.deliver, bounce(name), bounce(name, "delivered", "2.0.0"), bounce("other@x")
            )
            await host.until(lambda: len(host.taken) == 1 and len(host.reports) == 2)
    assert [(kind, which) for kind, which, _ in host.reports] == [
        (Report.BOUNCED, name),
        (Report.DELIVERED, name),
    ]
    assert host.reports[0][2] == "ann@customer.example: 5.1.1 550 5.1.1 no such user"
    # A report on nothing that is known is a message, as it may be somebody's question.
    assert host.taken[0].is_automatic


# --- folders


# --- out


async def test_a_message_goes_out_with_its_files() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"%PDF"
        yield b"-1.7"

    file = OutgoingAttachment(
        name="a.pdf", size=8, content_type="application/pdf", pieces=lambda: pieces()
    )
    with submission.running() as server:
        channel = sending(server)
        async with at_work(channel):
            sent = await channel.send(evolve(MESSAGE, attachments=(file,), cc="Bob <b@x.example>"))
    found = parse(server.taken[0])
    assert sent.delivery_id == found.message_id == "out-1@example.com"
    assert server.envelopes[0][:2] == (
        "service@example.com",
        ["ann@customer.example", "b@x.example"],
    )
    assert found.attachments == (
        Attachment(name="a.pdf", data=b"%PDF-1.7", content_type="application/pdf"),
    )


async def test_an_answer_quotes_what_it_answers_and_goes_on_with_its_thread(tmp_path: Path) -> None:
    with submission.running() as server:
        channel = sending(server)
        channel.settings = evolve(channel.settings, folders=(Folder(path=tmp_path, poll=0.05),))
        (tmp_path / "1.eml").write_bytes(question(1, References="<0@customer.example>"))
        async with at_work(channel) as host:
            await host.until(lambda: len(host.taken) == 1)
            await channel.send(evolve(MESSAGE, in_reply_to=host.taken[0].delivery_id))
            automatic = MessageContentInfo(is_automatic=True)
            await channel.send(
                evolve(MESSAGE, in_reply_to=host.taken[0].delivery_id, info=automatic)
            )
    by_a_person, by_nobody = map(parse, server.taken)
    assert by_a_person.in_reply_to == ("1@customer.example",)
    assert by_a_person.references == ("0@customer.example", "1@customer.example")
    assert "Because.\n\nOn 03 Oct 2023 at 12:03, Ann Example wrote:\n> question 1" in (
        by_a_person.text or ""
    )
    assert by_a_person.automatic is None
    assert by_nobody.text == "Because.\n"
    assert by_nobody.automatic is not None


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (("RCPT", "452 4.2.2 mailbox full"), Temporary),
        (("RCPT", "550 5.1.1 unknown"), Permanent),
        ((".", "421 4.7.28 rate"), Throttled),
        ("half", Temporary),
        (".", Unknown),
    ],
)
async def test_a_failure_is_told_as_what_it_is(
    plant: str | tuple[str, str], kind: type[Exception]
) -> None:
    with submission.running() as server:
        if isinstance(plant, str):
            server.cuts.append(plant)
        else:
            server.refuse.append(plant)
        channel = sending(server)
        async with at_work(channel) as host:
            text = "x" * 10_000_000 if plant == "half" else "short"
            with pytest.raises(kind):
                await channel.send(evolve(MESSAGE, text=text))
            await channel.send(MESSAGE)
            assert host.parts["smtp service@example.com"] is None
    assert len(server.taken) == (2 if kind is Unknown else 1)


@pytest.mark.parametrize(
    ("cut", "may_have_it"),
    [
        ("EHLO", False),
        ("MAIL", False),
        ("DATA", False),
        ("half", False),
        ("lost", True),
        (".", True),
    ],
)
async def test_a_mail_is_offered_only_when_the_server_may_have_it(
    cut: str, may_have_it: bool
) -> None:
    offered: list[str] = []

    async def offer() -> None:
        offered.append(cut)

    with submission.running() as server:
        server.cuts.append(cut)
        channel = sending(server)
        async with at_work(channel):
            message = evolve(MESSAGE, text="x" * 10_000_000 if cut == "half" else "short")
            with pytest.raises(Unknown if may_have_it else Temporary):
                await channel.send(evolve(message, offered=offer))
            assert bool(offered) is may_have_it
            await channel.send(evolve(MESSAGE, offered=offer))
    assert len(offered) == 1 + may_have_it


async def test_what_cannot_be_written_is_refused_for_good() -> None:
    with submission.running() as server:
        channel = sending(server)
        async with at_work(channel):
            with pytest.raises(Permanent, match="not an address"):
                await channel.send(evolve(MESSAGE, remote_address="nobody"))
    assert server.taken == []


async def test_a_gateway_without_a_server_waits_for_one() -> None:
    channel = Email(EmailSettings(accounts=(ACCOUNT,)))
    async with at_work(channel):
        with pytest.raises(Temporary, match="no server"):
            await channel.send(MESSAGE)


async def test_a_server_that_is_gone_is_told() -> None:
    with submission.running() as server:
        channel = sending(server, port=free_port())
        async with at_work(channel) as host:
            with pytest.raises(Temporary):
                await channel.send(MESSAGE)
            assert host.parts["smtp service@example.com"] is not None


async def test_a_wrong_login_keeps_the_message_for_later() -> None:
    with submission.running(login=True) as server:
        channel = sending(server, user="service", password=Secret("wrong"))
        async with at_work(channel) as host:
            with pytest.raises(Temporary, match="the login is refused: 535"):
                await channel.send(MESSAGE)
            assert "the login is refused" in (host.parts["smtp service@example.com"] or "")


async def test_a_token_that_was_withdrawn_is_replaced_before_anybody_notices() -> None:
    with tokens.running() as issuer, submission.running(login=True) as server:
        server.tokens = issuer.good
        channel = sending(server, user="service", oauth="own")
        oauth = OAuth(token_url=issuer.url, client_id="parley", refresh_token=Secret("granted"))
        channel.settings = evolve(channel.settings, oauth={"own": oauth})
        async with at_work(channel) as host:
            await channel.send(MESSAGE)
            issuer.good.clear()
            await channel.send(MESSAGE)
            assert len(server.taken) == 2
            issuer.good.clear()
            issuer.grants.clear()
            with pytest.raises(Temporary, match="invalid_grant"):
                await channel.send(MESSAGE)
            assert "invalid_grant" in (host.parts["smtp service@example.com"] or "")


async def test_no_more_connections_than_allowed() -> None:
    with submission.running() as server:
        channel = sending(server, connections=2)
        async with at_work(channel), anyio.create_task_group() as tasks:
            for number in range(12):
                tasks.start_soon(channel.send, evolve(MESSAGE, delivery_id=f"out-{number}"))
    assert len(server.taken) == 12
    assert server.most_at_once <= 2
