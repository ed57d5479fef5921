"""An owner gives a chat back to the queue (B-29)."""

from tests.support.agents_at_work import (
    FLOOR,
    answered,
    asked,
    chat_of,
    configured,
    started,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)


def test_it_waits_again_with_its_age(play: Playbook) -> None:
    """B-21, B-29: in front of who came later; the next agent has all its words."""
    web, alice, chat = talking(play)
    visitor_writes(web, "v", "Hello", alice)
    queued = chat_of(play, chat).waiting.enqueued_at
    play.wait(60)
    alice.says("CS_CHAT_RETURN", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1, Status="Waiting", Sentences=None)
    web.hears("SE_CHAT_STATUS", Status="Waiting", AgentName=None)
    assert chat_of(play, chat).waiting.enqueued_at == queued
    play.check_store()
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    told = bob.hears("SC_CHAT_STATUS", Status="Answered")
    assert [s["Text"] for s in told["Sentences"]] == ["Hello"]
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Bob")


def test_it_is_not_offered_to_the_same_agent_at_once(play: Playbook) -> None:
    """B-24, B-29: though they are preferred; after the pause of who is alone it is."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_RETURN", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(4.9)
    alice.silent()
    play.wait(0.1)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_that_holds_over_a_restart(play: Playbook) -> None:
    """B-12, B-24: with somebody else left it is a full minute."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    answered(web, bob, tracking="t2")
    alice.says("CS_CHAT_RETURN", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.restart()
    play.check_store()
    play.agent("bob", "102", None)
    alice = play.agent("alice", "101", None)
    play.wait(59)
    alice.silent()
    play.wait(1)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)


def test_the_slot_is_free_for_others(play: Playbook) -> None:
    """B-22."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    chat = answered(web, bob)
    second = started(web, "Waiting", tracking="t2")
    bob.says("CS_CHAT_RETURN", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    web.hears("SE_CHAT_STATUS", TrackingId="t1", Status="Waiting")
    bob.hears("SC_CHAT_ALERT", ChatId=second)
    web.hears("SE_CHAT_STATUS", TrackingId="t2", Status="Alerting")


def test_his_retry_is_known_by_whoever_has_it_then(play: Playbook) -> None:
    """W-21: in the queue, and with the next owner."""
    web, alice, chat = talking(play)
    writes(alice, chat, "a", "I give you to a colleague")
    web.hears("SE_CHAT_SENTENCE")
    alice.says("CS_CHAT_RETURN", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert writes(alice, chat, "a", "I give you to a colleague")["Counter"] == 1
    web.hears("SE_CHAT_SENTENCE")
    alice.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="b", Text="More")
    alice.refused("WrongState", 1)


def test_what_was_asked_for_ends(play: Playbook) -> None:
    """B-29: the alert is withdrawn; the one who was asked is offered it like everybody."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    alice.says("CS_CHAT_RETURN", 2, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 2, Status="Waiting", Parties=None)
    bob.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_only_an_owner_gives_a_chat_back(play: Playbook) -> None:
    """B-29, W-14: an offer is rejected, not returned."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    chat = started(web, "Waiting", "Alerting")
    bob.hears("SC_CHAT_ALERT")
    bob.says("CS_CHAT_RETURN", 1, ChatId=chat)
    bob.refused("WrongState", 1)
    carol = play.agent("carol", "103")
    carol.says("CS_CHAT_RETURN", 2, ChatId=chat)
    carol.refused("UnknownChat", 2)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS")
    bob.hears("SC_CHAT_ALERT_END")
    bob.says("CS_CHAT_RETURN", 3, ChatId=chat)
    bob.refused("UnknownChat", 3)
