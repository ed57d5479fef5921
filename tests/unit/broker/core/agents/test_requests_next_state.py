"""The state that an agent takes when their chats have ended (B-28)."""

import pytest

from broker.core.facts import AgentMoved
from tests.support.agents_at_work import (
    FLOOR,
    answered,
    asked,
    configured,
    joined,
    presence_of,
    started,
    talking,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)


def wants(agent: Client, state: str, next_state: str, **members: object) -> None:
    """The agent asks for a state, and for the one that is to follow."""
    agent.says("CS_AGENT_STATE", 1, State=state, NextState=next_state, **members)
    agent.hears("SC_AGENT_STATE", 1, State=state, NextState=next_state)


def ends(web: Client, agent: Client, chat: str, tracking: str = "t1") -> None:
    """The agent ends a chat."""
    agent.says("CS_CHAT_HANGUP", ChatId=chat)
    agent.hears("SC_CHAT_STATUS", ChatId=chat, Status="Closed")
    web.hears("SE_CHAT_STATUS", TrackingId=tracking, Status="Closed")


@pytest.mark.parametrize("after", ["PostCall", "Pause"])
def test_one_chat_and_then_that_state(play: Playbook, after: str) -> None:
    """B-28: manual-in is Ready with NextState PostCall, said anew each time."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    wants(alice, "Ready", after)
    alice.silent()  # it follows a chat; without one they are ready
    chat = answered(web, alice)
    started(web, "Waiting", tracking="t2")  # they have a slot, but are leaving
    ends(web, alice, chat)
    alice.hears("SC_AGENT_STATE", State=after, NextState=None)
    alice.silent()
    assert [f.cause for f in play.facts if isinstance(f, AgentMoved)][-1] == "next"
    wants(alice, "Ready", after)
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", TrackingId="t2", Status="Alerting")


def test_the_last_of_their_chats_counts(play: Playbook) -> None:
    """B-28: parked ones and those that they have joined among them."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    first, second = answered(web, alice), answered(web, alice, tracking="t2")
    wants(alice, "Ready", "PostCall")
    alice.says("CS_CHAT_PARK", ChatId=first, IsParked=True)
    alice.hears("SC_CHAT_STATUS", IsParked=True)
    ends(web, alice, second, "t2")
    alice.silent()
    ends(web, alice, first)
    alice.hears("SC_AGENT_STATE", State="PostCall", NextState=None)


def test_a_wrap_up_comes_before(play: Playbook) -> None:
    """B-28: the slot that it holds is the last to go."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    wants(alice, "Ready", "Pause")
    chat = answered(web, alice, ExtResponse="sales")
    ends(web, alice, chat)
    alice.hears("SC_AGENT_STATE", NextState="Pause", WrapUps=...)
    alice.silent()
    alice.says("CS_CHAT_WRAPUP", 2, ChatId=chat)
    alice.hears("SC_AGENT_STATE", 2)
    alice.hears("SC_AGENT_STATE", State="Pause", NextState=None)


@pytest.mark.parametrize("how", ["missed", "rejected"])
def test_an_offer_that_came_to_nothing_was_no_chat(play: Playbook, how: str) -> None:
    """B-28: they are still Ready, and still to take that state after the next one."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    wants(alice, "Ready", "PostCall")
    chat = started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    if how == "missed":
        play.wait(30)
    else:
        alice.says("CS_CHAT_HANGUP", ChatId=chat)
        alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(5)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    ends(web, alice, chat)
    alice.hears("SC_AGENT_STATE", State="PostCall")


def test_a_chat_that_goes_elsewhere_has_ended_for_them(play: Playbook) -> None:
    """B-28, B-29: handed over, given back or left, they are done with it."""
    web, alice, chat = talking(play)
    wants(alice, "Ready", "PostCall")
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", AgentName="Bob")
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_AGENT_STATE", State="PostCall")
    wants(bob, "Ready", "Pause")
    carol = play.agent("carol", "103")
    joined(play, bob, carol, chat, "Conference")
    wants(carol, "Ready", "PostCall")
    bob.says("CS_CHAT_LEAVE", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Status="Waiting")
    carol.hears("SC_CHAT_STATUS", AgentName="Carol")
    web.hears("SE_CHAT_STATUS", AgentName="Carol")
    bob.hears("SC_AGENT_STATE", State="Pause")
    carol.silent()  # hers has not ended: she owns it now


def test_who_waits_for_their_last_chat_is_asked_for_no_other(play: Playbook) -> None:
    """B-28, B-29: not by a colleague either."""
    web, alice, _chat = talking(play)
    wants(alice, "Ready", "PostCall")
    bob = play.agent("bob", "102")
    other = answered(web, bob, tracking="t2")
    bob.says("CS_CHAT_TRANSFER", 2, ChatId=other, ToAgentId=presence_of(play, "alice").agent)
    assert bob.refused("WrongState", 2) == "ToAgentId: leaving"


def test_it_is_kept_over_a_restart(play: Playbook) -> None:
    """B-12, B-28."""
    _web, alice, chat = talking(play)
    wants(alice, "Ready", "PostCall")
    play.restart()
    play.check_store()
    web, alice = play.connector("web"), play.agent("alice", "101", None)
    alice.says("CS_CHAT_STATUS", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    ends(web, alice, chat)
    alice.hears("SC_AGENT_STATE", State="PostCall")


def test_logging_off_needs_no_chat_before(play: Playbook) -> None:
    """B-28: from a pause too; with a chat it waits."""
    web, alice, chat = talking(play)
    wants(alice, "Pause", "LogOff", Reason="Lunch")
    alice.silent()
    ends(web, alice, chat)
    alice.hears("SC_AGENT_STATE", State="LogOff")
    assert [code for _session, code in play.dismissed] == ["LoggedOff"]


def test_another_word_takes_it_back(play: Playbook) -> None:
    """B-28: a state without a NextState has none."""
    web, alice, chat = talking(play)
    wants(alice, "Ready", "PostCall")
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", State="Ready", NextState=None)
    ends(web, alice, chat)
    alice.silent()


def test_missing_offers_pauses_before_that(play: Playbook) -> None:
    """B-24, B-28: what they have missed counts as ever."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    wants(alice, "Ready", "PostCall")
    started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(5)
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_AGENT_STATE", State="Pause", Reason="Missed")


@pytest.mark.parametrize(
    "members",
    [
        {"State": "Pause", "NextState": "Ready"},
        {"State": "Ready", "NextState": "Ready"},
        {"State": "Pause", "NextState": "PostCall"},
        {"State": "PostCall", "NextState": "Pause"},
        {"State": "LogOff", "NextState": "Pause"},
    ],
)
def test_a_next_state_that_leads_nowhere_is_refused(
    play: Playbook, members: dict[str, str]
) -> None:
    """B-28, W-14."""
    alice = play.agent("alice", "101")
    alice.says("CS_AGENT_STATE", 1, **members)
    assert alice.refused("BadPayload", 1).startswith("NextState: ")
