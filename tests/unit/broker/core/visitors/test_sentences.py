"""The way of a sentence: its place, its key, who hears it, who confirms it (W-20..W-23, B-7, B-9, B-10)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.agents_at_work import (
    FLOOR,
    chat_of,
    configured,
    joined,
    started,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PAGE = 6


def test_a_sentence_gets_the_next_place_and_is_heard_by_the_other_side(play: Playbook) -> None:
    web, alice, chat = talking(play)
    visitor_writes(web, "v", "Hello", alice)
    writes(alice, chat, "a", "Good morning")
    assert web.hears("SE_CHAT_SENTENCE", ID="a", Counter=2)["PartyName"] == "Alice"


@pytest.mark.parametrize("model", [0, PAGE])
def test_a_retry_is_echoed_and_passed_on_until_it_is_confirmed(play: Playbook, model: int) -> None:
    """W-21: a sentence and what fills a slot."""
    web, alice, chat = talking(play)
    for number in (1, 2):
        web.says("ES_CHAT_SENTENCE", number, TrackingId="t1", ID="v", Text="Hello", Model=model)
        web.hears("SE_CHAT_SENTENCE", number, ID="v", Text="Hello")
        alice.hears("SC_CHAT_SENTENCE", ID="v")
    alice.says("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="v")
    alice.hears("SYS_ACK", 3)
    web.hears("SE_CHAT_CONFIRM", ID="v")
    web.says("ES_CHAT_SENTENCE", 4, TrackingId="t1", ID="v", Text="Hello", Model=model)
    web.hears("SE_CHAT_SENTENCE", 4, ConfirmedTime=...)
    alice.says("CS_CHAT_CONFIRM", 5, ChatId=chat, ID="v")
    alice.hears("SYS_ACK", 5)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"Text": "a"}, {"Text": "b"}),
        ({"Text": "a"}, {"Text": "a", "Model": PAGE}),
        ({"Text": "a", "Model": PAGE}, {"Text": "a"}),
        ({"Text": "a", "Model": 10}, {"Text": "b", "Model": 10}),
    ],
)
def test_a_key_is_used_once(play: Playbook, first: dict[str, Any], then: dict[str, Any]) -> None:
    """W-21."""
    _web, alice, chat = talking(play)
    alice.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="k", **first)
    alice.hears("SC_CHAT_SENTENCE", 1)
    _web.heard.clear()
    alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="k", **then)
    alice.refused("KeyReused", 2)


def test_a_key_of_a_slot_is_known_after_it_was_overwritten(play: Playbook) -> None:
    """W-21, I-9: the retry is echoed, and what stands there now comes after it."""
    web, alice, _chat = talking(play)
    for key, text in (("p1", "one"), ("p2", "two")):
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=key, Text=text, Model=PAGE)
    web.heard.clear()
    alice.heard.clear()
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="p1", Text="one", Model=PAGE)
    web.hears("SE_CHAT_SENTENCE", 1, ID="p1")
    web.hears("SE_CHAT_SENTENCE", ID="p2")
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="p1", Text="other", Model=PAGE)
    web.refused("KeyReused", 2)


@pytest.mark.parametrize(
    ("mode", "may"), [("Consult", False), ("Conference", True)], ids=["consult", "conference"]
)
def test_who_only_advises_does_not_write_to_the_visitor(
    play: Playbook, mode: str, may: bool
) -> None:
    """B-29: notes they may write."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, mode)
    writes(bob, chat, "n", "Ask for the number", Model=10)
    alice.hears("SC_CHAT_SENTENCE", Model=10)
    bob.says("CS_CHAT_SENTENCE", 5, ChatId=chat, ID="b", Text="I am Bob")
    if may:
        bob.hears("SC_CHAT_SENTENCE", 5)
        alice.hears("SC_CHAT_SENTENCE", ID="b")
        web.hears("SE_CHAT_SENTENCE", ID="b")
    else:
        bob.refused("WrongState", 5)


