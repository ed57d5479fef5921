"""Whose wrap-up it is, and what is said at its end (B-28)."""

from typing import Any

import pytest

from broker.config.model import SECOND
from broker.core.facts import WrapupEnded, WrapupStarted
from broker.core.inputs import SessionOpened
from broker.core.views import structures
from protocol.values import Role, from_micros
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    configured,
    joined,
    presence_of,
)
from tests.support.playbook import Client, Playbook

CODES = FLOOR + '\n[[wrapup_codes]]\nname = "Sold"\n[[wrapup_codes]]\nname = "Lost"\n'
pytestmark = configured(CODES)


def test_a_code_and_a_note(play: Playbook) -> None:
    """B-28: one of the configured codes; the row has both."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, ExtResponse="sales")
    alice.says("CS_CHAT_WRAPUP", 1, ChatId=chat)
    alice.refused("WrongState", 1)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    web.hears("SE_CHAT_STATUS")
    alice.says("CS_CHAT_WRAPUP", 2, ChatId=chat, Code="Stolen")
    assert alice.refused("BadPayload", 2) == "Code: not a configured code"
    alice.says("CS_CHAT_WRAPUP", 3, ChatId=chat, Code="Sold", Note="Two of them")
    alice.hears("SC_AGENT_STATE", 3, ActiveChats=0, WrapUps=None)
    (ended,) = [fact for fact in play.facts if isinstance(fact, WrapupEnded)]
    assert (ended.code, ended.note, ended.cause) == ("Sold", "Two of them", "agent")
    alice.says("CS_CHAT_WRAPUP", 4, ChatId=chat)
    alice.refused("WrongState", 4)


def test_it_is_the_owners_alone(play: Playbook) -> None:
    """B-28, B-29: of whoever owned the chat when it closed, not of the others in it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, ExtResponse="sales")
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, carol, chat, "Conference")
    joined(play, alice, bob, chat, "Consult")
    for _ in range(2):
        carol.hears("SC_CHAT_STATUS")
    alice.says("CS_CHAT_LEAVE", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    for agent in (carol, bob):
        agent.hears("SC_CHAT_STATUS", AgentName="Carol")
    web.hears("SE_CHAT_STATUS", AgentName="Carol")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    for agent in (carol, bob):
        agent.hears("SC_CHAT_STATUS", Status="Closed")
    begun = [fact.agent for fact in play.facts if isinstance(fact, WrapupStarted)]
    assert begun == [agent_of(play, "carol")]
    assert [presence_of(play, name).load for name in ("alice", "bob", "carol")] == [0, 0, 1]
    bob.says("CS_CHAT_WRAPUP", 1, ChatId=chat)
    bob.refused("WrongState", 1)
    play.restart()
    play.check_store()
    carol = play.agent("carol", "103", None)
    play.wait(20)
    carol.hears("SC_AGENT_STATE", ActiveChats=0)


def ended(play: Playbook, length: int = 20) -> tuple[Client, Client, str, dict[str, Any]]:
    """Alice has ended a chat with Jana and writes it up."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, ExtResponse="sales", PartyName="Jana")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    shown = {
        "ChatId": chat,
        "RemoteName": "Jana",
        "UntilUtc": from_micros(play.wall + length * SECOND),
    }
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=[shown])
    return web, alice, chat, shown


def test_it_is_in_the_picture_until_it_ends_by_itself(play: Playbook) -> None:
    """B-28, W-25: told when it begins, and told when it is over."""
    _, alice, _, _ = ended(play)
    play.wait(19)
    alice.silent()
    play.wait(1)
    alice.hears("SC_AGENT_STATE", ActiveChats=0, WrapUps=None)


@pytest.mark.parametrize("broker_too", [False, True])
def test_a_program_that_was_started_anew_sees_it_and_ends_it(
    play: Playbook, broker_too: bool
) -> None:
    """W-25, B-12: what holds a slot is shown, whoever was restarted."""
    _, alice, chat, shown = ended(play)
    play.wait(5)
    if broker_too:
        play.restart()
        play.check_store()
        shown["UntilUtc"] = from_micros(play.wall + 20 * SECOND)  # a grace after the restart
    else:
        alice.leaves()
    alice = play.join(Role.WORKPLACE, {"Peer": "101"})
    me = agent_of(play, "alice")
    hello = SessionOpened(session=alice.number, role=Role.WORKPLACE, workplace="101", agent_id=me)
    play.put(hello)
    alice.hears("SYS_WELCOME")
    alice.hears("SC_AGENT_STATE", State="Ready", ActiveChats=1, WrapUps=[shown])
    alice.says("CS_CHAT_RESYNC", 1)
    assert alice.hears("SC_CHAT_LIST", 1)["items"] == []
    alice.says("CS_CHAT_WRAPUP", 2, ChatId=chat, Code="Sold")
    alice.hears("SC_AGENT_STATE", 2, ActiveChats=0, WrapUps=None)
    play.wait(60)
    alice.silent()


def test_a_visitor_who_comes_back_ends_it_and_its_agent_is_told(play: Playbook) -> None:
    """B-2, W-25."""
    web, alice, _, _ = ended(play)
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="sales")
    alice.hears("SC_AGENT_STATE", ActiveChats=0, WrapUps=None)
    alice.hears("SC_CHAT_ALERT")
    for status in ("Pilot", "Waiting", "Alerting"):
        web.hears("SE_CHAT_STATUS", Status=status)


def test_it_is_shown_to_nobody_else(play: Playbook) -> None:
    """W-25: neither in the list of who is logged in, nor to a supervisor who sets the state."""
    _, alice, _, _ = ended(play)
    susan = play.agent("susan", "104")
    for asks in (susan, alice):
        asks.says("CS_AGENT_LIST", 1)
        listed = asks.hears("SC_AGENT_LIST", 1)["items"]
        (own,) = [one for one in listed if one["AgentName"] == "Alice Novak"]
        assert (own["ActiveChats"], own.get("WrapUps")) == (1, None)
    susan.says("CS_AGENT_STATE", 2, State="Pause", AgentId=agent_of(play, "alice"))
    susan.hears("SC_AGENT_STATE", 2, ActiveChats=1, WrapUps=None)
    alice.hears("SC_AGENT_STATE", State="Pause", WrapUps=...)


def test_whoever_is_expelled_has_none(play: Playbook) -> None:
    """B-28: a supervisor's `LogOff` ends it, and is told once."""
    _, alice, _, _ = ended(play)
    susan = play.agent("susan", "104")
    susan.says("CS_AGENT_STATE", 2, State="LogOff", AgentId=agent_of(play, "alice"))
    susan.hears("SC_AGENT_STATE", 2, State="LogOff", ActiveChats=0)
    alice.hears("SC_AGENT_STATE", State="LogOff", ActiveChats=0, WrapUps=None)
    alice.silent()


def test_a_grace_is_told(play: Playbook) -> None:
    """B-13: after a time in which nobody listened it ends later, and the agent knows when."""
    _, alice, chat, shown = ended(play)
    play.wait(5)
    play.freeze(3600)
    shown["UntilUtc"] = from_micros(play.wall + 20 * SECOND)
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=[shown])
    play.wait(20)
    alice.hears("SC_AGENT_STATE", ActiveChats=0, WrapUps=None)
    assert chat


