"""Slots: what a chat weighs, what an agent has, what is kept (B-22, I-6)."""

from broker.core.invariants import lease_faults
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    configured,
    presence_of,
    started,
)
from tests.support.playbook import Playbook

HEAVY = FLOOR.replace('chat_type = "SocialIM"', 'chat_type = "SocialIM"\nweight = 2')
RESERVE = HEAVY + "[distribution]\npark_reserve = 1\n"
pytestmark = configured(HEAVY)


def test_a_heavy_chat_holds_more_slots(play: Playbook) -> None:
    """B-22: the state of the agent reports the sum."""
    im, alice = play.connector("im"), play.agent("alice", "101")
    chat = answered(im, alice)
    web = play.connector("web")
    started(web, "Waiting")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE", MaxChats=2, ActiveChats=2)
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_it_waits_for_as_many_as_it_takes(play: Playbook) -> None:
    """B-20, B-22, B-23: one free slot is none to it, and lighter ones behind it are served."""
    web, im, alice = play.connector("web"), play.connector("im"), play.agent("alice", "101")
    first = answered(web, alice)
    heavy = started(im, "Waiting")
    play.wait(60)
    second = answered(web, alice, tracking="t2")
    for chat in (first, second):
        alice.says("CS_CHAT_HANGUP", ChatId=chat)
        alice.hears("SC_CHAT_STATUS", Status="Closed")
        web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_ALERT", ChatId=heavy)
    im.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_chat_heavier_than_anybody_waits(play: Playbook) -> None:
    """B-22, B-30: Bob has one slot; the log says that they lack slots, and it is nobody's fault."""
    im, bob = play.connector("im"), play.agent("bob", "102")
    chat = started(im, "Waiting")
    bob.silent()
    susan = play.agent("susan", "104", None)
    susan.says("CS_CHAT_EXPLAIN", 1, ChatId=chat, AgentId=agent_of(play, "bob"))
    items = susan.hears("SC_CHAT_EXPLANATION", 1)["items"]
    assert items[-1]["Reason"] == "no free slot"
    im.says("ES_CHAT_REQUEST", 2, TrackingId="t2")
    im.hears("SE_CHAT_RESPONSE", 2, Signal="Busy")


def test_it_is_not_forced_upon_anybody_by_another_way(play: Playbook) -> None:
    """B-22: nor by a transfer, an invitation, an own chat or a supervisor's joining."""
    im, alice = play.connector("im"), play.agent("alice", "101")
    chat = answered(im, alice)
    play.agent("bob", "102")
    bob = agent_of(play, "bob")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=chat, ToAgentId=bob)
    assert alice.refused("WrongState", 1) == "ToAgentId: no free slot"
    alice.says("CS_CHAT_INVITE", 2, ChatId=chat, ToAgentId=bob, Mode="Consult")
    alice.refused("WrongState", 2)
    alice.says("CS_CHAT_OPEN", 3, Peer="im", RemoteAddress="x")
    alice.refused("WrongState", 3)


def test_a_reload_weighs_anew(play: Playbook) -> None:
    """B-22, C-4: an agent may hold more than they have until chats end; they are offered nothing."""
    im, alice = play.connector("im"), play.agent("alice", "101")
    web = play.connector("web")
    play.reload(FLOOR)
    first, second = answered(im, alice), answered(im, alice, tracking="t2")
    for chat in (first, second):
        alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
        alice.hears("SC_CHAT_STATUS")
    play.reload(HEAVY)
    alice.says("CS_CHAT_PARK", ChatId=first, IsParked=False)
    alice.hears("SC_CHAT_STATUS", IsParked=None)
    assert presence_of(play, "alice").load == 2
    alice.says("CS_CHAT_PARK", ChatId=second, IsParked=False)
    alice.hears("SC_CHAT_STATUS", IsParked=True)
    started(web, "Waiting")
    play.reload(FLOOR)
    # Both weigh less now: the one that is to come back is first.
    alice.hears("SC_CHAT_STATUS", ChatId=second, IsParked=None)
    alice.silent()
    assert presence_of(play, "alice").load == 2


def test_the_workplace_bounds_the_agent(play: Playbook) -> None:
    """B-22: the smaller of the two counts, wherever they sit down."""
    web, carol = play.connector("web"), play.agent("carol", "103")
    chat = answered(web, carol)
    play.reload(HEAVY.replace('number = "103"\nmax_chats = 9', 'number = "103"\nmax_chats = 1'))
    carol.hears("SC_AGENT_STATE", MaxChats=1, ActiveChats=1)
    started(web, "Waiting", tracking="t2")
    carol.says("CS_CHAT_HANGUP", ChatId=chat)
    carol.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    carol.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_every_kind_of_lease_is_what_it_ought_to_be(play: Playbook) -> None:
    """I-6: offer, invitation, chat, wrap-up; the reconciler works it out from the chats alone."""
    web, carol = play.connector("web"), play.agent("carol", "103")
    done = answered(web, carol, ExtResponse="sales")
    carol.says("CS_CHAT_HANGUP", ChatId=done)
    carol.hears("SC_CHAT_STATUS")
    carol.hears("SC_AGENT_STATE", WrapUps=...)
    web.hears("SE_CHAT_STATUS")
    chat = answered(web, carol, tracking="t2")
    alice = play.agent("alice", "101")
    asked(play, carol, alice, chat, "Transfer")
    started(web, "Waiting", "Alerting", tracking="t3")
    alice.hears("SC_CHAT_ALERT")
    assert (presence_of(play, "carol").load, presence_of(play, "alice").load) == (2, 2)
    assert lease_faults(play.state) == []
    presence_of(play, "carol").leases.pop(play.state.chats[next(iter(play.state.chats))].id)
    assert lease_faults(play.state) != []
    play.clients.clear()


def test_a_slot_that_is_kept_is_not_offered_to_a_colleague(play: Playbook) -> None:
    """B-22, B-29: who asks them sees them as full; their own parked chat is not kept out."""
    play.reload(RESERVE)
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice)
    alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
    alice.hears("SC_CHAT_STATUS")
    answered(web, alice, tracking="t2")
    bob = play.agent("bob", "102")
    other = answered(web, bob, tracking="t3")
    bob.says("CS_CHAT_TRANSFER", 1, ChatId=other, ToAgentId=agent_of(play, "alice"))
    assert bob.refused("WrongState", 1) == "ToAgentId: no free slot"
    alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=False)
    alice.hears("SC_CHAT_STATUS", IsParked=None)
