"""B-11, B-12, B-28: conversations of agents who go, are sent away, or are lost, and a restart."""

from __future__ import annotations

import pytest

from broker.config.model import MINUTE
from broker.core.facts import AgentMoved
from broker.core.facts.messages import ConversationMoved, ConversationOfferEnded
from tests.support.agents_at_work import agent_of, answered, configured, presence_of
from tests.support.mail import (
    MAIL_FLOOR,
    Post,
    alerted,
    causes,
    refused,
    the_conversation,
    working,
)
from tests.support.playbook import Playbook

pytestmark = configured(MAIL_FLOOR)
GRACE = 10 * MINUTE // 1_000_000


def test_a_lost_workplace_loses_its_alert_at_once(play: Playbook) -> None:
    """B-11."""
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    carol = play.agent("carol", "103")
    alice.leaves()
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    assert causes(play) == ["routed", "offered", "withdrawn", "offered"]


def test_who_comes_back_in_time_finds_what_they_work_on(play: Playbook) -> None:
    """B-11, B-28: and is at work still, though no chat would have been kept for so long."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.leaves()
    play.wait(GRACE - 1)
    alice = play.agent("alice", "102", None)
    alice.says("CS_CONVERSATION_RESYNC", 1)
    (shown,) = alice.hears("SC_CONVERSATION_LIST", 1)["items"]
    assert (shown["ConversationId"], shown["Status"]) == (key, "Answered")
    assert presence_of(play, "alice").state == "Ready"


def test_who_does_not_loses_it_and_it_keeps_its_age(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    working(play, alice)
    alice.leaves()
    play.wait(GRACE)
    assert causes(play)[-1] == "agent_lost"
    one = the_conversation(play)
    assert (one.agent, one.last_agent) == (None, agent_of(play, "alice"))
    assert len({f.enqueued_at for f in play.facts if isinstance(f, ConversationMoved)}) == 1
    lost = [f for f in play.facts if isinstance(f, AgentMoved)][-1]
    assert (lost.cause, lost.state) == ("lost", "LogOff")


def test_who_only_has_chats_is_waited_for_as_before(play: Playbook) -> None:
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice)
    alice.leaves()
    play.wait(60)
    assert presence_of(play, "alice").state == "LogOff"
    for client in play.clients.values():
        client.heard.clear()


def test_a_restart_waits_for_whoever_works_on_it(play: Playbook) -> None:
    """B-12: and ends offers."""
    post, alice = Post(play), play.agent("alice", "101")
    first = working(play, alice, post)
    alerted(play, alice, post, RemoteAddress="b@example.org")
    play.restart()
    play.check_store()
    assert causes(play)[-1] == "restart"
    assert play.state.messages.conversations[first].status == "Answered"
    alice = play.agent("alice", "101", None)
    alice.hears("SC_CONVERSATION_ALERT")
    play.wait(GRACE)
    assert play.state.messages.conversations[first].status == "Answered"
    alice.heard.clear()


def test_after_a_restart_nobody_is_waited_for_for_ever(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    working(play, alice)
    play.restart()
    play.wait(GRACE)
    assert (causes(play)[-1], the_conversation(play).status) == ("agent_lost", "Waiting")


def test_whoever_was_asked_to_take_it_over_is_not_after_a_restart(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key, carol = working(play, alice), play.agent("carol", "103")
    alice.says("CS_CONVERSATION_TRANSFER", ConversationId=key, ToAgentId=agent_of(play, "carol"))
    alice.hears("SC_CONVERSATION_STATUS")
    carol.hears("SC_CONVERSATION_ALERT")
    play.restart()
    play.check_store()
    one = the_conversation(play)
    assert (one.status, one.agent, one.offer) == ("Answered", agent_of(play, "alice"), None)
    assert [f.outcome for f in play.facts if isinstance(f, ConversationOfferEnded)][-1] == "restart"


def test_logging_off_waits_for_their_end(play: Playbook) -> None:
    """B-28: a pause that was asked for comes after them as well."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_AGENT_STATE", 1, State="LogOff")
    alice.hears("SC_AGENT_STATE", 1, State="Ready", NextState="LogOff")
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed")
    alice.hears("SC_AGENT_STATE", State="LogOff")
    assert play.dismissed == [(alice.number, "LoggedOff")]


@pytest.mark.parametrize("answers", [True, False])
def test_whoever_is_logged_off_by_a_supervisor_loses_all(play: Playbook, answers: bool) -> None:
    """B-28."""
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104", "Pause")
    (working if answers else alerted)(play, alice)
    susan.says("CS_AGENT_STATE", 1, AgentId=agent_of(play, "alice"), State="LogOff")
    susan.hears("SC_AGENT_STATE", 1, State="LogOff")
    if answers:
        alice.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    else:
        alice.hears("SC_CONVERSATION_ALERT_END")
    alice.hears("SC_AGENT_STATE", State="LogOff")
    assert (causes(play)[-1], the_conversation(play).status) == ("forced", "Waiting")
    assert presence_of(play, "alice").conversations.load == 0


