"""Consult and conference: more agents in one chat, one of whom owns it (B-29)."""

import pytest

from broker.core.facts import PartyLeft
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    chat_of,
    configured,
    joined,
    noted,
    presence_of,
    started,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)


def test_a_consulted_agent_reads_everything_and_writes_notes(play: Playbook) -> None:
    """B-29: what the two say to each other is stored and numbered, and never the visitor's."""
    web, alice, chat = talking(play)
    visitor_writes(web, "v1", "It is broken", alice)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    visitor_writes(web, "v2", "Really", alice, bob)
    assert writes(alice, chat, "n1", "Do you know this one?", Model=10)["Counter"] == 1
    bob.hears("SC_CHAT_SENTENCE", Model=10, Counter=1, PartyName="Alice", IsOutbound=True)
    assert writes(bob, chat, "n2", "Have them restart it", Model=10)["Counter"] == 2
    alice.hears("SC_CHAT_SENTENCE", Model=10, Counter=2, PartyName="Bob")
    assert writes(alice, chat, "a1", "Please restart it")["Counter"] == 3
    web.hears("SE_CHAT_SENTENCE", Counter=3, PartyName="Alice")
    bob.hears("SC_CHAT_SENTENCE", Counter=3)
    web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
    shown = web.hears("SE_CHAT_STATUS", 1, Internal=None, Parties=None, AgentName="Alice")
    assert [s["Counter"] for s in shown["Sentences"]] == [1, 2, 3]
    bob.says("CS_CHAT_STATUS", 1, ChatId=chat)
    shown = bob.hears("SC_CHAT_STATUS", 1, Status="Answered")
    assert [s["Text"] for s in shown["Internal"]] == [
        "Do you know this one?",
        "Have them restart it",
    ]


def test_a_consulted_agent_does_not_write_to_the_visitor(play: Playbook) -> None:
    """B-29, W-23: nor does the visitor see them type; in a conference both go through."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    bob.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="b1", Text="Hello")
    bob.refused("WrongState", 3)
    bob.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    web.silent()
    alice.says("CS_CHAT_INVITE", 4, ChatId=chat, ToAgentId=agent_of(play, "bob"), Mode="Conference")
    (party,) = alice.hears("SC_CHAT_STATUS", 4)["Parties"]
    assert (party["Mode"], party["State"]) == ("Conference", "Joined")
    bob.hears("SC_CHAT_STATUS", Status="Answered")
    bob.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    web.hears("SE_CHAT_TYPING")
    writes(bob, chat, "b1", "Hello, I am Bob")
    web.hears("SE_CHAT_SENTENCE", PartyName="Bob")
    alice.hears("SC_CHAT_SENTENCE", PartyName="Bob", IsOutbound=True)
    alice.says("CS_CHAT_INVITE", 5, ChatId=chat, ToAgentId=agent_of(play, "bob"), Mode="Conference")
    alice.hears("SC_CHAT_STATUS", 5)  # they are in it like that already


def test_a_party_holds_a_slot_and_is_offered_nothing_for_it(play: Playbook) -> None:
    """B-22, B-29: Bob has one slot; when they leave it is free for the next chat."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    waiting = started(web, "Waiting", tracking="t2")
    bob.says("CS_CHAT_LEAVE", 3, ChatId=chat)
    bob.hears("SC_CHAT_STATUS", 3, ChatId=chat, Status="Waiting")
    alice.hears("SC_CHAT_STATUS", Status="Answered", Parties=None)
    bob.hears("SC_CHAT_ALERT", ChatId=waiting)
    web.hears("SE_CHAT_STATUS", TrackingId="t2", Status="Alerting")
    visitor_writes(web, "v", "Are you there?", alice)


