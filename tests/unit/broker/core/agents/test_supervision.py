"""What supervisors may do: force a state, close any chat, see all (B-8, B-28, B-30)."""

import pytest

from broker.core.facts import AgentMoved, ChatMoved
from protocol.encoding import JSON, MESSAGEPACK
from protocol.values import AgentState
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    configured,
    joined,
    presence_of,
    started,
    talking,
)
from tests.support.playbook import Client, Playbook

on_the_floor = configured(FLOOR)


def forces(play: Playbook, susan: Client, login: str, state: str, **members: object) -> None:
    """The supervisor forces a state, and is told what it is."""
    susan.says("CS_AGENT_STATE", 9, AgentId=agent_of(play, login), State=state, **members)
    susan.hears("SC_AGENT_STATE", 9, AgentId=agent_of(play, login), State=state, Peer=...)


@on_the_floor
def test_a_state_is_forced(play: Playbook) -> None:
    """B-28: at once; the row says by whom."""
    web, susan = play.connector("web"), play.agent("susan", "104", None)
    alice = play.agent("alice", "101", None)
    started(web, "Waiting")
    forces(play, susan, "alice", "Ready")
    alice.hears("SC_AGENT_STATE", State="Ready")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    forces(play, susan, "alice", "Pause", Reason="Lunch")
    alice.hears("SC_AGENT_STATE", State="Pause", Reason="Lunch", ActiveChats=1)
    last = [f for f in play.facts if isinstance(f, AgentMoved)][-1]
    assert (last.cause, last.by) == ("forced", agent_of(play, "susan"))


@on_the_floor
def test_a_forced_log_off_is_at_once(play: Playbook) -> None:
    """B-28, I-16: whatever they have goes on without them: an alert, a chat, a parked one."""
    web, susan = play.connector("web"), play.agent("susan", "104", None)
    carol = play.agent("carol", "103")
    parked, talked = answered(web, carol), answered(web, carol, tracking="t2")
    carol.says("CS_CHAT_PARK", ChatId=parked, IsParked=True)
    carol.hears("SC_CHAT_STATUS")
    alert = started(web, "Waiting", "Alerting", tracking="t3")
    carol.hears("SC_CHAT_ALERT")
    forces(play, susan, "carol", "LogOff")
    carol.hears("SC_CHAT_ALERT_END", ChatId=alert)
    for chat in (talked, parked):
        carol.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    carol.hears("SC_AGENT_STATE", State="LogOff")
    told = [(type_, shown["TrackingId"]) for type_, shown, _re, _payload in web.heard]
    assert told == [
        ("SE_CHAT_STATUS", "t3"),
        ("SE_CHAT_STATUS", "t2"),
        ("SE_CHAT_SENTENCE", "t2"),
        ("SE_CHAT_STATUS", "t1"),
        ("SE_CHAT_SENTENCE", "t1"),
    ]
    web.heard.clear()
    assert play.dismissed == [(carol.number, "LoggedOff")]
    carol.leaves()
    assert (presence_of(play, "carol").load, presence_of(play, "carol").state) == (
        0,
        AgentState.LOG_OFF,
    )
    play.wait(120)


@on_the_floor
def test_the_owner_of_a_conference_is_logged_off(play: Playbook) -> None:
    """B-28, B-29: who is in it goes on, and the visitor sees one conversation."""
    web, alice, chat = talking(play)
    bob, susan = play.agent("bob", "102"), play.agent("susan", "104", None)
    joined(play, alice, bob, chat, "Conference")
    forces(play, susan, "alice", "LogOff")
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_AGENT_STATE", State="LogOff")
    bob.hears("SC_CHAT_STATUS", Status="Answered", AgentName="Bob", Parties=None)
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Bob")
    assert [f.cause for f in play.facts if isinstance(f, ChatMoved)][-1] == "forced"


