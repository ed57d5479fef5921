"""Sentences as bytes and back, and by which indexes their rows are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.sentence import Attachment, Words
from broker.core.state import Sentence
from broker.store import Store
from broker.store.transcripts import has_a_key_twice, packed, sentences_of, unpacked
from broker.store.words import OF_SENTENCE
from protocol.values import Guid

times = st.integers(0, 2**63 - 1)
texts = st.text(max_size=20)
words = st.builds(
    Words,
    id=texts,
    party_name=st.none() | texts,
    text=texts,
    time_sent=times,
    outbound=st.booleans(),
    model=st.integers(-(2**63), 2**63 - 1),
    at=times,
    agent=st.none() | texts.map(Guid),
    own=st.booleans(),
)
sentences = st.lists(
    st.builds(Sentence, st.integers(1, 2**31), words, st.none() | times), min_size=1
)


@given(sentences)
def test_sentences_come_back_from_their_bytes(said: list[Sentence]) -> None:
    """B-12: each with every member, and of the type that it had."""
    columns = {name: [getattr(s.words, name) for s in said] for name in OF_SENTENCE}
    confirmed = [-1 if s.confirmed_at is None else s.confirmed_at for s in said]
    made = unpacked(packed([s.counter for s in said], confirmed, columns))
    assert made == said
    flags = [getattr(s.words, name) for s in made for name in ("outbound", "own")]
    assert {type(flag) for flag in flags} == {bool}


def test_attachments_are_of_the_counters_that_name_them() -> None:
    """A store that has lost a sentence is read as it is, so that somebody can see what it lost."""
    picture = (
        Attachment(
            blob=Guid("b"), no=1, name="a.png", content_type="image/png", size=3, sha256="00"
        ),
    )
    said = [
        Sentence(counter, Words(f"s{counter}", None, "see", 1, False, 0, 1, None, False), None)
        for counter in (1, 3)
    ]
    columns = {name: [getattr(s.words, name) for s in said] for name in OF_SENTENCE}
    made = unpacked(packed([1, 3], [-1, -1], columns), {3: picture})
    assert [one.words.attachments for one in made] == [(), picture]


@pytest.mark.parametrize(
    ("outbound", "ids", "is_twice"),
    [
        ((0, 1, 0), ("a", "b", "c"), False),
        ((0, 1, 0), ("a", "a", "c"), False),
        ((0, 1, 0), ("a", "b", "a"), True),
        ((1, 1), ("a", "a"), True),
    ],
)
def test_a_key_is_an_id_in_one_direction(
    outbound: tuple[int, ...], ids: tuple[str, ...], is_twice: bool
) -> None:
    """I-2: both sides may come upon the same ID."""
    assert has_a_key_twice({"outbound": outbound, "id": ids}) is is_twice


def test_a_transcript_is_read_by_its_chat(tmp_path: Path) -> None:
    """Past SQLAlchemy, so the test above does not hear of it."""
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    literal = {"literal_binds": True}
    text = sentences_of([1, 2, 3]).compile(store._connection, compile_kwargs=literal)
    cursor = store._connection.connection.cursor()
    cursor.execute(f"EXPLAIN QUERY PLAN {text}")
    steps = [str(row[3]) for row in cursor.fetchall()]
    store.close()
    assert [step.split(" USING ")[0].removesuffix(" LEFT-JOIN") for step in steps] == [
        "SEARCH sentences",
        "SEARCH confirmations",
    ], steps
