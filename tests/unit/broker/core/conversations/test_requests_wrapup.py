"""Whose wrap-up of a conversation it is, what it holds, and what ends it (B-28, B-57)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.config.model import SECOND
from broker.core.facts.messages import ConversationWrapupEnded, ConversationWrapupStarted
from broker.core.inputs import SessionOpened
from protocol.values import Guid, Role, from_micros
from tests.support.agents_at_work import FLOOR, agent_of, answered, configured, presence_of
from tests.support.core_in_memory import read_config
from tests.support.mail import MAIL_FLOOR, Post, refused, the_conversation, working
from tests.support.playbook import Client, Playbook

CODES = '\n[[wrapup_codes]]\nname = "Sold"\n[[wrapup_codes]]\nname = "Lost"\n'
WRAPPED = MAIL_FLOOR.replace('name = "Support"', 'name = "Support"\nwrapup = "20s"', 1) + CODES
pytestmark = configured(WRAPPED)


def ended_by(play: Playbook) -> list[str]:
    """What ended wrap-ups."""
    return [fact.cause.value for fact in play.facts if isinstance(fact, ConversationWrapupEnded)]


def begun(play: Playbook) -> list[Guid]:
    """Whose wrap-ups began."""
    return [fact.agent for fact in play.facts if isinstance(fact, ConversationWrapupStarted)]


def closed(
    play: Playbook, post: Post | None = None, **members: Any
) -> tuple[Client, Guid, dict[str, Any]]:
    """Alice has ended a conversation with Eva, and writes it up."""
    alice = play.agent("alice", "101")
    key = working(play, alice, post)
    alice.says("CS_CONVERSATION_CLOSE", 5, ConversationId=key, **members)
    alice.hears("SC_CONVERSATION_STATUS", 5, Status="Closed")
    shown = {
        "ConversationId": key,
        "RemoteName": "Eva",
        "RemoteAddress": "eva@example.org",
        "UntilUtc": from_micros(play.wall + 20 * SECOND),
    }
    alice.hears("SC_AGENT_STATE", ActiveChats=0, WrapUps=[shown])
    assert presence_of(play, "alice").conversations.load == 1
    return alice, key, shown


def test_a_code_and_a_note_end_it(play: Playbook) -> None:
    alice, key, _ = closed(play, Code="Lost")
    said = refused(alice, "CS_CONVERSATION_WRAPUP", "BadPayload", ConversationId=key, Code="Stolen")
    assert said == "Code: not a configured code"
    alice.says("CS_CONVERSATION_WRAPUP", 1, ConversationId=key, Code="Sold", Note="Two of them")
    alice.hears("SC_AGENT_STATE", 1, WrapUps=None)
    (over,) = [fact for fact in play.facts if isinstance(fact, ConversationWrapupEnded)]
    assert (over.code, over.note, over.cause) == ("Sold", "Two of them", "agent")
    assert presence_of(play, "alice").conversations.load == 0
    play.check_store()
    refused(alice, "CS_CONVERSATION_WRAPUP", "WrongState", ConversationId=key)


def test_before_the_end_there_is_none(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    said = refused(alice, "CS_CONVERSATION_WRAPUP", "WrongState", ConversationId=key)
    assert said == "ConversationId: no wrap-up runs for it"


def test_it_is_not_among_what_is_before_the_agent(play: Playbook) -> None:
    """W-25: what is over is not listed, though its slot is held."""
    alice, _, _ = closed(play)
    alice.says("CS_CONVERSATION_RESYNC", 6, Peer="101")
    assert alice.hears("SC_CONVERSATION_LIST", 6)["items"] == []


def test_it_is_in_the_picture_until_it_ends_by_itself(play: Playbook) -> None:
    """W-25."""
    alice, key, _ = closed(play)
    play.wait(19)
    alice.silent()
    play.wait(1)
    alice.hears("SC_AGENT_STATE", WrapUps=None)
    assert ended_by(play) == ["expired"]
    refused(alice, "CS_CONVERSATION_WRAPUP", "WrongState", ConversationId=key)
    play.check_store()


def test_it_holds_its_slot_and_keeps_others_away(play: Playbook) -> None:
    """B-57: of three slots one wraps up, and the third conversation waits until that is over."""
    post = Post(play)
    alice, _, _ = closed(play, post)
    for number in (2, 3):
        working(play, alice, post, RemoteAddress=f"{number}@example.org")
    post.brings(RemoteAddress="more@example.org")
    more = the_conversation(play).id
    alice.silent()
    assert refused(alice, "CS_CONVERSATION_PICK", "WrongState", ConversationId=more) == (
        "AgentId: no free slot"
    )
    play.wait(20)
    alice.hears("SC_AGENT_STATE", WrapUps=None)
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=more)


def test_it_runs_for_its_time_though_no_reply_reopens_it_any_more(play: Playbook) -> None:
    """B-57, I-20: seed 664; then the conversation is forgotten."""
    brief = WRAPPED.replace('peer = "mail"', 'peer = "mail"\nconversation_inertia = "5s"')
    play.reload(brief)
    alice, key, _ = closed(play)
    play.wait(19)
    alice.silent()
    play.check_store()
    play.wait(1)
    alice.hears("SC_AGENT_STATE", WrapUps=None)
    assert key not in play.state.messages.conversations
    assert ended_by(play) == ["expired"]


def test_one_of_a_project_without_has_none(play: Playbook) -> None:
    play.reload(MAIL_FLOOR)
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_CLOSE", 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Closed")
    alice.silent()
    assert begun(play) == []
    refused(alice, "CS_CONVERSATION_WRAPUP", "WrongState", ConversationId=key)


def test_what_is_put_aside_or_waits_at_its_end_has_none(play: Playbook) -> None:
    post, alice, susan = Post(play), play.agent("alice", "101"), play.agent("susan", "104")
    aside = working(play, alice, post)
    alice.says("CS_CONVERSATION_PARK", ConversationId=aside)
    alice.hears("SC_CONVERSATION_STATUS")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    post.brings(RemoteAddress="b@example.org")
    for key in (aside, the_conversation(play).id):
        susan.says("CS_CONVERSATION_CLOSE", ConversationId=key)
        susan.hears("SC_CONVERSATION_STATUS", Status="Closed")
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed")
    alice.silent()
    assert begun(play) == []


def test_whoever_works_on_it_wraps_up_what_a_supervisor_ends(play: Playbook) -> None:
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104")
    key = working(play, alice)
    susan.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", Status="Closed")
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed")
    alice.hears("SC_AGENT_STATE", WrapUps=...)
    assert begun(play) == [agent_of(play, "alice")]
    refused(susan, "CS_CONVERSATION_WRAPUP", "WrongState", ConversationId=key)
    bob = play.agent("bob", "102")
    refused(bob, "CS_CONVERSATION_WRAPUP", "UnknownConversation", ConversationId=key)


@pytest.mark.parametrize("broker_too", [False, True])
def test_a_program_that_was_started_anew_sees_it_and_ends_it(
    play: Playbook, broker_too: bool
) -> None:
    """W-25, B-12: what holds a slot is shown, whoever was restarted."""
    alice, key, shown = closed(play)
    play.wait(5)
    if broker_too:
        play.restart()
        play.check_store()
        shown["UntilUtc"] = from_micros(play.wall + 20 * SECOND)  # a grace after the restart
    else:
        alice.leaves()
    alice = play.join(Role.WORKPLACE, {"Peer": "101"})
    me = agent_of(play, "alice")
    play.put(SessionOpened(session=alice.number, role=Role.WORKPLACE, workplace="101", agent_id=me))
    alice.hears("SYS_WELCOME")
    alice.hears("SC_AGENT_STATE", State="Ready", WrapUps=[shown])
    alice.says("CS_CONVERSATION_WRAPUP", 2, ConversationId=key, Code="Sold")
    alice.hears("SC_AGENT_STATE", 2, WrapUps=None)
    play.wait(60)
    alice.silent()


def test_it_ends_in_time_however_long_nobody_comes_back(play: Playbook) -> None:
    """B-12: its agent is gone, and after the restart they are not even in the configuration."""
    closed(play)
    play.config = read_config(WRAPPED.replace("Alice Novak", "Eve").replace("alice", "eve"))
    play.restart()
    play.check_store()
    play.wait(60)
    assert ended_by(play) == ["expired"]
    play.check_store()


def test_a_reply_ends_it_and_prefers_who_had_it(play: Playbook) -> None:
    """B-56."""
    post = Post(play)
    alice, key, _ = closed(play, post)
    post.brings("And now?", InReplyToId="<1@example.org>")
    alice.hears("SC_AGENT_STATE", WrapUps=None)
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    assert ended_by(play) == ["reopened"]
    play.check_store()


def test_what_a_machine_answers_does_not_end_it(play: Playbook) -> None:
    """B-58."""
    post = Post(play)
    alice, _, _ = closed(play, post)
    post.brings("I am away", InReplyToId="<1@example.org>", IsAutomatic=True)
    alice.silent()
    assert ended_by(play) == []


def test_whoever_is_expelled_has_none(play: Playbook) -> None:
    """B-28: a supervisor's `LogOff` ends it, and is told once; another state leaves it."""
    alice, _, shown = closed(play)
    susan, me = play.agent("susan", "104"), agent_of(play, "alice")
    susan.says("CS_AGENT_STATE", 1, State="Pause", AgentId=me)
    susan.hears("SC_AGENT_STATE", 1, State="Pause")
    alice.hears("SC_AGENT_STATE", State="Pause", WrapUps=[shown])
    susan.says("CS_AGENT_STATE", 2, State="LogOff", AgentId=me)
    susan.hears("SC_AGENT_STATE", 2, State="LogOff")
    alice.hears("SC_AGENT_STATE", State="LogOff", WrapUps=None)
    alice.silent()
    assert ended_by(play) == ["forced"]
    play.check_store()


