"""Reports on mails that were sent, as mail systems and programs write them."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.email.mail import Automatic, Outcome
from tests.support.mails.shape import Shape, head, mail, multi, part, whole

ORIGINAL = "out-7@example.com"
_RETURNED = f"From: service@example.com\nSubject: Your ticket\nMessage-ID: <{ORIGINAL}>\n"
_MX = "Reporting-MTA: dns; mx.customer.example\n"

_STATUS = (
    (
        "Postfix",
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1 <ann@customer.example>: Recipient address rejected",
    ),
    ("Exim", "failed", "5.0.0", "smtp; 550 no such user"),
    ("Sendmail", "failed", "5.2.2", "SMTP; 552 mailbox full"),
    ("Exchange Online", "failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    ("Gmail", "failed", "5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach"),
    ("OpenSMTPD", "failed", "5.1.1", ""),
    ("qmail with a patch", "failed", "5.7.1", "x-unix; policy"),
    ("Amazon SES", "failed", "5.7.1", "smtp; 554 5.7.1 rejected due to content"),
    ("Lotus Domino", "failed", "5.1.1", "X-Notes; User not listed"),
    ("a delay of Postfix", "delayed", "4.4.1", "X-Postfix; connect to mx: Connection timed out"),
    ("a delay of Sendmail", "delayed", "4.0.0", ""),
    ("a success", "delivered", "2.0.0", "smtp; 250 2.0.0 ok"),
    ("a relay", "relayed", "2.0.0", "smtp; 250 relayed"),
    ("an expanded list", "expanded", "2.0.0", ""),
)
_OUTCOMES = {
    "failed": Outcome.FAILED,
    "delayed": Outcome.DELAYED,
    "delivered": Outcome.DELIVERED,
    "relayed": Outcome.RELAYED,
    "expanded": Outcome.RELAYED,
}


def bounce(
    message_id: str = ORIGINAL,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 no such user",
    *,
    envelope: str = "",
    returned: str = "text/rfc822-headers",
    headers: str = "",
) -> bytes:
    """A report of RFC 3464.

    Args:
        message_id: The mail that is meant.
        action: What became of it.
        status: The code.
        diagnostic: What the server said.
        envelope: The name that it had on its envelope.
        returned: How the mail is sent back; empty: not at all.
        headers: The headers of the report in place of the usual ones.
    """
    whom = "Final-Recipient: rfc822; ann@customer.example\n"
    said = f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    named = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    status_part = f"{_MX}{named}\n{whom}Action: {action}\nStatus: {status}\n{said}"
    back = _RETURNED.replace(ORIGINAL, message_id)
    parts = [
        part("text/plain", "This is the mail system. Your mail could not be delivered."),
        part("message/delivery-status", status_part),
        *([part(returned, f"{back}\nbody")] if returned else []),
    ]
    usual = head(
        "Undelivered Mail Returned to Sender",
        From="MAILER-DAEMON@mx.customer.example",
        Return_Path="<>",
        Message_ID=f"<dsn-{message_id}>",
    )
    inner = multi("report", *parts, parameters="; report-type=delivery-status")
    return whole(headers or usual, inner)


def shapes() -> Iterator[Shape]:
    """All of them."""
    for name, action, status, diagnostic in _STATUS:
        for returned in ("message/rfc822", "text/rfc822-headers"):
            wanted = {
                "outcomes": (_OUTCOMES[action],),
                "reported": ORIGINAL,
                "recipient": "ann@customer.example",
                "status": status,
                "automatic": Automatic.REPORT,
            }
            data = bounce(action=action, status=status, diagnostic=diagnostic, returned=returned)
            yield Shape(f"report: {name}, {returned}", data, wanted)
    yield Shape(
        "report: by the envelope alone",
        bounce(envelope=ORIGINAL, returned=""),
        {"outcomes": (Outcome.FAILED,), "reported": ORIGINAL},
    )
    threaded = head(
        "Undeliverable: Your ticket", From="postmaster@x.example", In_Reply_To=f"<{ORIGINAL}>"
    )
    yield Shape(
        "report: by In-Reply-To alone",
        bounce(returned="", headers=threaded),
        {"outcomes": (Outcome.FAILED,), "reported": ORIGINAL},
    )
    yield from _two()
    yield from _prose()
    yield from _receipts()


def _two() -> Iterator[Shape]:
    one = "Final-Recipient: rfc822; {}\nAction: {}\nStatus: {}\n"
    failed = one.format("a@x.example", "failed", "5.1.1")
    delivered = one.format("b@x.example", "delivered", "2.0.0")
    status = f"{_MX}\n{failed}\n{delivered}"
    inner = multi(
        "report",
        part("text/plain", "two"),
        part("message/delivery-status", status),
        part("text/rfc822-headers", _RETURNED),
        parameters='; report-type="delivery-status"',
    )
    yield Shape(
        "report: of two recipients",
        whole(head(From="MAILER-DAEMON@x.example"), inner),
        {"outcomes": (Outcome.FAILED, Outcome.DELIVERED), "reported": ORIGINAL},
    )
    odd = multi(
        "report",
        part("text/plain", "odd"),
        part("message/delivery-status", "rubbish without a colon\n\nAction: odd\nStatus: x"),
        parameters="; report-type=delivery-status",
    )
    yield Shape("report: with an action that is none", whole(head(), odd), {"outcomes": ()})


def _prose() -> Iterator[Shape]:
    back = f"\n\n--- Below this line is a copy of the message.\n\n{_RETURNED}\nHi"
    qmail = (
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message.\n\n"
        "<ann@customer.example>:\n192.0.2.1 does not like recipient.\n"
        "Remote host said: 550 5.1.1 unknown user\n"
    )
    exim = (
        "This message was created automatically by mail delivery software.\n\n  ann@customer.example\n"
        "    host mx [192.0.2.1]: 550 unknown user\n\n------ This is a copy of the message ------\n\n"
    )
    daemon = "MAILER-DAEMON@mx.example"
    for name, headers, body, outcome in (
        ("qmail", head("failure notice", From=daemon), qmail + back, Outcome.FAILED),
        (
            "Exim",
            head(
                "Mail delivery failed: returning message to sender",
                From=daemon,
                X_Failed_Recipients="ann@customer.example",
            ),
            exim + _RETURNED,
            Outcome.FAILED,
        ),
        (
            "Exim, a warning",
            head("Warning: message 1abc delayed 24 hours", From=daemon),
            "has not been delivered\n" + _RETURNED,
            Outcome.DELAYED,
        ),
        (
            "Yahoo",
            head("Failure Notice", From=daemon),
            "Sorry, 554 delivery error" + back,
            Outcome.FAILED,
        ),
        (
            "a German server",
            head("Unzustellbar: Ihr Ticket", From="postmaster@firma.example"),
            f"Die Nachricht konnte nicht zugestellt werden. 550 5.1.1\n{_RETURNED}",
            Outcome.FAILED,
        ),
    ):
        wanted = {"outcomes": (outcome,), "reported": ORIGINAL, "automatic": Automatic.REPORT}
        yield Shape(f"report in prose: {name}", mail(headers, body), wanted)
    page = head("Undeliverable", From="postmaster@x.example", Content_Type="text/html")
    html = f"<p>ann@customer.example<br>550 5.1.1 unknown</p><pre>{_RETURNED.replace('<', '&lt;')}</pre>"
    wanted = {"outcomes": (Outcome.FAILED,), "reported": ORIGINAL, "status": "5.1.1"}
    yield Shape("report in prose: a page of HTML", mail(page, html), wanted)
    person = mail(head("Mail delivery failed?", From="Ann <ann@x.example>"), "I got a 550 error.\n")
    yield Shape("a person who tells of a failure", person, {"outcomes": (), "automatic": None})


def _receipts() -> Iterator[Shape]:
    for name, disposition, outcomes in (
        ("read", "manual-action/MDN-sent-manually; displayed", (Outcome.READ,)),
        (
            "read, by a program",
            "automatic-action/MDN-sent-automatically; displayed",
            (Outcome.READ,),
        ),
        ("deleted unread", "manual-action/MDN-sent-automatically; deleted", (Outcome.DELETED,)),
        ("an odd word", "manual-action/MDN-sent-manually; eaten", ()),
    ):
        fields = (
            f"Final-Recipient: rfc822; ann@customer.example\nOriginal-Message-ID: <{ORIGINAL}>\n"
            f"Disposition: {disposition}\n"
        )
        inner = multi(
            "report",
            part("text/plain", "This is a receipt."),
            part("message/disposition-notification", fields),
            parameters="; report-type=disposition-notification",
        )
        wanted = {"outcomes": outcomes, "automatic": Automatic.RECEIPT}
        yield Shape(f"a receipt: {name}", whole(head("Read: Your ticket"), inner), wanted)
    abuse = multi(
        "report",
        part("text/plain", "abuse"),
        part("message/feedback-report", "Feedback-Type: abuse\nUser-Agent: x\n"),
        part("message/rfc822", _RETURNED),
        parameters="; report-type=feedback-report",
    )
    yield Shape(
        "a complaint", whole(head(), abuse), {"automatic": Automatic.GENERATED, "outcomes": ()}
    )
