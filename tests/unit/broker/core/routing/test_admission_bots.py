"""A bot of a program outside talks first, by the frames of a workplace (B-4, B-40)."""

import pytest

from broker.core.facts import ChatMoved
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    chat_of,
    configured,
    presence_of,
    project_of,
    started,
    visitor_writes,
    writes,
)
from tests.support.playbook import Client, Playbook

BOTS = FLOOR + '\n[[pre_rules]]\nrank = 1\nbot = "Robo"\n'
pytestmark = configured(BOTS)


def met(play: Playbook) -> tuple[Client, Client, str]:
    """A visitor meets the bot, which answers at once."""
    web, robo = play.connector("web"), play.agent("robo", "105")
    chat = started(web, "ICR")
    robo.hears("SC_CHAT_ALERT", ChatId=chat, Status="Alerting", Sentences=None)
    robo.says("CS_CHAT_ANSWER", 1, ChatId=chat)
    robo.hears("SC_CHAT_STATUS", 1, Status="Answered", Sentences=...)
    return web, robo, chat


def causes(play: Playbook) -> list[str]:
    """Why the chats moved."""
    return [fact.cause for fact in play.facts if isinstance(fact, ChatMoved)]


def test_a_bot_sees_a_chat_as_every_agent_does(play: Playbook) -> None:
    """B-4, B-40: Alerting and Answered; the visitor's side sees ICR, and the bot's name."""
    web, robo, chat = met(play)
    web.silent()
    visitor_writes(web, "v", "Hello", robo)
    robo.says("CS_CHAT_CONFIRM", 2, ChatId=chat, ID="v")
    robo.hears("SYS_ACK", 2)
    web.hears("SE_CHAT_CONFIRM", ID="v")
    writes(robo, chat, "r", "Beep")
    web.hears("SE_CHAT_SENTENCE", PartyName="Robo", IsOutbound=True)
    web.says("ES_CHAT_STATUS", 3, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 3, Status="ICR", AgentName="Robo")
    assert presence_of(play, "robo").load == 1
    play.check_store()


def test_what_was_said_before_it_answered_is_its_turn(play: Playbook) -> None:
    """B-7, B-40: it gets that with the answer, and has to say something."""
    web, robo = play.connector("web"), play.agent("robo", "105")
    chat = started(web, "ICR")
    robo.hears("SC_CHAT_ALERT")
    visitor_writes(web, "v", "Hello")
    play.wait(20)
    robo.says("CS_CHAT_ANSWER", ChatId=chat)
    assert len(robo.hears("SC_CHAT_STATUS")["Sentences"]) == 1
    play.wait(29.9)
    web.silent()
    play.wait(0.1)
    robo.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_it_hands_over_to_a_project(play: Playbook) -> None:
    """B-40: the project's rule says what is asked of an agent; its words go along."""
    web, robo, chat = met(play)
    writes(robo, chat, "r", "I give you to Sales")
    web.hears("SE_CHAT_SENTENCE")
    writes(robo, chat, "n", "They want to buy", Model=10)
    robo.says("CS_CHAT_TRANSFER", 2, ChatId=chat, ToProjectId=project_of(play, "Sales"))
    robo.hears("SC_CHAT_STATUS", 2, Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting", AgentName=None)
    robo.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="x", Text="More")
    robo.refused("WrongState", 3)
    alice = play.agent("alice", "101")
    assert alice.hears("SC_CHAT_ALERT")["Info"]["ProjectName"] == "Sales"
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    told = alice.hears("SC_CHAT_STATUS", Status="Answered")
    assert [s["Text"] for s in told["Internal"]] == ["They want to buy"]
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Alice")
    assert (presence_of(play, "robo").load, causes(play)[-3:]) == (
        0,
        ["bot_done", "offered", "answered"],
    )


