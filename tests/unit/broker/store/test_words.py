"""Words in rows: a column for each member, and none twice."""

from __future__ import annotations

from attrs import fields

from broker.core.sentence import Words
from broker.store.schema import chat_slots, chats, internal_sentences, sentences
from broker.store.words import OF_NOTE, OF_PINNED, OF_SENTENCE, columns_of, note_row, sentence_row
from protocol.values import Guid

WORDS = Words("k", "Vera", "Hello", 1, True, 10, 2, Guid("a"))


def test_a_transcript_has_every_member() -> None:
    """I-10: one without a column would be gone after a restart."""
    *members, named = (a.name for a in fields(Words))
    assert (tuple(members), named) == (
        OF_SENTENCE,
        "attachments",
    )  # which have a table of their own
    assert sentence_row(WORDS) == tuple(getattr(WORDS, name) for name in OF_SENTENCE)
    assert sentence_row(WORDS)[:3] == ("k", "Vera", "Hello")


def test_what_is_the_same_for_all_rows_of_a_table_has_no_column() -> None:
    """Slots are never the broker's own; notes have one direction and one model besides."""
    assert set(OF_SENTENCE) - set(OF_PINNED) == {"own"}
    assert set(OF_SENTENCE) - set(OF_NOTE) == {"own", "outbound", "model"}
    assert note_row(WORDS) == tuple(getattr(WORDS, name) for name in OF_NOTE)


def test_every_other_column_says_where_a_row_belongs() -> None:
    """One that nothing writes would be empty for ever."""
    others = [set(table.c.keys()) - set(columns_of(table)) for table in (sentences, chat_slots)]
    assert others == [{"seq", "chat_no", "counter"}, {"chat_no", "confirmed_at"}]
    assert set(internal_sentences.c.keys()) - set(OF_NOTE) == {"chat_no", "counter"}


def test_a_table_of_something_else_has_its_own_columns() -> None:
    assert columns_of(chats) == ("id", "party_name", "outbound", "agent")
