"""Where decisions cross: what ends twice, names that meet, who is gone from the configuration.

Found when the core was reviewed.
"""

from collections.abc import Callable
from typing import Any

import pytest

from broker.config.load import loads
from broker.core.inputs import SessionOpened
from protocol.values import ChatStatus, Guid, Role
from tests.support.first_moves import answered, start
from tests.support.playbook import CONFIG, Client, Playbook

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
CHAT_KEY = "00000000-0000-4000-8000-000000000001"


def the_chat(play: Playbook, tracking: str) -> Any:
    """The chat of a tracking ID that was made last."""
    return [c for c in play.state.chats.values() if c.visitor.tracking_id == tracking][-1]


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
    """B-28: a restart without them leaves none open that the next one of the chat would meet."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1", ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    config = CONFIG.replace("Alice Novak", "Anna").replace('"alice', '"anna')
    play.config = loads(config, path="play.toml").config
    play.restart()
    web, anna = play.connector("web"), play.agent("anna", "101")
    answered(web, anna, "t1", ExtResponse="sales")
    anna.says("CS_CHAT_HANGUP", ChatId=chat)
    anna.hears("SC_CHAT_STATUS", Status="Closed")
    anna.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(20)
    anna.hears("SC_AGENT_STATE")


@pytest.mark.parametrize("play", [WITH_EVE], indirect=True)
def test_a_language_that_is_gone_is_explained(play: Playbook) -> None:
    """B-30: what an agent lacks has a name no more after a restart without it."""
    web = play.connector("web")
    chat = start(web, "t1", "Waiting", PreferredCulture="en")
    config = WITH_EVE.replace('name = "English"\nculture = "en"', 'name = "Czech"\nculture = "cs"')
    config = config.replace("English", "Czech")
    play.config = loads(config, path="play.toml").config
    play.restart()
    eve = play.agent("eve", "103")
    eve.says("CS_CHAT_EXPLAIN", ChatId=chat, AgentId=agent_of(play, "alice"))
    eve.hears("SC_CHAT_EXPLANATION")


@pytest.mark.parametrize("play", [WITH_EVE], indirect=True)
def test_a_newer_connection_of_who_monitors_is_welcomed_first(play: Playbook) -> None:
    """W-10, W-11: nothing comes before the welcome."""
    web, alice, eve = play.connector("web"), play.agent("alice", "101"), play.agent("eve", "103")
    chat = answered(web, alice, "t1")
    eve.says("CS_CHAT_INVITE", ChatId=chat, Mode="Monitor")
    eve.hears("SC_CHAT_STATUS", Status="Answered")
    alice.silent()
    eve = play.agent("eve", "103", None)
    eve.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    alice.silent()


@pytest.mark.parametrize("play", [WITH_EVE], indirect=True)
def test_who_takes_the_seat_of_the_asked_is_welcomed_first(play: Playbook) -> None:
    """W-10, W-11, B-29: though their chat changes by that."""
    web, alice, eve = play.connector("web"), play.agent("alice", "101"), play.agent("eve", "103")
    chat = answered(web, alice, "t1")
    alice.says("CS_CHAT_INVITE", ChatId=chat, Mode="Consult", ToAgentId=agent_of(play, "eve"))
    alice.hears("SC_CHAT_STATUS")
    eve.hears("SC_CHAT_ALERT")
    again = Client(play, len(play.clients) + 1, {"Peer": "103"})
    play.clients[again.number] = again
    play.put(
        SessionOpened(
            session=again.number,
            role=Role.WORKPLACE,
            workplace="103",
            agent_id=agent_of(play, "alice"),
        )
    )
    alice.hears("SC_CHAT_SENTENCE", Model=10)  # on the connection that is replaced
    again.hears("SYS_WELCOME")
    again.hears("SC_AGENT_STATE")
    again.hears("SC_CHAT_STATUS", ChatId=chat, Parties=None)


@pytest.mark.parametrize("play", [WITH_EVE], indirect=True)
def test_who_is_asked_sees_who_joins_and_who_leaves_meanwhile(play: Playbook) -> None:
    """I-9: their alert shows the parties."""
    web, alice, eve = play.connector("web"), play.agent("alice", "101"), play.agent("eve", "103")
    chat = answered(web, alice, "t1")
    bob = play.agent("bob", "102")
    alice.says("CS_CHAT_INVITE", ChatId=chat, Mode="Consult", ToAgentId=agent_of(play, "bob"))
    alice.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_ALERT")
    eve.says("CS_CHAT_INVITE", ChatId=chat, Mode="Conference")
    eve.hears("SC_CHAT_STATUS")
    alice.hears("SC_CHAT_STATUS")
    assert len(bob.hears("SC_CHAT_STATUS", Status="Alerting")["Parties"]) == 2
    eve.says("CS_CHAT_LEAVE", ChatId=chat)
    eve.hears("SC_CHAT_STATUS")
    alice.hears("SC_CHAT_STATUS")
    assert len(bob.hears("SC_CHAT_STATUS", Status="Alerting")["Parties"]) == 1


@pytest.mark.parametrize("play", [WITH_EVE], indirect=True)
def test_who_monitors_comes_and_goes_unseen(play: Playbook) -> None:
    """B-29: not even a push that says nothing new."""
    web, alice, eve = play.connector("web"), play.agent("alice", "101"), play.agent("eve", "103")
    chat = answered(web, alice, "t1")
    eve.says("CS_CHAT_INVITE", ChatId=chat, Mode="Monitor")
    eve.hears("SC_CHAT_STATUS")
    alice.silent()
    eve.says("CS_CHAT_LEAVE", ChatId=chat)
    eve.hears("SC_CHAT_STATUS")
    alice.silent()


def test_parked_chats_come_back_in_the_order_of_their_waking_after_a_restart(
    play: Playbook,
) -> None:
    """I-10, B-22: the order in which they were asked for."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chats = [answered(web, alice, "t1"), answered(web, alice, "t2")]
    for chat in chats:
        alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
        alice.hears("SC_CHAT_STATUS", IsParked=True)
    more = [answered(web, alice, "t3"), answered(web, alice, "t4")]
    for tracking in ("t2", "t1"):
        play.wait(1)
        web.says("ES_CHAT_SENTENCE", TrackingId=tracking, ID="s1", Text="Hello?")
        web.hears("SE_CHAT_SENTENCE")
        alice.hears("SC_CHAT_SENTENCE")
    play.restart()
    alice = play.agent("alice", "101", None)
    alice.says("CS_CHAT_HANGUP", ChatId=more[0])
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_STATUS", ChatId=chats[1], IsParked=None)


