"""B-57: whoever put a conversation aside sees what becomes of it, and others see nothing."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.identifiers import derive
from protocol.values import Guid, from_micros
from tests.support.agents_at_work import configured
from tests.support.mail import MAIL_FLOOR, Post, working
from tests.support.playbook import Client, Playbook

pytestmark = configured(MAIL_FLOOR)


def later(play: Playbook, seconds: float) -> str:
    """A moment from now on, as the wire has it."""
    return from_micros(play.wall + round(seconds * 1_000_000)).isoformat()


def put_aside(play: Playbook, post: Post, agent: Client, **members: str) -> Guid:
    """An agent works on one, and puts it aside."""
    key = working(play, agent, post)
    agent.says("CS_CONVERSATION_PARK", 5, ConversationId=key, **members)
    agent.hears("SC_CONVERSATION_STATUS", 5, IsParked=True)
    return key


def paused(agent: Client) -> None:
    agent.says("CS_AGENT_STATE", 6, State="Pause")
    agent.hears("SC_AGENT_STATE", 6)


def test_its_time_is_over_and_another_one_gets_it(play: Playbook) -> None:
    post, alice, carol = Post(play), play.agent("alice", "101"), play.agent("carol", "103", "Pause")
    key = put_aside(play, post, alice, UntilUtc=later(play, 60))
    paused(alice)
    carol.says("CS_AGENT_STATE", State="Ready")
    carol.hears("SC_AGENT_STATE")
    play.wait(61)
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    alice.silent()


def test_a_message_wakes_it(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    key = put_aside(play, post, alice)
    paused(alice)
    post.brings(InReplyToId="<1@example.org>")
    shown = alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    assert not shown.get("IsParked")
    assert "Messages" not in shown
    alice.silent()


def test_another_one_picks_it(play: Playbook) -> None:
    post, alice, susan = Post(play), play.agent("alice", "101"), play.agent("susan", "104")
    key = put_aside(play, post, alice)
    susan.says("CS_CONVERSATION_PICK", 1, ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Answered")
    shown = alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    assert not shown.get("IsParked")
    assert "AgentName" not in shown


def test_who_picks_it_themselves_has_the_answer_alone(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    key = put_aside(play, post, alice)
    alice.says("CS_CONVERSATION_PICK", 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Answered")
    alice.silent()


def test_a_supervisor_gives_it_away(play: Playbook) -> None:
    post, alice, susan = Post(play), play.agent("alice", "101"), play.agent("susan", "104")
    key = put_aside(play, post, alice)
    sales = derive("project", "Sales")
    susan.says("CS_CONVERSATION_TRANSFER", 1, ConversationId=key, ToProjectId=sales)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting")
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key)


def test_a_supervisor_ends_it(play: Playbook) -> None:
    post, alice, susan = Post(play), play.agent("alice", "101"), play.agent("susan", "104")
    key = put_aside(play, post, alice)
    susan.says("CS_CONVERSATION_CLOSE", 1, ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Closed")
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Closed")


@pytest.mark.parametrize("members", [{"IsAutomatic": True}, {"SpamLevel": 3}])
def test_what_leaves_it_aside_is_told_to_nobody(play: Playbook, members: dict[str, Any]) -> None:
    """B-58, B-59: neither a machine nor spam brings it back."""
    post, alice = Post(play), play.agent("alice", "101")
    put_aside(play, post, alice)
    post.brings(InReplyToId="<1@example.org>", **members)
    alice.silent()


def test_who_never_had_it_is_told_nothing(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101", "Pause")
    bob, carol = play.agent("bob", "102", "Pause"), play.agent("carol", "103")
    put_aside(play, post, carol, UntilUtc=later(play, 60))
    play.wait(61)
    carol.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    carol.hears("SC_CONVERSATION_ALERT")
    alice.silent()
    bob.silent()
