"""The parts of a chat: each belongs to its chat alone, and says what of it rows give back."""

from __future__ import annotations

import pytest
from attrs import fields, has

from broker.core.chat_state import (
    DERIVED,
    PARTS,
    Activity,
    Chat,
    Sentence,
    Stored,
    Transcript,
    Visitor,
    Waiting,
)
from broker.core.invariants import durable
from broker.core.sentence import Words
from protocol.values import ChatStatus, Guid
from tests.support.playbook import Playbook

GATEWAY = Guid("00000000-0000-4000-8000-000000000001")


def a_chat(no: int) -> Chat:
    return Chat(id=Guid(f"chat {no}"), no=no, gateway=GATEWAY, visitor=Visitor(tracking_id=f"{no}"))


def test_no_two_chats_have_a_part_in_common() -> None:
    """A part of a chat that is changed changes no other one."""
    first, second = a_chat(1), a_chat(2)
    parts = [name for name in (a.name for a in fields(Chat)) if has(type(getattr(first, name)))]
    assert parts == [
        "visitor",
        "routing",
        "waiting",
        "activity",
        "ending",
        "bot",
        "forms",
        "transcript",
    ]
    assert all(getattr(first, name) is not getattr(second, name) for name in parts)


def test_a_chat_is_told_in_few_members() -> None:
    assert len(fields(Chat)) <= 25
    assert all(len(fields(part)) <= 11 for part in PARTS)


def test_what_is_of_this_process_is_not_looked_for_in_rows() -> None:
    """I-10: what no row has is marked at the member, in a part as in the chat."""
    play = Playbook()
    web = play.connector("web")
    web.says("ES_CHAT_START", 1, TrackingId="t", Culture="en")
    chats = durable(play.state)["chats"]
    assert isinstance(chats, dict)
    (shown,) = chats.values()
    assert "timer_at" not in shown
    assert shown["activity"] == {
        name: getattr(next(iter(play.state.chats.values())).activity, name)
        for name in ("since", "last", "unparked_at", "warned_for")
    }
    marked = {a.name for part in PARTS for a in fields(part) if a.metadata == DERIVED}
    assert {"queued_up", "quiet_up", "closed_up", "past_pinned", "edition"} <= marked


def test_what_was_durable_does_not_change_with_the_state() -> None:
    """I-10: it is compared with what is so later, in the words of a chat as in its members."""
    play = Playbook()
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("ES_CHAT_START", 1, TrackingId="t", Culture="en")
    (chat,) = play.state.chats
    seen = [durable(play.state)]
    alice.says("CS_CHAT_ANSWER", 2, ChatId=chat)
    web.says("ES_CHAT_SENTENCE", 3, TrackingId="t", ID="k", Text="Hello")
    seen.append(durable(play.state))
    alice.says("CS_CHAT_CONFIRM", 4, ChatId=chat, ID="k")
    seen.append(durable(play.state))
    assert seen[0] != seen[1] != seen[2]
    play.check_store()


def test_a_chat_that_begins_anew_has_waited_for_nobody_yet() -> None:
    """B-2: what its last conversation left in the parts that end with it is gone."""
    play = Playbook()
    im, alice = play.connector("im"), play.agent("alice", "101")
    im.says("ES_CHAT_START", 1, TrackingId="t", Culture="en")
    (chat,) = play.state.chats.values()
    alice.says("CS_CHAT_ANSWER", 2, ChatId=chat.id)
    before = chat.waiting
    assert before.answered_at is not None
    im.says("ES_CHAT_STOP", 3, TrackingId="t")
    assert (chat.status, chat.ending.closed_at) == (ChatStatus.CLOSED, play.now)
    play.wait(30)
    im.says("ES_CHAT_START", 4, TrackingId="t", Culture="en")
    assert list(play.state.chats.values()) == [chat]
    assert (chat.ending.closed_at, chat.ending.readers) == (None, ())
    assert (chat.waiting.answered_at, chat.waiting.waited) == (None, 0)
    assert before.answered_at is not None
    assert chat.waiting is not before


def test_the_inactivity_warning_is_for_one_silence() -> None:
    """B-8: whoever writes after it is warned again."""
    activity = Activity(since=5, last=7, warned_for=7)
    assert activity.is_warned
    activity.unparked_at = 9
    assert not activity.is_warned


def test_a_wait_that_is_not_over_counts_up_to_now() -> None:
    assert Waiting(waited=3).time_waited(100) == 3
    assert Waiting(waited=3, since=90).time_waited(100) == 13
    assert Waiting(waited=3, since=90).time_waited(80) == 3


def put_off(*said: Sentence) -> tuple[Transcript, list[int]]:
    """A transcript whose sentences are made when somebody asks, and how many were made when."""
    calls: list[int] = []

    def made() -> list[Sentence]:
        calls.append(len(said))
        return list(said)

    transcript = Transcript()
    transcript.put_off(Stored(made=made, size=7, writers=(), at=5, spoken_at=5))
    return transcript, calls


HELLO = Sentence(1, Words("a", "Eva", "Hello", 3, False, 0, 3, None))
REPLY = Sentence(2, Words("a", "Alice", "Hi", 5, True, 0, 5, GATEWAY), confirmed_at=6)


@pytest.mark.parametrize("asked", ["sentences", "keys"])
def test_sentences_are_made_once_when_somebody_asks(asked: str) -> None:
    transcript, calls = put_off(HELLO, REPLY)
    assert (transcript.internal, transcript.size, calls) == ([], 0, [])
    assert len(getattr(transcript, asked)) == 2
    assert transcript.sentences == [HELLO, REPLY]
    assert transcript.keys == ({"a": HELLO}, {"a": REPLY})
    assert transcript.keys[False]["a"] is transcript.sentences[0]
    assert transcript.stored is None
    assert calls == [2]


def test_a_transcript_is_the_same_whether_its_sentences_are_made_or_not() -> None:
    """I-10."""
    transcript, calls = put_off(HELLO)
    assert transcript == Transcript(sentences=[HELLO], keys=({"a": HELLO}, {}))
    assert calls == [1]


def test_what_no_transcript_has_is_asked_for_in_vain() -> None:
    transcript, calls = put_off(HELLO)
    with pytest.raises(AttributeError):
        _ = transcript.sentence  # type: ignore[attr-defined]  # there is none
    assert calls == []
