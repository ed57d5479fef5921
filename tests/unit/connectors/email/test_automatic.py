"""Signs that stand against each other; each sign alone is in the corpus of `test_parse`."""

from connectors.email.mail import Automatic
from connectors.email.parse import parse
from tests.support.mails.shape import head, mail


def test_what_says_more_counts_first() -> None:
    headers = head(Auto_Submitted="auto-replied", List_Id="<l.example>", Precedence="bulk")
    assert parse(mail(headers, "x")).automatic is Automatic.REPLY


def test_a_person_on_a_list_writes_over_a_list() -> None:
    assert parse(mail(head("Automatic reply: x", List_Id="<l.x>"), "x")).automatic is Automatic.LIST


def test_a_word_within_a_sender_is_no_sign() -> None:
    for address in ("noreply.fan@x.example", "mailer@x.example", "replyno@x.example"):
        assert parse(mail(head(From=address), "x")).automatic is None
