"""Mails that are numbered come in and are answered, and it is seen when one is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from connectors.email.parse import parse
from tests.night import mails
from tests.night.letters import letter, number_in
from tests.night.mails import Came, Mass, main, measure
from tests.night.posted import Stored, weighed

ASKED = Stored(True, 7, 1, None, "Closed", 0)
ANSWER = Stored(False, 7, 1, "Sent", "Closed", 0)


@pytest.mark.parametrize("number", [1, 3, 10])
def test_every_kind_of_letter_carries_its_number(number: int) -> None:
    mail = parse(letter(number))
    assert number_in(mail.text or "") == number
    assert bool(mail.html) is (number == 3)
    assert len(mail.attachments) == (number == 10)


def test_what_is_in_order_has_no_faults() -> None:
    judged = weighed([ASKED, ANSWER], 1, {1: 1})
    assert (judged.received, judged.sent, judged.copies, judged.faults) == (1, 1, 0, ())


def test_a_copy_stands_for_an_unknown_attempt() -> None:
    """B-55."""
    unknown = evolve(ANSWER, unknown=1)
    assert weighed([ASKED, unknown], 1, {1: 2}).faults == ()
    (fault,) = weighed([ASKED, ANSWER], 1, {1: 2}).faults
    assert fault == "answer 1 was posted 2 times, with 0 unknown attempts"


@pytest.mark.parametrize(
    ("rows", "posted", "fault"),
    [
        ([ANSWER], {1: 1}, "mail 1 is stored 0 times"),
        ([ASKED], {1: 1}, "answer 1 is stored 0 times"),
        ([ASKED, evolve(ASKED, conversation=8), ANSWER], {1: 1}, "mail 1 is stored 2 times"),
        ([ASKED, evolve(ANSWER, conversation=8)], {1: 1}, "answer 1 is in another conversation"),
        ([evolve(ASKED, conversation=None), ANSWER], {1: 1}, "mail 1 is in conversation None"),
        ([ASKED, evolve(ANSWER, status="Sending")], {1: 1}, "answer 1 is Sending"),
        ([ASKED, evolve(ANSWER, conversation_status="Waiting")], {1: 1}, "is Waiting"),
        ([ASKED, ANSWER], {}, "answer 1 was posted 0 times"),
        ([ASKED, ANSWER], {1: 1, 5: 1}, "answer 5 was posted 1 times"),
    ],
)
def test_what_is_lost_or_doubled_is_a_fault(
    rows: list[Stored], posted: dict[int, int], fault: str
) -> None:
    """I-12, I-18."""
    assert any(fault in told for told in weighed(rows, 1, posted).faults)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.requires("dovecot")
def test_mails_come_in_and_answers_go_out_over_kills(tmp_path: Path) -> None:
    """I-12, I-18, B-50, B-55: broker and channel are killed once each."""
    came = measure(Mass(count=30, kills=2, minutes=4), tmp_path)
    assert came.judged.faults == ()
    assert (came.judged.received, came.judged.sent) == (30, 30)
    assert came.judged.copies <= came.judged.unknown
    assert all(cost.cpu_seconds > 0 and cost.rss_bytes > 0 for cost in came.costs.values())
    assert "30 mails in and 30 out" in str(came)


@pytest.mark.parametrize(("rows", "status"), [([ASKED, ANSWER], 0), ([ASKED], 1)])
def test_the_program_says_what_is_missing(
    rows: list[Stored],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def measured(wanted: Mass, _directory: Path) -> Came:
        judged = weighed(rows, wanted.count, {1: 1})
        return Came(wanted=wanted, seconds=60.0, in_seconds=30.0, judged=judged, costs={})

    monkeypatch.setattr(mails, "measure", measured)
    assert main(["--count", "1", "--minutes", "1"]) == status
    told = capsys.readouterr().out
    assert "1 mails in and 1 out in 1.0 minutes" in told
    assert ("answer 1 is stored 0 times" in told) is bool(status)