@pytest.mark.parametrize("frame", ["CS_CHAT_TRANSFER", "CS_CHAT_RETURN"])
def test_it_leaves_the_choice_to_the_rules(play: Playbook, frame: str) -> None:
    """B-3, B-40: to nobody, or simply back."""
    web, robo, chat = met(play)
    robo.says(frame, 2, ChatId=chat)
    robo.hears("SC_CHAT_STATUS", 2, Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert chat_of(play, chat).routing.project == project_of(play, "Support")


def test_it_ends_the_chat(play: Playbook) -> None:
    """B-8, B-40: as an agent does; a bot has no wrap-up."""
    web, robo, chat = met(play)
    robo.says("CS_CHAT_HANGUP", 2, ChatId=chat)
    robo.hears("SC_CHAT_STATUS", 2, Status="Closed", CloseReason="Agent")
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Agent")
    assert presence_of(play, "robo").load == 0


def test_a_silent_bot_is_passed_over(play: Playbook) -> None:
    """B-40: an alert that it does not answer for bot_timeout; nobody counts that as missed."""
    web, robo = play.connector("web"), play.agent("robo", "105")
    for tracking in ("t1", "t2", "t3"):
        started(web, "ICR", tracking=tracking)
        robo.hears("SC_CHAT_ALERT")
        play.wait(30)
        robo.hears("SC_CHAT_ALERT_END")
        web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert (presence_of(play, "robo").state, causes(play)[-1]) == ("Ready", "bot_silent")


def test_a_bot_that_does_not_answer_a_visitor_is_passed_over(play: Playbook) -> None:
    """B-40: the time runs from the first word that it left unanswered."""
    web, robo, chat = met(play)
    play.wait(300)  # nobody asked it anything
    visitor_writes(web, "v1", "Hello", robo)
    play.wait(20)
    visitor_writes(web, "v2", "Hello?", robo)
    play.wait(9.9)
    writes(robo, chat, "r", "Beep")
    web.hears("SE_CHAT_SENTENCE")
    play.wait(60)
    visitor_writes(web, "v3", "And?", robo)
    play.wait(30)
    robo.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_a_bot_types_as_long_as_it_thinks(play: Playbook) -> None:
    """B-40, W-23: typing keeps it; one that ceases to type has nothing to say, and stays."""
    web, robo, chat = met(play)
    visitor_writes(web, "v1", "Hello", robo)
    for _ in range(3):
        play.wait(25)
        robo.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
        web.hears("SE_CHAT_TYPING", IsTyping=True)
    robo.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=False)
    web.hears("SE_CHAT_TYPING", IsTyping=False)
    play.wait(300)
    visitor_writes(web, "v2", "Thanks", robo)


def test_a_bot_declines(play: Playbook) -> None:
    """B-40: a rejected alert goes on to the project at once."""
    web, robo = play.connector("web"), play.agent("robo", "105")
    chat = started(web, "ICR")
    robo.hears("SC_CHAT_ALERT")
    robo.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    robo.hears("SC_CHAT_STATUS", 1, Status="Waiting")
    robo.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")


@pytest.mark.parametrize("why", ["away", "paused", "full"])
def test_a_bot_that_cannot_take_it_is_not_asked(play: Playbook, why: str) -> None:
    """B-20, B-40: the chat goes on as if there were no bot."""
    web = play.connector("web")
    if why == "paused":
        play.agent("robo", "105", "Pause")
    elif why == "full":
        robo = play.agent("robo", "105")
        for tracking in ("a", "b"):
            started(web, "ICR", tracking=tracking)
            robo.hears("SC_CHAT_ALERT")
    started(web, "Waiting")
    assert causes(play)[-1] == "routed"


def test_a_bot_goes_away(play: Playbook) -> None:
    """B-11, B-40: an alert of its goes on at once; a chat waits bot_timeout for it to come back."""
    web, robo, chat = met(play)
    alert = started(web, "ICR", tracking="t2")
    robo.hears("SC_CHAT_ALERT", ChatId=alert)
    robo.leaves()
    web.hears("SE_CHAT_STATUS", TrackingId="t2", Status="Waiting")
    play.wait(29)
    robo = play.agent("robo", "105", None)
    robo.says("CS_CHAT_RESYNC", 1)
    assert len(robo.hears("SC_CHAT_LIST", 1)["items"]) == 1
    play.wait(300)
    writes(robo, chat, "r", "Back")
    web.hears("SE_CHAT_SENTENCE")
    robo.leaves()
    play.wait(30)
    web.hears("SE_CHAT_STATUS", TrackingId="t1", Status="Waiting")


