"""Which attachments a sentence may name, and who sees them: B-61, I-15, I-19."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.facts import SentenceStored
from broker.core.limits import DAY
from tests.support.agents_at_work import FLOOR, joined, talking
from tests.support.attachments import PIECE, bring, content, get
from tests.support.playbook import CONFIG, Client, Playbook

ONE, TWO = content(1), content(2)


@pytest.fixture
def play() -> Playbook:
    return Playbook(FLOOR)


def named(*which: str, **members: Any) -> list[dict[str, Any]]:
    return [{"BlobId": one, **members} for one in which]


def says(web: Client, key: str, *which: str, text: str = "", **members: Any) -> None:
    web.says(
        "ES_CHAT_SENTENCE",
        1,
        TrackingId="t1",
        ID=key,
        Text=text,
        Attachments=named(*which),
        **members,
    )


def test_both_sides_see_what_a_sentence_names(play: Playbook) -> None:
    """Its text may be empty."""
    web, alice, chat = talking(play)
    bring(web, ONE)
    says(web, "s1", ONE.id)
    echo = web.hears("SE_CHAT_SENTENCE", 1, Text="")
    push = alice.hears("SC_CHAT_SENTENCE", Text="", Counter=1)
    expected = {
        "BlobId": ONE.id,
        "Name": "plan.png",
        "ContentType": "image/png",
        "Size": len(ONE.data),
        "Sha256": ONE.digest,
        "Scan": "Off",
    }
    for heard in (echo, push):
        (one,) = heard["Attachments"]
        assert {name: value for name, value in one.items() if value} == expected
    assert get(alice, ONE) == ONE.data
    alice.says("CS_CHAT_STATUS", 2, ChatId=chat)
    (sentence,) = alice.hears("SC_CHAT_STATUS", 2)["Sentences"]
    assert sentence["Attachments"] == push["Attachments"]


def test_an_agent_sends_one_to_the_visitor(play: Playbook) -> None:
    web, alice, chat = talking(play)
    bring(alice, ONE)
    alice.says(
        "CS_CHAT_SENTENCE",
        1,
        ChatId=chat,
        ID="a1",
        Text="here",
        Attachments=named(ONE.id, Name="offer.png", ContentId="c1", IsInline=True),
    )
    alice.hears("SC_CHAT_SENTENCE", 1)
    (one,) = web.hears("SE_CHAT_SENTENCE", ID="a1")["Attachments"]
    assert (one["Name"], one["ContentId"], one["IsInline"]) == ("offer.png", "c1", True)
    assert get(web, ONE) == ONE.data


def test_after_a_restart_it_is_still_there(play: Playbook) -> None:
    web, _alice, _chat = talking(play)
    bring(web, ONE)
    bring(web, TWO)
    says(web, "s1", TWO.id, ONE.id, text="two of them")
    before = web.hears("SE_CHAT_SENTENCE", 1)["Attachments"]
    play.check_store()
    play.restart()
    play.check_store()
    web = play.connector("web")
    web.says("ES_CHAT_STATUS", 2, TrackingId="t1")
    assert web.hears("SE_CHAT_STATUS", 2)["Sentences"][0]["Attachments"] == before
    assert get(web, TWO) == TWO.data


def test_what_is_named_stays(play: Playbook) -> None:
    web, _alice, _chat = talking(play)
    bring(web, ONE)
    says(web, "s1", ONE.id)
    play.wait(60)
    web.heard.clear()
    chat = next(iter(play.state.chats.values()))
    assert list(play.state.blobs.by_id[ONE.id].holders) == [chat.id]  # type: ignore[index]  # a Guid is a str
    assert play.state.blobs.unnamed == {}
    play.wait(DAY // 1_000_000)
    assert play.state.blobs.by_id == {}  # with its chat it left the memory, and not the store
    connection = play.store._connection
    assert connection.exec_driver_sql("SELECT count(*) FROM blob_pieces").scalar() == 3
    assert connection.exec_driver_sql("SELECT dropped_at FROM blobs").scalar() is None


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ((content(9).id,), "UnknownMessage"),
        ((content(3).id,), "UnknownMessage"),
        ((content(4).id,), "WrongState"),
        ((ONE.id, ONE.id), "BadPayload"),
        ((ONE.id, content(9).id), "UnknownMessage"),
        (tuple(content(20 + number).id for number in range(11)), "TooLong"),
    ],
    ids=["unknown", "somebody-elses", "incomplete", "twice", "one-of-two", "too-many"],
)
def test_others_cannot_be_named(play: Playbook, which: tuple[str, ...], code: str) -> None:
    """W-27: nothing changes."""
    web, alice, _chat = talking(play)
    im = play.connector("im")
    bring(web, ONE)
    bring(im, content(3))
    web.says("ES_BLOB_PUT", **content(4).piece(0))
    web.hears("SE_BLOB_STATUS", Offset=PIECE)
    before = len(play.facts)
    says(web, "s1", *which)
    assert web.refused(code, re=1).startswith("Attachments")
    assert len(play.facts) == before
    alice.silent()


def test_what_an_agent_has_brought_is_not_the_visitors(play: Playbook) -> None:
    web, alice, chat = talking(play)
    bring(alice, ONE)
    says(web, "s1", ONE.id)
    web.refused("UnknownMessage", re=1)
    bring(web, TWO)
    alice.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="a", Text="", Attachments=named(TWO.id))
    alice.refused("UnknownMessage", re=1)


def test_as_many_as_are_allowed() -> None:
    play = Playbook(CONFIG + "\n[limits]\nattachments = 1\n")
    web, alice, _chat = talking(play)
    bring(web, ONE)
    bring(web, TWO)
    says(web, "s1", ONE.id, TWO.id)
    web.refused("TooLong", re=1)
    says(web, "s1", ONE.id)
    web.hears("SE_CHAT_SENTENCE", 1)
    alice.hears("SC_CHAT_SENTENCE")


def test_what_is_pinned_or_noted_has_none(play: Playbook) -> None:
    web, alice, chat = talking(play)
    bring(web, ONE)
    bring(alice, TWO)
    says(web, "s1", ONE.id, text="x", Model=4)
    web.refused("BadPayload", re=1)
    for model in (2, 10):
        alice.says(
            "CS_CHAT_SENTENCE",
            1,
            ChatId=chat,
            ID="a",
            Text="x",
            Model=model,
            Attachments=named(TWO.id),
        )
        alice.refused("BadPayload", re=1)


def test_a_retry_names_the_same(play: Playbook) -> None:
    """W-21."""
    web, alice, _chat = talking(play)
    bring(web, ONE)
    bring(web, TWO)
    says(web, "s1", ONE.id)
    web.hears("SE_CHAT_SENTENCE", 1, Counter=1)
    alice.hears("SC_CHAT_SENTENCE")
    says(web, "s1", ONE.id)
    web.hears("SE_CHAT_SENTENCE", 1, Counter=1, Attachments=...)
    alice.hears("SC_CHAT_SENTENCE", Attachments=...)
    for which in ((), (TWO.id,), (ONE.id, TWO.id)):
        says(web, "s1", *which)
        web.refused("KeyReused", re=1)
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="s2", Text="plain")
    web.hears("SE_CHAT_SENTENCE", 1)
    alice.hears("SC_CHAT_SENTENCE")
    says(web, "s2", TWO.id, text="plain")
    web.refused("KeyReused", re=1)
    stored = [fact for fact in play.facts if isinstance(fact, SentenceStored)]
    assert [len(fact.words.attachments) for fact in stored] == [1, 0]


def test_only_who_may_read_the_chat_gets_it(play: Playbook) -> None:
    """I-15: a bystander does not, nor does another gateway; whoever joins does."""
    web, alice, chat = talking(play)
    im, carol = play.connector("im"), play.agent("carol", "103")
    bring(web, ONE)
    says(web, "s1", ONE.id)
    web.hears("SE_CHAT_SENTENCE", 1)
    alice.hears("SC_CHAT_SENTENCE")
    carol.says("CS_BLOB_GET", 1, BlobId=ONE.id)
    carol.refused("UnknownMessage", re=1)
    im.says("ES_BLOB_GET", 1, BlobId=ONE.id)
    im.refused("UnknownMessage", re=1)
    joined(play, alice, carol, chat, "Conference")
    assert get(carol, ONE) == ONE.data


def test_one_may_be_named_twice(play: Playbook) -> None:
    web, alice, _chat = talking(play)
    bring(web, ONE)
    for key in ("s1", "s2"):
        says(web, key, ONE.id)
        web.hears("SE_CHAT_SENTENCE", 1)
        alice.hears("SC_CHAT_SENTENCE")
    play.check_store()


def test_a_sentence_with_one_takes_room(play: Playbook) -> None:
    """I-14: names count."""
    web, alice, chat = talking(play)
    long = evolve(ONE, name="\x01" * 250)
    bring(web, long)
    before = play.state.chats[chat].transcript.size  # type: ignore[index]  # a Guid is a str
    says(web, "s1", ONE.id)
    web.hears("SE_CHAT_SENTENCE", 1)
    alice.hears("SC_CHAT_SENTENCE")
    assert play.state.chats[chat].transcript.size > before + 1_500  # type: ignore[index]  # as above
    play.check_store()
