"""I-16: nobody's chat hangs on somebody who is not there; it moves on to the next who can have it."""

from __future__ import annotations

import pytest

from broker.core.facts import ChatMoved
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    asked,
    chat_of,
    configured,
    joined,
    noted,
    outcomes,
    project_of,
    started,
    talking,
)
from tests.support.playbook import Client, Playbook

BOT = '[[pre_rules]]\nrank = 1\next_response = "^bot$"\nbot = "Robo"\n'
pytestmark = configured(FLOOR + BOT)


def last_move(play: Playbook) -> tuple[str, str]:
    """The status that a chat came to, and why."""
    moved = [fact for fact in play.facts if isinstance(fact, ChatMoved)][-1]
    return moved.status.value, moved.cause.value


def offered_to_alice(play: Playbook) -> tuple[Client, Client, str]:
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    return web, alice, chat


def test_an_offer_that_is_declined_leaves_the_chat_waiting(play: Playbook) -> None:
    """B-5."""
    web, alice, chat = offered_to_alice(play)
    alice.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1, Status="Waiting")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert (last_move(play), outcomes(play)) == (("Waiting", "rejected"), ["rejected"])


def test_an_offer_to_a_workplace_that_is_lost_goes_to_the_next(play: Playbook) -> None:
    web, alice, chat = offered_to_alice(play)
    bob = play.agent("bob", "102")
    alice.leaves()
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    assert outcomes(play) == ["lost"]


@pytest.mark.parametrize("declined", [True, False])
def test_a_bot_that_does_not_take_it_is_passed_over(play: Playbook, declined: bool) -> None:
    """B-40."""
    web, robo = play.connector("web"), play.agent("robo", "104")
    chat = started(web, "ICR", ExtResponse="bot")
    robo.hears("SC_CHAT_ALERT")
    if declined:
        robo.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    else:
        robo.leaves()
    robo.heard.clear()
    assert web.hears("SE_CHAT_STATUS")["Status"] == "Closed"  # no project rule is for it
    assert outcomes(play) == ["rejected" if declined else "lost"]


def test_whoever_joined_first_and_is_there_owns_it_next(play: Playbook) -> None:
    """B-29: who only advises is no successor, nor is who is away."""
    web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, bob, chat, "Conference")
    joined(play, alice, carol, chat, "Conference")
    bob.heard.clear()
    bob.leaves()
    for client in (alice, carol):
        client.heard.clear()
    alice.says("CS_CHAT_LEAVE", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1)
    carol.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Carol")
    assert chat_of(play, chat).agent == agent_of(play, "carol")


def test_an_owner_without_a_successor_does_not_leave(play: Playbook) -> None:
    _web, alice, chat = talking(play)
    carol = play.agent("carol", "103")
    joined(play, alice, carol, chat, "Consult")
    alice.says("CS_CHAT_LEAVE", 3, ChatId=chat)
    alice.refused("WrongState", 3)
    assert chat_of(play, chat).agent == agent_of(play, "alice")


def test_a_lost_owner_is_followed_by_the_conference(play: Playbook) -> None:
    """B-11: when the grace is over."""
    web, alice, chat = talking(play)
    carol = play.agent("carol", "103")
    joined(play, alice, carol, chat, "Conference")
    alice.leaves()
    play.wait(60)
    carol.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", AgentName="Carol")
    assert last_move(play) == ("Answered", "owner_lost")


def test_a_chat_of_a_lost_owner_waits_in_front_and_the_visitor_is_told(play: Playbook) -> None:
    """B-11."""
    web, alice, chat = talking(play)
    before = chat_of(play, chat).routing.priority
    alice.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Text=play.config.notes.agent_lost)
    boost = play.config.distribution.grace_priority
    assert chat_of(play, chat).routing.priority == before + boost
    assert last_move(play) == ("Waiting", "agent_lost")


@pytest.mark.parametrize(("response", "status"), [("sales", "Waiting"), ("nonsense", "Closed")])
def test_what_an_agent_began_goes_by_the_rules_or_ends(
    play: Playbook, response: str, status: str
) -> None:
    """It could only wait for ever where no rule gives it to anybody."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    alice.says("CS_CHAT_OPEN", 1, Peer="web", RemoteAddress="+420 1", ExtResponse="nobody")
    chat = alice.hears("SC_CHAT_STATUS", 1, Status="Answered")["ChatId"]
    web.hears("SE_CHAT_OUTBOUND", ReturnChatId=chat)
    web.says("ES_CHAT_START", 2, TrackingId="t1", ReturnChatId=chat, ExtResponse=response)
    alice.heard.clear()
    web.heard.clear()
    alice.leaves()
    play.wait(60)
    assert chat_of(play, chat).status.value == status
    assert last_move(play)[1] == "agent_lost"
    web.heard.clear()


def test_a_project_that_is_asked_is_asked_on_when_one_of_it_declines(play: Playbook) -> None:
    """B-29; of one agent who declines the owner is told."""
    _web, alice, chat = talking(play)
    carol = play.agent("carol", "103")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=chat, ToProjectId=project_of(play, "Sales"))
    carol.hears("SC_CHAT_ALERT")
    carol.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    assert chat_of(play, chat).invite is not None
    for client in (alice, carol):
        client.heard.clear()


def test_of_one_agent_who_declines_the_owner_is_told(play: Playbook) -> None:
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    bob.heard.clear()
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    assert "Bob" in noted(alice)
    assert chat_of(play, chat).invite is None


def test_who_is_alerted_sees_who_comes_and_goes(play: Playbook) -> None:
    """I-9."""
    _web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, carol, chat, "Conference")
    asked(play, alice, bob, chat, "Consult")
    carol.heard.clear()
    carol.says("CS_CHAT_LEAVE", 4, ChatId=chat)
    carol.hears("SC_CHAT_STATUS", 4)
    alice.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_STATUS", ChatId=chat)
