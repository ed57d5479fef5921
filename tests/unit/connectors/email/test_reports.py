"""Whose mail a report is about; each form of report is in the corpus of `test_parse`."""

from connectors.email.mail import Outcome
from connectors.email.parse import parse
from tests.support.mails.reports import ORIGINAL, bounce
from tests.support.mails.shape import head, mail


def test_the_envelope_is_surer_than_what_was_sent_back() -> None:
    (report,) = parse(bounce("other@x.example", envelope=ORIGINAL)).reports
    assert report.message_ids[:2] == (ORIGINAL, "other@x.example")


def test_a_report_says_in_one_line_what_happened() -> None:
    (report,) = parse(bounce()).reports
    assert str(report) == "ann@customer.example: 5.1.1 550 5.1.1 no such user"


def test_a_report_over_a_list_is_a_report() -> None:
    headers = head(
        From="MAILER-DAEMON@x.example", Precedence="bulk", Auto_Submitted="auto-generated"
    )
    assert parse(bounce(headers=headers)).reports[0].outcome is Outcome.FAILED


def test_a_failure_that_names_nobody_still_is_one() -> None:
    headers = head("Undeliverable: x", From="postmaster@x.example")
    (report,) = parse(mail(headers, "It did not work.\n")).reports
    assert (report.outcome, report.recipient, report.message_ids) == (Outcome.FAILED, None, ())
