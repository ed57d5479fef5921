"""Whose wrap-up it is, and what is said at its end (B-28)."""

from broker.core.facts import WrapupEnded, WrapupStarted
from tests.support.floor import (
    FLOOR,
    agent_of,
    answered,
    configured,
    desk_of,
    joined,
)
from tests.support.playbook import Playbook

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
    web.hears("SE_CHAT_STATUS")
    alice.says("CS_CHAT_WRAPUP", 2, ChatId=chat, Code="Stolen")
    assert alice.refused("BadPayload", 2) == "Code: not a configured code"
    alice.says("CS_CHAT_WRAPUP", 3, ChatId=chat, Code="Sold", Note="Two of them")
    alice.hears("SC_AGENT_STATE", 3, ActiveChats=0)
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
    assert [desk_of(play, name).load for name in ("alice", "bob", "carol")] == [0, 0, 1]
    bob.says("CS_CHAT_WRAPUP", 1, ChatId=chat)
    bob.refused("WrongState", 1)
    play.restart()
    play.check_store()
    carol = play.agent("carol", "103", None)
    play.wait(20)
    carol.hears("SC_AGENT_STATE", ActiveChats=0)
