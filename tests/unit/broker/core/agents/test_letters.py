"""B-62, I-2, I-15: what agents write goes out once, to whom it is meant, and only they meddle with it."""

from __future__ import annotations

from typing import Any

import pytest

from broker.config.model import DAY, SECOND
from broker.core.agents import letters
from broker.core.apply import apply
from broker.core.facts.messages import DraftDropped, DraftKept, MessageStored
from broker.core.messages import deliveries, laws
from broker.store import message_recovery
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus
from tests.support.attachments import bring, content
from tests.support.mail import MAIL_CONFIG, gateway
from tests.support.mail_out import (
    SUPERVISED,
    answers,
    carrier,
    conversation_of,
    delivery_of,
    handed,
    message_of,
    writes,
)
from tests.support.playbook import Client, Playbook

NOBODY = "00000000-0000-4000-a000-000000000099"
BLOB = "00000000-0000-4000-a000-000000000070"
THEIRS, OWN = content(1), content(2)


@pytest.fixture
def play() -> Playbook:
    return Playbook(SUPERVISED)


def refused(agent: Client, code: str, key: str = "k9", **members: Any) -> str:
    """A message that is not taken; nothing changes. Gives the text."""
    before = len(agent.play.facts)
    said = {
        "RequestId": key,
        "GatewayId": gateway("Mail"),
        "RemoteAddress": "eva@example.org",
        "BodyText": "They fit.",
    }
    given = {name: value for name, value in (said | members).items() if value is not None}
    agent.says("CS_MESSAGE_SEND", 81, **given)
    text = agent.refused(code, 81)
    assert len(agent.play.facts) == before
    return text


def comes_in(play: Playbook, mail: Client, status: dict[str, Any], **members: Any) -> str:
    """The other party answers a message; gives the MessageId."""
    said = {
        "GatewayId": gateway("Mail"),
        "DeliverySystemId": "<in@far>",
        "InReplyToId": status["DeliverySystemId"],
        "RemoteAddress": "eva@example.org",
        "FromField": "Eva <eva@example.org>",
        "SubjectField": "Boots again",
        "ReceivedSentTime": "2026-01-02T03:04:05Z",
        "BodyText": "Thanks",
    }
    mail.says("ES_MESSAGE_RECEIVING", 75, **(said | members))
    return str(mail.hears("SE_MESSAGE_RECEIVED", 75, Data="true")["Id"])


# -- a new conversation


def test_a_message_begins_a_conversation_that_is_theirs(play: Playbook) -> None:
    """B-62, B-57: answered by the agent at once, with a slot of theirs."""
    alice = play.agent("alice", "101")
    status = writes(alice, ToField="Eva")
    talk = conversation_of(play, status)
    agent = play.config.agent_by_login["alice"].id
    assert (talk.status, talk.agent, talk.remote_name) == (ChatStatus.ANSWERED, agent, "Eva")
    assert (talk.subject, status["Counter"], status["Attempt"]) == ("Boots", 1, 0)
    presence = play.state.distribution.presences[agent]
    assert presence.conversations.load == 1
    alice.silent()
    play.check_store()
    play.restart()
    assert play.state.messages.conversations[talk.id].agent == agent


def test_whoever_has_it_later_is_asked_for_what_the_rules_say(play: Playbook) -> None:
    """B-57: as if the other party had written it; a rule that closes does not count."""
    alice = play.agent("alice", "101")
    sales = next(p.id for p in play.config.projects.values() if p.name == "Sales")
    talk = conversation_of(play, writes(alice, BodyText="Your invoice"))
    assert (talk.demanded.project, talk.demanded.priority, talk.due_at) == (sales, 5, None)
    closing = conversation_of(play, writes(alice, "k2", SubjectField="Our newsletter"))
    assert closing.demanded.project is None


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("UnknownGateway", {"GatewayId": None}),
        ("UnknownGateway", {"GatewayId": NOBODY}),
        ("BadPayload", {"RemoteAddress": None}),
        ("BadPayload", {"BodyText": None}),
        ("BadPayload", {"BodyText": " \n", "BodyHtml": ""}),
        ("UnknownMessage", {"ForwardOf": NOBODY}),
        ("UnknownConversation", {"ConversationId": NOBODY}),
        ("TooLong", {"References": ["<x@far>"] * 51}),
        ("TooLong", {"BodyText": "x" * 500_000, "BodyHtml": "\n" * 300_000}),
        ("BadPayload", {"Attachments": [{"Name": "a.pdf"}]}),
    ],
)
def test_what_cannot_go_out_is_refused(play: Playbook, code: str, members: dict[str, Any]) -> None:
    """B-62, I-14."""
    refused(play.agent("alice", "101"), code, **members)


