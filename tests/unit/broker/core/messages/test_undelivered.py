"""B-57, I-7: the failure of a message reaches somebody who works, also after its conversation."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.facts.messages import ConversationMoved
from protocol.identifiers import derive
from tests.support.agents_at_work import agent_of, configured
from tests.support.mail import MAIL_FLOOR, Post, causes, the_conversation, working
from tests.support.mail_out import answers, asks, delivery_of, handed, reports, writes
from tests.support.playbook import Client, Playbook

WRAPPED = MAIL_FLOOR.replace('name = "Support"', 'name = "Support"\nwrapup = "40s"', 1)
RETIRED = '[[message_gateways]]\nname = "Mail"\npeer = "mail"\nchannel = "Email"\n'
pytestmark = configured(MAIL_FLOOR)


def without_mail(text: str = MAIL_FLOOR) -> str:
    """The configuration without its first message gateway, and the rules that name it."""
    begin = text.index(RETIRED)
    gone = text[:begin] + text[text.index("[[message_gateways]]", begin + 1) :]
    return gone.replace('gateway = "Mail"\n', "")


def replied(play: Playbook, post: Post, agent: Client) -> dict[str, Any]:
    """An agent answers what came in, and that is with the connector."""
    asks(post.client)
    key = working(play, agent, post)
    status = writes(agent, ConversationId=key)
    handed(post.client, agent)
    return status


def hush(play: Playbook) -> None:
    """What else is told is no matter here."""
    for client in play.clients.values():
        client.heard.clear()


def closes(agent: Client, status: dict[str, Any]) -> None:
    """The agent is done with it."""
    agent.heard.clear()
    agent.says("CS_CONVERSATION_CLOSE", 5, ConversationId=status["ConversationId"])
    agent.hears("SC_CONVERSATION_STATUS", 5, Status="Closed")


def fails(post: Post, status: dict[str, Any], error: str = "permanent: no such box") -> None:
    """The far side does not take it."""
    answers(post.client, status["MessageId"], error)


def test_one_that_has_ended_goes_on_and_is_offered_to_who_had_it(play: Playbook) -> None:
    """B-56: its agent is told of the failure, and has it again."""
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    closes(alice, status)
    play.agent("carol", "103")
    fails(post, status)
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", Error="permanent: no such box")
    key = status["ConversationId"]
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key, CloseReason=None)
    assert causes(play)[-3:] == ["reopened", "undelivered", "offered"]
    one = the_conversation(play)
    assert (one.waited_up, one.due_at, one.closed_at) == (0, None, None)
    play.check_store()


def test_a_wrap_up_of_it_ends(play: Playbook) -> None:
    """B-28."""
    play.reload(WRAPPED)
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    closes(alice, status)
    fails(post, status)
    one = the_conversation(play)
    assert (one.wrapping, one.status) == (None, "Alerting")
    play.check_store()
    alice.heard.clear()


def test_what_comes_back_after_it_was_sent_brings_it_back_once(play: Playbook) -> None:
    """B-55: whoever closed it again is not asked again for a second word of the same failure."""
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    answers(post.client, status["MessageId"])
    closes(alice, status)
    reports(post.client, "Bounced: 550 nobody", Id=status["MessageId"])
    assert the_conversation(play).status == "Alerting"
    alice.heard.clear()
    alice.says("CS_CONVERSATION_ANSWER", ConversationId=status["ConversationId"])
    closes(alice, status)
    reports(post.client, "Bounced: 551 nobody, really", Id=status["MessageId"])
    assert the_conversation(play).status == "Closed"
    alice.heard.clear()


def test_one_that_nobody_answered_in_time_does_so_too(play: Playbook) -> None:
    """B-52: after the last attempt."""
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    closes(alice, status)
    play.wait(100_000)
    assert delivery_of(play, status).status == "Failed"
    assert "undelivered" in causes(play)
    hush(play)


def test_one_that_is_put_aside_is_fetched(play: Playbook) -> None:
    """B-57: the answer that it may wait for will not come."""
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    alice.says("CS_CONVERSATION_PARK", ConversationId=status["ConversationId"])
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True)
    fails(post, status)
    assert causes(play)[-2:] == ["woken", "offered"]
    alice.heard.clear()


def begun(alice: Client, post: Post) -> dict[str, Any]:
    """An agent begins one that no rule gives to anybody, and the connector has its message."""
    asks(post.client, "fax")
    status = writes(alice, GatewayId=post.gateway, RemoteAddress="+420123456789")
    handed(post.client, alice)
    return status


@pytest.mark.parametrize("is_gone", [False, True])
def test_one_of_no_project_is_put_aside_for_who_had_it_or_for_supervisors(
    play: Playbook, is_gone: bool
) -> None:
    """I-7."""
    post, alice = Post(play, "fax", "Faxes"), play.agent("alice", "101")
    status = begun(alice, post)
    closes(alice, status)
    if is_gone:
        alice.leaves()
        begin = MAIL_FLOOR.index('[[agents]]\nname = "Alice Novak"')
        rest = MAIL_FLOOR[MAIL_FLOOR.index("[[agents]]", begin + 1) :]
        play.reload(MAIL_FLOOR[:begin] + rest)
    fails(post, status)
    aside = the_conversation(play).aside
    assert aside is not None
    assert aside.by == (None if is_gone else agent_of(play, "alice"))
    if not is_gone:
        alice.hears("SC_MESSAGE_STATUS", Status="Failed")
        alice.hears("SC_CONVERSATION_STATUS", Status="Waiting", IsParked=True)


def test_a_receipt_that_fails_brings_nothing_back(play: Playbook) -> None:
    """B-58: nobody wrote it."""
    post = Post(play, "sms", "Texts")
    asks(post.client, "sms")
    post.brings(RemoteAddress="+420123456789")
    receipt = post.client.hears("SE_MESSAGE_SENDING")
    susan = play.agent("susan", "104", "Pause")
    susan.says("CS_CONVERSATION_CLOSE", ConversationId=the_conversation(play).id)
    susan.hears("SC_CONVERSATION_STATUS", Status="Closed")
    fails(post, receipt)
    assert not the_conversation(play).is_open


def test_nobody_is_asked_again_for_an_unwanted_one(play: Playbook) -> None:
    """B-59."""
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=status["ConversationId"], IsSpam=True)
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed")
    fails(post, status)
    alice.hears("SC_MESSAGE_STATUS", Status="Failed")
    assert not the_conversation(play).is_open
    hush(play)


def test_nor_later_than_a_reply_would_reopen_it(play: Playbook) -> None:
    """B-55, B-56: it is read from the store, its writer is told, and its conversation stays closed."""
    post, alice = Post(play), play.agent("alice", "101")
    status = replied(play, post, alice)
    answers(post.client, status["MessageId"])
    closes(alice, status)
    play.wait(8 * 24 * 3_600)
    assert not play.state.messages.conversations
    moves = len([f for f in play.facts if isinstance(f, ConversationMoved)])
    said = {"RefId": post.gateway, "Id": status["MessageId"], "Data": "Bounced: x"}
    post.client.says("ES_MESSAGE_REPORT", 71, **said)
    post.client.hears("SYS_ACK", 71)
    alice.hears("SC_MESSAGE_STATUS", Status="Failed")
    assert len([f for f in play.facts if isinstance(f, ConversationMoved)]) == moves
    hush(play)


def test_what_waits_for_a_gateway_that_is_gone_for_an_hour_has_failed(play: Playbook) -> None:
    """C-4, B-53: its agent is told why, and cannot have it tried where there is no way."""
    alice = play.agent("alice", "101")
    status, other = writes(alice), writes(alice, "k2")
    play.reload(without_mail())
    play.wait(1_800)
    play.reload(without_mail() + "[limits]\ndrafts = 7\n")  # another reload is no other hour
    play.wait(1_799)
    alice.silent()
    play.wait(1)
    told = alice.hears("SC_MESSAGE_STATUS", Status="Failed", MessageId=status["MessageId"])
    assert told["Error"].startswith("no gateway: ")
    alice.hears("SC_MESSAGE_STATUS", Status="Failed", MessageId=other["MessageId"])
    assert not play.state.messages.queued[derive("message_gateway", "Mail")]
    alice.says("CS_MESSAGE_RETRY", 7, MessageId=status["MessageId"])
    assert "GatewayId" in alice.refused("UnknownGateway", 7)
    play.check_store()
    play.reload(MAIL_FLOOR)
    alice.says("CS_MESSAGE_RETRY", 8, MessageId=status["MessageId"])
    alice.hears("SC_MESSAGE_STATUS", 8, Status="Queued")


def test_one_that_comes_back_in_time_sends_what_waited_for_it(play: Playbook) -> None:
    """C-4: and when it goes once more that is another hour."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    play.reload(without_mail())
    play.wait(3_000)
    play.reload(MAIL_FLOOR)
    play.wait(3_000)
    play.reload(without_mail())
    play.wait(3_000)
    assert delivery_of(play, status).status == "Queued"
    play.reload(MAIL_FLOOR)
    post = Post(play)
    asks(post.client)
    handed(post.client, alice, MessageId=status["MessageId"])