@pytest.mark.slow
def test_a_longer_tracking_id_must_fit_the_transcript_too(play: Playbook) -> None:
    """I-14: every sentence of a snapshot names it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    alice.says("CS_CHAT_OPEN", Peer="web", RemoteAddress="jana@example.org")
    chat = str(alice.hears("SC_CHAT_STATUS", Status="Answered")["ChatId"])
    web.hears("SE_CHAT_OUTBOUND")
    for n in range(1300):
        alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID=f"s{n}", Text="x" * 200)
        alice.hears("SC_CHAT_SENTENCE")
    web.says("ES_CHAT_START", TrackingId="\u20ac" * 128, ReturnChatId=chat)
    web.refused("Overloaded")
    web.says("ES_CHAT_START", TrackingId="t1", ReturnChatId=chat)
    web.hears("SE_CHAT_STATUS", TrackingId="t1")
    alice.hears("SC_CHAT_STATUS")


def test_a_repeated_opening_shows_the_chat_that_is_closed_meanwhile(play: Playbook) -> None:
    """W-21: the same key makes one chat, whatever became of it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    opening = {"Peer": "web", "RemoteAddress": "jana@example.org", "ReturnChatId": CHAT_KEY}
    alice.says("CS_CHAT_OPEN", **opening)
    chat = alice.hears("SC_CHAT_STATUS", Status="Answered")["ChatId"]
    web.hears("SE_CHAT_OUTBOUND")
    play.wait(120)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    alice.says("CS_CHAT_OPEN", **opening)
    alice.hears("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


def test_a_repeated_opening_of_a_program_is_answered_to_it_alone(play: Playbook) -> None:
    """W-21, B-2: who has the chat, or was told of it, is not told again."""
    web, other = play.connector("web"), play.connector("web")
    opening = {"RemoteAddress": "jana@example.org", "ReturnChatId": CHAT_KEY}
    web.says("ES_CHAT_OPEN", **opening)
    chat = web.hears("SE_CHAT_OUTBOUND")["ReturnChatId"]
    other.hears("SE_CHAT_OUTBOUND", ReturnChatId=chat)
    web.says("ES_CHAT_OPEN", 7, **opening)
    web.hears("SE_CHAT_OUTBOUND", 7, ReturnChatId=chat)
    other.silent()