def test_what_it_left_unanswered_is_its_turn_when_it_is_back(play: Playbook) -> None:
    """B-40: it has bot_timeout anew."""
    web, robo, chat = met(play)
    visitor_writes(web, "v", "Hello", robo)
    play.wait(20)
    robo.leaves()
    play.wait(20)
    robo = play.agent("robo", "105", None)
    play.wait(29)
    web.silent()
    play.wait(1)
    robo.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_a_restart_while_the_bot_talks(play: Playbook) -> None:
    """B-12, B-40: it is waited for; an open alert goes on to the project."""
    web, robo, chat = met(play)
    alert = started(web, "ICR", tracking="t2")
    robo.hears("SC_CHAT_ALERT")
    play.restart()
    play.check_store()
    assert (chat_of(play, chat).status, chat_of(play, alert).status) == ("ICR", "Waiting")
    web, robo = play.connector("web"), play.agent("robo", "105", None)
    visitor_writes(web, "v", "Hello", robo)
    writes(robo, chat, "r", "Here")
    web.hears("SE_CHAT_SENTENCE")


def test_a_bot_does_not_come_back_after_a_restart(play: Playbook) -> None:
    """B-12, B-40."""
    _web, _robo, _chat = met(play)
    play.restart()
    web = play.connector("web")
    play.wait(30)
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_what_a_bot_may_not_do(play: Playbook) -> None:
    """B-40, W-14: it asks nobody in, parks nothing, and names no agent."""
    _web, robo, chat = met(play)
    play.agent("alice", "101", "Pause")
    alice = agent_of(play, "alice")
    robo.says("CS_CHAT_TRANSFER", 2, ChatId=chat, ToAgentId=alice)
    robo.refused("WrongState", 2)
    robo.says("CS_CHAT_TRANSFER", 3, ChatId=chat, ToProjectId=alice)
    robo.refused("BadPayload", 3)
    robo.says("CS_CHAT_INVITE", 4, ChatId=chat, ToAgentId=alice, Mode="Consult")
    robo.refused("WrongState", 4)
    robo.says("CS_CHAT_PARK", 5, ChatId=chat, IsParked=True)
    robo.refused("WrongState", 5)
    robo.says("CS_CHAT_LEAVE", 6, ChatId=chat)
    robo.refused("WrongState", 6)


def test_a_bot_is_offered_nothing_of_the_queue(play: Playbook) -> None:
    """B-20, B-40: it is no candidate; nor is it one of those for whom the signal waits."""
    web = play.connector("web")
    started(web, "Waiting")
    play.agent("robo", "105")
    web.says("ES_CHAT_REQUEST", 1, TrackingId="t2")
    web.hears("SE_CHAT_RESPONSE", 1, Signal="Closed")


def test_a_bot_logs_off_when_it_is_done(play: Playbook) -> None:
    """B-28, B-40."""
    web, robo, chat = met(play)
    robo.says("CS_AGENT_STATE", State="LogOff")
    robo.hears("SC_AGENT_STATE", NextState="LogOff")
    started(web, "Waiting", tracking="t2")
    robo.says("CS_CHAT_RETURN", ChatId=chat)
    robo.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", TrackingId="t1", Status="Waiting")
    robo.hears("SC_AGENT_STATE", State="LogOff")


def test_a_supervisor_ends_what_a_bot_has(play: Playbook) -> None:
    """B-8, B-28, B-40: a forced log-off passes it over, a close closes."""
    web, robo, first = met(play)
    second = started(web, "ICR", tracking="t2")
    robo.hears("SC_CHAT_ALERT")
    susan = play.agent("susan", "104", None)
    susan.says("CS_CHAT_CLOSE", 1, ChatId=second)
    susan.hears("SC_CHAT_STATUS", 1, Status="Closed")
    robo.hears("SC_CHAT_ALERT_END", ChatId=second)
    web.hears("SE_CHAT_STATUS", TrackingId="t2", Status="Closed")
    susan.says("CS_CHAT_INVITE", 2, ChatId=first, Mode="Monitor")
    susan.refused("WrongState", 2)  # only an answered chat is monitored
    susan.says("CS_AGENT_STATE", 3, AgentId=agent_of(play, "robo"), State="LogOff")
    susan.hears("SC_AGENT_STATE", 3, State="LogOff")
    robo.hears("SC_CHAT_STATUS", ChatId=first, Status="Waiting")
    robo.hears("SC_AGENT_STATE", State="LogOff")
    web.hears("SE_CHAT_STATUS", TrackingId="t1", Status="Waiting")


def test_the_visitor_leaves_a_bot(play: Playbook) -> None:
    """B-8: and comes back: the bot is the first again."""
    web, robo, chat = met(play)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    robo.hears("SC_CHAT_STATUS", Status="Closed")
    assert started(web, "ICR") == chat
    robo.hears("SC_CHAT_ALERT", ChatId=chat)
