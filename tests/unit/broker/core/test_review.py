"""Where decisions cross: what ends twice, names that meet, who is gone from the configuration."""

from collections.abc import Callable
from typing import Any

import pytest

from broker.config.load import loads
from protocol.values import ChatStatus, Guid
from tests.support.playbook import CONFIG, Client, Playbook
from tests.unit.broker.core.test_distribution import answered, start

BOT = """
[[workplaces]]
number = "900"
max_chats = 9
[[agents]]
name = "Robot"
login = "robot"
token = "robot-secret"
role = "bot"
max_chats = 9
[[pre_rules]]
rank = 10
ext_response = "bot"
bot = "Robot"
"""
WITH_BOT = CONFIG + BOT
SUPERVISOR = """
[[workplaces]]
number = "103"
max_chats = 3
[[agents]]
name = "Eve"
login = "eve"
token = "eve-secret"
role = "supervisor"
max_chats = 3
skills = { Sales = 50 }
"""
WITH_EVE = CONFIG + SUPERVISOR


def the_chat(play: Playbook, tracking: str) -> Any:
    """The chat of a tracking ID that was made last."""
    return [c for c in play.state.chats.values() if c.tracking_id == tracking][-1]


def agent_of(play: Playbook, login: str) -> Guid:
    return play.config.agent_by_login[login].id


def rejects(play: Playbook, robot: Client, chat: str) -> None:
    robot.says("CS_CHAT_HANGUP", ChatId=chat)
    robot.hears("SC_CHAT_STATUS", Status="Closed")
    robot.hears("SC_CHAT_ALERT_END")


def misses(play: Playbook, robot: Client, chat: str) -> None:
    play.wait(30)
    robot.hears("SC_CHAT_ALERT_END")


def is_lost(play: Playbook, robot: Client, chat: str) -> None:
    robot.leaves()


@pytest.mark.parametrize("play", [WITH_BOT], indirect=True)
@pytest.mark.parametrize("goes", [rejects, misses, is_lost])
def test_a_bot_that_does_not_take_a_chat_of_no_project_ends_it(
    play: Playbook, goes: Callable[[Playbook, Client, str], None]
) -> None:
    """B-3, B-40: its offer ends once, though the chat is closed in the same breath."""
    web, robot = play.connector("web"), play.agent("robot", "900")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="bot of nobody")
    chat = str(web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"])
    web.hears("SE_CHAT_STATUS", Status="ICR")
    robot.hears("SC_CHAT_ALERT", ChatId=chat)
    goes(play, robot, chat)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")


@pytest.mark.parametrize("play", [WITH_BOT], indirect=True)
def test_a_restart_ends_a_chat_of_no_project_that_was_offered_to_a_bot(play: Playbook) -> None:
    """B-3, B-12: the same at a restart."""
    web, robot = play.connector("web"), play.agent("robot", "900")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="bot of nobody")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="ICR")
    robot.hears("SC_CHAT_ALERT")
    play.restart()
    assert the_chat(play, "t1").status is ChatStatus.CLOSED


@pytest.mark.parametrize("play", [WITH_BOT], indirect=True)
def test_a_bot_is_not_awaited_before_it_has_answered(play: Playbook) -> None:
    """B-40: until then its offer has the say, also under a shorter patience."""
    web, robot = play.connector("web"), play.agent("robot", "900")
    start(web, "t1", "ICR", ExtResponse="bot", PreferredCulture="en")
    robot.hears("SC_CHAT_ALERT")
    play.reload(f'[distribution]\nbot_timeout = "5s"\n{WITH_BOT}')
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="s1", Text="Hello?")
    web.hears("SE_CHAT_SENTENCE")
    play.wait(29)
    robot.silent()
    play.wait(1)
    robot.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.agent("alice", "101").hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def opened(play: Playbook, web: Client) -> str:
    """A program outside opens a chat, and its connector is told."""
    web.says("ES_CHAT_OPEN", RemoteAddress="jana@example.org")
    return str(web.hears("SE_CHAT_OUTBOUND")["ReturnChatId"])


def test_the_guid_of_an_outbound_chat_is_no_tracking_id_of_another(play: Playbook) -> None:
    """B-2: until it is bound it goes by that name in the store."""
    web = play.connector("web")
    first, second = opened(play, web), opened(play, web)
    web.says("ES_CHAT_START", TrackingId=first)
    web.refused("WrongState")
    web.says("ES_CHAT_START", TrackingId=first, ReturnChatId=second)
    web.refused("WrongState")
    web.says("ES_CHAT_START", TrackingId=first, ReturnChatId=first)
    web.hears("SE_CHAT_STATUS", TrackingId=first, ChatId=first)
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_a_bound_chat_has_its_tracking_id_after_a_restart(play: Playbook) -> None:
    """B-2, I-10: and not the younger one that had it before and is closed."""
    web = play.connector("web")
    outbound = opened(play, web)
    play.wait(1)
    start(web, "t1", "Waiting")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(1)
    web.says("ES_CHAT_START", TrackingId="t1", ReturnChatId=outbound)
    web.hears("SE_CHAT_STATUS", ChatId=outbound, Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.restart()
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", ChatId=outbound, Status="Waiting")


def test_a_wrap_up_ends_though_its_agent_is_gone(play: Playbook) -> None:
    """B-28: a restart without him leaves none open that the next one of the chat would meet."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1", ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    config = CONFIG.replace("Alice Novak", "Anna").replace('"alice', '"anna')
    play.config = loads(config, path="play.toml").config
    play.restart()
    web, anna = play.connector("web"), play.agent("anna", "101")
    answered(web, anna, "t1", ExtResponse="sales")
    anna.says("CS_CHAT_HANGUP", ChatId=chat)
    anna.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(20)
    anna.hears("SC_AGENT_STATE")
