"""A mailbox of a real Dovecot is read, and what is done is marked."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from connectors.channels.converter import Secret
from connectors.email import imap
from connectors.email.imap import (
    BATCH,
    REFUSED,
    TAKEN,
    Batch,
    ImapError,
    Mailbox,
    NotFetchedError,
    NotMarkedError,
    Place,
    WrongCredentialsError,
)
from connectors.email.settings import Imap
from tests.support import dovecot, tokens
from tests.support.dovecot import Dovecot, free_port

pytestmark = pytest.mark.requires("dovecot")

MOST = 1_000_000
ONE, TWO, THREE = (b"Subject: %d\r\n\r\nbody %d\r\n" % (n, n) for n in (1, 2, 3))


@pytest.fixture(name="server")
def _server() -> Iterator[Dovecot]:
    with dovecot.running() as server:
        yield server


def settings(server: Dovecot, **more: Any) -> Imap:
    plain = Imap(
        host="127.0.0.1",
        port=server.plain,
        tls="off",
        user="service",
        password=Secret(dovecot.PASSWORD),
        timeout=20,
    )
    return evolve(plain, **more)


_OPEN: list[Mailbox] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def opened(wanted: Imap, token: str | None = None) -> Mailbox:
    mailbox = Mailbox(wanted)
    _OPEN.append(mailbox)
    mailbox.connect(token)
    return mailbox


def connected(server: Dovecot, **more: Any) -> Mailbox:
    return opened(settings(server, **more))


def test_mail_is_fetched_as_it_lies_there_and_nothing_is_marked(server: Dovecot) -> None:
    server.deliver(ONE, TWO)
    mailbox = connected(server)
    places = mailbox.candidates(None)
    batch = mailbox.fetch(places, MOST)
    assert batch.count == 2
    assert [(each.place, each.data) for each in batch.mails] == [
        *zip(places, (ONE, TWO), strict=True)
    ]
    assert all(each.is_whole for each in batch.mails)
    assert all(
        abs(datetime.now(UTC) - each.received) < timedelta(minutes=5) for each in batch.mails
    )
    with server.client() as client:
        assert client.search("UNSEEN") == [1, 2]
    mailbox.close()


@pytest.mark.parametrize("done", ["keyword", "seen", "move"])
def test_what_is_done_is_not_found_again(server: Dovecot, done: str) -> None:
    server.deliver(ONE, TWO, THREE)
    mailbox = connected(server, done=done)
    first, second, third = mailbox.candidates(None)
    mailbox.finish([first], is_taken=True)
    mailbox.finish([second], is_taken=False)
    assert mailbox.candidates(None) == [third]
    mailbox.finish([first], is_taken=True)  # once more does no harm
    mailbox.close()
    assert connected(server, done=done).candidates(None) == [third]


def test_the_marks_are_those_that_people_see(server: Dovecot) -> None:
    server.deliver(ONE, TWO)
    mailbox = connected(server)
    for place, is_taken in zip(mailbox.candidates(None), (True, False), strict=True):
        mailbox.finish([place], is_taken=is_taken)
    with server.client() as client:
        assert client.search(["KEYWORD", TAKEN]) == [1]
        assert client.search(["KEYWORD", REFUSED]) == [2]
        assert client.search("SEEN") == []
    mailbox = connected(server, done="seen")
    for place, is_taken in zip(mailbox.candidates(None), (True, False), strict=True):
        mailbox.finish([place], is_taken=is_taken)
    with server.client() as client:
        assert client.search("SEEN") == [1, 2]
        assert client.search("FLAGGED") == [2]


@pytest.mark.parametrize("capability", ["", "IMAP4rev1 UIDPLUS", "IMAP4rev1"])
def test_mail_moves_whatever_the_server_can(capability: str) -> None:
    with dovecot.running(capability=capability) as server:
        server.deliver(ONE, TWO)
        mailbox = connected(server, done="move", done_folder="Archive", refused_folder="Odd")
        first, second = mailbox.candidates(None)
        mailbox.finish([first], is_taken=True)
        mailbox.finish([second], is_taken=False)
        assert mailbox.candidates(None) == []
        for folder, wanted in (("Archive", ONE), ("Odd", TWO)):
            with server.client(folder) as client:
                assert client.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"] == wanted


def test_a_mailbox_that_is_to_stay_as_it_is_is_read_by_numbers(server: Dovecot) -> None:
    server.deliver(ONE, TWO)
    mailbox = connected(server, done="keep")
    first, second = mailbox.candidates(None)
    mailbox.finish([first], is_taken=True)
    assert mailbox.candidates(first) == [second]
    assert mailbox.candidates(second) == []
    server.deliver(THREE)
    assert [place.uid for place in mailbox.candidates(second)] == [3]
    assert len(mailbox.candidates(Place(1, 99))) == 3  # numbers of another life mean nothing
    with server.client() as client:
        assert client.search("SEEN") == []


def test_mail_from_before_a_day_is_left_alone(server: Dovecot) -> None:
    with server.client() as client:
        client.append("INBOX", ONE, msg_time=datetime(2020, 1, 31, 12, tzinfo=UTC))
        client.append("INBOX", TWO, msg_time=datetime(2020, 2, 1, 12, tzinfo=UTC))
    assert [place.uid for place in connected(server, since="2020-02-01").candidates(None)] == [2]


def test_of_a_mail_that_is_too_long_the_headers_come(server: Dovecot) -> None:
    server.deliver(ONE + b"x" * 10_000)
    mailbox = connected(server)
    (place,) = mailbox.candidates(None)
    (found,) = mailbox.fetch([place], 5_000).mails
    assert found is not None
    assert not found.is_whole
    assert found.size > 10_000
    assert found.data == b"Subject: 1\r\n\r\n"


def test_a_mail_that_somebody_deleted_is_gone(server: Dovecot) -> None:
    server.deliver(ONE)
    mailbox = connected(server)
    (place,) = mailbox.candidates(None)
    with server.client() as client:
        client.delete_messages([1])
        client.expunge()
    assert mailbox.fetch([place], MOST) == Batch(count=1, mails=())
    mailbox.finish([place], is_taken=True)


class Commands:
    """The commands of one kind that a mailbox gives, and those that are refused as by a server."""

    def __init__(self, mailbox: Mailbox, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[list[int]] = []
        self.refused: set[int] = set()
        client = mailbox._connected
        do = getattr(client, name)

        def command(uids: list[int], *arguments: Any, **more: Any) -> Any:
            self.given.append(list(uids))
            if self.refused & set(uids):
                raise imaplib.IMAP4.error(f"{name} failed: [SERVERBUG] some are damaged")
            return do(uids, *arguments, **more)

        monkeypatch.setattr(client, name, command)


def test_many_mails_are_fetched_and_marked_by_few_commands(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = BATCH + 10
    server.deliver(*(b"Subject: %d\r\n\r\n" % number for number in range(count)))
    mailbox = connected(server)
    fetches = Commands(mailbox, "fetch", monkeypatch)
    marks = Commands(mailbox, "add_flags", monkeypatch)
    places = mailbox.candidates(None)
    first = mailbox.fetch(places, MOST)
    rest = mailbox.fetch(places[first.count :], MOST)
    assert (first.count, rest.count) == (BATCH, 10)
    assert [each.data for each in (*first.mails, *rest.mails)] == [
        b"Subject: %d\r\n\r\n" % number for number in range(count)
    ]
    mailbox.finish(places, is_taken=True)
    assert [len(uids) for uids in fetches.given] == [BATCH, BATCH, 10, 10]  # sizes, then mails
    assert [len(uids) for uids in marks.given] == [BATCH, 10]
    assert mailbox.candidates(None) == []


def test_only_so_many_bytes_are_fetched_together(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH_BYTES", 2_000)
    sizes = (900, 900, 900, 5_000, 50_000, 100)
    server.deliver(*(b"Subject: x\r\n\r\n".ljust(size, b"x") for size in sizes))
    mailbox = connected(server)
    places, counts, lengths = mailbox.candidates(None), [], []
    while places:
        batch = mailbox.fetch(places, 10_000)
        counts.append(batch.count)
        lengths += [len(each.data) for each in batch.mails]
        places = places[batch.count :]
    assert counts == [
        2,
        1,
        1,
        2,
    ]  # too much for a batch is one, and of what is too long no body comes
    assert lengths == [900, 900, 900, 5_000, len(b"Subject: x\r\n\r\n"), 100]


def test_a_mail_that_a_server_does_not_give_out_is_none_but_itself(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver(ONE, TWO, THREE)
    mailbox = connected(server)
    first, second, third = mailbox.candidates(None)
    Commands(mailbox, "fetch", monkeypatch).refused.add(second.uid)
    assert [each.place for each in mailbox.fetch([first, second, third], MOST).mails] == [first]
    with pytest.raises(NotFetchedError, match=f"UID {second.uid}: .*damaged"):
        mailbox.fetch([second, third], MOST)
    assert [each.place for each in mailbox.fetch([third], MOST).mails] == [third]


def test_what_can_be_marked_is_marked(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    server.deliver(ONE, TWO, THREE)
    mailbox = connected(server)
    places = mailbox.candidates(None)
    Commands(mailbox, "add_flags", monkeypatch).refused.add(places[1].uid)
    with pytest.raises(NotMarkedError, match="damaged"):
        mailbox.finish(places, is_taken=True)
    assert mailbox.candidates(None) == [places[1]]


def test_a_folder_with_new_numbers_says_so(server: Dovecot) -> None:
    server.deliver(ONE)
    (before,) = connected(server).candidates(None)
    server.stop()
    server.forget_numbers()
    server.start()
    (after,) = connected(server).candidates(None)
    assert after.validity != before.validity


def test_new_mail_is_told(server: Dovecot) -> None:
    mailbox = connected(server)
    assert mailbox.can_idle
    begun = threading.Timer(0.3, server.deliver, [ONE])
    begun.start()
    mailbox.wait(30)
    assert len(mailbox.candidates(None)) == 1
    begun.join()


def test_a_server_that_cannot_tell_is_asked() -> None:
    with dovecot.running(capability="IMAP4rev1 UIDPLUS") as server:
        assert not connected(server).can_idle


def test_who_waits_can_be_called_off(server: Dovecot) -> None:
    mailbox = connected(server)
    threading.Timer(0.3, mailbox.abort).start()
    with pytest.raises(ImapError):
        mailbox.wait(60)


def test_a_server_that_goes_away_is_an_error(server: Dovecot) -> None:
    server.deliver(ONE)
    mailbox = connected(server)
    (place,) = mailbox.candidates(None)
    server.stop()
    for work in (
        lambda: mailbox.fetch([place], MOST),
        lambda: mailbox.finish([place], is_taken=True),
        lambda: mailbox.candidates(None),
        lambda: mailbox.wait(1),
        lambda: connected(server),
    ):
        with pytest.raises(ImapError):
            work()
    mailbox.close()


def test_a_login_is_refused(server: Dovecot) -> None:
    where = f"127.0.0.1:{server.plain}: "
    with pytest.raises(WrongCredentialsError) as refused:
        connected(server, password=Secret("wrong"))
    assert str(refused.value).startswith("[AUTHENTICATIONFAILED] ")
    with pytest.raises(ImapError) as found:
        connected(server, folder="No such folder")
    # Without how long it took, so that each try says the same and the log is told once.
    assert str(found.value) == f"{where}select failed: Mailbox doesn't exist: No such folder"


@pytest.mark.parametrize("tls", ["on", "starttls"])
def test_a_connection_is_sealed(server: Dovecot, tls: str) -> None:
    port = server.tls if tls == "on" else server.plain
    sealed = {"host": "localhost", "port": port, "tls": tls, "ca": server.folder / "ca.pem"}
    assert connected(server, **sealed).candidates(None) == []
    for wrong in ({"ca": None}, {"host": "127.0.0.1"}):
        with pytest.raises(ImapError, match="certificate"):
            connected(server, **sealed | wrong)


def test_nobody_at_the_port_is_an_error() -> None:
    port = free_port()
    with pytest.raises(ImapError, match=f"127.0.0.1:{port}: .*refused"):
        opened(Imap(host="127.0.0.1", port=port, tls="off", user="x"))


@pytest.mark.parametrize("when", [datetime.min, datetime.max, datetime(1960, 1, 1)])
def test_a_mail_has_a_time_whatever_the_server_says(when: datetime) -> None:
    assert imap._in_utc(when).tzinfo is UTC


def test_a_token_opens_a_mailbox() -> None:
    with tokens.running() as issuer, dovecot.running(tokeninfo=issuer.tokeninfo) as server:
        issuer.good.add("good")
        mailbox = opened(settings(server, password=None), "good")
        assert mailbox.candidates(None) == []
        with pytest.raises(WrongCredentialsError):
            opened(settings(server, password=None), "stale")


def test_a_full_mailbox_still_is_read_and_marked() -> None:
    with dovecot.running(quota="2k") as server:
        server.deliver(ONE + b"x" * 1000)
        with server.client() as client, pytest.raises(Exception, match="Quota exceeded"):
            client.append("INBOX", TWO + b"x" * 2000)
        mailbox = connected(server)
        (place,) = mailbox.candidates(None)
        assert len(mailbox.fetch([place], MOST).mails) == 1
        mailbox.finish([place], is_taken=True)
        assert mailbox.candidates(None) == []


@pytest.mark.parametrize("text", ["", "7", "7:", "a:b", "7:8:9", None])
def test_what_was_noted_wrongly_is_no_place(text: str | None) -> None:
    assert Place.read(text) is None
    assert Place.read(str(Place(7, 8))) == Place(7, 8)
