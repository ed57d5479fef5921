"""B-55: what is reported of a message that has left the memory, however long ago, is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from broker.config.model import DAY, SECOND
from broker.core.facts.messages import MessageMoved, MessageRecalled
from broker.core.inputs import SessionClosed
from protocol.values import ChatStatus, Guid
from tests.support.mail import MAIL_CONFIG, Post, gateway
from tests.support.mail_out import SUPERVISED, answers, carrier, handed, reports, writes
from tests.support.playbook import Client, Playbook

NOBODY = "00000000-0000-4000-a000-000000000099"


@pytest.fixture
def play() -> Playbook:
    return Playbook(SUPERVISED)


def long_ago(play: Playbook) -> tuple[Client, Client, Guid]:
    """A message that was sent, in a conversation that closed longer ago than a reply reopens it."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    answers(mail, status["MessageId"], Reference="<real@far>")
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    key = status["ConversationId"]
    alice.says("CS_CONVERSATION_CLOSE", 3, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 3, Status="Closed")
    play.wait(8 * DAY / SECOND)
    assert not play.state.messages.conversations
    assert not play.state.messages.messages
    return mail, alice, status["MessageId"]


def moves(play: Playbook) -> list[Any]:
    return [(f.status.value, f.outcome, f.error) for f in play.facts if isinstance(f, MessageMoved)]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("by_name", [False, True])
def test_a_late_bounce_is_known(play: Playbook, *, by_name: bool, restarted: bool) -> None:
    """Who wrote it is told; afterwards it leaves the memory again (I-14)."""
    mail, alice, message = long_ago(play)
    if restarted:
        play.restart()
        mail, alice = carrier(play), play.agent("alice", "101", state=None)
    named = {"Reference": "<real@far>"} if by_name else {"Id": message}
    reports(mail, "Bounced: nobody there", **named)
    told = {"Status": "Failed", "Error": "Bounced: nobody there"}
    alice.hears("SC_MESSAGE_STATUS", MessageId=message, **told)
    assert moves(play)[-1] == ("Failed", "bounced", "Bounced: nobody there")
    play.wait(1)
    assert not play.state.messages.messages
    assert not play.state.messages.conversations
    play.check_store()


def test_the_same_report_again_changes_nothing(play: Playbook) -> None:
    """What the store says of it by then counts."""
    mail, alice, message = long_ago(play)
    for said in ("Delivered", "Read"):
        reports(mail, said, Id=message)
        alice.hears("SC_MESSAGE_STATUS", Status=said)
        play.wait(1)
    before = len(moves(play))
    for said in ("Read", "Delivered", "Bounced: too late"):
        reports(mail, said, Id=message)
        play.wait(1)
    assert len(moves(play)) == before
    alice.silent()
    assert not play.state.messages.messages


def test_it_keeps_its_key_and_is_not_tried_again(play: Playbook) -> None:
    """B-62: its agent is answered by how far it is now."""
    mail, alice, message = long_ago(play)
    reports(mail, "Bounced: nobody there", Id=message)
    alice.hears("SC_MESSAGE_STATUS", Status="Failed")
    said = {"SubjectField": "Boots", "BodyText": "They fit.", "RemoteAddress": "eva@example.org"}
    for wait in (0, 1):
        play.wait(wait)
        alice.says("CS_MESSAGE_SEND", 5, RequestId="k1", GatewayId=gateway("Mail"), **said)
        alice.hears("SC_MESSAGE_STATUS", 5, Status="Failed", MessageId=message)
    play.wait(DAY / SECOND)
    mail.silent()


def test_what_the_store_does_not_have_is_unknown(play: Playbook) -> None:
    """W-27: nor is what came in, nor what went by another pair."""
    mail, _alice, message = long_ago(play)
    inbound = Post(play).brings()["Id"]
    play.wait(9 * DAY / SECOND)
    before = len(play.facts)
    for key in (NOBODY, inbound):
        mail.says("ES_MESSAGE_REPORT", 4, RefId=gateway("Mail"), Data="Read", Id=key)
        mail.refused("UnknownMessage", 4)
    texts = carrier(play, "sms")
    texts.says("ES_MESSAGE_REPORT", 4, RefId=gateway("Texts"), Data="Read", Id=message)
    texts.refused("UnknownMessage", 4)
    assert not [f for f in play.facts[before:] if isinstance(f, MessageRecalled | MessageMoved)]


def test_who_asked_and_is_gone_is_not_answered(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes back reports it again."""
    mail, alice, message = long_ago(play)
    read = play.store.read

    def ends(keys: Any) -> Any:
        play.put(SessionClosed(mail.number))
        return read(keys)

    with monkeypatch.context() as patched:
        patched.setattr(play.store, "read", ends)
        mail.says("ES_MESSAGE_REPORT", 4, RefId=gateway("Mail"), Data="Read", Id=message)
    alice.silent()
    reports(carrier(play), "Read", Id=message)
    alice.hears("SC_MESSAGE_STATUS", Status="Read")


def test_a_text_that_was_said_long_ago_is_reported_too() -> None:
    """B-60: its chat is gone, so nobody reads a note about it."""
    play = Playbook(MAIL_CONFIG)
    texts, alice = carrier(play, "chatted"), play.agent("alice", "101")
    alice.says("CS_CHAT_OPEN", 1, Peer="im", RemoteAddress="+420601123456")
    chat = alice.hears("SC_CHAT_STATUS", 1, Status="Answered")["ChatId"]
    alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="s", Text="Your parcel is here")
    alice.hears("SC_CHAT_SENTENCE", 2)
    message = handed(texts)["MessageId"]
    answers(texts, message)
    alice.says("CS_CHAT_HANGUP", 3, ChatId=chat)
    play.wait(2 * DAY / SECOND)
    assert not play.state.messages.messages
    alice.heard.clear()
    texts.says(
        "ES_MESSAGE_REPORT", 4, RefId=gateway("Chatted"), Data="Undelivered: off", Id=message
    )
    texts.hears("SYS_ACK", 4)
    assert moves(play)[-1] == ("Failed", "bounced", "Undelivered: off")
    assert all(chat.status is ChatStatus.CLOSED for chat in play.state.chats.values())
