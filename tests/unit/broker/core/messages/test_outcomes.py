"""B-52..B-55, I-12: what connectors say of messages, in time, late, twice, and of messages of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from broker.core.facts.messages import MessageMoved
from broker.store import message_schema
from protocol.values import MessageStatus
from tests.support.mail import MAIL_CONFIG, gateway
from tests.support.mail_out import answers, carrier, delivery_of, handed, reports, writes
from tests.support.playbook import Client, Playbook

NOBODY = "00000000-0000-4000-a000-000000000099"


@pytest.fixture
def play() -> Playbook:
    return Playbook(MAIL_CONFIG)


def under_way(play: Playbook) -> tuple[Client, Client, dict[str, Any]]:
    """A connector, an agent, and a message of theirs that the connector has."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    return mail, alice, status


def moves(play: Playbook) -> list[tuple[str, str | None]]:
    """What became of all messages, and why."""
    return [(f.status.value, f.outcome) for f in play.facts if isinstance(f, MessageMoved)]


def history(play: Playbook) -> list[tuple[Any, ...]]:
    """What the store has of it (B-54)."""
    e = message_schema.message_events.c
    rows = select(e.status, e.attempt, e.outcome, e.error).order_by(e.seq)
    with play.store._connection.begin():
        return [tuple(row) for row in play.store._connection.execute(rows)]


def test_what_is_sent_is_sent_under_the_name_that_it_has_there(play: Playbook) -> None:
    """B-52, B-54: the agent sees it, and the history has it."""
    mail, alice, status = under_way(play)
    answers(mail, status["MessageId"], RefId=gateway("Mail"), Reference="<real@far>")
    alice.hears("SC_MESSAGE_STATUS", Status="Sent", DeliverySystemId="<real@far>", Attempt=1)
    assert history(play) == [
        ("Queued", 0, None, None),
        ("Sending", 1, None, None),
        ("Sent", 1, "sent", None),
    ]
    play.check_store()
    play.wait(90)
    play.silent()


def test_an_error_is_kept_as_it_came(play: Playbook) -> None:
    """B-54."""
    mail, alice, status = under_way(play)
    error = "  451 4.7.1 Grey-listed; try again in 300 s\n" + "x" * 4_000
    answers(mail, status["MessageId"], error)
    alice.hears("SC_MESSAGE_STATUS", Status="Retry", Error=error, Attempt=1)
    assert history(play)[-1] == ("Retry", 1, "refused", error)
    play.check_store()


@pytest.mark.parametrize(
    ("error", "after", "outcome", "attempt"),
    [
        ("permanent: no such mailbox", "Failed", "permanent", 1),
        ("throttled: slow down", "Retry", "throttled", 0),
        ("busy", "Retry", "refused", 1),
    ],
)
def test_what_an_error_says_decides(
    play: Playbook, error: str, after: str, outcome: str, attempt: int
) -> None:
    """B-55."""
    mail, alice, status = under_way(play)
    answers(mail, status["MessageId"], error)
    alice.hears("SC_MESSAGE_STATUS", Status=after, Error=error, Attempt=attempt)
    assert history(play)[-1] == (after, attempt, outcome, error)


def test_the_same_answer_again_changes_nothing(play: Playbook) -> None:
    """B-52: it is acknowledged; one without an Id gets nothing (W-16)."""
    mail, alice, status = under_way(play)
    for error in ("busy", None):
        answers(mail, status["MessageId"], error)
        alice.hears("SC_MESSAGE_STATUS")
        before = len(play.facts)
        answers(mail, status["MessageId"], error)
        mail.says("ES_MESSAGE_SENT", Id=status["MessageId"], Data=error)
        assert len(play.facts) == before
    play.silent()


def test_a_late_success_completes_the_message(play: Playbook) -> None:
    """B-52, I-12: while a retry waits, and after it has failed; once and for all."""
    mail, alice, status = under_way(play)
    answers(mail, status["MessageId"], "busy")
    answers(mail, status["MessageId"], Reference="<real@far>")
    assert moves(play)[-1] == ("Sent", "late_sent")
    alice.heard.clear()
    second = writes(alice, "k2", ConversationId=status["ConversationId"])
    handed(mail, alice)
    answers(mail, second["MessageId"], "permanent: no")
    answers(mail, second["MessageId"])
    assert moves(play)[-1] == ("Sent", "late_sent")
    play.wait(86_400)
    mail.silent()
    play.check_store()


def test_a_late_success_of_a_withdrawn_message_is_the_truth(play: Playbook) -> None:
    """B-52."""
    mail, alice, status = under_way(play)
    answers(mail, status["MessageId"], "busy")
    alice.says("CS_MESSAGE_CANCEL", 5, MessageId=status["MessageId"])
    answers(mail, status["MessageId"], "again")
    assert moves(play)[-1] == ("Cancelled", "late_refused")
    answers(mail, status["MessageId"])
    assert moves(play)[-1] == ("Sent", "late_sent")