def test_a_gateway_that_takes_in_only_sends_nothing() -> None:
    inbound = MAIL_CONFIG.replace(
        'channel = "SMS"\ndirection = "B"', 'channel = "SMS"\ndirection = "I"'
    )
    play = Playbook(inbound.replace('acknowledge = "We have got your message."\n', ""))
    refused(play.agent("alice", "101"), "UnknownGateway", GatewayId=gateway("Texts"))


def test_where_messages_are_sentences_none_is_written() -> None:
    """B-60."""
    as_chat = 'as_chat = "Messenger"\n'
    config = MAIL_CONFIG.replace('acknowledge = "We have got your message."\n', as_chat)
    play = Playbook(config)
    refused(play.agent("alice", "101"), "BadPayload", GatewayId=gateway("Texts"))


def test_nobody_begins_more_than_they_have_slots_for(play: Playbook) -> None:
    """B-57, B-22: nor on their way out."""
    alice = play.agent("alice", "101")
    for number in range(3):
        status = writes(alice, f"k{number}")
    assert refused(alice, "WrongState") == "no free slot"
    writes(alice, "k3", ConversationId=status["ConversationId"])
    bob = play.agent("bob", "102")
    writes(bob)
    bob.says("CS_AGENT_STATE", State="Ready", NextState="LogOff")
    bob.hears("SC_AGENT_STATE")
    assert "logged off" in refused(bob, "WrongState")


def test_a_text_goes_on_where_its_address_has_an_open_conversation(play: Playbook) -> None:
    """B-56: there is one; it is its agent's."""
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102")
    texts = {"GatewayId": gateway("Texts"), "RemoteAddress": "+420601"}
    first = writes(alice, **texts)
    second = writes(alice, "k2", **texts)
    assert (second["ConversationId"], second["Counter"]) == (first["ConversationId"], 2)
    message = message_of(play, second).content
    assert (message.in_reply_to_id, message.references) == (None, None)
    refused(bob, "WrongState", **texts)
    assert writes(bob, "k3", **{**texts, "RemoteAddress": "+420602"})["Counter"] == 1


