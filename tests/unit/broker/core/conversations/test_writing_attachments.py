"""B-61, B-62: what a draft names stays, is shown again, and goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from broker.config.model import DAY, SECOND
from broker.core.inputs import Scanned
from protocol.values import Guid, ScanVerdict
from tests.support.attachments import bring, content, get
from tests.support.letters import guid
from tests.support.mail import MAIL_FLOOR, refused, the_conversation, working
from tests.support.playbook import Client, Playbook

ONE, TWO = content(1), content(2)
A_DAY = DAY / SECOND


@pytest.fixture
def play() -> Iterator[Playbook]:
    made = Playbook(MAIL_FLOOR)
    yield made
    made.check_store()


def drafts(agent: Client, key: str, *blobs: Any, text: str | None = "They") -> None:
    """Keep a draft that names these."""
    named = [{"BlobId": one.id} for one in blobs] or None
    agent.says(
        "CS_MESSAGE_DRAFT", 1, Peer=None, ConversationId=key, BodyText=text, Attachments=named
    )
    agent.hears("SYS_ACK", 1)


def shown(agent: Client, key: str) -> list[dict[str, Any]] | None:
    """What the draft of a conversation names; None: there is none."""
    agent.says("CS_CONVERSATION_STATUS", 2, ConversationId=key)
    draft = agent.hears("SC_CONVERSATION_STATUS", 2).get("Draft")
    return draft.get("Attachments", []) if draft is not None else None


def is_there(play: Playbook, blob: Any) -> bool:
    """Whether the broker has an attachment, in memory and after a restart as well."""
    return blob.id in play.state.blobs.by_id


def drafted(play: Playbook) -> tuple[Client, str]:
    """Alice's draft names an attachment."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    bring(alice, ONE)
    drafts(alice, key, ONE)
    return alice, key


def test_what_a_draft_names_outlives_the_day_and_a_restart(play: Playbook) -> None:
    alice, key = drafted(play)
    bring(alice, TWO)
    play.wait(A_DAY + 1)
    assert (is_there(play, ONE), is_there(play, TWO)) == (True, False)
    (one,) = shown(alice, key) or [{}]
    assert (one["Name"], one["Size"], one["Scan"]) == ("plan.png", len(ONE.data), "Off")
    play.restart()
    again = play.agent("alice", "101", "Ready")
    assert [one["BlobId"] for one in shown(again, key) or ()] == [ONE.id]
    play.wait(A_DAY + 1)
    assert get(again, ONE) == ONE.data


def test_it_goes_with_the_message(play: Playbook) -> None:
    alice, key = drafted(play)
    said = {"RequestId": "k1", "ConversationId": key, "Attachments": [{"BlobId": ONE.id}]}
    alice.says("CS_MESSAGE_SEND", 3, Peer=None, **said)
    alice.hears("SC_MESSAGE_STATUS", 3)
    assert shown(alice, key) is None
    (message,) = (one for one in play.state.messages.messages.values() if not one.inbound)
    assert list(play.state.blobs.by_id[Guid(ONE.id)].holders) == [message.id]
    play.wait(A_DAY + 1)
    assert get(alice, ONE) == ONE.data
    play.check_store()


@pytest.mark.parametrize("end", ["without", "dropped", "closed"])
def test_what_a_draft_names_no_more_is_kept_for_a_day(play: Playbook, end: str) -> None:
    alice, key = drafted(play)
    play.wait(A_DAY + 1)
    if end == "without":
        drafts(alice, key)
    elif end == "dropped":
        drafts(alice, key, text=None)
    else:
        alice.says("CS_CONVERSATION_CLOSE", ConversationId=key)
        alice.hears("SC_CONVERSATION_STATUS")
    play.wait(A_DAY - 60)
    assert get(alice, ONE) == ONE.data
    play.wait(61)
    assert not is_there(play, ONE)


def test_a_draft_that_goes_leaves_what_a_message_names(play: Playbook) -> None:
    alice, key = drafted(play)
    said = {"RequestId": "k1", "ConversationId": key, "Attachments": [{"BlobId": ONE.id}]}
    alice.says("CS_MESSAGE_SEND", 3, Peer=None, **said)
    alice.hears("SC_MESSAGE_STATUS", 3)
    drafts(alice, key, ONE)
    drafts(alice, key)
    play.wait(2 * A_DAY)
    assert get(alice, ONE) == ONE.data
    play.restart()
    assert is_there(play, ONE)


def test_who_takes_it_over_has_what_the_draft_names_and_sends_it(play: Playbook) -> None:
    """Though it is the attachment of who wrote the draft."""
    alice, key = drafted(play)
    bob = play.agent("bob", "102", "Pause")
    refused(bob, "CS_BLOB_GET", "UnknownMessage", BlobId=ONE.id, Length=1)
    alice.says("CS_CONVERSATION_RETURN", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    bob.says("CS_AGENT_STATE", State="Ready")
    bob.hears("SC_AGENT_STATE", State="Ready")
    bob.hears("SC_CONVERSATION_ALERT")
    bob.says("CS_CONVERSATION_ANSWER", 4, ConversationId=key)
    draft = bob.hears("SC_CONVERSATION_STATUS", 4)["Draft"]
    assert [one["BlobId"] for one in draft["Attachments"]] == [ONE.id]
    assert get(bob, ONE) == ONE.data
    drafts(bob, key, ONE, text="They fit")
    said = {"RequestId": "k1", "Attachments": [{"BlobId": ONE.id}]}
    anew = {"GatewayId": the_conversation(play).gateway, "RemoteAddress": "ada@example.org"}
    refused(bob, "CS_MESSAGE_SEND", "UnknownMessage", Peer=None, **said, **anew)
    bob.says("CS_MESSAGE_SEND", 5, Peer=None, ConversationId=key, **said)
    bob.hears("SC_MESSAGE_STATUS", 5, Status="Queued")


def test_a_draft_names_nothing_that_is_not_there_or_somebody_elses(play: Playbook) -> None:
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    key = working(play, alice)
    bring(bob, ONE)
    alice.says("CS_BLOB_PUT", **TWO.piece(0))
    alice.hears("SC_BLOB_STATUS", IsComplete=False)
    for code, blob in (
        ("UnknownMessage", guid(7)),
        ("UnknownMessage", ONE.id),
        ("WrongState", TWO.id),
    ):
        said = {"ConversationId": key, "Attachments": [{"BlobId": blob}]}
        refused(alice, "CS_MESSAGE_DRAFT", code, Peer=None, **said)
    assert the_conversation(play).draft is None


def test_what_is_infected_is_shown_in_a_draft_and_cannot_be_sent() -> None:
    play = Playbook(MAIL_FLOOR + '\n[attachments]\nscanner = "tcp://127.0.0.1:3310"\n')
    alice = play.agent("alice", "101")
    key = working(play, alice)
    assert bring(alice, ONE) == "Pending"
    drafts(alice, key, ONE)
    play.put(Scanned(blob=Guid(ONE.id), no=1, verdict=ScanVerdict.INFECTED))
    alice.hears("SC_BLOB_STATUS", Scan="Infected")
    alice.silent()
    drafts(alice, key, ONE, text="They fit")
    (one,) = shown(alice, key) or [{}]
    assert one["Scan"] == "Infected"
    said = {"RequestId": "k1", "ConversationId": key, "Attachments": [{"BlobId": ONE.id}]}
    refused(alice, "CS_MESSAGE_SEND", "WrongState", Peer=None, **said)
