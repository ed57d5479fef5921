"""A supervisor in a chat: unseen, whispering, or in the open (B-29)."""

import pytest

from broker.core.inputs import SessionOpened
from protocol.values import Role
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    configured,
    joined,
    noted,
    presence_of,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)


def monitoring(play: Playbook) -> tuple[Client, Client, Client, str]:
    """Susan watches Alice's chat."""
    web, alice, chat = talking(play)
    susan = play.agent("susan", "104", None)
    susan.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    told = susan.hears("SC_CHAT_STATUS", 1, Status="Answered", AgentName="Alice", Sentences=...)
    assert [party["AgentName"] for party in told["Parties"]] == ["Susan"]
    alice.silent()
    return web, alice, susan, chat


def test_a_monitor_sees_everything_and_is_not_seen(play: Playbook) -> None:
    """B-22, B-29: they hold no slot, and nobody else's picture names them."""
    web, alice, susan, chat = monitoring(play)
    visitor_writes(web, "v", "Hello", alice, susan)
    writes(alice, chat, "a", "Hi")
    web.hears("SE_CHAT_SENTENCE")
    susan.hears("SC_CHAT_SENTENCE", PartyName="Alice")
    alice.says("CS_CHAT_STATUS", 2, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 2, Parties=None)
    web.says("ES_CHAT_STATUS", 3, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 3, AgentName="Alice")
    assert presence_of(play, "susan").load == 0
    susan.says("CS_CHAT_RESYNC", 4)
    (listed,) = susan.hears("SC_CHAT_LIST", 4)["items"]
    assert listed["ChatId"] == chat


def test_a_monitor_whispers_and_does_nothing_else(play: Playbook) -> None:
    """B-29: notes reach the agents; the visitor gets neither words, typing nor confirmations."""
    web, alice, susan, chat = monitoring(play)
    visitor_writes(web, "v", "Hello", alice, susan)
    writes(susan, chat, "n", "Offer them a discount", Model=10)
    alice.hears("SC_CHAT_SENTENCE", Model=10, PartyName="Susan", Text="Offer them a discount")
    susan.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="s", Text="Hello")
    susan.refused("WrongState", 2)
    susan.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    susan.says("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="v")
    susan.refused("WrongState", 3)
    susan.says("CS_CHAT_HANGUP", 4, ChatId=chat)
    susan.refused("WrongState", 4)
    web.silent()


def test_a_monitor_joins_in_the_open_and_steps_back(play: Playbook) -> None:
    """B-22, B-29: then they hold a slot and are seen; as a monitor again they do not."""
    web, alice, susan, chat = monitoring(play)
    susan.says(
        "CS_CHAT_INVITE", 2, ChatId=chat, Mode="Conference", ToAgentId=agent_of(play, "susan")
    )
    susan.hears("SC_CHAT_STATUS", 2, Status="Answered")
    (party,) = alice.hears("SC_CHAT_STATUS")["Parties"]
    assert (party["AgentName"], party["Mode"]) == ("Susan", "Conference")
    assert presence_of(play, "susan").load == 1
    writes(susan, chat, "s", "I am Susan")
    web.hears("SE_CHAT_SENTENCE", PartyName="Susan")
    alice.hears("SC_CHAT_SENTENCE")
    susan.says("CS_CHAT_INVITE", 3, ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 3)
    alice.hears("SC_CHAT_STATUS", Parties=None)
    assert (presence_of(play, "susan").load, presence_of(play, "susan").watching) == (
        0,
        {chat: None},
    )
    susan.says("CS_CHAT_INVITE", 4, ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 4)  # asked twice


def test_a_monitor_leaves(play: Playbook) -> None:
    """B-29: and hears no more; W-21: their whisper's retry is still known."""
    web, alice, susan, chat = monitoring(play)
    writes(susan, chat, "n", "Well done", Model=10)
    alice.hears("SC_CHAT_SENTENCE")
    susan.says("CS_CHAT_LEAVE", 2, ChatId=chat)
    susan.hears("SC_CHAT_STATUS", 2, Status="Waiting")
    alice.silent()
    visitor_writes(web, "v", "Thanks", alice)
    assert writes(susan, chat, "n", "Well done", Model=10)["Counter"] == 1
    susan.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="n2", Text="And", Model=10)
    susan.refused("WrongState", 3)


def test_a_lost_monitor_is_out_at_once(play: Playbook) -> None:
    """B-11, B-29: there is nothing to keep a place for; nor after a restart."""
    web, alice, susan, chat = monitoring(play)
    susan.leaves()
    susan = play.agent("susan", "104", None)
    susan.says("CS_CHAT_STATUS", 1, ChatId=chat)
    susan.refused("UnknownChat", 1)
    susan.says("CS_CHAT_INVITE", 2, ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 2)
    play.restart()
    play.check_store()
    web, alice = play.connector("web"), play.agent("alice", "101", None)
    susan = play.agent("susan", "104", None)
    visitor_writes(web, "v", "Hello", alice)


def test_a_monitor_whose_connection_is_replaced_is_out(play: Playbook) -> None:
    """W-10, W-11: the new connection's first frame is the welcome, then it hears what it lost."""
    _web, alice, _susan, chat = monitoring(play)
    susan = play.agent("susan", "104", None)  # hears the welcome, then the state
    alice.silent()
    susan.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    susan.says("CS_CHAT_STATUS", 1, ChatId=chat)
    susan.refused("UnknownChat", 1)