def test_an_outage_is_no_part_of_the_hour(play: Playbook) -> None:
    """B-13."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    play.reload(without_mail())
    play.wait(3_000)
    play.freeze(9_000)
    assert delivery_of(play, status).status == "Queued"
    play.wait(600)
    assert delivery_of(play, status).status == "Failed"
    hush(play)


def test_what_is_to_be_tried_again_fails_when_its_pause_is_over(play: Playbook) -> None:
    """C-4: and an attempt that is under way may still succeed."""
    post, alice = Post(play), play.agent("alice", "101")
    asks(post.client)
    first = writes(alice)
    handed(post.client, alice)
    second = writes(alice, "k2")
    handed(post.client, alice)
    fails(post, first, "busy")
    alice.hears("SC_MESSAGE_STATUS", Status="Retry")
    play.reload(without_mail())
    assert delivery_of(play, second).status == "Sending"
    assert delivery_of(play, first).status == "Retry"
    play.wait(3_599)
    assert [delivery_of(play, one).status for one in (first, second)] == ["Retry"] * 2
    play.wait(1)
    assert [delivery_of(play, one).status for one in (first, second)] == ["Failed"] * 2
    hush(play)


def test_after_a_restart_without_its_gateway_it_has_failed_and_its_conversation_ended(
    play: Playbook,
) -> None:
    """B-12: there is nobody who could answer by it."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    play.config = type(play)(without_mail()).config
    play.restart()
    assert delivery_of(play, status).status == "Failed"
    assert not the_conversation(play).is_open
    play.wait(1)  # nothing of it is kept
    assert not play.state.messages.conversations


def test_without_threads_an_address_has_no_second_open_one(play: Playbook) -> None:
    """B-56, I-18: whoever wrote the message is told, and the one that goes on is the newer."""
    post, alice = Post(play, "sms", "Texts"), play.agent("alice", "101")
    asks(post.client, "sms")
    number = {"RemoteAddress": "+420123456789"}
    key = working(play, alice, post, **number)
    receipt = post.client.hears("SE_MESSAGE_SENDING")
    answers(post.client, receipt["MessageId"])
    alice.heard.clear()
    status = writes(alice, ConversationId=key)
    handed(post.client, alice)
    closes(alice, status)
    post.brings(**number)
    hush(play)
    fails(post, status)
    opened = [one for one in play.state.messages.conversations.values() if one.is_open]
    assert [one.id == key for one in opened] == [False]
    play.check_store()
    hush(play)
