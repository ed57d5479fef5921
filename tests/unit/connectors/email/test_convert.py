"""What the broker is told of a mail fits into a message, and nothing of it is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from connectors.channels.channel import Attachment, Incoming, Outgoing
from connectors.email.convert import (
    NOBODY,
    Arrival,
    Kept,
    incoming,
    kept,
    name_at_far_side,
    origin_of,
    outgoing,
    own_name,
    read_kept,
    told_apart,
)
from connectors.email.mail import Automatic, Mail, Mailbox
from connectors.email.parse import parse
from connectors.email.settings import Account
from protocol.limits import BYTE_LENGTHS, text_length
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Guid
from tests.support.mails import SHAPES, Shape

NOON = datetime(2023, 10, 3, 12, tzinfo=UTC)
MAIL = Mail(
    message_id="a@x.example",
    sender=Mailbox("ann@x.example", "Ann"),
    to=(Mailbox("service@example.com"),),
    date=NOON,
    subject="Question",
    text="Why?",
)


def told(mail: Mail, data: bytes = b"", most: int = 10, **more: Any) -> Incoming:
    arrival = evolve(Arrival(mail=mail, data=data, received=NOON), **more)
    return incoming(arrival, "mail", own_name(arrival), most)


def test_a_mail_that_nobody_can_answer_gets_no_receipt() -> None:
    for mail in (evolve(MAIL, sender=None), evolve(MAIL, sender=Mailbox("a" * 300 + "@x.example"))):
        message = told(mail)
        assert (message.remote_address, message.is_automatic) == (NOBODY, True)


def test_an_answer_to_nobody_goes_to_those_that_are_named_besides() -> None:
    nobody = evolve(ASKED, remote_address=NOBODY, to=f"{NOBODY}, found@x.example")
    assert outgoing(nobody, ACCOUNT, (), None).recipients == ("found@x.example",)
    assert outgoing(evolve(nobody, to=None, cc=None), ACCOUNT, (), None).recipients == ()


def room(member: str) -> int:
    return text_length("MessageContentInfo", member)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_fits(shape: Shape) -> None:
    message = told(parse(shape.data), shape.data)
    assert 0 < len(message.remote_address) <= room("RemoteAddress")
    assert len((message.text or "").encode()) <= BYTE_LENGTHS["BodyText"]
    assert len((message.html or "").encode()) <= BYTE_LENGTHS["BodyHtml"]
    assert len(message.attachments) <= 10
    assert message.delivery_id.strip()
    assert all(name.strip() for name in message.references)


def test_what_matters_is_told() -> None:
    mail = evolve(MAIL, in_reply_to=("x@y",), references=("w@y", "x@y"), automatic=Automatic.LIST)
    message = told(evolve(mail, spam_level=3, culture="de"))
    assert message.remote_address == "ann@x.example"
    assert message.shown_from == "Ann <ann@x.example>"
    assert (message.in_reply_to, message.references) == ("x@y", ("w@y", "x@y"))
    assert (message.drafted, message.received) == (NOON, NOON)
    assert (message.is_automatic, message.spam_level, message.culture) == (True, 3, "de")
    assert told(MAIL).is_automatic is None


def test_an_answer_goes_where_it_is_wanted() -> None:
    mail = evolve(MAIL, reply_to=(Mailbox("private@x.example"),))
    assert told(mail).remote_address == "private@x.example"
    assert told(mail).shown_from == "Ann <ann@x.example>"
    assert told(evolve(mail, list_id="l.example")).remote_address == "ann@x.example"


def test_a_mail_of_nobody_is_told_all_the_same() -> None:
    assert told(evolve(MAIL, sender=None)).remote_address == NOBODY


def test_what_is_shown_too_shortly_is_whole_in_a_file() -> None:
    many = tuple(Mailbox(f"u{n}@x.example") for n in range(100))
    (headers,) = told(evolve(MAIL, to=many)).attachments
    assert headers.name == "headers.txt"
    assert b"u99@x.example" in headers.data
    (headers,) = told(evolve(MAIL, sender=Mailbox("a" * 300 + "@x.example"))).attachments
    assert b"a" * 300 in headers.data


def test_a_file_with_a_long_type_or_name_still_fits() -> None:
    odd = Attachment(name="a", data=b"", content_type="x/" + "y" * 200, content_id="z" * 300)
    (found,) = told(evolve(MAIL, attachments=(odd,))).attachments
    assert (found.content_type, found.content_id) == ("application/octet-stream", None)


def test_a_long_body_is_cut_and_whole_in_a_file() -> None:
    text, html = "ä" * 400_000, "<p>" + "b" * 600_000
    message = told(evolve(MAIL, text=text, html=html))
    assert (message.text or "").endswith("[cut: the whole text is in body.txt]")
    assert "body.html" in (message.html or "")[-100:]
    files = {each.name: each.data for each in message.attachments}
    assert files == {"body.txt": text.encode(), "body.html": html.encode()}


def test_of_too_many_files_the_mail_itself_is_the_last() -> None:
    files = [Attachment(name=f"{n}.txt", data=b"%d" % n) for n in range(12)]
    files[11] = evolve(files[11], is_inline=True, content_id="c")
    message = told(evolve(MAIL, attachments=tuple(files)), b"whole mail", most=3)
    assert [each.name for each in message.attachments] == ["0.txt", "11.txt", "original.eml"]
    assert message.attachments[-1].data == b"whole mail"


def test_a_mail_that_was_not_fetched_says_where_it_is() -> None:
    message = told(
        evolve(MAIL, text="", html="<p>"), b"head", size=90_000_000, where="INBOX of service"
    )
    assert "90000000 bytes, not fetched: it is in INBOX of service" in (message.text or "")
    assert message.html is None


def test_a_mail_without_a_name_is_known_by_its_bytes() -> None:
    mail = evolve(MAIL, message_id=None)
    assert told(mail, b"one").delivery_id != told(mail, b"two").delivery_id
    assert told(mail, b"one").delivery_id == told(mail, b"one").delivery_id
    assert told(evolve(MAIL, message_id="\u200b")).delivery_id.endswith("@unnamed.invalid")


def test_mails_with_one_name_are_told_apart_by_writer_and_time() -> None:
    later = evolve(MAIL, date=datetime(2023, 10, 4, tzinfo=UTC))
    assert origin_of(MAIL) != origin_of(later)
    assert origin_of(MAIL) == origin_of(
        evolve(MAIL, subject="[list] Question", text="Why? -- footer")
    )
    undated = evolve(MAIL, date=None)
    assert origin_of(undated) != origin_of(evolve(undated, text="Another"))
    name = told_apart("a@x.example", origin_of(later))
    assert name != "a@x.example"
    assert name_at_far_side(name) == "a@x.example"


def test_what_is_kept_is_read_again() -> None:
    mail = evolve(MAIL, references=tuple(f"{n}@x" for n in range(50)))
    found = read_kept(kept(mail, "Why?"))
    assert found == Kept(
        origin=origin_of(mail),
        writer="Ann",
        date=NOON,
        text="Why?",
        references=mail.references[-20:],
    )
    assert read_kept(kept(mail, None)).quote is None
    assert len(kept(mail, "x" * 1_000_000)) < 10_000


# --- what goes out

ACCOUNT = Account(gateway="mail", address="service@example.com")
ASKED = Outgoing(
    message_id=Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
    gateway=GatewayInfo(peer_address="mail", display_name="Example Service"),
    delivery_id="0f8fad5b-d9cb-469f-a165-70867728950e",
    remote_address="ann@x.example",
    subject="Re: Question",
    text="Because.",
    sent=NOON,
)


def test_a_message_becomes_a_mail() -> None:
    mail = outgoing(ASKED, ACCOUNT, (), None)
    assert mail.message_id == "0f8fad5b-d9cb-469f-a165-70867728950e@example.com"
    assert mail.sender == Mailbox("service@example.com", "Example Service")
    assert mail.to == (Mailbox("ann@x.example"),)
    assert (mail.subject, mail.text, mail.date) == ("Re: Question", "Because.", NOON)


@pytest.mark.parametrize(
    ("to", "wanted"),
    [
        (None, ["ann@x.example"]),
        ("Ann <ANN@x.example>, bob@x.example", ["ANN@x.example", "bob@x.example"]),
        ("bob@x.example", ["ann@x.example", "bob@x.example"]),
        ("rubbish", ["ann@x.example"]),
    ],
)
def test_it_goes_to_the_remote_address_in_any_case(to: str | None, wanted: list[str]) -> None:
    mail = outgoing(evolve(ASKED, to=to, cc="c@x.example", bcc="d@x.example"), ACCOUNT, (), None)
    assert [box.address for box in mail.to] == wanted
    assert mail.recipients == (*wanted, "c@x.example", "d@x.example")


@pytest.mark.parametrize(
    ("shown", "name", "wanted"),
    [
        ("Jo of Service", None, "Jo of Service"),
        ("Jo <jo@intern.example>", None, "Jo"),
        ("jo@intern.example", None, "Example Service"),
        ("Jo of Service", "Our Company", "Our Company"),
    ],
)
def test_the_sender_is_our_address_under_the_name_that_is_shown(
    shown: str, name: str | None, wanted: str
) -> None:
    mail = outgoing(evolve(ASKED, shown_from=shown), evolve(ACCOUNT, name=name), (), None)
    assert mail.sender == Mailbox("service@example.com", wanted)


def test_a_thread_goes_on_with_what_is_known_of_it() -> None:
    before = Kept(origin="o", writer="Ann", text="Why?", references=("1@x", "2@x"))
    asked = evolve(ASKED, in_reply_to=told_apart("3@x", "0123456789abcdef"))
    mail = outgoing(asked, ACCOUNT, (), before)
    assert (mail.in_reply_to, mail.references) == ("3@x", ("1@x", "2@x"))
    told_by_the_broker = evolve(asked, references=("9@x",))
    assert outgoing(told_by_the_broker, ACCOUNT, (), before).references == ("9@x",)


def test_what_is_answered_is_quoted_where_that_is_wanted() -> None:
    before = Kept(origin="o", writer="Ann", text="Why?")
    quote = outgoing(ASKED, ACCOUNT, (), before).quote
    assert quote is not None
    assert quote.text == "Why?"
    assert outgoing(ASKED, evolve(ACCOUNT, quote=False), (), before).quote is None
    automatic = evolve(ASKED, info=MessageContentInfo(is_automatic=True))
    mail = outgoing(automatic, ACCOUNT, (), before)
    assert mail.is_automatic
    assert mail.quote is None
