"""Long transcripts are made once, until something is said or confirmed."""

from collections.abc import Iterator

from broker.core.transcripts import Transcripts
from protocol.chat import ChatSentenceInfo
from tests.support.first_moves import answered, say, whole
from tests.support.playbook import Playbook


def words(number: int) -> Iterator[ChatSentenceInfo]:
    """A transcript, made anew."""
    return (ChatSentenceInfo(peer="web", id=str(one)) for one in range(number))


def show(kept: Transcripts, chat: str, edition: int, number: int) -> tuple[ChatSentenceInfo, ...]:
    """What is shown of a chat."""
    return kept.shown((chat,), edition, number, lambda: words(number))


def test_one_edition_is_made_once() -> None:
    """I-14: and another one anew."""
    kept = Transcripts(long=3)
    first = show(kept, "c", 1, 5)
    assert first == tuple(words(5))
    assert show(kept, "c", 1, 5) is first
    assert show(kept, "d", 1, 5) is not first
    later = show(kept, "c", 2, 6)
    assert later == tuple(words(6))
    assert show(kept, "c", 2, 6) is later


def test_a_short_one_is_not_kept() -> None:
    kept = Transcripts(long=3)
    assert type(show(kept, "c", 1, 2)) is tuple
    assert show(kept, "c", 1, 2) is not show(kept, "c", 1, 2)


def test_those_asked_for_last_are_kept() -> None:
    """I-14: up to a number of sentences."""
    kept = Transcripts(long=1, most=10)
    first, second = show(kept, "c", 1, 5), show(kept, "d", 1, 5)
    assert show(kept, "c", 1, 5) is first
    show(kept, "e", 1, 5)
    assert show(kept, "c", 1, 5) is first
    assert show(kept, "d", 1, 5) is not second


def test_snapshots_follow_what_is_said_noted_and_confirmed(play: Playbook) -> None:
    """I-9: nobody is shown an old transcript, on neither side."""
    play.state.transcripts.long = 1
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    say(web, alice, "v1", 1)
    assert [s["ID"] for s in whole(web, TrackingId="t1")["Sentences"]] == ["v1"]
    assert [s["ID"] for s in whole(alice, ChatId=chat)["Sentences"]] == ["v1"]
    kept = play.state.transcripts
    assert len(kept._kept) == 2
    say(web, alice, "v2", 2)
    for client, named in ((web, {"TrackingId": "t1"}), (alice, {"ChatId": chat})):
        assert [s["ID"] for s in whole(client, **named)["Sentences"]] == ["v1", "v2"]
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="v1")
    web.hears("SE_CHAT_CONFIRM", ID="v1")
    for client, named in ((web, {"TrackingId": "t1"}), (alice, {"ChatId": chat})):
        first, second = whole(client, **named)["Sentences"]
        assert "ConfirmedTime" in first
        assert "ConfirmedTime" not in second
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="n1", Text="Difficult", Model=10)
    alice.hears("SC_CHAT_SENTENCE", ID="n1")
    assert [s["ID"] for s in whole(alice, ChatId=chat)["Internal"]] == ["n1"]
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="n2", Text="Very", Model=10)
    alice.hears("SC_CHAT_SENTENCE", ID="n2")
    assert [s["ID"] for s in whole(alice, ChatId=chat)["Internal"]] == ["n1", "n2"]