@pytest.mark.parametrize("wanted", ["Pause", "LogOff"])
def test_a_next_state_waits_for_it(play: Playbook, wanted: str) -> None:
    """B-28."""
    alice, key, shown = closed(play)
    asked = {"State": "Ready", "NextState": wanted} if wanted == "Pause" else {"State": wanted}
    alice.says("CS_AGENT_STATE", 1, **asked)
    alice.hears("SC_AGENT_STATE", 1, State="Ready", NextState=wanted, WrapUps=[shown])
    alice.says("CS_CONVERSATION_WRAPUP", 2, ConversationId=key)
    alice.hears("SC_AGENT_STATE", 2, State="Ready", WrapUps=None)
    alice.hears("SC_AGENT_STATE", State=wanted)


def test_a_grace_is_told(play: Playbook) -> None:
    """B-13."""
    alice, _, shown = closed(play)
    play.wait(5)
    play.freeze(3600)
    shown["UntilUtc"] = from_micros(play.wall + 20 * SECOND)
    alice.hears("SC_AGENT_STATE", WrapUps=[shown])
    play.wait(20)
    alice.hears("SC_AGENT_STATE", WrapUps=None)


def test_those_of_both_kinds_are_shown_the_first_in_front(play: Playbook) -> None:
    """B-28: the name tells what each is, and a frame for the one does not end the other."""
    web = play.connector("web")
    alice, key, of_mail = closed(play)
    play.wait(5)
    chat = answered(web, alice, ExtResponse="sales", PartyName="Jana")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    until = from_micros(play.wall + 20 * SECOND)
    of_chat = {"ChatId": chat, "RemoteName": "Jana", "UntilUtc": until}
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=[of_mail, of_chat])
    refused(alice, "CS_CONVERSATION_WRAPUP", "UnknownConversation", ConversationId=chat)
    refused(alice, "CS_CHAT_WRAPUP", "UnknownChat", ChatId=key)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.says("CS_CHAT_WRAPUP", 1, ChatId=chat)
    alice.hears("SC_AGENT_STATE", 1, ActiveChats=0, WrapUps=[of_mail])


def test_it_keeps_no_chat_away(play: Playbook) -> None:
    """B-57: a wrap-up of a chat keeps conversations away where the configuration says so, not this."""
    web = play.connector("web")
    alice, _, _ = closed(play)
    answered(web, alice, ExtResponse="sales")


def test_a_gateway_that_is_gone_ends_it(play: Playbook) -> None:
    """B-12: nothing waits for a conversation that can never go on."""
    closed(play)
    play.config = read_config(FLOOR)
    play.restart()
    play.check_store()
    assert presence_of(play, "alice").conversations.load == 1
    play.wait(60)
    assert ended_by(play) == ["expired"]
    assert not play.state.messages.conversations
    play.check_store()
