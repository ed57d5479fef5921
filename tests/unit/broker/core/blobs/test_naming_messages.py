"""Which attachments a message may name, and who sees them: B-61, I-15, I-19."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.inputs import Scanned
from broker.core.limits import DAY, UNNAMED_BLOBS
from protocol.values import Guid, ScanVerdict
from tests.support.attachments import bring, content, get
from tests.support.mail import MAIL_FLOOR, Post, refused, the_conversation, working
from tests.support.mail_out import SUPERVISED, carrier, handed, writes
from tests.support.playbook import Client, Playbook

ONE, TWO = content(1), content(2)


@pytest.fixture
def play() -> Playbook:
    return Playbook(MAIL_FLOOR)


def named(*which: str, **members: Any) -> list[dict[str, Any]]:
    return [{"BlobId": one, **members} for one in which]


def comes(play: Playbook, post: Post) -> Client:
    """A mail with an attachment has come, and Alice works on it."""
    alice = play.agent("alice", "101")
    bring(post.client, ONE)
    working(play, alice, post, Attachments=named(ONE.id, Name="plan.png"))
    return alice


def test_whoever_works_on_a_mail_gets_what_came_with_it(play: Playbook) -> None:
    """After a start, and after more than the day that what nobody names has."""
    alice = comes(play, Post(play))
    assert get(alice, ONE) == ONE.data
    alice.says("CS_CONVERSATION_STATUS", 1, ConversationId=the_conversation(play).id)
    (message,) = alice.hears("SC_CONVERSATION_STATUS", 1)["Messages"]
    (shown,) = message["Attachments"]
    assert (shown["Size"], shown["Sha256"], shown["Scan"]) == (len(ONE.data), ONE.digest, "Off")
    play.restart()
    play.wait(2 * DAY // 1_000_000)
    alice = play.agent("alice", "101")
    alice.heard.clear()
    assert get(alice, ONE) == ONE.data
    play.check_store()


def test_nobody_else_does(play: Playbook) -> None:
    """I-15: neither another agent, nor the connector of something else."""
    comes(play, Post(play))
    for stranger, frame in (
        (play.agent("bob", "102"), "CS_BLOB_GET"),
        (play.connector("sms"), "ES_BLOB_GET"),
    ):
        refused(stranger, frame, "UnknownMessage", BlobId=ONE.id, Length=9)


def test_many_mails_with_attachments_come(play: Playbook) -> None:
    """What a message names is not among what nothing names, of which there is a bound."""
    post = Post(play)
    for number in range(1, UNNAMED_BLOBS + 3):
        small = content(number, 9)
        bring(post.client, small)
        post.brings(RemoteAddress=f"{number}@example.org", Attachments=named(small.id))
    assert len(play.state.blobs.by_id) == UNNAMED_BLOBS + 2
    assert not play.state.blobs.unnamed


def test_what_is_not_there_or_not_theirs_is_refused(play: Playbook) -> None:
    """I-19: and the message with it, whoever hands it over; nothing is stored."""
    post, alice = Post(play), play.agent("alice", "101")
    bring(play.connector("sms"), ONE)
    post.client.says("ES_BLOB_PUT", **TWO.piece(0))
    post.client.hears("SE_BLOB_STATUS")
    facts = len(play.facts)
    for what, code in ((ONE, "UnknownMessage"), (TWO, "WrongState")):
        said = {"GatewayId": post.gateway, "DeliverySystemId": "<9@example.org>", "BodyText": "a"}
        said |= {"RemoteAddress": "eva@example.org", "ReceivedSentTime": "2026-01-02T03:04:05Z"}
        refused(post.client, "ES_MESSAGE_RECEIVING", code, **said, Attachments=named(what.id))
    reply = {"GatewayId": post.gateway, "RemoteAddress": "eva@example.org", "RequestId": "k1"}
    told = refused(alice, "CS_MESSAGE_SEND", "UnknownMessage", **reply, Attachments=named(ONE.id))
    assert told == "Attachments[0].BlobId: no attachment of this sender"
    assert len(play.facts) == facts


def test_a_connector_gets_what_goes_out_with_a_message() -> None:
    play = Playbook(SUPERVISED)
    mail, alice = carrier(play), play.agent("alice", "101")
    bring(alice, ONE)
    writes(alice, Attachments=named(ONE.id, Name="offer.png"))
    (shown,) = handed(mail)["Attachments"]
    assert (shown["Name"], shown["Sha256"], shown["Scan"]) == ("offer.png", ONE.digest, "Off")
    mail.base = {"Peer": "mail"}
    assert get(mail, ONE) == ONE.data
    refused(play.connector("sms"), "ES_BLOB_GET", "UnknownMessage", BlobId=ONE.id, Length=9)
    alice.heard.clear()
    assert get(play.agent("sue", "103"), ONE) == ONE.data
    play.check_store()


def test_what_is_infected_comes_in_and_is_not_given_out() -> None:
    """The mail is not lost for it; no agent may send it on."""
    play = Playbook(MAIL_FLOOR + '\n[attachments]\nscanner = "tcp://127.0.0.1:3310"\n')
    post = Post(play)
    assert bring(post.client, ONE) == "Pending"
    play.put(Scanned(blob=Guid(ONE.id), no=1, verdict=ScanVerdict.INFECTED))
    post.client.hears("SE_BLOB_STATUS", Scan="Infected")
    alice = play.agent("alice", "101")
    key = working(play, alice, post, Attachments=named(ONE.id))
    assert "Infected" in refused(alice, "CS_BLOB_GET", "WrongState", BlobId=ONE.id, Length=9)
    (message,) = the_conversation(play).messages
    passed = {"ConversationId": key, "ForwardOf": message.id, "RequestId": "k1", "BodyText": "a"}
    refused(alice, "CS_MESSAGE_SEND", "WrongState", **passed)


def test_who_works_on_it_is_told_what_the_scanner_says() -> None:
    play = Playbook(MAIL_FLOOR + '\n[attachments]\nscanner = "tcp://127.0.0.1:3310"\n')
    alice = comes(play, Post(play))
    play.put(Scanned(blob=Guid(ONE.id), no=1, verdict=ScanVerdict.CLEAN))
    alice.hears("SC_BLOB_STATUS", BlobId=ONE.id, Scan="Clean")
    assert get(alice, ONE) == ONE.data


def test_what_a_forgotten_conversation_names_is_out_of_memory(play: Playbook) -> None:
    """B-12: as it is after a start; the rows stay."""
    post = Post(play)
    alice = comes(play, post)
    bring(post.client, TWO)
    alice.says("CS_CONVERSATION_CLOSE", 1, ConversationId=the_conversation(play).id)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Closed")
    assert len(play.state.blobs.by_id) == 2
    play.wait(8 * DAY // 1_000_000)
    assert not play.state.messages.conversations
    assert not play.state.blobs.by_id
    play.restart()
    assert not play.state.blobs.by_id
    play.check_store()
