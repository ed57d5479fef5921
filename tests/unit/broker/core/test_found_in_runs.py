"""What the simulator's runs found, each as the shortest script that shows it."""

import pytest

from broker.core.broker import restore
from broker.core.invariants import durable
from tests.support.memory_store import memory_store
from tests.support.playbook import CONFIG, Playbook
from tests.support.reception import BOT

WITH_BOT = pytest.mark.parametrize(
    "play", [CONFIG + BOT + '[[workplaces]]\nnumber = "901"\n'], indirect=True, ids=["bot"]
)
NOBODY = "nobody's"
"""What no project rule of the configuration takes."""


@WITH_BOT
@pytest.mark.parametrize("how", ["rejects", "misses", "leaves", "restart"])
def test_a_chat_of_nobody_ends_once_when_its_bot_does_not_take_it(play: Playbook, how: str) -> None:
    """B-3, B-40: the offer to the bot ends once, whatever ends it, and the chat is closed by rule."""
    web, robot = play.connector("web"), play.agent("robot", "901")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse=NOBODY)
    chat = web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"]
    web.hears("SE_CHAT_STATUS", Status="ICR")
    robot.hears("SC_CHAT_ALERT", ChatId=chat)
    match how:
        case "rejects":
            robot.says("CS_CHAT_HANGUP", ChatId=chat)
            robot.hears("SC_CHAT_STATUS", Status="Closed")
        case "misses":
            play.wait(30)
        case "leaves":
            robot.leaves()
        case _:
            play.restart()
            web = play.connector("web")
            web.says("ES_CHAT_STATUS", TrackingId="t1")
    if how in ("rejects", "misses"):
        robot.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")
    assert play.store.recover(play.config, play.now).chats[0].offer is None


def test_a_called_visitor_keeps_his_address_when_his_chat_is_reopened(play: Playbook) -> None:
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
