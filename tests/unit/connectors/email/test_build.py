"""What is sent is read again as it was meant, by our reader and by the standard's."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.channel import Attachment
from connectors.email.build import build, name_of
from connectors.email.mail import Automatic, Mailbox, NewMail, Quote
from connectors.email.parse import parse

PLAIN = NewMail(
    message_id="m1@example.com",
    sender=Mailbox("service@example.com", "Service"),
    to=(Mailbox("ann@x.example", "Ann"),),
    date=datetime(2023, 10, 3, 12, 3, 12, tzinfo=UTC),
    subject="Your ticket",
    text="Hello\n",
)
LOGO = Attachment(
    name="logo.png", content_type="image/png", data=b"\x89PNG", content_id="l@1", is_inline=True
)
FILE = Attachment(name="Übersicht.pdf", content_type="application/pdf", data=b"%PDF\r\n\x00")


def headers(data: bytes) -> dict[str, str]:
    message: Any = email.message_from_bytes(data, policy=policy.default)
    return dict(message.items())


def test_a_mail_is_read_as_it_was_meant() -> None:
    mail = parse(build(PLAIN))
    assert (mail.message_id, mail.sender, mail.to) == (PLAIN.message_id, PLAIN.sender, PLAIN.to)
    assert (mail.date, mail.subject, mail.text) == (PLAIN.date, PLAIN.subject, PLAIN.text)
    assert mail.automatic is None
    assert mail.faults == ()


def test_text_html_a_picture_and_a_file_lie_as_programs_expect() -> None:
    data = build(evolve(PLAIN, html='<p><img src="cid:l@1"></p>', attachments=(FILE, LOGO)))
    message: Any = email.message_from_bytes(data, policy=policy.default)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    mail = parse(data)
    assert {each.name: each.is_inline for each in mail.attachments} == {
        "logo.png": True,
        "Übersicht.pdf": False,
    }
    assert mail.attachments[1].data == FILE.data


def test_a_picture_of_a_mail_without_html_is_a_file() -> None:
    assert [a.is_inline for a in parse(build(evolve(PLAIN, attachments=(LOGO,)))).attachments] == [
        False
    ]


def test_html_alone_goes_out_alone() -> None:
    mail = parse(build(evolve(PLAIN, text=None, html="<p>Hello</p>")))
    assert mail.text is None
    assert "<p>Hello</p>" in (mail.html or "")


def test_a_thread_goes_on() -> None:
    long = f"{'x' * 400}@long.example"
    data = build(evolve(PLAIN, in_reply_to="b@x", references=("a@x", "b@x", long, "c@x")))
    mail = parse(data)
    assert mail.in_reply_to == ("b@x",)
    assert mail.references == ("a@x", long, "c@x", "b@x")
    assert b"=?" not in data


def test_a_thread_without_end_keeps_its_beginning_and_its_end() -> None:
    mail = parse(build(evolve(PLAIN, references=tuple(f"{n}@x" for n in range(500)))))
    assert (len(mail.references), mail.references[0], mail.references[-1]) == (40, "0@x", "499@x")


def test_a_name_that_is_none_of_mail_is_left_out_of_the_thread() -> None:
    names = headers(build(evolve(PLAIN, in_reply_to="h:abc", references=("h:abc", "a b@x"))))
    assert not {"In-Reply-To", "References"} & set(names)


def test_an_automatic_mail_says_so() -> None:
    assert headers(build(evolve(PLAIN, is_automatic=True)))["Auto-Submitted"] == "auto-generated"
    answer = build(evolve(PLAIN, is_automatic=True, in_reply_to="a@x"))
    assert headers(answer)["Auto-Submitted"] == "auto-replied"
    assert parse(answer).automatic is Automatic.REPLY


def test_hidden_receivers_are_hidden() -> None:
    mail = evolve(PLAIN, cc=(Mailbox("c@x.example"),), bcc=(Mailbox("secret@x.example"),))
    assert b"secret" not in build(mail)
    assert mail.recipients == ("ann@x.example", "c@x.example", "secret@x.example")


def test_who_is_named_twice_gets_it_once() -> None:
    assert evolve(PLAIN, cc=(Mailbox("ANN@x.example"),)).recipients == ("ANN@x.example",)


def test_a_header_cannot_be_smuggled_in() -> None:
    odd = "a\r\nBcc: evil@x.example"
    data = build(
        evolve(PLAIN, subject=odd, sender=Mailbox("s@example.com", odd), culture="de\r\nX: y")
    )
    assert not {"Bcc", "X"} & set(headers(data))


def test_a_mail_is_seven_bits_in_lines_that_servers_take() -> None:
    data = build(evolve(PLAIN, text="Größe 東京 😀 " * 500, html=f"<p>{'ä' * 5000}</p>"))
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_a_domain_travels_in_ascii() -> None:
    data = build(evolve(PLAIN, to=(Mailbox("ann@exämple.example"),)))
    assert parse(data).to == (Mailbox("ann@xn--exmple-cua.example"),)


@pytest.mark.parametrize("address", ["", "ann", "@x.example", "ann@", f"a@{'ä' * 100}.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not an? \w+"):
        build(evolve(PLAIN, to=(Mailbox(address),)))


def test_a_mail_as_a_file_stays_one() -> None:
    inner = Attachment(name="m.eml", content_type="message/rfc822", data=b"Subject: x\n\n\xff")
    (found,) = parse(build(evolve(PLAIN, attachments=(inner,)))).attachments
    assert (found.name, found.data) == (inner.name, inner.data)


def test_what_is_answered_stands_below() -> None:
    mail = parse(build(evolve(PLAIN, html="<p>Hello</p>", quote=Quote(writer="Ann", text="Why?"))))
    assert "Ann wrote:\n> Why?" in (mail.text or "")
    assert "<blockquote" in (mail.html or "")


@pytest.mark.parametrize(
    ("proposed", "name"),
    [
        ("a.b@x.example", "a.b@x.example"),
        ("<a.b@x.example>", "a.b@x.example"),
        ("0f8fad5b-d9cb", "0f8fad5b-d9cb@example.com"),
        ("odd name!", "odd.name.@example.com"),
    ],
)
def test_a_proposed_name_becomes_one_of_mail(proposed: str, name: str) -> None:
    assert name_of(proposed, "example.com") == name


@given(st.text(max_size=200), st.text(max_size=80), st.binary(max_size=80))
def test_any_words_go_out(text: str, name: str, content: bytes) -> None:
    file = Attachment(name=name, content_type=name, data=content)
    data = build(
        evolve(
            PLAIN, subject=text, text=text, to=(Mailbox("a@x.example", name),), attachments=(file,)
        )
    )
    assert data.isascii()
    mail = parse(data)
    assert mail.to[0].address == "a@x.example"
    assert mail.attachments[-1].data == content
