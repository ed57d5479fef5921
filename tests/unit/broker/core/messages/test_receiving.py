"""B-50, B-56..B-59: what comes in is stored once, in one conversation, and it is said what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import DAY, HOUR, SECOND
from broker.core.facts.messages import ConversationForgotten, MessageStored
from broker.core.message_state import Conversation
from broker.core.messages.receiving import room_for
from protocol.values import ChatStatus, CloseReason, Guid, MessageStatus
from tests.support.core_in_memory import read_config
from tests.support.mail import MAIL_CONFIG, Post, gateway
from tests.support.playbook import Playbook


@pytest.fixture
def play() -> Playbook:
    return Playbook(MAIL_CONFIG)


def talks(play: Playbook) -> list[Conversation]:
    return sorted(play.state.messages.conversations.values(), key=lambda c: c.no)


def test_a_message_is_stored_and_waits_for_whom_the_rules_say(play: Playbook) -> None:
    answer = Post(play).brings("My invoice")
    assert answer["Data"] == "true"
    assert answer["Reference"] == "r1"
    (talk,) = talks(play)
    assert (talk.status, talk.remote_address, talk.subject) == (
        ChatStatus.WAITING,
        "eva@example.org",
        "Boots",
    )
    sales = next(p.id for p in play.config.projects.values() if p.name == "Sales")
    assert (talk.demanded.project, talk.demanded.priority) == (sales, 5)
    assert talk.due_at == play.now + 4 * HOUR
    assert [m.id for m in talk.messages] == [answer["Id"]]
    assert play.store.read([("message", 1)]) == {("message", 1): (None, "My invoice")}


def test_the_same_message_again_gets_the_same_answer(play: Playbook) -> None:
    """B-50, I-18: nothing is stored twice, whatever it says the second time."""
    post = Post(play)
    first = post.brings()
    facts = len(play.facts)
    again = post.brings("Other", DeliverySystemId="<1@example.org>", RequestId="again")
    assert (again["Id"], again["Data"], again["Reference"]) == (first["Id"], "true", "again")
    assert len(play.facts) == facts
    play.restart()
    assert Post(play).brings("Other")["Id"] == first["Id"]


def test_the_same_message_after_its_name_is_forgotten_is_one_more(play: Playbook) -> None:
    """I-14: the store takes it like any other."""
    limits = evolve(play.config.limits, message_ids=1)
    play.state.config = play.config = evolve(play.config, limits=limits)
    post = Post(play)
    first = post.brings()
    post.brings()
    again = post.brings(DeliverySystemId="<1@example.org>")
    assert (again["Data"], again["Id"] == first["Id"]) == ("true", False)
    play.check_store()


@pytest.mark.parametrize(
    "which", [gateway("Faxes"), gateway("Texts"), "00000000-0000-4000-a000-000000000099"]
)
def test_a_gateway_that_is_not_theirs_or_takes_nothing_in_is_answered_by_false(
    play: Playbook, which: str
) -> None:
    """B-50: the connector keeps the message."""
    answer = Post(play).brings(GatewayId=which)
    assert (answer["Data"], answer.get("Id")) == ("false", None)
    assert not play.state.messages.conversations


def test_what_no_rule_knows_is_put_aside_for_a_supervisor(play: Playbook) -> None:
    Post(play, "sms", "Texts").brings("")
    (talk,) = talks(play)
    assert talk.status is ChatStatus.WAITING
    assert talk.aside is not None
    assert (talk.aside.until, talk.aside.by) == (None, None)


def test_a_rule_may_close(play: Playbook) -> None:
    Post(play).brings(SubjectField="Our newsletter")
    (talk,) = talks(play)
    assert (talk.status, talk.close_reason) == (ChatStatus.CLOSED, CloseReason.RULE)
    assert not talk.is_spam


@pytest.mark.parametrize(
    "naming",
    [
        {"InReplyToId": "<1@example.org>"},
        {"References": ["<elsewhere>", "<1@example.org>", "<unknown>"]},
        {"InReplyToId": "<unknown>", "References": ["<1@example.org>"]},
    ],
)
def test_an_answer_belongs_to_what_it_answers(play: Playbook, naming: dict[str, Any]) -> None:
    """B-56."""
    post = Post(play)
    post.brings()
    post.brings("More", RemoteAddress="colleague@example.org", **naming)
    (talk,) = talks(play)
    assert [m.counter for m in talk.messages] == [1, 2]


def test_without_a_name_that_is_known_it_is_a_conversation_of_its_own(play: Playbook) -> None:
    post = Post(play)
    post.brings()
    post.brings("More", InReplyToId="<unknown>")
    assert [len(t.messages) for t in talks(play)] == [1, 1]


def test_a_text_belongs_to_the_open_conversation_of_its_address(play: Playbook) -> None:
    """B-56: where there are no threads."""
    post = Post(play, "sms", "Texts")
    for address in ("+420601", "+420601", "+420602"):
        post.brings(RemoteAddress=address)
    assert [len([m for m in t.messages if m.inbound]) for t in talks(play)] == [2, 1]


SENDER = """
[[message_gateways]]
name = "Sender"
peer = "sms"
channel = "SMS"
direction = "O"
token = "sms-secret"
"""
FIRST = "[[message_gateways]]"
INBOUND = MAIL_CONFIG.replace(
    'channel = "SMS"\ndirection = "B"\ntoken = "sms-secret"',
    'channel = "SMS"\ndirection = "I"\ntoken = "sms-secret"',
)


REORDERED = INBOUND.replace(FIRST, SENDER + FIRST, 1)
RENAMED = MAIL_CONFIG.replace('"Texts"', '"Short"')


@pytest.mark.parametrize(
    ("before", "after", "name", "at_once"),
    [
        (INBOUND + SENDER, REORDERED, "Texts", False),
        (INBOUND + SENDER, REORDERED, "Texts", True),
        (MAIL_CONFIG, RENAMED, "Short", False),
        (MAIL_CONFIG, RENAMED, "Short", True),
    ],
)
def test_a_text_goes_on_however_its_gateways_stand_in_the_file(
    before: str, after: str, name: str, at_once: bool
) -> None:
    """B-56: with another order or another name, after a reload or a restart."""
    play = Playbook(before)
    Post(play, "sms", "Texts").brings(RemoteAddress="+420601", DeliverySystemId="one")
    if at_once:
        play.reload(after)
    else:
        play.config = read_config(after)
        play.restart()
    Post(play, "sms", name).brings(RemoteAddress="+420601", DeliverySystemId="two")
    (talk,) = talks(play)
    assert len([m for m in talk.messages if m.inbound]) == 2


def test_a_reply_reopens_a_closed_conversation_in_time(play: Playbook) -> None:
    """B-56."""
    post = Post(play)
    post.brings(SubjectField="Our newsletter")
    play.wait(60)
    post.brings("But I want to know", InReplyToId="<1@example.org>", SubjectField="Re: news")
    (talk,) = talks(play)
    assert talk.status is ChatStatus.WAITING
    assert (talk.closed_at, talk.close_reason, talk.waited) == (None, None, 0)
    assert talk.enqueued_at == play.now


def test_a_later_reply_begins_a_new_one_that_names_the_old(play: Playbook) -> None:
    """B-56."""
    post = Post(play)
    post.brings(SubjectField="Our newsletter")
    (old,) = talks(play)
    play.wait(8 * DAY / SECOND)
    assert any(isinstance(f, ConversationForgotten) for f in play.facts)
    post.brings("Is it there still?", InReplyToId="<1@example.org>")
    (new,) = talks(play)
    assert (new.earlier, new.id == old.id) == (old.id, False)


def test_an_automatic_message_reopens_nothing(play: Playbook) -> None:
    """B-58: it is kept with what it answers."""
    post = Post(play)
    post.brings(SubjectField="Our newsletter")
    post.brings("I am away", InReplyToId="<1@example.org>", IsAutomatic=True)
    (talk,) = talks(play)
    assert talk.status is ChatStatus.CLOSED
    assert len(talk.messages) == 2


def test_the_third_automatic_message_in_an_hour_is_put_aside(play: Playbook) -> None:
    """B-58."""
    post = Post(play)
    for _ in range(3):
        post.brings("I am away", IsAutomatic=True)
        play.wait(60)
    assert [t.aside is not None for t in talks(play)] == [False, False, True]
    play.wait(HOUR / SECOND)
    post.brings("I am away", IsAutomatic=True)
    assert talks(play)[-1].aside is None


def test_an_automatic_loop_in_one_conversation_is_put_aside(play: Playbook) -> None:
    post = Post(play)
    post.brings("Hello")
    for _ in range(3):
        post.brings("I am away", IsAutomatic=True, InReplyToId="<1@example.org>")
    (talk,) = talks(play)
    assert talk.aside is not None
    post.brings("It is me now", InReplyToId="<1@example.org>")
    assert talk.aside is None


def receipts(play: Playbook) -> list[MessageStored]:
    return [f for f in play.facts if isinstance(f, MessageStored) and not f.inbound]


def test_a_receipt_goes_out_once_a_day_and_never_to_a_machine(play: Playbook) -> None:
    """B-58."""
    post = Post(play, "sms", "Texts")
    post.brings("Hi", IsAutomatic=True)
    assert not receipts(play)
    post.brings("Hi")
    post.brings("Are you there?")
    (receipt,) = receipts(play)
    assert receipt.content.body_text == "We have got your message."
    assert (receipt.content.is_automatic, receipt.content.in_reply_to_id) == (
        True,
        "<2@example.org>",
    )
    (talk,) = talks(play)
    assert [m.counter for m in talk.messages] == [1, 2, 3, 4]
    play.wait(DAY / SECOND + 1)
    post.brings("Still?")
    assert len(receipts(play)) == 2


def test_a_receipt_is_on_its_way(play: Playbook) -> None:
    Post(play, "sms", "Texts").brings("Hi")
    (message,) = (m for m in play.state.messages.messages.values() if not m.inbound)
    assert message.delivery is not None
    assert message.delivery.status in (MessageStatus.QUEUED, MessageStatus.SENDING)


@pytest.mark.parametrize("level", [3, 4])
def test_spam_is_stored_and_closed(play: Playbook, level: int) -> None:
    """B-59."""
    Post(play).brings(SpamLevel=level)
    (talk,) = talks(play)
    assert (talk.status, talk.close_reason, talk.is_spam) == (
        ChatStatus.CLOSED,
        CloseReason.RULE,
        True,
    )


def test_spam_wakes_nothing_that_was_put_aside(play: Playbook) -> None:
    """B-59: it is kept with what it answers."""
    post = Post(play, "sms", "Texts")
    for level in (None, 3):
        post.brings("" if level is None else "invoice", SpamLevel=level)
    (talk,) = talks(play)
    assert (talk.aside is not None, len(talk.unanswered)) == (True, 2)
    post.brings("invoice")
    assert talk.aside is None


@pytest.mark.parametrize("level", [None, 0, 2])
def test_what_may_be_spam_is_worked_on(play: Playbook, level: int | None) -> None:
    Post(play).brings(SpamLevel=level)
    assert talks(play)[0].status is ChatStatus.WAITING


def test_conversations_have_a_bound(play: Playbook) -> None:
    """I-14: the closed one that is oldest makes room; when all are open, the connector keeps the message."""
    limits = evolve(play.config.limits, conversations=2)
    play.state.config = play.config = evolve(play.config, limits=limits)
    post = Post(play)
    post.brings(SubjectField="Our newsletter")
    for _ in range(2):
        assert post.brings()["Data"] == "true"
    assert [t.no for t in talks(play)] == [2, 3]
    assert "too many" in post.brings_in_vain("Overloaded")
    assert [t.no for t in talks(play)] == [2, 3]


def test_room_is_made_without_looking_at_other_pairs(play: Playbook) -> None:
    """I-14: however many conversations of others are closed."""
    post, texts = Post(play), Post(play, "sms", "Texts")
    texts.brings(SpamLevel=3)
    post.brings(SubjectField="Our newsletter")
    theirs, ours = talks(play)
    limits = evolve(play.config.limits, conversations=1)
    play.state.config = evolve(play.config, limits=limits)
    without = dict(play.state.messages.conversations)
    del without[theirs.id]
    play.state.messages.conversations = without
    room = room_for(play.state, ours.pair, conversations=1)
    assert room == [ConversationForgotten(ours.id)]


def test_what_is_wrapped_up_makes_no_room(play: Playbook) -> None:
    """I-14: it is kept for whoever writes up how it ended."""
    post = Post(play)
    for _ in range(2):
        post.brings(SubjectField="Our newsletter")
    limits = evolve(play.config.limits, conversations=2)
    play.state.config = evolve(play.config, limits=limits)
    first, second = talks(play)
    assert room_for(play.state, first.pair, conversations=1) == [ConversationForgotten(first.id)]
    first.wrapping = Guid("somebody")
    assert room_for(play.state, first.pair, conversations=1) == [ConversationForgotten(second.id)]
    second.wrapping = Guid("somebody")
    assert room_for(play.state, first.pair, conversations=1) is None
    first.wrapping = second.wrapping = None


def test_the_time_to_answer_is_that_of_the_oldest_question(play: Playbook) -> None:
    """B-57."""
    post = Post(play)
    post.brings("My invoice")
    due = talks(play)[0].due_at
    play.wait(60)
    post.brings("My invoice!", InReplyToId="<1@example.org>")
    assert talks(play)[0].due_at == due


def test_messages_have_a_bound_too(play: Playbook) -> None:
    """I-14: what closed first makes room; when all is open, the connector keeps the message."""
    post = Post(play)
    post.brings(SubjectField="Our newsletter")
    post.brings()
    (size,) = play.state.messages.bytes_held.values()
    limits = evolve(play.config.limits, gateway_bytes=size // 2 + 100)
    play.state.config = play.config = evolve(play.config, limits=limits)
    assert post.brings("More", InReplyToId="<2@example.org>")["Data"] == "true"
    assert [t.no for t in talks(play)] == [2]
    post.brings_in_vain("Overloaded", "More", InReplyToId="<2@example.org>")


def test_only_the_latest_references_are_kept(play: Playbook) -> None:
    """I-14."""
    Post(play).brings(References=[f"<{number}>" for number in range(60)])
    (talk,) = talks(play)
    assert talk.messages[0].content.references == tuple(f"<{n}>" for n in range(10, 60))


def test_what_no_rule_knew_stays_aside_until_one_knows_what_comes_into_it(play: Playbook) -> None:
    """B-57: otherwise it would wait, and be offered to nobody."""
    post = Post(play, "sms", "Texts")
    post.brings("")
    (talk,) = talks(play)
    post.brings("")
    aside = [talk.aside is not None]
    post.brings("Are you there?")
    aside.append(talk.aside is not None)
    assert (aside, talk.status) == ([True, False], ChatStatus.WAITING)
    assert play.config.projects[talk.demanded.project or talk.id].name == "Support"
    assert [line.kind for line in talk.log] == ["refused", "routed", "waiting"]
