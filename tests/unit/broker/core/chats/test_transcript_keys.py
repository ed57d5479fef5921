"""A key has one sentence, whatever was decided (I-2)."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.core.apply import apply
from broker.core.facts import SentenceStored
from tests.support.playbook import Playbook


def a_play() -> tuple[Playbook, SentenceStored]:
    """A visitor has said something; and that once more, as a bug would decide it."""
    play = Playbook()
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t")
    web.says("ES_CHAT_SENTENCE", TrackingId="t", ID="k", Text="Hello")
    (said,) = [fact for fact in play.facts if isinstance(fact, SentenceStored)]
    return play, evolve(said, counter=said.counter + 1)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_second_sentence_of_a_key_is_never_applied(restarted: bool) -> None:
    """Also of one that the store has given, and nobody has asked for since."""
    play, again = a_play()
    if restarted:
        play.restart()
        play.connector("web")
    with pytest.raises(AssertionError):
        apply(play.state, again)


@pytest.mark.parametrize("restarted", [False, True])
def test_the_same_key_the_other_way_is_another_one(restarted: bool) -> None:
    play, again = a_play()
    if restarted:
        play.restart()
        play.connector("web")
    apply(play.state, evolve(again, words=evolve(again.words, outbound=True)))
    (chat,) = play.state.chats.values()
    assert [len(keys) for keys in chat.transcript.keys] == [1, 1]
