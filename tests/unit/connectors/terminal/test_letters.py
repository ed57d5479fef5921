"""Messages as they are read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.terminal.letters import (
    SHOWN_LINES,
    attachment_text,
    delivery_text,
    folded,
    in_transcript,
    mark_of,
    passed_on,
    size_text,
    whole,
)
from connectors.terminal.words import local_time
from protocol.blob import AttachmentInfo
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import Direction, MessageStatus, ScanVerdict

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


UNKNOWN = "no answer came in time, so they may have a copy"


def mail(**members: Any) -> MessageContentInfo:
    given: dict[str, Any] = {
        "counter": 3,
        "direction": Direction.I,
        "from_field": "Jana <jana@example.org>",
        "subject_field": "Boots",
        "body_text": "Good morning",
    }
    return MessageContentInfo(**(given | members))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\n\ntwo\n", "one\n\ntwo"),
        ("one\r\n> a\r\n> b\r\ntwo", "one\n[2 quoted lines]\ntwo"),
        ("> a", "[1 quoted line]"),
        ("one\nOn Monday Jana wrote:\n> a\n>> b", "one\nOn Monday Jana wrote:\n[2 quoted lines]"),
        ("one\n-----Original Message-----\nFrom: x\ny", "one\n[3 quoted lines]"),
        ("one\n________________________________\nVon: x", "one\n[2 quoted lines]"),
        ("----- Forwarded message -----\nall of it", "----- Forwarded message -----\nall of it"),
        ("", ""),
    ],
)
def test_what_is_quoted_is_folded(text: str, shown: str) -> None:
    assert folded(text) == shown


def test_a_message_in_the_transcript_is_shortened_and_says_where_the_rest_is() -> None:
    text = "\n".join(f"line {number}" for number in range(SHOWN_LINES + 5))
    lines = in_transcript(mail(body_text=text)).split("\n")
    assert lines[0] == "Boots"
    assert lines[-1] == "[5 more lines: /read 3]"
    assert len(lines) == SHOWN_LINES + 2


def test_it_says_when_it_came_and_what_comes_with_it() -> None:
    bill = AttachmentInfo(name="bill.pdf", size=2048, scan=ScanVerdict.PENDING)
    message = mail(received_sent_time=AT, attachments=(bill,), subject_field=None)
    assert in_transcript(message).split("\n") == [
        f"(no subject) ({local_time(AT, '%a %d %b %H:%M')})",
        "Good morning",
        "[3.1] bill.pdf (2 KiB, is being checked)",
    ]


def test_the_whole_message_has_its_headers() -> None:
    message = mail(to_field="office", to_cc_field="bob", is_automatic=True, body_text="one\n> a")
    head = (
        "From: Jana <jana@example.org>\nTo: office\nCc: bob\nSubject: Boots\n(written by a machine)"
    )
    assert whole(message, with_quotes=True) == f"{head}\n\none\n> a"
    assert whole(message, with_quotes=False) == f"{head}\n\none\n[1 quoted line]"
    assert whole(mail(body_text=None), with_quotes=False).endswith("(no text)")


def test_what_is_passed_on_is_quoted_below_its_headers() -> None:
    assert passed_on(mail(body_text="one\n\ntwo")) == (
        "> From: Jana <jana@example.org>\n> Subject: Boots\n>\n> one\n>\n> two"
    )


@pytest.mark.parametrize(
    ("size", "text"), [(9, "9 bytes"), (4096, "4 KiB"), (3 * 1024 * 1024, "3.0 MiB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


def test_an_infected_attachment_is_told() -> None:
    text = attachment_text(AttachmentInfo(size=1, scan=ScanVerdict.INFECTED))
    assert text == "no name (1 bytes, INFECTED: it is not given out)"


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (
            MessageStatus.RETRY,
            "full",
            "could not be sent yet, and is tried again (attempt 3): full",
        ),
        (
            MessageStatus.RETRY,
            None,
            f"could not be sent yet, and is tried again (attempt 3): {UNKNOWN}",
        ),
        (
            MessageStatus.FAILED,
            "gone",
            "could not be sent; /retry tries it again (attempt 3): gone",
        ),
        (MessageStatus.SENT, None, "is sent"),
        (MessageStatus.SENT, "late", "is sent: late"),
    ],
)
def test_what_has_become_of_a_message(status: MessageStatus, error: str | None, said: str) -> None:
    """B-55: unknown is not refused."""
    info = MessageStatusInfo(counter=2, attempt=3, status=status, error=error)
    assert delivery_text(info) == f"message [2] {said}"


def test_what_was_not_sent_is_marked_below_it() -> None:
    failed = mail(status=MessageStatus.FAILED)
    assert mark_of(failed, None) == "\n[could not be sent; /retry tries it again]"
    info = MessageStatusInfo(attempt=1, status=MessageStatus.FAILED, error="gone")
    assert mark_of(failed, info).endswith(" (attempt 1): gone]")
    old = MessageStatusInfo(attempt=1, status=MessageStatus.RETRY, error="busy")
    assert "busy" not in mark_of(failed, old)
    assert mark_of(mail(status=MessageStatus.SENT), info) == ""
    assert mark_of(mail(), info) == ""


def test_a_message_that_has_html_alone_is_shown_as_text() -> None:
    html = mail(body_text=None, body_html="<p>Do they <b>fit</b>?</p><script>1</script>")
    assert in_transcript(html).endswith("\nDo they fit?")
    assert "Do they fit?" in whole(html, with_quotes=True)
    assert passed_on(html).endswith("> Do they fit?")
    assert "Both" in whole(mail(body_html="<p>HTML", body_text="Both"), with_quotes=True)
    assert "(no text)" in whole(
        mail(body_text=None, body_html="<img src='cid:1'>"), with_quotes=True
    )