def test_bounds_are_refusals(play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14: of what waits, of a conversation, of attachments."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    monkeypatch.setattr(letters, "QUEUED_PER_GATEWAY", 1)
    refused(alice, "Overloaded")
    monkeypatch.setattr(letters, "QUEUED_PER_GATEWAY", 9)
    monkeypatch.setattr(letters, "MESSAGES_PER_CONVERSATION", 1)
    refused(alice, "Overloaded", ConversationId=status["ConversationId"])
    files = [{"BlobId": f"{BLOB[:-2]}{number}", "Name": "a.pdf"} for number in range(10, 21)]
    refused(alice, "TooLong", Attachments=files)


def test_conversations_have_a_bound() -> None:
    """I-14."""
    play = Playbook(MAIL_CONFIG + "[limits]\nconversations = 1\n")
    alice = play.agent("alice", "101")
    writes(alice)
    refused(alice, "Overloaded")


# -- a reply


def test_a_reply_follows_what_it_answers(play: Playbook) -> None:
    """B-56, B-62: to whoever wrote last, under their subject, with the thread."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    comes_in(play, mail, status, References=["<before@far>", status["DeliverySystemId"]])
    alice.hears("SC_MESSAGE_RECEIVED")
    answer = writes(alice, "k2", ConversationId=status["ConversationId"], SubjectField=None)
    message = handed(mail, alice)
    assert message["MessageId"] == answer["MessageId"]
    assert answer["Counter"] == 3
    told = ("InReplyToId", "SubjectField", "RemoteAddress", "ToField", "ConversationId")
    assert [message[name] for name in told] == [
        "<in@far>",
        "Re: Boots again",
        "eva@example.org",
        "Eva <eva@example.org>",
        status["ConversationId"],
    ]
    thread = ["<before@far>", status["DeliverySystemId"], "<in@far>"]
    assert list(message["References"]) == thread
    play.check_store()


def test_what_a_reply_says_itself_holds(play: Playbook) -> None:
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    own = {
        "ToField": "Eva and Adam",
        "SubjectField": "Shoes",
        "RemoteAddress": "adam@example.org",
        "InReplyToId": "<other@far>",
        "References": ["<other@far>"],
        "GatewayId": gateway("Mail"),
    }
    writes(alice, "k2", ConversationId=status["ConversationId"], **own)
    message = handed(mail, alice)
    assert {name: message[name] for name in own} == own


def test_a_reply_is_of_whoever_works_on_it(play: Playbook) -> None:
    """I-15, B-57: to others the conversation does not exist."""
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102")
    status = writes(alice)
    refused(bob, "UnknownConversation", ConversationId=status["ConversationId"])
    refused(
        alice, "BadPayload", ConversationId=status["ConversationId"], GatewayId=gateway("Faxes")
    )


def test_a_reply_makes_the_draft_needless(play: Playbook) -> None:
    """B-62."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    talk = conversation_of(play, status)
    draft = DraftKept(
        conversation=talk.id,
        no=talk.no,
        agent=play.config.agent_by_login["alice"].id,
        at=play.wall,
        content=MessageContentInfo(body_text="Dear"),
    )
    apply(play.state, draft)
    play.store.commit([draft])
    writes(alice, "k2", ConversationId=talk.id)
    assert sum(isinstance(fact, DraftDropped) for fact in play.facts) == 1
    assert talk.draft is None
    play.check_store()


# -- what is passed on


def test_a_message_is_passed_on_with_what_came_with_it(play: Playbook) -> None:
    """B-62: into a conversation of its own; its bodies are the client's to write."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    mail.base = {"Peer": "mail"}
    bring(mail, THEIRS)
    inbound = comes_in(play, mail, status, Attachments=[{"BlobId": THEIRS.id}])
    alice.hears("SC_MESSAGE_RECEIVED")
    bring(alice, OWN)
    own = [{"BlobId": OWN.id, "Name": "note.txt"}]
    passed = writes(
        alice, "k2", ForwardOf=inbound, RemoteAddress="adam@example.org", Attachments=own
    )
    assert passed["ConversationId"] != status["ConversationId"]
    message = handed(mail, alice)
    assert [one["BlobId"] for one in message["Attachments"]] == [OWN.id, THEIRS.id]
    assert message["ForwardOf"] == inbound
    more = {"ConversationId": status["ConversationId"], "ForwardOf": inbound}
    assert writes(alice, "k3", **more)["ConversationId"] == status["ConversationId"]
    play.check_store()


def test_only_who_may_read_a_message_passes_it_on(play: Playbook) -> None:
    """I-15; supervisors read all."""
    alice, bob, sue = (
        play.agent(who, place) for who, place in (("alice", "101"), ("bob", "102"), ("sue", "103"))
    )
    status = writes(alice)
    refused(bob, "UnknownMessage", ForwardOf=status["MessageId"])
    writes(sue, "k5", ForwardOf=status["MessageId"])


# -- the key


def test_the_same_key_is_the_same_message(play: Playbook) -> None:
    """B-62, I-2: answered as it stands by now; nothing is stored or sent twice, after a restart neither."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice, BodyHtml="<p>They fit.</p>")
    handed(mail, alice)
    answers(mail, status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    before = len(play.facts)
    said = {
        "RequestId": "k1",
        "SubjectField": "Boots",
        "BodyText": "They fit.",
        "GatewayId": gateway("Mail"),
        "RemoteAddress": "eva@example.org",
        "BodyHtml": "<p>They fit.</p>",
    }
    for again in (said, said | {"DraftTime": "2026-01-02T03:04:05Z"}):
        alice.says("CS_MESSAGE_SEND", 82, **again)
        alice.hears("SC_MESSAGE_STATUS", 82, Status="Sent", MessageId=status["MessageId"])
    for other in ({"BodyText": "They do not."}, {"RemoteAddress": "adam@example.org"}):
        alice.says("CS_MESSAGE_SEND", 83, **(said | other))
        alice.refused("KeyReused", 83)
    assert len(play.facts) == before
    play.restart()
    alice = play.agent("alice", "101", None)
    alice.says("CS_MESSAGE_SEND", 84, **said)
    alice.hears("SC_MESSAGE_STATUS", 84, Status="Sent", MessageId=status["MessageId"])
    alice.says("CS_MESSAGE_SEND", 85, **(said | {"BodyText": "They do not."}))
    alice.refused("KeyReused", 85)
    assert sum(isinstance(fact, MessageStored) for fact in play.facts) == 1


def test_the_same_key_is_the_same_message_after_its_conversation_is_gone(play: Playbook) -> None:
    """B-62, I-2: a repetition that late is answered too; the store refuses nothing."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    answers(mail, status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=status["ConversationId"])
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed")
    play.wait(8 * DAY / SECOND)
    assert not play.state.messages.messages
    said = {
        "RequestId": "k1",
        "SubjectField": "Boots",
        "BodyText": "They fit.",
        "GatewayId": gateway("Mail"),
        "RemoteAddress": "eva@example.org",
    }
    for _ in range(2):
        alice = play.agent("alice", "101", None)
        before = len(play.facts)
        alice.says("CS_MESSAGE_SEND", 84, **said)
        again = alice.hears("SC_MESSAGE_STATUS", 84, Status="Sent", RequestId="k1")
        assert (again["MessageId"], again["GatewayId"]) == (
            status["MessageId"],
            status["GatewayId"],
        )
        alice.says("CS_MESSAGE_SEND", 85, **(said | {"BodyText": "They do not."}))
        alice.refused("KeyReused", 85)
        assert len(play.facts) == before
        play.restart()


def test_a_key_that_is_forgotten_is_a_new_message(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14: the store takes it like any other."""
    monkeypatch.setattr(deliveries, "LETTER_KEYS", 1)
    monkeypatch.setattr(laws, "LETTER_KEYS", 1)
    monkeypatch.setattr(message_recovery, "LETTER_KEYS", 1)
    alice = play.agent("alice", "101")
    first = writes(alice)
    writes(alice, "k2", ConversationId=first["ConversationId"])
    again = writes(alice, "k1", ConversationId=first["ConversationId"])
    assert again["MessageId"] != first["MessageId"]
    play.check_store()


def test_a_key_is_an_agents_own(play: Playbook) -> None:
    """B-62."""
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102")
    assert writes(alice)["MessageId"] != writes(bob)["MessageId"]


# -- withdrawn, and tried again


def command(agent: Client, frame: str, message: str, **members: Any) -> None:
    agent.says(frame, 86, MessageId=message, **members)


def test_what_waits_can_be_withdrawn(play: Playbook) -> None:
    """B-62: queued, or between two attempts; twice is once."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    for _ in range(2):
        command(alice, "CS_MESSAGE_CANCEL", status["MessageId"])
        alice.hears("SC_MESSAGE_STATUS", 86, Status="Cancelled")
    mail = carrier(play)
    mail.silent()
    second = writes(alice, "k2", ConversationId=status["ConversationId"])
    handed(mail, alice)
    command(alice, "CS_MESSAGE_CANCEL", second["MessageId"])
    assert "Sending" in alice.refused("WrongState", 86)
    answers(mail, second["MessageId"], "busy")
    alice.hears("SC_MESSAGE_STATUS", Status="Retry")
    command(alice, "CS_MESSAGE_CANCEL", second["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", 86, Status="Cancelled", Error=None)
    play.wait(86_400)
    play.silent()
    command(alice, "CS_MESSAGE_RETRY", second["MessageId"])
    alice.refused("WrongState", 86)
    play.check_store()


def test_what_was_sent_cannot_be_withdrawn(play: Playbook) -> None:
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    answers(mail, status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", Status="Sent")
    for frame in ("CS_MESSAGE_CANCEL", "CS_MESSAGE_RETRY"):
        command(alice, frame, status["MessageId"])
        alice.refused("WrongState", 86)


def test_what_failed_is_tried_again_and_its_attempts_begin_anew(play: Playbook) -> None:
    """B-62: under the same names."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    first = handed(mail, alice)
    answers(mail, status["MessageId"], "permanent: the mailbox is full")
    alice.hears("SC_MESSAGE_STATUS", Status="Failed")
    command(alice, "CS_MESSAGE_RETRY", status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", 86, Status="Queued", Attempt=0, Error=None)
    again = handed(mail, alice)
    assert [again[n] for n in ("MessageId", "DeliverySystemId")] == [
        first[n] for n in ("MessageId", "DeliverySystemId")
    ]
    assert delivery_of(play, status).attempt == 1
    play.check_store()


def test_whose_message_it_is(play: Playbook) -> None:
    """I-15: who wrote it, who works on its conversation, and supervisors."""
    alice, bob, sue = (
        play.agent(who, place) for who, place in (("alice", "101"), ("bob", "102"), ("sue", "103"))
    )
    status = writes(alice)
    command(bob, "CS_MESSAGE_CANCEL", status["MessageId"])
    bob.refused("UnknownMessage", 86)
    command(alice, "CS_MESSAGE_CANCEL", NOBODY)
    alice.refused("UnknownMessage", 86)
    command(alice, "CS_MESSAGE_CANCEL", status["MessageId"], Peer="102")
    alice.refused("NotAllowed", 86)
    command(sue, "CS_MESSAGE_CANCEL", status["MessageId"])
    sue.hears("SC_MESSAGE_STATUS", 86, Status="Cancelled", Peer="103")
    alice.hears("SC_MESSAGE_STATUS", Status="Cancelled", Peer="101")
    bob.silent()
