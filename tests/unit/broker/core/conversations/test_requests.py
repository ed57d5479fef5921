"""B-24, B-25, B-57, B-59: an agent takes a conversation, gives it back, puts it aside, ends it."""

from __future__ import annotations

import pytest

from broker.core.facts.messages import AddressMarked, ConversationMoved
from protocol.values import Guid, from_micros
from tests.support.agents_at_work import agent_of, configured, presence_of
from tests.support.letters import guid
from tests.support.mail import (
    MAIL_FLOOR,
    Post,
    alerted,
    causes,
    refused,
    the_conversation,
    working,
)
from tests.support.mail_out import writes
from tests.support.playbook import Client, Playbook

pytestmark = configured(MAIL_FLOOR)
DAY = 86_400


def later(play: Playbook, seconds: float) -> str:
    """A moment from now on, as the wire has it."""
    return from_micros(play.wall + round(seconds * 1_000_000)).isoformat()


# -- answer


def test_who_answers_gets_it_with_all_that_was_said(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = alerted(play, alice, BodyHtml="<p>Do they fit?</p>")
    alice.says("CS_CONVERSATION_ANSWER", 1, ConversationId=key)
    shown = alice.hears("SC_CONVERSATION_STATUS", 1, Status="Answered", AgentName="Alice")
    (message,) = shown["Messages"]
    assert (message["BodyText"], message["Counter"], message["Direction"]) == (
        "Do they fit?",
        1,
        "I",
    )
    assert (shown["Unanswered"], shown["MessageCount"]) == (1, 1)
    assert causes(play) == ["routed", "offered", "answered"]
    assert presence_of(play, "alice").conversations.load == 1


def test_who_answers_again_gets_it_again(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_ANSWER", 2, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 2, Status="Answered", Messages=...)


def test_too_late_or_not_theirs_is_told_by_the_end_of_the_alert(play: Playbook) -> None:
    """B-25."""
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104")
    key = alerted(play, alice)
    susan.says("CS_CONVERSATION_ANSWER", 1, ConversationId=key)
    susan.hears("SC_CONVERSATION_ALERT_END", 1, ConversationId=key)
    play.wait(30)
    alice.hears("SC_CONVERSATION_ALERT_END", ConversationId=key)
    alice.says("CS_CONVERSATION_ANSWER", 2, ConversationId=key)
    alice.hears("SC_CONVERSATION_ALERT_END", 2, ConversationId=key)
    assert causes(play)[-1] == "missed"


# -- pick


def test_one_that_waits_is_taken_by_hand(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101", "Pause")
    post.brings()
    key = the_conversation(play).id
    assert refused(alice, "CS_CONVERSATION_PICK", "WrongState", ConversationId=key) == (
        "AgentId: state Pause"
    )
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_CONVERSATION_ALERT")
    alice.says("CS_CONVERSATION_RETURN", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    alice.hears("SC_CONVERSATION_ALERT_END")
    alice.says("CS_CONVERSATION_PICK", 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Answered", Messages=...)
    alice.says("CS_CONVERSATION_PICK", 2, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 2, Status="Answered", Messages=...)
    assert causes(play)[-1] == "picked"


def test_what_is_with_somebody_is_taken_by_nobody(play: Playbook) -> None:
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104")
    key = alerted(play, alice)
    refused(susan, "CS_CONVERSATION_PICK", "WrongState", ConversationId=key)


def test_who_lacks_what_it_asks_for_does_not_even_know_it(play: Playbook) -> None:
    """I-15: an invoice is for Sales."""
    post, bob = Post(play), play.agent("bob", "102")
    post.brings("My invoice")
    refused(
        bob, "CS_CONVERSATION_PICK", "UnknownConversation", ConversationId=the_conversation(play).id
    )


def test_who_has_no_slot_takes_nothing(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    for number in range(3):
        working(play, alice, post, RemoteAddress=f"{number}@example.org")
    post.brings(RemoteAddress="more@example.org")
    key = the_conversation(play).id
    said = refused(alice, "CS_CONVERSATION_PICK", "WrongState", ConversationId=key)
    assert said == "AgentId: no free slot"


# -- return


def test_a_decline_goes_to_somebody_else(play: Playbook) -> None:
    """B-24."""
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    carol = play.agent("carol", "103")
    alice.says("CS_CONVERSATION_RETURN", 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting", Messages=None)
    alice.hears("SC_CONVERSATION_ALERT_END", ConversationId=key)
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    assert causes(play) == ["routed", "offered", "rejected", "offered"]


def test_what_is_given_back_keeps_its_age_and_comes_back_late(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    play.wait(100)
    alice.says("CS_CONVERSATION_RETURN", 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting", AgentId=None)
    moved = [f for f in play.facts if isinstance(f, ConversationMoved)]
    assert len({f.enqueued_at for f in moved}) == 1
    play.wait(4)
    alice.silent()
    play.wait(1)  # nobody else is left
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key)


def test_only_who_has_it_gives_it_back(play: Playbook) -> None:
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104")
    key = working(play, alice)
    refused(susan, "CS_CONVERSATION_RETURN", "WrongState", ConversationId=key)
    bob = play.agent("bob", "102")
    refused(bob, "CS_CONVERSATION_RETURN", "UnknownConversation", ConversationId=key)
    refused(bob, "CS_CONVERSATION_RETURN", "NotAllowed", ConversationId=key, Peer="101")


# -- park


def test_what_is_put_aside_is_nobodys_until_its_time(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    carol = play.agent("carol", "103")
    alice.says("CS_CONVERSATION_PARK", 1, ConversationId=key, UntilUtc=later(play, DAY))
    alice.hears(
        "SC_CONVERSATION_STATUS",
        1,
        Status="Waiting",
        IsParked=True,
        ParkedUntilUtc=...,
        AgentId=None,
    )
    assert presence_of(play, "alice").conversations.load == 0
    play.wait(DAY - 1)
    play.silent()
    play.wait(1)
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key)  # who had it is preferred
    carol.silent()
    assert causes(play)[-3:] == ["parked", "woken", "offered"]


def test_what_is_put_aside_without_a_time_waits_for_the_other_side(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    alice.says("CS_CONVERSATION_PARK", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True, ParkedUntilUtc=None)
    play.wait(9 * DAY)
    play.restart()
    play.check_store()
    post, alice = Post(play), play.agent("alice", "101", None)
    alice.silent()
    post.brings("Well?", InReplyToId="<1@example.org>", DeliverySystemId="<2@example.org>")
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key, Unanswered=2)


def test_as_many_are_put_aside_as_may_be(play: Playbook) -> None:
    """I-14: each that is fetched, or comes back, makes room."""
    play.reload(MAIL_FLOOR + "[limits]\nput_aside = 1\n")
    post, alice = Post(play), play.agent("alice", "101")
    first = working(play, alice, post)
    second = working(play, alice, post, RemoteAddress="b@example.org")
    alice.says("CS_CONVERSATION_PARK", ConversationId=first)
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True)
    text = refused(alice, "CS_CONVERSATION_PARK", "Overloaded", ConversationId=second)
    assert text == "ConversationId: too many are put aside"
    assert play.state.messages.conversations[second].status == "Answered"
    alice.says("CS_CONVERSATION_PICK", ConversationId=first)
    alice.hears("SC_CONVERSATION_STATUS", Status="Answered")
    alice.says("CS_CONVERSATION_PARK", ConversationId=second)
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True)
    play.reload(MAIL_FLOOR + "[limits]\nput_aside = 0\n")
    refused(alice, "CS_CONVERSATION_PARK", "Overloaded", ConversationId=first)
    alice.heard.clear()


NOT_FOR_EVERY_TEXT = MAIL_FLOOR.replace('text = "."', 'text = "boots"')


def begun_and_put_aside(play: Playbook) -> tuple[Post, Client, Guid]:
    """An agent begins a conversation that no rule knows, and puts it aside; the other side may answer."""
    play.reload(NOT_FOR_EVERY_TEXT)
    post, alice = Post(play, "sms", "Texts"), play.agent("alice", "101")
    begun = writes(alice, GatewayId=post.gateway, RemoteAddress="+420601")
    key = begun["ConversationId"]
    alice.says("CS_CONVERSATION_PARK", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True)
    return post, alice, key


def test_who_put_aside_what_no_rule_knows_is_told_of_what_comes_into_it(play: Playbook) -> None:
    """I-7: nobody else would ever see it."""
    post, alice, key = begun_and_put_aside(play)
    post.brings("", RemoteAddress="+420601")
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, IsParked=True, Unanswered=1)
    play.check_store()


def test_what_they_put_aside_is_the_supervisors_when_they_are_gone(play: Playbook) -> None:
    """I-7, C-4."""
    post, _, key = begun_and_put_aside(play)
    play.reload(NOT_FOR_EVERY_TEXT.replace("Alice", "Alicia"))
    post.brings("", RemoteAddress="+420601")
    aside = play.state.messages.conversations[key].aside
    assert aside is not None
    assert aside.by is None
    play.check_store()


def test_what_is_put_aside_is_fetched_by_hand(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_PARK", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    alice.says("CS_CONVERSATION_PICK", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", Status="Answered", IsParked=False)
    assert play.state.messages.aside == {agent_of(play, "alice"): {}}


@pytest.mark.parametrize("seconds", [-1, 0, 367 * DAY])
def test_a_time_that_is_past_or_too_far_is_none(play: Playbook, seconds: int) -> None:
    alice = play.agent("alice", "101")
    key, until = working(play, alice), later(play, seconds)
    refused(alice, "CS_CONVERSATION_PARK", "BadPayload", ConversationId=key, UntilUtc=until)


def test_what_waits_or_is_offered_is_put_aside_by_nobody(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    refused(alice, "CS_CONVERSATION_PARK", "WrongState", ConversationId=key)


# -- close


def test_its_end_has_code_and_note(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_CLOSE", 1, ConversationId=key, Code="Solved", Note="They fit")
    alice.hears(
        "SC_CONVERSATION_STATUS",
        1,
        Status="Closed",
        CloseReason="Agent",
        Code="Solved",
        IsSpam=False,
    )
    (end,) = (f for f in play.facts if isinstance(f, ConversationMoved) and f.status == "Closed")
    assert (end.note, end.agent) == ("They fit", agent_of(play, "alice"))
    assert presence_of(play, "alice").conversations.load == 0
    assert not any(isinstance(f, AddressMarked) for f in play.facts)
    refused(alice, "CS_CONVERSATION_CLOSE", "ChatClosed", ConversationId=key)
    refused(alice, "CS_CONVERSATION_PICK", "ChatClosed", ConversationId=key)
    refused(alice, "CS_CONVERSATION_RETURN", "ChatClosed", ConversationId=key)


def test_what_is_unwanted_marks_where_it_came_from(play: Playbook) -> None:
    """B-59."""
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key, IsSpam=True)
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed", IsSpam=True)
    (marked,) = (f for f in play.facts if isinstance(f, AddressMarked))
    assert (marked.address, marked.by) == ("eva@example.org", agent_of(play, "alice"))
    post.brings("More")
    alice.silent()
    assert the_conversation(play).close_reason == "Rule"


@pytest.mark.parametrize("who", ["alice", "susan"])
def test_a_mark_is_taken_away_by_who_set_it_and_by_supervisors(play: Playbook, who: str) -> None:
    """B-59."""
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key, IsSpam=True)
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed", IsSpam=True)
    bob = play.agent("bob", "102", "Pause")
    refused(bob, "CS_CONVERSATION_CLOSE", "UnknownConversation", ConversationId=key)
    refused(alice, "CS_CONVERSATION_CLOSE", "ChatClosed", ConversationId=key, IsSpam=True)
    client = alice if who == "alice" else play.agent("susan", "104", "Pause")
    for number in (1, 2):
        client.says("CS_CONVERSATION_CLOSE", number, ConversationId=key)
        client.hears("SC_CONVERSATION_STATUS", number, Status="Closed")
    marks = [f for f in play.facts if isinstance(f, AddressMarked)]
    assert [f.is_spam for f in marks] == [True, False]
    play.restart()
    play.check_store()
    post, alice = Post(play), play.agent("alice", "101", None)
    post.brings("More", DeliverySystemId="<2@example.org>")
    alice.hears("SC_CONVERSATION_ALERT")


def test_a_mark_is_found_however_its_address_is_written(play: Playbook) -> None:
    """B-59, I-10: seed 127."""
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key, IsSpam=True)
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed", IsSpam=True)
    post.brings("More", RemoteAddress="EVA@example.org", DeliverySystemId="<2@example.org>")
    susan = play.agent("susan", "104", "Pause")
    (other,) = (one for one in play.state.messages.conversations if one != key)
    susan.says("CS_CONVERSATION_CLOSE", ConversationId=other)
    susan.hears("SC_CONVERSATION_STATUS", Status="Closed")
    play.check_store()
    assert not play.state.messages.spam


def test_a_supervisor_ends_any(play: Playbook) -> None:
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104", "Pause")
    key = working(play, alice)
    susan.says("CS_CONVERSATION_CLOSE", 1, ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Closed", CloseReason="Admin")
    alice.hears("SC_CONVERSATION_STATUS", Status="Closed", ConversationId=key)
    second = alerted(play, alice, RemoteAddress="b@example.org", DeliverySystemId="<b>")
    susan.says("CS_CONVERSATION_CLOSE", 2, ConversationId=second)
    susan.hears("SC_CONVERSATION_STATUS", 2, Status="Closed", AgentId=None)
    alice.hears("SC_CONVERSATION_ALERT_END", ConversationId=second)


def test_nobody_else_ends_it(play: Playbook) -> None:
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    key = alerted(play, alice)
    refused(alice, "CS_CONVERSATION_CLOSE", "WrongState", ConversationId=key)
    refused(bob, "CS_CONVERSATION_CLOSE", "UnknownConversation", ConversationId=key)
    refused(bob, "CS_CONVERSATION_CLOSE", "UnknownConversation", ConversationId=guid(9))


CODES = MAIL_FLOOR + '[[wrapup_codes]]\nname = "Solved"\n'


def test_where_there_are_codes_it_is_one_of_them(play: Playbook) -> None:
    play.reload(CODES)
    alice = play.agent("alice", "101")
    key = working(play, alice)
    refused(alice, "CS_CONVERSATION_CLOSE", "BadPayload", ConversationId=key, Code="Gone")
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key, Code="Solved")
    alice.hears("SC_CONVERSATION_STATUS", Code="Solved")
