"""A supervisor who monitors is unseen: not even a push that says nothing new gives them away (B-29)."""

import pytest

from tests.support.first_moves import answered, offered
from tests.support.playbook import CONFIG, Client, Playbook

SUPERVISED = """
[[workplaces]]
number = "103"
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
role = "supervisor"
"""

with_supervisor = pytest.mark.parametrize("play", [CONFIG + SUPERVISED], indirect=True, ids=["sue"])


def watched(play: Playbook) -> tuple[Client, Client, str]:
    """A chat of Alice's that Sue monitors."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    sue = play.agent("sue", "103", state=None)
    sue.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    sue.hears("SC_CHAT_STATUS", 1, Status="Answered", Parties=...)
    alice.silent()
    return alice, sue, chat


@with_supervisor
def test_an_agent_is_not_told_that_a_monitor_comes_and_goes(play: Playbook) -> None:
    """B-29."""
    alice, sue, chat = watched(play)
    sue.says("CS_CHAT_LEAVE", 2, ChatId=chat)
    sue.hears("SC_CHAT_STATUS", 2, Status="Waiting")
    alice.silent()


@with_supervisor
def test_an_agent_is_not_told_that_a_monitor_is_lost(play: Playbook) -> None:
    """B-11, B-29."""
    alice, sue, _chat = watched(play)
    sue.leaves()
    alice.silent()


@with_supervisor
def test_an_agent_is_told_when_a_monitor_joins_them_and_when_they_go_back(play: Playbook) -> None:
    """B-29."""
    alice, sue, chat = watched(play)
    sue_id = play.config.agent_by_login["sue"].id
    sue.says("CS_CHAT_INVITE", 2, ChatId=chat, ToAgentId=sue_id, Mode="Conference")
    sue.hears("SC_CHAT_STATUS", 2, Parties=...)
    alice.hears("SC_CHAT_STATUS", Parties=...)
    sue.says("CS_CHAT_INVITE", 3, ChatId=chat, Mode="Monitor")
    sue.hears("SC_CHAT_STATUS", 3, Parties=...)
    alice.hears("SC_CHAT_STATUS", Status="Answered")


def test_leaving_a_closed_chat_is_refused_as_anything_else_about_it(play: Playbook) -> None:
    """W-14."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.says("CS_CHAT_LEAVE", 1, ChatId=chat)
    alice.refused("ChatClosed", 1)


@with_supervisor
def test_a_monitor_can_be_asked_as_if_they_did_not_watch(play: Playbook) -> None:
    """B-29: a refusal would tell that they do; they cease to watch, whatever they answer."""
    alice, sue, chat = watched(play)
    sue_id = play.config.agent_by_login["sue"].id
    alice.says("CS_CHAT_INVITE", 2, ChatId=chat, ToAgentId=sue_id, Mode="Consult")
    assert "state Pause" in alice.refused("WrongState", 2)
    sue.says("CS_AGENT_STATE", State="Ready")
    sue.hears("SC_AGENT_STATE", State="Ready")
    alice.says("CS_CHAT_INVITE", 3, ChatId=chat, ToAgentId=sue_id, Mode="Consult")
    alice.hears("SC_CHAT_STATUS", 3, Parties=...)
    sue.hears("SC_CHAT_ALERT", ChatId=chat)
    sue.says("CS_CHAT_HANGUP", 4, ChatId=chat)
    sue.hears("SC_CHAT_STATUS", 4, Status="Waiting")
    sue.hears("SC_CHAT_ALERT_END")
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    alice.hears("SC_CHAT_SENTENCE", Model=10)


@with_supervisor
def test_the_wait_that_is_explained_ends_with_the_answer(play: Playbook) -> None:
    """B-30."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    sue = play.agent("sue", "103", state=None)
    chat = offered(web, alice, "t1")
    play.wait(7)
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    play.wait(60)
    agent = play.config.agent_by_login["alice"].id
    sue.says("CS_CHAT_EXPLAIN", ChatId=chat, AgentId=agent)
    assert sue.hears("SC_CHAT_EXPLANATION")["items"][-1]["WaitedSeconds"] == 7