def test_the_owner_leaves_a_conference(play: Playbook) -> None:
    """B-29: whoever joined it first owns it then; a consulted agent never does by themselves."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_LEAVE", 1, ChatId=chat)
    alice.refused("WrongState", 1)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, bob, chat, "Consult")
    alice.says("CS_CHAT_LEAVE", 2, ChatId=chat)
    alice.refused("WrongState", 2)
    joined(play, alice, carol, chat, "Conference")
    bob.hears("SC_CHAT_STATUS")  # somebody is asked
    bob.hears("SC_CHAT_STATUS")  # and joins
    alice.says("CS_CHAT_LEAVE", 3, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 3, Status="Waiting")
    (party,) = carol.hears("SC_CHAT_STATUS", Status="Answered", AgentName="Carol")["Parties"]
    assert party["AgentName"] == "Bob"
    bob.hears("SC_CHAT_STATUS", Status="Answered", AgentName="Carol")
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Carol")
    carol.says("CS_CHAT_HANGUP", ChatId=chat)
    carol.hears("SC_CHAT_STATUS", Status="Closed")
    bob.hears("SC_CHAT_STATUS", Status="Closed", Parties=None)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Agent")
    bob.says("CS_CHAT_LEAVE", 4, ChatId=chat)
    bob.refused("ChatClosed", 4)


def test_only_the_owner_hands_the_chat_on(play: Playbook) -> None:
    """B-29: a party asks nobody, parks nothing, gives nothing back and closes nothing."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Conference")
    other = agent_of(play, "carol")
    asks: dict[str, dict[str, object]] = {
        "CS_CHAT_TRANSFER": {"ToAgentId": other},
        "CS_CHAT_INVITE": {"ToAgentId": other, "Mode": "Consult"},
        "CS_CHAT_PARK": {"IsParked": True},
        "CS_CHAT_RETURN": {},
        "CS_CHAT_HANGUP": {},
    }
    for frame, members in asks.items():
        bob.says(frame, frame, ChatId=chat, **members)
        bob.refused("WrongState", frame)
    web.silent()


def test_the_owner_is_lost_for_good(play: Playbook) -> None:
    """B-11, B-29: the conference goes on with whom it has, and the visitor is not told of a loss."""
    web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, bob, chat, "Conference")
    joined(play, alice, carol, chat, "Conference")
    bob.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_STATUS")
    bob.leaves()
    play.wait(30)
    alice.leaves()
    play.wait(30)
    (party,) = carol.hears("SC_CHAT_STATUS")["Parties"]  # Bob's time is over
    assert party["AgentName"] == "Carol"
    play.wait(30)
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Carol")
    carol.hears("SC_CHAT_STATUS", Status="Answered", AgentName="Carol", Parties=None)
    assert [f.cause for f in play.facts if isinstance(f, PartyLeft)] == ["lost", "owner"]


def test_a_consulted_agent_does_not_inherit(play: Playbook) -> None:
    """B-11, B-29: the chat goes back to the queue, where they may be offered it like everybody."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    alice.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_party_that_was_lost_is_back_in_time(play: Playbook) -> None:
    """B-11: their place is kept for the gateway's workplace_grace."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Conference")
    bob.leaves()
    play.wait(59)
    bob = play.agent("bob", "102", None)
    bob.says("CS_CHAT_RESYNC", 1)
    (listed,) = bob.hears("SC_CHAT_LIST", 1)["items"]
    assert listed["ChatId"] == chat
    bob.says("CS_CHAT_STATUS", 2, ChatId=chat)
    bob.hears("SC_CHAT_STATUS", 2, Status="Answered", Sentences=[])
    play.wait(60)
    visitor_writes(web, "v", "Hello?", alice, bob)


def test_a_restart_keeps_those_who_joined(play: Playbook) -> None:
    """B-12, B-29: in their places, with slots and notes, if they come back in time."""
    web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, bob, chat, "Conference")
    joined(play, alice, carol, chat, "Consult")
    bob.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_STATUS")
    writes(carol, chat, "n", "Careful", Model=10)
    alice.hears("SC_CHAT_SENTENCE")
    bob.hears("SC_CHAT_SENTENCE")
    play.restart()
    play.check_store()
    web, alice = play.connector("web"), play.agent("alice", "101", None)
    bob = play.agent("bob", "102", None)
    play.wait(60)
    alice.hears("SC_CHAT_STATUS")  # Carol did not come
    bob.hears("SC_CHAT_STATUS")
    bob.says("CS_CHAT_STATUS", 1, ChatId=chat)
    (party,) = (shown := bob.hears("SC_CHAT_STATUS", 1, Status="Answered"))["Parties"]
    assert (party["AgentName"], [s["Text"] for s in shown["Internal"]]) == ("Bob", ["Careful"])
    assert presence_of(play, "bob").load == 1
    writes(bob, chat, "b", "Here I am")
    alice.hears("SC_CHAT_SENTENCE")
    web.hears("SE_CHAT_SENTENCE")