def test_missed_offers_of_both_kinds_count_together(play: Playbook) -> None:
    """B-24: two in a row, and whoever does not look is in Pause."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    alerted(play, alice)
    web.says("ES_CHAT_START", TrackingId="t1")
    alice.hears("SC_CHAT_ALERT")
    play.wait(30)
    alice.hears("SC_CONVERSATION_ALERT_END")
    alice.hears("SC_CHAT_ALERT_END")
    alice.hears("SC_AGENT_STATE", State="Pause", Reason="Missed")
    web.heard.clear()


def test_a_program_that_takes_no_messages_is_offered_none_and_told_of_none(play: Playbook) -> None:
    """B-57, B-30: until the agent comes with another one, after a restart as well."""
    post, susan = Post(play), play.agent("susan", "104", "Pause")
    alice = play.agent("alice", "101", takes_messages=False)
    post.brings()
    key, me = the_conversation(play).id, agent_of(play, "alice")
    alice.silent()
    susan.says("CS_CONVERSATION_EXPLAIN", 1, ConversationId=key, AgentId=me)
    waiting, now = susan.hears("SC_CONVERSATION_EXPLANATION", 1)["items"][-2:]
    assert waiting["Agents"][0]["Reason"] == now["Reason"] == "program takes no messages"
    alice.leaves()
    alice = play.agent("alice", "101", None)
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    play.restart()
    alice = play.agent("alice", "101", None, takes_messages=False)
    assert the_conversation(play).status == "Waiting"
    alice.silent()
    alice.leaves()
    play.agent("alice", "101", None).hears("SC_CONVERSATION_ALERT", ConversationId=key)


def test_nor_do_they_take_one_in_another_way(play: Playbook) -> None:
    """B-57."""
    post, alice = Post(play), play.agent("alice", "101", takes_messages=False)
    post.brings()
    waits, lack = the_conversation(play).id, "program takes no messages"
    assert lack in refused(alice, "CS_CONVERSATION_PICK", "WrongState", ConversationId=waits)
    carol = play.agent("carol", "103")
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=waits)
    carol.says("CS_CONVERSATION_ANSWER", ConversationId=waits)
    carol.hears("SC_CONVERSATION_STATUS")
    to = {"ConversationId": waits, "ToAgentId": agent_of(play, "alice")}
    assert lack in refused(carol, "CS_CONVERSATION_TRANSFER", "WrongState", **to)
    new = {"RequestId": "k", "GatewayId": post.gateway, "RemoteAddress": "c@example.org"}
    said = {**new, "BodyText": "They fit."}
    assert lack in refused(alice, "CS_MESSAGE_SEND", "WrongState", **said)
    alice.silent()


def test_what_somebody_works_on_waits_when_they_come_with_a_program_that_takes_none(
    play: Playbook,
) -> None:
    """B-57, I-6: they could not see it."""
    post, alice = Post(play), play.agent("alice", "101")
    working(play, alice, post)
    alice.leaves()
    alice = play.agent("alice", "101", None, takes_messages=False)
    one = the_conversation(play)
    assert (causes(play)[-1], one.status) == ("agent_lost", "Waiting")
    assert presence_of(play, "alice").conversations.load == 0
    alice.silent()


def test_one_program_after_the_other_leaves_no_alert_where_nobody_sees_it(play: Playbook) -> None:
    """W-11."""
    alice = play.agent("alice", "101")
    alerted(play, alice)
    alice = play.agent("alice", "101", None, takes_messages=False)
    assert (causes(play)[-1], the_conversation(play).offer) == ("withdrawn", None)
    alice.silent()


def test_slots_for_messages_are_told_where_a_program_takes_them(play: Playbook) -> None:
    """B-22, B-57: the smaller bound, and what is held; of a program that takes none, nothing."""
    alice = play.agent("alice", "101", "Pause")
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", MaxMessages=3, ActiveMessages=0, ActiveChats=0)
    working(play, alice)
    carol = play.agent("carol", "103", "Pause", takes_messages=False)
    carol.says("CS_AGENT_LIST", 1)
    told = carol.hears("SC_AGENT_LIST", 1)["items"]
    shown = {one["AgentName"]: (one.get("MaxMessages"), one.get("ActiveMessages")) for one in told}
    assert shown == {"Alice Novak": (3, 1), "Carol": (None, None)}


def test_another_number_of_slots_for_messages_is_told(play: Playbook) -> None:
    """C-4."""
    alice = play.agent("alice", "101")
    play.reload(MAIL_FLOOR.replace('login = "alice"', 'login = "alice"\nmax_messages = 2'))
    alice.hears("SC_AGENT_STATE", MaxMessages=2)