@on_the_floor
def test_a_party_and_an_asked_agent_are_logged_off(play: Playbook) -> None:
    """B-28, B-29: the owner keeps the chat and is told."""
    _web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    susan = play.agent("susan", "104", None)
    joined(play, alice, bob, chat, "Conference")
    forces(play, susan, "bob", "LogOff")
    bob.hears("SC_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_AGENT_STATE", State="LogOff")
    alice.hears("SC_CHAT_STATUS", Status="Answered", Parties=None)
    asked(play, alice, carol, chat, "Transfer")
    forces(play, susan, "carol", "LogOff")
    carol.hears("SC_CHAT_ALERT_END")
    carol.hears("SC_AGENT_STATE", State="LogOff")
    alice.hears("SC_CHAT_STATUS", Status="Answered", Parties=None)


@on_the_floor
def test_a_wrap_up_ends_with_a_forced_log_off(play: Playbook) -> None:
    """B-22, B-28: nothing holds a slot of somebody who is gone."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    web.hears("SE_CHAT_STATUS")
    susan = play.agent("susan", "104", None)
    forces(play, susan, "alice", "LogOff")
    alice.hears("SC_AGENT_STATE", State="LogOff", ActiveChats=0)


@on_the_floor
def test_somebody_who_is_lost_can_be_logged_off(play: Playbook) -> None:
    """B-28, I-16: their chats need not wait for the end of the grace."""
    web, alice, _chat = talking(play)
    susan = play.agent("susan", "104", None)
    alice.leaves()
    forces(play, susan, "alice", "LogOff")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)
    play.wait(61)
    alice = play.agent("alice", "101", None)
    play.check_store()


@on_the_floor
def test_what_cannot_be_forced(play: Playbook) -> None:
    """B-28, W-14: only by a supervisor, on who is logged in, to a state that there is."""
    alice, susan = play.agent("alice", "101", None), play.agent("susan", "104", None)
    alice.says("CS_AGENT_STATE", 1, AgentId=agent_of(play, "susan"), State="Pause")
    alice.refused("NotAllowed", 1)
    for code, members in (
        ("UnknownAgent", {"AgentId": agent_of(play, "bob"), "State": "Pause"}),
        ("UnknownAgent", {"AgentId": "00000000-0000-4000-a000-000000000001", "State": "Pause"}),
        ("BadPayload", {"AgentId": agent_of(play, "alice"), "State": "Pause", "Reason": "x"}),
        ("NotAllowed", {"AgentId": agent_of(play, "alice"), "State": "Pause", "Peer": "101"}),
    ):
        susan.says("CS_AGENT_STATE", 2, **members)
        susan.refused(code, 2)
    forces(play, susan, "alice", "LogOff")
    alice.hears("SC_AGENT_STATE", State="LogOff")
    susan.says("CS_AGENT_STATE", 3, AgentId=agent_of(play, "alice"), State="Ready")
    susan.refused("WrongState", 3)


@on_the_floor
@pytest.mark.parametrize("stage", ["Waiting", "Alerting", "Answered"])
def test_a_supervisor_closes_a_chat(play: Playbook, stage: str) -> None:
    """B-8: in any status, with the reason Admin; once closed the answer is the same."""
    web = play.connector("web")
    alice = play.agent("alice", "101", "Pause" if stage == "Waiting" else "Ready")
    susan = play.agent("susan", "104", None)
    if stage == "Answered":
        chat = answered(web, alice)
    else:
        chat = started(web, *("Waiting", "Alerting")[: 1 if stage == "Waiting" else 2])
        if stage == "Alerting":
            alice.hears("SC_CHAT_ALERT")
    susan.says("CS_CHAT_CLOSE", 1, ChatId=chat)
    susan.hears("SC_CHAT_STATUS", 1, ChatId=chat, Status="Closed", CloseReason="Admin")
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Admin")
    if stage == "Alerting":
        alice.hears("SC_CHAT_ALERT_END")
    elif stage == "Answered":
        alice.hears("SC_CHAT_STATUS", Status="Closed", CloseReason="Admin")
    susan.says("CS_CHAT_CLOSE", 2, ChatId=chat)
    susan.hears("SC_CHAT_STATUS", 2, Status="Closed", Sentences=None)


@on_the_floor
def test_a_supervisor_closes_a_chat_that_they_monitor(play: Playbook) -> None:
    """B-8, B-29, W-15: they get one answer, and no push beside it."""
    web, alice, chat = talking(play)
    susan = play.agent("susan", "104", None)
    susan.says("CS_CHAT_INVITE", ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS")
    susan.says("CS_CHAT_CLOSE", 1, ChatId=chat)
    susan.hears("SC_CHAT_STATUS", 1, Status="Closed", CloseReason="Admin")
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    assert presence_of(play, "susan").watching == {}


@on_the_floor
def test_nobody_else_closes_chats(play: Playbook) -> None:
    """W-14: not even their own, for which there is CS_CHAT_HANGUP."""
    _web, alice, chat = talking(play)
    susan = play.agent("susan", "104", None)
    alice.says("CS_CHAT_CLOSE", 1, ChatId=chat)
    alice.refused("NotAllowed", 1)
    susan.says("CS_CHAT_CLOSE", 2, ChatId=agent_of(play, "bob"))
    susan.refused("UnknownChat", 2)
    susan.says("CS_CHAT_CLOSE", 3, Peer="101", ChatId=chat)
    susan.refused("NotAllowed", 3)


@on_the_floor
def test_the_overview_shows_the_open_chats(play: Playbook) -> None:
    """B-30: first those that wait, the oldest in front; then those that are talked in."""
    web, alice, talked = talking(play)
    susan = play.agent("susan", "104", None)
    alice.says("CS_CHAT_PARK", ChatId=talked, IsParked=True)
    alice.hears("SC_CHAT_STATUS")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    play.wait(1)
    first = started(web, "Waiting", tracking="t2")
    play.wait(1)
    second = started(web, "Waiting", tracking="t3")
    susan.says("CS_CHAT_OVERVIEW", 1)
    items = susan.hears("SC_CHAT_OVERVIEW", 1)["items"]
    shown = [(i["ChatId"], i["Status"], i.get("AgentName"), i.get("IsParked")) for i in items]
    assert shown == [
        (first, "Waiting", None, None),
        (second, "Waiting", None, None),
        (talked, "Answered", "Alice", True),
    ]
    about = [(i["Info"]["ChatGatewayName"], i["Info"]["WaitingTime"]) for i in items]
    assert about == [("Web chat", 1), ("Web chat", 0), ("Web chat", 0)]
    assert set(items[0]["Info"]) == {
        "ChatGatewayName",
        "MaxSignalDuration",
        "PilotDialTime",
        "ProjectName",
        "TimeStamp",
        "WaitingTime",
    }
    alice.says("CS_CHAT_OVERVIEW", 2)
    alice.refused("NotAllowed", 2)


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}", "\x01"])
def test_the_overview_fits_a_frame(letter: str) -> None:
    """B-30, W-3: with names as long as they may be, in either encoding."""
    play = Playbook("[limits]\nframe_bytes = 20000\noutbox_bytes = 200000\n" + FLOOR)
    web, susan = play.connector("web"), play.agent("susan", "104", None)
    for number in range(40):
        web.says("ES_CHAT_START", number, TrackingId=f"t{number}", PartyName=letter * 160)
    web.heard.clear()
    susan.says("CS_CHAT_OVERVIEW", 1)
    ((_type, _shown, _re, payload),) = susan.heard
    assert isinstance(payload, tuple)
    assert 8 < len(payload) < 40
    assert len(JSON.pack("SC_CHAT_OVERVIEW", payload)) < 20_000
    assert len(MESSAGEPACK.pack("SC_CHAT_OVERVIEW", payload)) < 20_000
    susan.heard.clear()


@on_the_floor
def test_everybody_sees_who_is_logged_in(play: Playbook) -> None:
    """B-29: so that a chat can be handed to somebody; who logged off is not there."""
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", None)
    alice.says("CS_AGENT_LIST", 1)
    items = alice.hears("SC_AGENT_LIST", 1)["items"]
    assert [(i["AgentName"], i["State"]) for i in items] == [
        ("Alice Novak", "Ready"),
        ("Bob", "Pause"),
    ]
    bob.says("CS_AGENT_STATE", State="LogOff")
    bob.hears("SC_AGENT_STATE")
    bob.hears("SC_AGENT_STATE")
    alice.says("CS_AGENT_LIST", 2)
    assert len(alice.hears("SC_AGENT_LIST", 2)["items"]) == 1
    alice.says("CS_AGENT_LIST", 3, Peer="102")
    alice.refused("NotAllowed", 3)