def test_a_parked_chat_is_not_written_to_and_its_visitor_wakes_it(play: Playbook) -> None:
    """B-29."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_PARK", 1, ChatId=chat, IsParked=True)
    alice.hears("SC_CHAT_STATUS", 1)
    alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a", Text="Hello")
    alice.refused("WrongState", 2)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Are you there?")
    web.hears("SE_CHAT_SENTENCE")
    alice.hears("SC_CHAT_SENTENCE")
    alice.hears("SC_CHAT_STATUS", IsParked=None)
    assert chat_of(play, chat).parking is None


def test_a_note_is_retried_like_a_sentence_and_never_heard_outside(play: Playbook) -> None:
    web, alice, chat = talking(play)
    for _ in range(2):
        assert writes(alice, chat, "n", "Difficult", Model=10)["Counter"] == 1
    web.silent()
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.heard.clear()
    web.heard.clear()
    alice.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="m", Text="More", Model=10)
    alice.refused("ChatClosed", 1)
    writes(alice, chat, "n", "Difficult", Model=10)


def test_a_closed_chat_takes_retries_and_nothing_new(play: Playbook) -> None:
    """W-21, B-9: where the gateway may not reopen it by a text."""
    web, alice, chat = talking(play)
    visitor_writes(web, "v", "Hello", alice)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.heard.clear()
    alice.heard.clear()
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="w", Text="One more thing")
    web.refused("ChatClosed", 1)
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="v", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", 2, Counter=1)
    alice.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="a", Text="Yes?")
    alice.refused("ChatClosed", 3)


def test_a_text_reopens_a_chat_where_the_gateway_may(play: Playbook) -> None:
    """B-9."""
    im = play.connector("im")
    chat = started(im, "Waiting")
    im.says("ES_CHAT_STOP", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    im.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="v", Text="Hello again")
    im.hears("SE_CHAT_STATUS", Status="Pilot", ChatId=chat)
    im.hears("SE_CHAT_SENTENCE", 1, ID="v")
    im.hears("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)


@pytest.mark.parametrize(
    ("frame", "members", "code"),
    [
        ("ES_CHAT_SENTENCE", {"TrackingId": "t9", "ID": "v", "Text": "?"}, "UnknownChat"),
        (
            "ES_CHAT_SENTENCE",
            {"TrackingId": "t1", "ID": "v", "Text": "?", "Model": 3},
            "BadPayload",
        ),
        (
            "ES_CHAT_SENTENCE",
            {"Peer": "im", "TrackingId": "t1", "ID": "v", "Text": "?"},
            "NotAllowed",
        ),
        ("ES_CHAT_CONFIRM", {"TrackingId": "t1", "ID": "nothing"}, "UnknownMessage"),
        ("ES_CHAT_CONFIRM", {"TrackingId": "t9", "ID": "a"}, "UnknownChat"),
        ("ES_CHAT_TYPING", {"TrackingId": "t9"}, "UnknownChat"),
    ],
)
def test_what_a_connector_may_not_say(
    play: Playbook, frame: str, members: dict[str, Any], code: str
) -> None:
    """W-14."""
    web, _alice, _chat = talking(play)
    web.says(frame, 1, **members)
    web.refused(code, 1)


def test_only_whoever_may_receive_a_sentence_confirms_it(play: Playbook) -> None:
    """B-10."""
    web, alice, chat = talking(play)
    visitor_writes(web, "v", "Hello", alice)
    bob, susan = play.agent("bob", "102"), play.agent("susan", "104")
    susan.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 1)
    susan.says("CS_CHAT_CONFIRM", 2, ChatId=chat, ID="v")
    susan.refused("WrongState", 2)
    bob.says("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="v")
    assert bob.heard.popleft()[0] == "SYS_ERROR"
    alice.says("CS_CHAT_CONFIRM", 4, ChatId=chat, ID="nothing")
    alice.refused("UnknownMessage", 4)


def test_the_visitors_side_confirms_to_who_was_in_the_chat(play: Playbook) -> None:
    """B-10: also after its end."""
    web, alice, chat = talking(play)
    writes(alice, chat, "a", "Good morning")
    writes(alice, chat, "b", "Good-bye")
    web.heard.clear()
    web.says("ES_CHAT_CONFIRM", 1, TrackingId="t1", ID="a")
    web.hears("SYS_ACK", 1)
    alice.hears("SC_CHAT_CONFIRM", ID="a", ChatId=chat)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.heard.clear()
    alice.heard.clear()
    web.says("ES_CHAT_CONFIRM", 2, TrackingId="t1", ID="b")
    web.hears("SYS_ACK", 2)
    alice.hears("SC_CHAT_CONFIRM", ID="b")


def test_typing_is_passed_on_to_whoever_talks(play: Playbook) -> None:
    web, alice, chat = talking(play)
    web.says("ES_CHAT_TYPING", TrackingId="t1")
    alice.hears("SC_CHAT_TYPING", ChatId=chat)
    alice.says("CS_CHAT_TYPING", ChatId=chat)
    web.hears("SE_CHAT_TYPING", TrackingId="t1")
    before = len(play.facts)
    web.says("ES_CHAT_TYPING", TrackingId="t1", IsTyping=False)
    alice.hears("SC_CHAT_TYPING")
    assert len(play.facts) == before
