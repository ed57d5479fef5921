"""Mails that have come, and what keeps them in their order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.email.arrivals import from_folder, from_mailbox, order_of
from connectors.email.folder import Dropped
from connectors.email.imap import Fetched, Place
from connectors.email.settings import Folder, Imap
from tests.support.mail_channel import question
from tests.support.mails.reports import bounce

AT = datetime(2026, 1, 2, tzinfo=UTC)
FOLDER = Folder(path=Path("drop"))


def order(data: bytes) -> set[str]:
    return order_of(from_folder(FOLDER, Dropped(Path("1.eml"), data, len(data), AT)))


def test_a_mail_says_where_it_still_lies() -> None:
    fetched = Fetched(place=Place(7, 12), data=question(1), size=99, received=AT)
    arrival = from_mailbox(Imap(host="h", user="service", folder="INBOX"), fetched)
    assert (arrival.where, arrival.size) == ("INBOX of service, UID 12", 99)
    assert arrival.mail.message_id == "1@customer.example"
    dropped = Dropped(Path("1.eml"), question(1), 5, AT)
    assert from_folder(FOLDER, dropped).where == "drop"
    assert from_folder(Folder(path=Path("drop"), keep=Path("kept")), dropped).where == "kept"


@pytest.mark.parametrize(
    "other",
    [
        question(2, From="Ann <ANN@customer.example>"),
        question(1, From="jan@customer.example"),
        question(2, From="jan@customer.example", In_Reply_To="<1@customer.example>"),
        question(2, From="jan@x.example", References="<0@x> <1@customer.example>"),
    ],
)
def test_mails_of_one_person_or_thread_are_kept_in_order(other: bytes) -> None:
    assert order(question(1)) & order(other)


def test_a_report_is_kept_behind_what_it_reports() -> None:
    assert order(bounce("<1@customer.example>")) & order(question(1))


def test_mails_that_have_nothing_in_common_are_not() -> None:
    assert not order(question(1)) & order(question(2, From="jan@customer.example"))
