"""W-25, B-57, B-59, I-14, I-15: what agents and supervisors ask about conversations."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.message_state import Conversation
from protocol.values import Guid
from tests.support import core_in_memory
from tests.support.agents_at_work import configured, project_of
from tests.support.mail import (
    MAIL_FLOOR,
    Post,
    alerted,
    refused,
    the_conversation,
    working,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(MAIL_FLOOR)
RESYNC, STATUS, OVERVIEW = (f"CS_CONVERSATION_{what}" for what in ("RESYNC", "STATUS", "OVERVIEW"))


def listed(client: Client, frame: str = RESYNC, **members: Any) -> list[dict[str, Any]]:
    """What an agent is told of their conversations, or of all."""
    client.says(frame, 1, **members)
    answer = "SC_CONVERSATION_LIST" if frame == RESYNC else "SC_CONVERSATION_OVERVIEW"
    items: list[dict[str, Any]] = client.hears(answer, 1)["items"]
    return items


def bounded(play: Playbook, **limits: int) -> None:
    """Frames, or pieces of lists, hold no more than that."""
    config = play.state.config
    play.state.config = evolve(config, limits=evolve(config.limits, **limits))


def from_many(play: Playbook, count: int) -> list[Guid]:
    """So many conversations come, each from an address of its own."""
    post, keys = Post(play), []
    for number in range(count):
        post.brings(RemoteAddress=f"{number}@example.org", SubjectField=f"Question {number}")
        keys.append(the_conversation(play).id)
        play.wait(1)
    return keys


# -- resync


def test_what_is_offered_worked_on_or_put_aside_is_listed(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    first, second = (
        working(play, alice, post, RemoteAddress=address) for address in ("a@b", "c@d")
    )
    alice.says("CS_CONVERSATION_PARK", ConversationId=first)
    alice.hears("SC_CONVERSATION_STATUS")
    third = alerted(play, alice, post, RemoteAddress="e@f")
    shown = [(one["ConversationId"], one["Status"], one["IsParked"]) for one in listed(alice)]
    assert shown == [
        (first, "Waiting", True),
        (second, "Answered", False),
        (third, "Alerting", False),
    ]
    assert listed(play.agent("susan", "104", "Pause")) == []


def test_what_is_not_with_them_any_more_is_not(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    assert listed(alice) == []


def test_a_list_comes_in_pieces_to_who_takes_them(play: Playbook) -> None:
    bounded(play, list_chats=2)
    alice = play.agent("alice", "101", takes_pieces=True)
    post = Post(play)
    keys = [working(play, alice, post, RemoteAddress=f"{n}@example.org") for n in range(3)]
    first = listed(alice)
    assert ([one["ConversationId"] for one in first], alice.more) == (keys[:2], 2)
    second = listed(alice, After=alice.more)
    assert ([one["ConversationId"] for one in second], alice.more) == (keys[2:], None)
    refused(alice, RESYNC, "BadPayload", After=0)


def test_who_takes_no_pieces_gets_the_whole_list_or_is_told_that_it_is_too_long(
    play: Playbook,
) -> None:
    bounded(play, frame_bytes=4_096, list_chats=1)
    alice, post = play.agent("alice", "101"), Post(play)
    for number in range(2):
        working(play, alice, post, RemoteAddress=f"{number}@example.org")
    assert len(listed(alice)) == 2
    refused(alice, RESYNC, "BadPayload", After=1)
    working(play, alice, post, RemoteAddress="more@example.org")
    refused(alice, RESYNC, "Overloaded")


# -- status


def test_messages_before_a_place_at_most_so_many(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    for number in range(2, 6):
        post.brings(f"Text {number}", InReplyToId="<1@example.org>")
        alice.hears("SC_MESSAGE_RECEIVED", Counter=number)
    for asked, counters in (
        ({}, [1, 2, 3, 4, 5]),
        ({"Limit": 2}, [4, 5]),
        ({"Before": 4}, [1, 2, 3]),
        ({"Before": 4, "Limit": 1}, [3]),
        ({"Before": 1}, []),
    ):
        alice.says(STATUS, 1, ConversationId=key, **asked)
        shown = alice.hears("SC_CONVERSATION_STATUS", 1, MessageCount=5)["Messages"]
        assert [one["Counter"] for one in shown] == counters
    refused(alice, STATUS, "BadPayload", ConversationId=key, Before=0)
    refused(alice, STATUS, "BadPayload", ConversationId=key, Limit=0)


def test_who_is_alerted_reads_no_message(play: Playbook) -> None:
    """B-7."""
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    alice.says(STATUS, 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Alerting", Messages=None)


def test_who_worked_on_it_last_or_wrote_in_it_reads_it(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_NOTE", ConversationId=key, ID="n", Text="x")
    alice.hears("SC_CONVERSATION_NOTE")
    carol = play.agent("carol", "103")
    alice.says("CS_CONVERSATION_RETURN", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    carol.hears("SC_CONVERSATION_ALERT")
    carol.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    carol.hears("SC_CONVERSATION_STATUS")
    for client, status in ((alice, "Waiting"), (carol, "Answered")):
        client.says(STATUS, 1, ConversationId=key)
        client.hears("SC_CONVERSATION_STATUS", 1, Status=status, Messages=...)
    susan = play.agent("susan", "104", "Pause")
    susan.says(STATUS, 1, ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting", Messages=...)


def test_who_put_it_aside_and_nobody_else_knows_of_it(play: Playbook) -> None:
    """I-15: unless they had it, or supervise."""
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_PARK", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    alice.says(STATUS, 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, IsParked=True, Messages=...)
    refused(bob, STATUS, "UnknownConversation", ConversationId=key)


# -- overview


def test_an_agent_sees_what_waits_and_asks_for_nothing_that_they_lack(play: Playbook) -> None:
    play.agent("bob", "102", "Pause")
    keys = from_many(play, 2)
    Post(play, "sms", "Texts").brings("My invoice")
    alice, bob = play.agent("alice", "101", "Pause"), play.agent("bob", "102", None)
    # The invoice is to be answered within four hours, the others within a day.
    assert [one["ConversationId"] for one in listed(alice, OVERVIEW)] == [
        the_conversation(play).id,
        *keys,
    ]
    assert [one["Subject"] for one in listed(bob, OVERVIEW)] == ["Question 0", "Question 1"]


def test_what_is_with_somebody_or_put_aside_is_none_of_it(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    working(play, alice)
    carol = play.agent("carol", "103", "Pause")
    assert listed(carol, OVERVIEW) == []
    alice.says("CS_CONVERSATION_PARK", ConversationId=the_conversation(play).id)
    alice.hears("SC_CONVERSATION_STATUS")
    assert listed(carol, OVERVIEW) == []


def test_a_supervisor_sees_all_that_is_open_and_what_was_unwanted(play: Playbook) -> None:
    """B-59."""
    post, alice = Post(play), play.agent("alice", "101")
    answered = working(play, alice, post)
    post.brings("x", SubjectField="Our newsletter", RemoteAddress="n@example.org")
    post.brings("x", SpamLevel=3, RemoteAddress="spam@example.org")
    spam = the_conversation(play).id
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    post.brings(RemoteAddress="w@example.org")
    waits = the_conversation(play).id
    shown = listed(play.agent("susan", "104", "Pause"), OVERVIEW)
    assert [(one["ConversationId"], one["Status"]) for one in shown] == [
        (waits, "Waiting"),
        (answered, "Answered"),
        (spam, "Closed"),
    ]
    assert (shown[1]["AgentName"], shown[2]["IsSpam"]) == ("Alice", True)


def test_what_was_unwanted_is_listed_from_the_latest_whatever_its_pair(play: Playbook) -> None:
    """B-59."""
    mails, texts = Post(play), Post(play, "sms", "Texts")
    expected: list[str] = []
    for number, post in enumerate((mails, texts, mails)):
        play.wait(1)
        post.brings("x", SpamLevel=3, RemoteAddress=f"{number}@example.org")
        expected.insert(0, the_conversation(play).id)
    shown = listed(play.agent("susan", "104", "Pause"), OVERVIEW)
    assert [one["ConversationId"] for one in shown] == expected


def test_what_is_closed_is_not_looked_through_for_that(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B-59: there may be 100,000 of them."""
    post = Post(play)
    post.brings("x", SubjectField="Our newsletter", RemoteAddress="n@example.org")
    closed = the_conversation(play).id
    post.brings("x", SpamLevel=3, RemoteAddress="spam@example.org")
    post.brings(RemoteAddress="w@example.org")
    susan, seen = play.agent("susan", "104", "Pause"), list[Guid]()

    class Watched(dict[Guid, Conversation]):
        def __getitem__(self, key: Guid) -> Conversation:
            seen.append(key)
            return super().__getitem__(key)

    kept = play.state.messages
    with monkeypatch.context() as patch:
        patch.setattr(core_in_memory, "check", lambda _state: [])
        patch.setattr(kept, "conversations", Watched(kept.conversations))
        assert len(listed(susan, OVERVIEW)) == 2
    assert seen
    assert closed not in seen


def test_as_many_as_fit_are_listed(play: Playbook) -> None:
    """I-14."""
    bounded(play, frame_bytes=4_096)
    from_many(play, 9)
    assert 1 < len(listed(play.agent("susan", "104", "Pause"), OVERVIEW)) < 9


@pytest.mark.parametrize("frame", [RESYNC, STATUS, OVERVIEW])
def test_nobody_asks_for_another_seat(play: Playbook, frame: str) -> None:
    alice = play.agent("alice", "101")
    more = {"ConversationId": project_of(play, "Sales")} if frame == STATUS else {}
    refused(alice, frame, "NotAllowed", Peer="102", **more)