def test_those_that_fit_a_frame_are_shown(play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14: those that began first; the others are shown when these are over."""
    monkeypatch.setattr(structures, "WRAP_UP_BYTES", play.config.limits.frame_bytes // 2)
    web, alice = play.connector("web"), play.agent("alice", "101")
    chats = []
    for number in range(2):
        chats.append(answered(web, alice, tracking=f"t{number}", ExtResponse="sales"))
        alice.says("CS_CHAT_HANGUP", ChatId=chats[-1])
        alice.hears("SC_CHAT_STATUS")
        state = alice.hears("SC_AGENT_STATE", ActiveChats=number + 1)
        web.hears("SE_CHAT_STATUS")
    assert [one["ChatId"] for one in state["WrapUps"]] == chats[:1]
    alice.says("CS_CHAT_WRAPUP", 1, ChatId=chats[0])
    state = alice.hears("SC_AGENT_STATE", 1, ActiveChats=1)
    assert [one["ChatId"] for one in state["WrapUps"]] == chats[1:]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("early", [False, True])
def test_it_holds_its_chat_however_long_it_is(
    play: Playbook, *, early: bool, restarted: bool
) -> None:
    """B-28, B-8: it was cut when its chat left the memory; that goes when the wrap-up is over."""
    play.reload(CODES.replace('wrapup = "20s"', 'wrapup = "3h"'))
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, ExtResponse="sales", PartyName="Jana")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    play.wait(2 * 3600)
    if restarted:
        play.restart()
        alice = play.agent("alice", "101", None)
        play.check_store()
    alice.heard.clear()
    assert presence_of(play, "alice").load == 1
    assert not [fact for fact in play.facts if isinstance(fact, WrapupEnded)]
    if early:
        alice.says("CS_CHAT_WRAPUP", 3, ChatId=chat, Code="Sold")
        alice.hears("SC_AGENT_STATE", 3, ActiveChats=0)
    play.wait(120 if early else 3600 + 120)  # a restart gives everything a minute
    (over,) = [fact for fact in play.facts if isinstance(fact, WrapupEnded)]
    assert over.cause == ("agent" if early else "expired")
    assert presence_of(play, "alice").load == 0
    assert not play.state.chats
    web.heard.clear()
    alice.heard.clear()
