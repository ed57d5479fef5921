"""Outbound chats that are asked for again, and several at once (B-2): found by runs of the simulator."""

from broker.core.broker import restore
from broker.core.invariants import durable
from tests.support.memory_store import memory_store
from tests.support.playbook import Playbook


def test_a_called_visitor_keeps_their_address_when_their_chat_is_reopened(play: Playbook) -> None:
    """B-2: a repeated request for the chat is answered with the address, which the frame needs."""
    web, key = play.connector("web"), "3f0b8d1e-8f3a-4b43-9a53-0c4f4dd1a9f0"
    web.says("ES_CHAT_OPEN", RemoteAddress="vera", ReturnChatId=key)
    chat = web.hears("SE_CHAT_OUTBOUND", RemoteAddress="vera")["ReturnChatId"]
    web.says("ES_CHAT_START", TrackingId="t1", ReturnChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Pilot", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Pilot", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.says("ES_CHAT_OPEN", 7, RemoteAddress="vera", ReturnChatId=key)
    web.hears("SE_CHAT_OUTBOUND", 7, RemoteAddress="vera", ReturnChatId=chat)


def test_three_chats_that_are_opened_at_once_are_stored(play: Playbook) -> None:
    """B-2, I-10: a statement of one column is padded as the others are."""
    web = play.connector("web")
    for name in ("vera", "otto", "ida"):
        web.says("ES_CHAT_OPEN", RemoteAddress=name)
        web.hears("SE_CHAT_OUTBOUND", RemoteAddress=name)
    store = memory_store()
    store.commit([fact for fact in play.facts if fact.durable])
    recovered = store.recover(play.config, play.now)
    assert durable(restore(play.config, recovered, play.now)) == durable(play.state)
    store.close()
