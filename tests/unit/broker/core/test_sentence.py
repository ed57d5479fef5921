"""The members of a sentence: each is read, shown, weighed and kept."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from broker.config.sections.directory import PEER_BYTES, PORT_BYTES
from broker.core.limits import RESERVE
from broker.core.sentence import LONGEST, Words, bytes_of_all, heard, sentence_bytes, shown
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.encoding import JSON, MESSAGEPACK, Encoding
from protocol.limits import FRAME_BYTES
from protocol.values import Guid, to_micros
from tests.conformance.samples import TIME, guid

TEXTS = [a.name for a in fields(Words) if "str" in str(a.type)]
NUMBERS: Any = {
    "time_sent": to_micros(TIME),
    "outbound": True,
    "model": 10,
    "at": to_micros(TIME),
    "agent": Guid(guid(4)),
}
said = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.text(
    '"\\\\\n\x01\x7f\u2028', max_size=80
)


def test_the_longest_sentence_is_far_shorter_than_a_frame() -> None:
    """I-14: a transcript takes some of them before it is full."""
    assert LONGEST < FRAME_BYTES - RESERVE


@pytest.mark.parametrize("encoding", [MESSAGEPACK, JSON], ids=lambda one: one.name)
@given(st.fixed_dictionaries(dict.fromkeys(TEXTS, said)), said)
def test_a_sentence_is_never_heavier_than_its_weight(
    encoding: Encoding, texts: dict[str, Any], tracking_id: str
) -> None:
    """I-14, W-9: whatever has to be escaped, too, in each text that a sentence has."""
    words = Words(**texts, **NUMBERS)
    peer, port, chat = "p" * PEER_BYTES, "q" * PORT_BYTES, Guid(guid(1))
    sentence = shown(words, 2_000_000_000, to_micros(TIME), peer, port, tracking_id, chat, {})
    none = ChatStatusInfo(sentences=())
    few, more = (
        len(encoding.pack("SE_CHAT_STATUS", one))
        for one in (none, evolve(none, sentences=(sentence,)))
    )
    assert more - few + 1 <= sentence_bytes(words, tracking_id)


def test_what_was_heard_is_shown_again() -> None:
    """W-22: the echo says what the sentence said, and who said it."""
    p = ChatSentenceInfo(peer="web", tracking_id="t", id="k", text="Hello", time_sent=TIME, model=2)
    words = heard(p, "Vera", 7, None, outbound=False)
    assert (words.at, words.time_sent, words.own) == (7, to_micros(TIME), False)
    assert shown(words, 3, None, "web", None, "t", None, {}) == evolve(
        p, party_name="Vera", counter=3
    )


def test_what_says_nothing_of_its_time_was_sent_now() -> None:
    """W-22."""
    words = heard(ChatSentenceInfo(id="k"), None, 7, Guid(guid(4)), outbound=True)
    assert (words.time_sent, words.text, words.outbound) == (7, "", True)


@given(st.lists(st.tuples(said, said | st.none(), said), min_size=1, max_size=5), said)
def test_many_sentences_weigh_what_they_weigh_one_by_one(
    texts: list[tuple[str, str | None, str]], tracking_id: str
) -> None:
    """I-14: recovery weighs a transcript before it makes sentences of it."""
    words = [Words(key, name, text, 1, False, 0, 1, None) for key, name, text in texts]
    one_by_one = sum(sentence_bytes(w, tracking_id) for w in words)
    columns = {a.name: [getattr(each, a.name) for each in words] for a in fields(Words)}
    assert bytes_of_all(columns, tracking_id) == one_by_one
