"""Sessions begin, are replaced and end; what a restart leaves (W-10, W-11, B-11, B-12, B-28)."""

from __future__ import annotations

import pytest

from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    chat_of,
    configured,
    joined,
    outcomes,
    presence_of,
    started,
    talking,
    visitor_writes,
)
from tests.support.core_in_memory import read_config
from tests.support.playbook import Playbook

BOT = '[[pre_rules]]\nrank = 1\next_response = "^bot$"\nbot = "Robo"\n'
pytestmark = configured(FLOOR + BOT)


def test_an_agent_who_logs_in_is_paused(play: Playbook) -> None:
    """B-28: nobody is offered anything who did not ask for it."""
    play.agent("alice", "101", None)
    assert presence_of(play, "alice").state.value == "Pause"


@pytest.mark.parametrize(("login", "workplace"), [("alice", "103"), ("carol", "101")])
def test_a_newer_session_replaces_the_one_of_the_agent_or_of_the_seat(
    play: Playbook, login: str, workplace: str
) -> None:
    """W-11."""
    alice = play.agent("alice", "101")
    play.agent(login, workplace, None)
    assert play.dismissed == [(alice.number, "Replaced")]
    assert alice.number not in play.state.sessions


def test_a_connector_replaces_nobody(play: Playbook) -> None:
    first, second = play.connector("web"), play.connector("web")
    assert play.dismissed == []
    assert list(play.state.gateway_sessions.values()) == [(first.number, second.number)]


def test_a_connector_is_told_whom_to_reach(play: Playbook) -> None:
    """B-2: whoever comes later too."""
    web = play.connector("web")
    web.says("ES_CHAT_OPEN", 1, RemoteAddress="+420 1")
    web.heard.clear()
    later = play.join(play.state.sessions[web.number].role, {"Peer": "web"})
    later.play.clients.pop(later.number)
    other = play.connector("web")
    other.hears("SE_CHAT_OUTBOUND", RemoteAddress="+420 1")


def test_what_hangs_on_a_connection_ends_with_it(play: Playbook) -> None:
    """B-11: an alert at once, a monitor at once, a conversation not."""
    web, alice, chat = talking(play)
    susan = play.agent("susan", "104")
    susan.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 1)
    rings = started(web, "Waiting", "Alerting", tracking="t2")
    alice.heard.clear()
    susan.leaves()
    assert chat_of(play, chat).parties == {}
    alice.leaves()
    web.hears("SE_CHAT_STATUS", Status="Waiting", ChatId=rings)
    assert (outcomes(play)[-1], chat_of(play, chat).status.value) == ("lost", "Answered")


def test_who_was_replaced_is_gone_for_good(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    play.agent("alice", "103", None)
    before = len(play.facts)
    alice.leaves()
    assert len(play.facts) == before


def test_who_logs_off_goes_when_nothing_is_left(play: Playbook) -> None:
    """B-28: who only watches has nothing."""
    web, alice, chat = talking(play)
    susan = play.agent("susan", "104")
    susan.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    susan.heard.clear()
    susan.says("CS_AGENT_STATE", State="LogOff")
    susan.heard.clear()
    assert chat_of(play, chat).parties == {}
    alice.says("CS_AGENT_STATE", State="LogOff")
    assert play.dismissed == [(susan.number, "LoggedOff")]
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    assert play.dismissed[-1] == (alice.number, "LoggedOff")
    for client in (web, alice):
        client.heard.clear()


def test_a_restart_ends_what_hung_on_connections(play: Playbook) -> None:
    """B-12: an offer, what somebody was asked for, who watched; not a conversation, nor an advice."""
    web, alice, chat = talking(play)
    carol, bob = play.agent("carol", "103"), play.agent("bob", "102")
    susan = play.agent("susan", "104")
    joined(play, alice, carol, chat, "Consult")
    susan.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    asked(play, alice, bob, chat, "Conference")
    rings = started(web, "Waiting", "Alerting", tracking="t2")
    waits = started(web, "Waiting", tracking="t3", ExtResponse="expert")
    play.restart()
    known = chat_of(play, chat)
    assert (known.status.value, known.invite, known.offer) == ("Answered", None, None)
    assert list(known.parties) == [agent_of(play, "carol")]
    assert [chat_of(play, one).status.value for one in (rings, waits)] == ["Waiting", "Waiting"]
    play.check_store()


def test_a_restart_waits_for_a_bot_that_was_talking_and_for_no_other(play: Playbook) -> None:
    """B-12, B-40."""
    web, robo = play.connector("web"), play.agent("robo", "104")
    talks = started(web, "ICR", ExtResponse="bot")
    robo.says("CS_CHAT_ANSWER", ChatId=talks)
    robo.heard.clear()
    visitor_writes(web, "1", "Hello", robo)
    rings = started(web, "ICR", tracking="t2", ExtResponse="bot")
    play.restart()
    assert chat_of(play, talks).status.value == "ICR"
    assert chat_of(play, rings).status.value == "Closed"
    robo = play.agent("robo", "104", None)
    play.wait(29)
    assert chat_of(play, talks).status.value == "ICR"
    play.wait(1)
    assert chat_of(play, talks).status.value == "Closed"
    robo.heard.clear()


def test_a_restart_without_the_gateway_ends_its_chats(play: Playbook) -> None:
    """B-12, C-4."""
    im, alice = play.connector("im"), play.agent("alice", "101")
    chat = answered(im, alice)
    play.config = read_config(FLOOR.replace('name = "Messenger"', 'name = "Texts"'))
    play.restart()
    assert chat not in play.state.chats


def test_what_of_a_picture_hangs_on_the_configuration_is_told_anew(play: Playbook) -> None:
    """C-4."""
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102")
    play.reload((FLOOR + BOT).replace("max_chats = 1\n", "max_chats = 3\n", 1))
    bob.hears("SC_AGENT_STATE", MaxChats=3)
    alice.silent()


def test_whoever_wraps_up_is_told_of_the_time_after_a_gap(play: Playbook) -> None:
    """B-13."""
    web, alice, chat = talking(play, ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    for client in (web, alice):
        client.heard.clear()
    play.freeze(100)
    alice.hears("SC_AGENT_STATE")
    assert play.notes[-1].event == "listened_again"
