"""Mail is handed over to a real server, and it is known what became of it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from connectors.channels.channel import Permanent, SendError, Temporary, Throttled, Unknown
from connectors.channels.converter import Secret
from connectors.email.settings import Smtp
from connectors.email.smtp import Envelope, Submission, WrongCredentialsError, outcome
from tests.support import submission
from tests.support.certificates import Authority
from tests.support.dovecot import free_port

ENVELOPE = Envelope(
    sender="service@example.com", recipients=("ann@x.example",), name="m1@example.com"
)
MAIL = b"Subject: x\r\n\r\n.hidden dot\r\n..\r\nlast line"


def settings(server: submission.Submission, **more: Any) -> Smtp:
    return evolve(Smtp(host="127.0.0.1", port=server.port, tls="off", timeout=10), **more)


def hand_over(smtp: Smtp, envelope: Envelope = ENVELOPE, token: str | None = None) -> str:
    return Submission(smtp, token).hand_over(envelope, lambda wide: MAIL)


def test_a_mail_arrives_as_it_was() -> None:
    with submission.running() as server:
        assert hand_over(settings(server)) == "250 2.0.0 OK: queued"
    assert server.taken == [MAIL + b"\r\n"]
    assert server.envelopes[0][:2] == ("service@example.com", ["ann@x.example"])


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("MAIL", "451 4.3.0 try later", Temporary),
        ("MAIL", "550 5.7.1 not as this sender", Permanent),
        ("RCPT", "450 4.7.1 greylisted", Temporary),
        ("RCPT", "452 4.2.2 mailbox full", Temporary),
        ("RCPT", "550 5.1.1 no such user", Permanent),
        ("RCPT", "552 5.2.2 mailbox full", Permanent),
        ("RCPT", "421 4.3.0 going down", Temporary),
        ("RCPT", "450 4.2.1 receiving mail at a rate that", Throttled),
        ("DATA", "451 4.3.0 no room", Temporary),
        ("DATA", "554 5.7.1 no", Permanent),
        (".", "451 4.7.1 later", Temporary),
        (".", "552 5.3.4 too big", Permanent),
        (".", "554 5.7.1 spam", Permanent),
        (".", "421 4.7.28 unusual rate of mail", Throttled),
        (".", "432 4.3.2 concurrent connections limit exceeded", Throttled),
        (".", "550 5.4.5 daily sending quota exceeded", Throttled),
    ],
)
def test_a_refusal_is_told_with_its_words(command: str, answer: str, kind: type[SendError]) -> None:
    with submission.running() as server:
        server.refuse.append((command, answer))
        with pytest.raises(kind, match=answer[:12]) as caught:
            hand_over(settings(server))
        assert type(caught.value) is kind
        assert server.taken == []
        hand_over(settings(server))  # and the next one goes
    assert len(server.taken) == 1


@pytest.mark.parametrize("where", ["EHLO", "MAIL", "RCPT", "DATA", "half"])
def test_what_was_cut_off_before_its_end_was_not_sent(where: str) -> None:
    with submission.running() as server:
        server.cuts.append(where)
        long = MAIL + b"x" * 20_000_000  # more than fits into the buffers between us
        with pytest.raises(Temporary):
            Submission(settings(server)).hand_over(ENVELOPE, lambda wide: long)
        assert server.taken == []


@pytest.mark.parametrize(("where", "copies"), [(".", 1), ("lost", 0)])
def test_nobody_knows_of_what_was_cut_off_behind_its_end(where: str, copies: int) -> None:
    with submission.running() as server:
        server.cuts.append(where)
        with pytest.raises(Unknown, match="before the server's answer"):
            hand_over(settings(server))
        assert len(server.taken) == copies


def test_nobody_gets_what_one_of_several_cannot_get() -> None:
    envelope = evolve(ENVELOPE, recipients=("a@x.example", "b@x.example", "c@x.example"))
    with submission.running() as server:
        server.refuse += [("RCPT", "450 4.2.0 later"), ("RCPT", "550 5.1.1 unknown")]
        with pytest.raises(Permanent, match=r"^b@x\.example: 550"):
            hand_over(settings(server), envelope)
        server.refuse += [("RCPT", "450 4.2.0 later")]
        with pytest.raises(Temporary, match=r"^a@x\.example: 450"):
            hand_over(settings(server), envelope)
        assert server.taken == []
        hand_over(settings(server), envelope)
    assert server.envelopes[0][1] == ["a@x.example", "b@x.example", "c@x.example"]


def test_a_server_that_is_not_there_is_temporary() -> None:
    with pytest.raises(Temporary):
        hand_over(Smtp(host="127.0.0.1", port=free_port(), tls="off"))
    with pytest.raises(Temporary):
        hand_over(Smtp(host="nowhere.invalid", tls="off"))


def test_a_mail_that_is_too_long_is_not_even_tried() -> None:
    with submission.running(size=20) as server:
        with pytest.raises(Permanent, match=r"5\.3\.4"):
            hand_over(settings(server))
        assert server.taken == []


def test_letters_beyond_ascii_need_a_server_that_takes_them() -> None:
    wide = evolve(ENVELOPE, recipients=("jörg@x.example",), wide=True)
    with submission.running(wide=False) as server, pytest.raises(Permanent, match="beyond ASCII"):
        hand_over(settings(server), wide)
    with submission.running() as server:
        hand_over(settings(server), wide)
    assert server.envelopes[0][1] == ["jörg@x.example"]


def test_an_address_cannot_smuggle_a_command_in() -> None:
    with submission.running() as server:
        for odd in (
            "a@x.example>\r\nRCPT TO:<b@x.example",
            "a b@x.example",
            "@x.example",
            "a@",
            "",
        ):
            with pytest.raises(Permanent, match="is not an address"):
                hand_over(settings(server), evolve(ENVELOPE, recipients=("a@x.example", odd)))
        assert server.taken == []


def test_a_server_that_reports_is_given_the_name_of_the_mail() -> None:
    with submission.running() as server:
        server.dsn = True
        hand_over(settings(server, reports=True))
    given = {name: str(value).lower() for name, value in server.envelopes[0][2].items()}
    assert given == {"RET": "hdrs", "ENVID": "m1@example.com", "NOTIFY": "success,failure,delay"}


@pytest.mark.parametrize("tls", ["on", "starttls"])
def test_a_connection_is_sealed(tls: str, tmp_path: Path) -> None:
    Authority(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with submission.running(context=context, from_the_start=tls == "on") as server:
        smtp = settings(server, host="localhost", tls=tls, ca=tmp_path / "ca.pem")
        hand_over(smtp)
        assert len(server.taken) == 1
        for wrong in (evolve(smtp, ca=None), evolve(smtp, host="127.0.0.1")):
            with pytest.raises(Temporary, match="certificate"):
                hand_over(wrong)
        assert len(server.taken) == 1


def test_a_server_without_tls_gets_nothing_when_tls_is_wanted() -> None:
    with submission.running(login=True) as server:
        smtp = settings(
            server, tls="starttls", user="service", password=Secret(submission.PASSWORD)
        )
        with pytest.raises(Temporary, match="STARTTLS"):
            hand_over(smtp)
    assert server.logins == []


def test_a_login_is_made_or_refused() -> None:
    with submission.running(login=True) as server:
        smtp = settings(server, user="service", password=Secret(submission.PASSWORD))
        hand_over(smtp)
        with pytest.raises(WrongCredentialsError, match="535"):
            hand_over(evolve(smtp, password=Secret("wrong")))
        with pytest.raises(SendError, match="530"):
            hand_over(settings(server))
        assert len(server.taken) == 1


def test_a_token_stands_in_place_of_a_password() -> None:
    with submission.running(login=True) as server:
        server.tokens.add("good")
        smtp = settings(server, user="service@example.com")
        hand_over(smtp, token="good")
        with pytest.raises(WrongCredentialsError, match="535"):
            hand_over(smtp, token="stale")
    assert server.logins[0] == "XOAUTH2 user=service@example.com"
    assert len(server.taken) == 1


def test_a_code_means_what_it_says() -> None:
    assert isinstance(outcome(499, b"odd"), Temporary)
    assert isinstance(outcome(599, b"odd"), Permanent)
    assert str(outcome(550, b"5.1.1\nno  such", "a@x")) == "a@x: 550 5.1.1 no such"
