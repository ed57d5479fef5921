"""Transcripts from rows, kept as bytes until somebody asks for them.

Most chats that are open at a start stay silent for a long time. Of their sentences only some figures are
wanted until somebody looks, and objects of them all would take most of the start.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from sys import intern
from typing import Any, Final

from attrs import evolve
from sqlalchemy import (
    Boolean,
    Connection,
    Select,
    func,
    literal_column,
    select,
)

from broker.core.chat_state import Chat, Sentence, Stored
from broker.core.sentence import Words, attachments_bytes, bytes_of_all
from broker.store.blob_recovery import Named
from broker.store.errors import StoreUnusableError
from broker.store.schema import confirmations, sentences
from broker.store.words import OF_SENTENCE
from protocol.values import Guid

_TIMES: Final = ("time_sent", "at")
_FLAGS: Final = tuple(name for name in OF_SENTENCE if isinstance(sentences.c[name].type, Boolean))
_REST: Final = tuple(name for name in OF_SENTENCE if name not in (*_TIMES, *_FLAGS))
_UNCONFIRMED: Final = -1
_NONE_NAMED: Final[Named] = {}

Columns = Mapping[str, Sequence[Any]]
"""Words, by their members."""


def sentences_of(numbers: Sequence[int]) -> Select[Any]:
    """The transcripts of some chats, in order."""
    s, k = sentences.c, confirmations.c
    words = [s[name] for name in OF_SENTENCE]
    return (
        select(s.chat_no, s.counter, func.coalesce(k.at, literal_column(str(_UNCONFIRMED))), *words)
        .select_from(sentences.outerjoin(confirmations, k.sentence == s.seq))
        .where(s.chat_no.in_(numbers))
        .order_by(s.chat_no, s.counter)
    )


def read_transcripts(
    connection: Connection,
    found: Mapping[int, Chat],
    part: list[int],
    named: Mapping[int, Named],
) -> None:
    """Read the transcripts of some chats, past SQLAlchemy.

    Args:
        connection: The connection.
        found: The chats by number.
        part: The numbers of those whose transcripts are read.
        named: The attachments of their sentences.

    Raises:
        StoreUnusableError: A key has two sentences; no index keeps that from being written.
        Exception: What the driver raises.
    """
    # No number is in the text: the driver keeps each text that it was given, with a program of 200 KB.
    statement = sentences_of(part).compile(connection, compile_kwargs={"render_postcompile": True})
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(str(statement), part)
        given: Any = cursor
        for no, rows in groupby(given, itemgetter(0)):
            _put_off(found[no], rows, named.get(no, {}))


def _put_off(chat: Chat, rows: Iterator[tuple[Any, ...]], named: Named) -> None:
    """Keep the rows of a chat, by their columns, until somebody asks for its sentences."""
    _, counters, confirmed, *columns = zip(*rows, strict=True)
    words: dict[str, Sequence[Any]] = dict(zip(OF_SENTENCE, columns, strict=True))
    if has_a_key_twice(words):
        raise StoreUnusableError(f"chat {chat.id} has a sentence ID twice")
    words["agent"] = [None if one is None else intern(one) for one in words["agent"]]
    moments: Sequence[int] = words["at"]
    spoken = moments
    if any(words["own"]):
        spoken = [at for at, own in zip(moments, words["own"], strict=True) if not own]
    chat.activity.last = max(chat.activity.last, *spoken) if spoken else chat.activity.last
    chat.transcript.put_off(
        Stored(
            made=partial(unpacked, packed(counters, confirmed, words), named),
            size=bytes_of_all(words, chat.visitor.tracking_id)
            + sum(map(attachments_bytes, named.values())),
            writers=tuple([Guid(one) for one in dict.fromkeys(words["agent"]) if one is not None]),
            at=moments[-1],
            spoken_at=spoken[-1] if spoken else None,
        )
    )


def has_a_key_twice(words: Columns) -> bool:
    """Whether a key has two sentences; no index of the store keeps that from being written (I-2)."""
    ids = words["id"]
    if len(set(ids)) == len(ids):
        return False
    return len(set(zip(words["outbound"], ids, strict=True))) < len(ids)


def packed(counters: Sequence[int], confirmed: Sequence[int], words: Columns) -> bytes:
    """Sentences in bytes: a time in 8 and a flag in one, where `marshal` alone takes 13 and 5."""
    times: Any = array("q", (*confirmed, *words["time_sent"], *words["at"]))
    flags = bytes(chain.from_iterable([words[name] for name in _FLAGS]))
    return marshal.dumps([counters, times, flags, *[words[name] for name in _REST]])


def unpacked(kept: bytes, named: Named = _NONE_NAMED) -> list[Sentence]:
    """Make the sentences of what `packed` gave, with the attachments that they name."""
    counters, times, flags, *rest = marshal.loads(kept)  # noqa: S302 - ours, and never left the process
    many = len(counters)
    moments = memoryview(times).cast("q").tolist()
    confirmed, *told = (moments[at : at + many] for at in range(0, len(moments), many))
    words = dict(zip(_REST, rest, strict=True)) | dict(zip(_TIMES, told, strict=True))
    for place, name in enumerate(_FLAGS):
        words[name] = map(bool, flags[place * many : (place + 1) * many])
    made = [
        Sentence(counter, Words(*said), None if at == _UNCONFIRMED else at)
        for counter, at, *said in zip(
            counters, confirmed, *[words[name] for name in OF_SENTENCE], strict=True
        )
    ]
    for sentence in made if named else ():
        if sentence.counter in named:
            sentence.words = evolve(sentence.words, attachments=named[sentence.counter])
    return made