def test_who_was_asked_in_and_declines(play: Playbook) -> None:
    """B-29: everybody in the chat is told."""
    _web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, bob, chat, "Conference")
    asked(play, alice, carol, chat, "Consult")
    bob.hears("SC_CHAT_STATUS", Status="Answered")
    carol.says("CS_CHAT_HANGUP", ChatId=chat)
    carol.hears("SC_CHAT_STATUS", Status="Waiting")
    carol.hears("SC_CHAT_ALERT_END")
    for agent in (alice, bob):
        (party,) = agent.hears("SC_CHAT_STATUS", Status="Answered")["Parties"]
        assert party["AgentName"] == "Bob"
    assert noted(alice, bob) == "Carol declined."


def test_what_is_no_invitation_is_refused(play: Playbook) -> None:
    """B-29, W-14: one at a time, an agent by name, in a mode that they can have."""
    _web, alice, chat = talking(play)
    bob, _carol = play.agent("bob", "102"), play.agent("carol", "103")
    bobs, carols = agent_of(play, "bob"), agent_of(play, "carol")

    def says(code: str, **members: object) -> str:
        alice.says("CS_CHAT_INVITE", 9, **{"ChatId": chat, "Mode": "Consult", **members})
        return alice.refused(code, 9)

    says("NotAllowed")
    says("BadPayload", ToAgentId=bobs, Mode="Transfer")
    says("BadPayload", ToProjectId=bobs)
    says("NotAllowed", ToAgentId=bobs, Mode="Monitor")
    says("NotAllowed", ToAgentId=agent_of(play, "alice"))
    says("UnknownAgent", ToAgentId=agent_of(play, "robo"))
    asked(play, alice, bob, chat, "Consult")
    says("WrongState", ToAgentId=carols)
    alice.says("CS_CHAT_TRANSFER", 8, ChatId=chat, ToAgentId=carols)
    alice.refused("WrongState", 8)
    alice.says("CS_CHAT_PARK", 7, ChatId=chat, IsParked=True)
    alice.refused("WrongState", 7)


def test_a_chat_has_room_for_so_many(play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14: one more is refused."""
    monkeypatch.setattr("broker.core.agents.participants.PARTIES_PER_CHAT", 1)
    _web, alice, chat = talking(play)
    bob, _carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, bob, chat, "Consult")
    alice.says("CS_CHAT_INVITE", 9, ChatId=chat, ToAgentId=agent_of(play, "carol"), Mode="Consult")
    alice.refused("Overloaded", 9)


def test_the_chat_goes_back_to_the_queue_alone(play: Playbook) -> None:
    """B-29: parties end with the conversation; whoever answers next begins without them."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Conference")
    bob.says("CS_AGENT_STATE", State="Pause")
    bob.hears("SC_AGENT_STATE")
    alice.says("CS_CHAT_RETURN", 3, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 3, Status="Waiting")
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting", Parties=None)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert chat_of(play, chat).parties == {}


def test_nobody_logs_off_out_of_a_conference(play: Playbook) -> None:
    """B-28: a chat that one has joined is a chat of one's own."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Conference")
    bob.says("CS_AGENT_STATE", State="LogOff")
    bob.hears("SC_AGENT_STATE", State="Ready", NextState="LogOff")
    bob.says("CS_CHAT_LEAVE", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_CHAT_STATUS", Parties=None)
    bob.hears("SC_AGENT_STATE", State="LogOff")
    answered(web, alice, tracking="t2")


def test_notes_and_sentences_have_keys_of_their_own(play: Playbook) -> None:
    """W-8, W-21, W-22: one ID may be used for both; a connector writes no notes."""
    web, alice, chat = talking(play)
    assert writes(alice, chat, "k", "A note", Model=10)["Counter"] == 1
    assert writes(alice, chat, "k", "A sentence")["Counter"] == 1
    web.hears("SE_CHAT_SENTENCE", ID="k", Text="A sentence")
    assert writes(alice, chat, "k", "A note", Model=10)["Counter"] == 1
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="n", Text="A note", Model=10)
    web.refused("BadPayload", 1)
