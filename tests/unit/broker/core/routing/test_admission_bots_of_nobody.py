"""A bot that meets a chat which no project rule takes (B-3, B-40): found by runs of the simulator."""

import pytest

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