def test_a_late_error_is_written_down_only(play: Playbook) -> None:
    """B-52: the pause goes on as it was, whatever the error says."""
    mail, alice, status = under_way(play)
    play.wait(90)
    alice.hears("SC_MESSAGE_STATUS", Status="Retry", Error=None)
    until = delivery_of(play, status).until
    play.wait(10)
    answers(mail, status["MessageId"], "permanent: it took too long")
    alice.hears("SC_MESSAGE_STATUS", Status="Retry", Error="permanent: it took too long")
    assert delivery_of(play, status).until == until
    assert history(play)[-1][2:] == ("late_refused", "permanent: it took too long")
    play.check_store()
    play.wait(23.1)
    handed(mail, alice)
    answers(mail, status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    answers(mail, status["MessageId"], "late again")
    alice.hears("SC_MESSAGE_STATUS", Status="Sent", Error="late again")
    reports(mail, "Delivered", Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Delivered")
    answers(mail, status["MessageId"], "later still")
    play.silent()


def test_an_error_of_another_connection_is_not_about_the_open_attempt(play: Playbook) -> None:
    """I-12: or the next attempt would begin beside it. A success is one, whoever says it."""
    mail, alice, status = under_way(play)
    other = carrier(play)
    answers(other, status["MessageId"], "busy")
    alice.hears("SC_MESSAGE_STATUS", Status="Sending", Error="busy")
    delivery = delivery_of(play, status)
    assert (delivery.status, delivery.session) == (MessageStatus.SENDING, mail.number)
    play.check_store()
    play.wait(60)
    other.silent()
    answers(other, status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    assert moves(play)[-2:] == [("Sending", "late_refused"), ("Sent", "late_sent")]


def test_who_comes_back_answers_for_the_connection_that_is_gone(play: Playbook) -> None:
    """B-53."""
    mail, alice, status = under_way(play)
    mail.leaves()
    again = carrier(play)
    answers(again, status["MessageId"], "busy")
    alice.hears("SC_MESSAGE_STATUS", Status="Retry", Error="busy")
    assert moves(play)[-1] == ("Retry", "refused")


@pytest.mark.parametrize(
    "said",
    [
        lambda message: {"Id": NOBODY},
        lambda message: {"Id": message, "RefId": gateway("Texts")},
    ],
)
def test_an_answer_about_no_message_is_refused(
    play: Playbook, said: Callable[[str], dict[str, str]]
) -> None:
    """W-27: nothing changes."""
    mail, _alice, status = under_way(play)
    before = len(play.facts)
    mail.says("ES_MESSAGE_SENT", 1, **said(status["MessageId"]))
    mail.refused("UnknownMessage", 1)
    assert len(play.facts) == before


def test_a_message_of_a_gateway_of_others_is_unknown(play: Playbook) -> None:
    """I-15."""
    _mail, _alice, status = under_way(play)
    texts = carrier(play, "sms")
    texts.says("ES_MESSAGE_SENT", 1, Id=status["MessageId"])
    texts.refused("UnknownMessage", 1)
    said = {"Data": "Delivered", "Id": status["MessageId"]}
    texts.says("ES_MESSAGE_REPORT", 2, RefId=gateway("Mail"), **said)
    texts.refused("NotAllowed", 2)
    texts.says("ES_MESSAGE_REPORT", 3, RefId=gateway("Texts"), **said)
    texts.refused("UnknownMessage", 3)
    texts.says("ES_MESSAGE_REPORT", 4, RefId=NOBODY, **said)
    texts.refused("UnknownGateway", 4)


def test_an_inbound_message_is_none_that_was_handed_over(play: Playbook) -> None:
    mail, _alice, status = under_way(play)
    mail.says(
        "ES_MESSAGE_RECEIVING",
        2,
        GatewayId=gateway("Mail"),
        DeliverySystemId="<in@far>",
        InReplyToId=status["DeliverySystemId"],
        RemoteAddress="eva@example.org",
        ReceivedSentTime="2026-01-02T03:04:05Z",
        BodyText="Thanks",
    )
    inbound = mail.hears("SE_MESSAGE_RECEIVED", 2, Data="true")["Id"]
    mail.says("ES_MESSAGE_SENT", 3, Id=inbound)
    mail.refused("UnknownMessage", 3)
    for named in ({"Id": inbound}, {"Reference": "<in@far>"}):
        mail.says("ES_MESSAGE_REPORT", 4, RefId=gateway("Mail"), Data="Read", **named)
        mail.refused("UnknownMessage", 4)


def sent(play: Playbook) -> tuple[Client, Client, dict[str, Any]]:
    """The same, once the message is sent."""
    mail, alice, status = under_way(play)
    answers(mail, status["MessageId"], Reference="<real@far>")
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    return mail, alice, status


def test_a_report_never_makes_less_of_a_message(play: Playbook) -> None:
    """B-55: by its name on either side; what is read was delivered, and bounces no more."""
    mail, alice, status = sent(play)
    reports(mail, "Delivered", Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Delivered", Error=None)
    reports(mail, "Read", Reference="<real@far>")
    alice.hears("SC_MESSAGE_STATUS", Status="Read")
    before = len(play.facts)
    for said in ("Delivered", "Read", "Bounced: too late", "Undelivered: too late"):
        reports(mail, said, Reference="<real@far>")
    assert len(play.facts) == before
    play.silent()
    play.check_store()


@pytest.mark.parametrize("said", ["Bounced: no such user here", "Undelivered: expired"])
@pytest.mark.parametrize("delivered", [False, True])
def test_what_comes_back_has_failed(play: Playbook, said: str, *, delivered: bool) -> None:
    """B-55: and is never tried again (I-12), neither by a success that is told again, nor by its agent."""
    mail, alice, status = sent(play)
    if delivered:
        reports(mail, "Delivered", Id=status["MessageId"])
        alice.hears("SC_MESSAGE_STATUS", Status="Delivered")
    reports(mail, said, Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", Error=said)
    assert history(play)[-1] == ("Failed", 1, "bounced", said)
    before = len(play.facts)
    reports(mail, said, Id=status["MessageId"])
    reports(mail, "Delivered", Id=status["MessageId"])
    answers(mail, status["MessageId"])
    assert len(play.facts) == before
    alice.says("CS_MESSAGE_RETRY", 6, MessageId=status["MessageId"])
    assert "sent" in alice.refused("WrongState", 6)
    reports(mail, "Bounced: and another thing", Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", Error="Bounced: and another thing")
    play.check_store()


def test_a_report_proves_that_it_was_sent(play: Playbook) -> None:
    """B-55, I-12: a retry that waits is none any more."""
    mail, alice, status = under_way(play)
    play.wait(90)
    alice.hears("SC_MESSAGE_STATUS", Status="Retry")
    reports(mail, "Delivered", Reference=status["DeliverySystemId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Delivered")
    assert moves(play)[-2:] == [("Sent", "late_sent"), ("Delivered", "delivered")]
    play.wait(86_400)
    mail.silent()
    play.check_store()


def test_what_failed_and_was_delivered_was_delivered(play: Playbook) -> None:
    """B-55: but what failed and came back has failed."""
    mail, alice, status = under_way(play)
    answers(mail, status["MessageId"], "permanent: no")
    alice.hears("SC_MESSAGE_STATUS", Status="Failed")
    reports(mail, "Bounced: no", Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", Error="Bounced: no")
    reports(mail, "Delivered", Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Delivered", Error=None)


@pytest.mark.parametrize("said", ["delivered", "Delivered: yes", "Lost", "", ": no", "Sent"])
def test_a_report_that_says_nothing_known_is_refused(play: Playbook, said: str) -> None:
    """W-27."""
    mail, _alice, status = sent(play)
    before = len(play.facts)
    mail.says("ES_MESSAGE_REPORT", 1, RefId=gateway("Mail"), Id=status["MessageId"], Data=said)
    mail.refused("BadPayload", 1)
    mail.says("ES_MESSAGE_REPORT", 2, RefId=gateway("Mail"), Data="Read")
    mail.refused("BadPayload", 2)
    for named in ({"Id": NOBODY}, {"Reference": "<nobody@far>"}):
        mail.says("ES_MESSAGE_REPORT", 3, RefId=gateway("Mail"), Data="Read", **named)
        mail.refused("UnknownMessage", 3)
    assert len(play.facts) == before


def test_a_report_comes_by_the_gateway_of_the_other_direction() -> None:
    """B-55: a bounce comes in where mail comes in."""
    both = '[[message_gateways]]\nname = "Mail"\npeer = "mail"\nchannel = "Email"\ndirection = "B"'
    assert both in MAIL_CONFIG
    one_way = both.replace('"B"', '"O"')
    other = one_way.replace('"Mail"', '"Mailbox"').replace('"O"', '"I"')
    token = 'token = "mail-secret"\n'
    play = Playbook(MAIL_CONFIG.replace(both + "\n" + token, f"{one_way}\n{token}{other}\n{token}"))
    mail, alice, status = sent(play)
    reports(mail, "Bounced: no", RefId=gateway("Mailbox"), Reference="<real@far>")
    alice.hears("SC_MESSAGE_STATUS", Status="Failed")
    reports(mail, "Bounced: again", RefId=gateway("Mailbox"), Id=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", Error="Bounced: again")
