"""B-50, B-55, B-56: a gateway that has another name is another one of the same pair, after a restart too."""

from __future__ import annotations

import pytest

from protocol.values import MessageStatus
from tests.support.core_in_memory import read_config
from tests.support.mail import MAIL_FLOOR, Post, gateway, the_conversation, working
from tests.support.mail_out import answers, carrier, delivery_of, handed, reports, writes
from tests.support.playbook import Playbook

RENAMED = MAIL_FLOOR.replace('name = "Mail"', 'name = "Letters"').replace(
    'gateway = "Mail"', 'gateway = "Letters"'
)
ELSEWHERE = RENAMED.replace('peer = "mail"', 'peer = "letters"')


@pytest.fixture
def play() -> Playbook:
    return Playbook(MAIL_FLOOR)


def starts_with(play: Playbook, config: str) -> None:
    """The process ends, and starts with another file."""
    play.config = read_config(config)
    play.restart()


def sent_to(play: Playbook) -> dict[str, str]:
    """An agent begins a conversation, whose message is sent."""
    mail, alice = carrier(play), play.agent("alice", "101", state="Pause")
    status = writes(alice, BodyText="We have boots.")
    message = handed(mail, alice)
    answers(mail, message["MessageId"], Reference="<sent@far>")
    return {"message": status["MessageId"], "name": "<sent@far>"}


def test_a_reply_to_what_the_old_name_sent_threads(play: Playbook) -> None:
    sent = sent_to(play)
    key = the_conversation(play).id
    starts_with(play, RENAMED)
    Post(play, name="Letters").brings(InReplyToId=sent["name"])
    assert list(play.state.messages.conversations) == [key]
    assert [m.inbound for m in the_conversation(play).messages] == [False, True]
    play.check_store()


def test_names_are_known_where_the_file_had_no_gateway_of_the_pair_for_a_while(
    play: Playbook,
) -> None:
    """The start has ended the conversation (C-4): the reply brings it back."""
    sent = sent_to(play)
    key = the_conversation(play).id
    elsewhere = MAIL_FLOOR.replace('name = "Mail"', 'name = "Other"')
    elsewhere = elsewhere.replace('peer = "mail"', 'peer = "other"')
    starts_with(play, elsewhere.replace('gateway = "Mail"', 'gateway = "Other"'))
    play.reload(RENAMED)
    Post(play, name="Letters").brings(InReplyToId=sent["name"])
    assert (the_conversation(play).id, the_conversation(play).is_open) == (key, True)


def test_a_reply_at_another_address_begins_a_conversation(play: Playbook) -> None:
    """It is no gateway of the pair."""
    sent = sent_to(play)
    starts_with(play, ELSEWHERE)
    Post(play, "letters", "Letters").brings(InReplyToId=sent["name"])
    assert len(the_conversation(play).messages) == 1


def test_what_came_under_the_old_name_is_not_stored_again(play: Playbook) -> None:
    first = Post(play).brings()
    starts_with(play, RENAMED)
    again = Post(play, name="Letters").brings(DeliverySystemId="<1@example.org>")
    assert (again["Data"], again["Id"]) == ("true", first["Id"])
    starts_with(play, ELSEWHERE)
    other = Post(play, "letters", "Letters").brings(DeliverySystemId="<1@example.org>")
    assert other["Id"] != first["Id"]


def test_a_text_that_came_under_the_old_name_is_not_said_again(play: Playbook) -> None:
    """B-60: its chat says of which pair the old gateway was."""
    said = {"RemoteAddress": "+420777000111"}
    first = Post(play, "chatted", "Chatted").brings("Hello", **said)
    starts_with(play, MAIL_FLOOR.replace('name = "Chatted"', 'name = "Said"'))
    again = Post(play, "chatted", "Said")
    answer = again.brings("Hello", DeliverySystemId="<1@example.org>", **said)
    assert (answer["Data"], answer["Id"]) == ("true", first["Id"])


def test_a_bounce_finds_what_the_old_name_sent(play: Playbook) -> None:
    sent = sent_to(play)
    starts_with(play, RENAMED)
    mail = Post(play, name="Letters")
    reports(mail.client, "Bounced: no such user", Reference=sent["name"], RefId=mail.gateway)
    assert delivery_of(play, {"MessageId": sent["message"]}).status is MessageStatus.FAILED


def test_its_conversations_are_answered_by_the_new_name(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    starts_with(play, RENAMED)
    mail = carrier(play)
    again = play.agent("alice", "101", state=None)
    writes(again, ConversationId=key)
    assert handed(mail, again)["GatewayId"] == gateway("Letters")


def test_a_reply_reopens_what_was_closed_under_the_old_name(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_CLOSE", 3, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 3, Status="Closed")
    starts_with(play, RENAMED)
    Post(play, name="Letters").brings(InReplyToId="<1@example.org>", DeliverySystemId="<2@x>")
    assert list(play.state.messages.conversations) == [key]
    assert the_conversation(play).is_open
