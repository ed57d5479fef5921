"""Words in rows: each table of sentences has its columns from the members of `Words`, in their order."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from attrs import fields
from sqlalchemy import Table

from broker.core.sentence import Words
from broker.store.schema import chat_slots, internal_sentences, sentences

Row = Callable[[Words], tuple[Any, ...]]


def columns_of(table: Table) -> tuple[str, ...]:
    """The members of words that have a column in the table."""
    return tuple(a.name for a in fields(Words) if a.name in table.c)


OF_SENTENCE: Final = columns_of(sentences)
OF_PINNED: Final = columns_of(chat_slots)
OF_NOTE: Final = columns_of(internal_sentences)

sentence_row: Final[Row] = attrgetter(*OF_SENTENCE)
pinned_row: Final[Row] = attrgetter(*OF_PINNED)
note_row: Final[Row] = attrgetter(*OF_NOTE)