def test_a_monitor_who_logs_off_is_out(play: Playbook) -> None:
    """B-28: what they watch holds them not."""
    _web, alice, susan, _chat = monitoring(play)
    susan.says("CS_AGENT_STATE", State="LogOff")
    susan.hears("SC_AGENT_STATE", NextState="LogOff")
    susan.hears("SC_AGENT_STATE", State="LogOff")
    susan.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.silent()


def test_the_end_of_the_chat_is_the_end_of_the_monitoring(play: Playbook) -> None:
    """B-29: a closed chat is shown as closed, one that goes on elsewhere as gone."""
    web, alice, susan, chat = monitoring(play)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    susan.hears("SC_CHAT_STATUS", ChatId=chat, Status="Closed", Sentences=None)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    assert presence_of(play, "susan").watching == {}


def test_monitoring_goes_on_with_the_next_owner(play: Playbook) -> None:
    """B-29: a transfer changes the owner, and nothing else."""
    web, alice, susan, chat = monitoring(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    susan.hears("SC_CHAT_STATUS")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Parties=None)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    susan.hears("SC_CHAT_STATUS", Status="Answered", AgentName="Bob")
    web.hears("SE_CHAT_STATUS", AgentName="Bob")
    visitor_writes(web, "v", "Hello", bob, susan)


def test_a_monitor_can_be_asked_like_everybody(play: Playbook) -> None:
    """B-29: that they watch is not told by a refusal; when they are alerted, they watch no more."""
    web, alice, susan, chat = monitoring(play)
    susan.says("CS_AGENT_STATE", State="Ready")
    susan.hears("SC_AGENT_STATE")
    asked(play, alice, susan, chat, "Transfer")
    susan.says("CS_CHAT_ANSWER", ChatId=chat)
    susan.hears("SC_CHAT_STATUS", Status="Answered", AgentName="Susan", Parties=None)
    web.hears("SE_CHAT_STATUS", AgentName="Susan")
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    assert presence_of(play, "susan").watching == {}


def test_only_a_supervisor_lets_himself_in(play: Playbook) -> None:
    """B-29, W-14: and only into a chat that somebody else has answered."""
    web, alice, chat = talking(play)
    bob, susan = play.agent("bob", "102"), play.agent("susan", "104", None)
    for mode in ("Monitor", "Conference"):
        bob.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode=mode, ToAgentId=agent_of(play, "bob"))
        bob.refused("NotAllowed", 1)
    susan.says("CS_CHAT_INVITE", 2, ChatId=agent_of(play, "bob"), Mode="Monitor")
    susan.refused("UnknownChat", 2)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS")
    susan.says("CS_CHAT_INVITE", 3, ChatId=chat, Mode="Monitor")
    susan.refused("WrongState", 3)
    susan.says("CS_CHAT_INVITE", 4, ChatId=chat, Mode="Monitor", ToAgentId=agent_of(play, "bob"))
    susan.refused("NotAllowed", 4)


def test_a_supervisor_needs_a_slot_to_join(play: Playbook) -> None:
    """B-22: as everybody does; to watch they need none."""
    web = play.connector("web")
    susan = play.agent("susan", "104", None)
    agents = [play.agent("alice", "101"), play.agent("bob", "102"), play.agent("carol", "103")]
    chats = []
    for number, agent in enumerate(agents):
        for other in agents:
            state = "Ready" if other is agent else "Pause"
            other.says("CS_AGENT_STATE", State=state)
            other.hears("SC_AGENT_STATE")
        chats.append(answered(web, agent, tracking=f"t{number}"))
    for number, chat in enumerate(chats):
        susan.says(
            "CS_CHAT_INVITE", 1, ChatId=chat, Mode="Conference", ToAgentId=agent_of(play, "susan")
        )
        if number < 2:
            susan.hears("SC_CHAT_STATUS", 1)
            agents[number].hears("SC_CHAT_STATUS")
        else:
            assert susan.refused("WrongState", 1) == "ChatId: no free slot"
    susan.says("CS_CHAT_INVITE", 2, ChatId=chats[2], Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 2)


def test_one_can_watch_so_many(play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14: one more is refused."""
    monkeypatch.setattr("broker.core.agents.participants.WATCHED_PER_AGENT", 1)
    web, alice, susan, _chat = monitoring(play)
    second = answered(web, alice, tracking="t2")
    susan.says("CS_CHAT_INVITE", 2, ChatId=second, Mode="Monitor")
    susan.refused("Overloaded", 2)


def test_a_monitor_is_nobodys_heir(play: Playbook) -> None:
    """B-11, B-29: of those who are left only one in the conference owns the chat."""
    web, alice, susan, _chat = monitoring(play)
    alice.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    susan.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)


def test_two_workplaces_are_replaced_by_one_hello(play: Playbook) -> None:
    """W-11, B-11: the asked agent's and the owner's own; the owner is welcomed before all else."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    moved = play.join(Role.WORKPLACE, {"Peer": "102"})
    hello = SessionOpened(
        session=moved.number,
        role=Role.WORKPLACE,
        workplace="102",
        agent_id=agent_of(play, "alice"),
    )
    play.put(hello)
    moved.hears("SYS_WELCOME", WorkplaceNumber="102")
    moved.hears("SC_AGENT_STATE")
    moved.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", Parties=None)
    assert noted(alice) == "Bob is not there any more."  # on its way when they were replaced
    assert [code for _session, code in play.dismissed] == ["Replaced", "Replaced"]
    bob = play.agent("bob", "101", None)
    joined(play, moved, bob, chat, "Consult")
