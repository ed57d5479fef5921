"""What became of mails that were numbered, by the broker's store and by the submission server."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from attrs import frozen

from connectors.email.parse import parse
from tests.night.letters import number_in

_SHOWN: Final = 20
_MESSAGES: Final = """\
SELECT m.inbound, m.conversation_no, m.body_text, m.status, c.status,
    (SELECT count(*) FROM message_events e WHERE e.message_no = m.no AND e.outcome = 'unknown')
FROM messages m LEFT JOIN conversations c ON c.no = m.conversation_no
"""


@frozen
class Stored:
    """A message as the store has it.

    Attributes:
        unknown: How many of its attempts nobody knows the outcome of.
        status: Of an outbound message.
        conversation_status: Of its conversation.
    """

    inbound: bool
    conversation: int | None
    number: int
    status: str | None
    conversation_status: str | None
    unknown: int


@frozen(kw_only=True)
class Judged:
    """What became of all mails.

    Attributes:
        received: Mails that are in the store, each number once.
        sent: Numbers that are at the submission server.
        copies: Mails beyond one of a number there.
        unknown: Attempts that the history calls unknown.
        faults: What is not as it must be.
    """

    received: int
    sent: int
    copies: int
    unknown: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        told = (
            f"{self.received:,} received, {self.sent:,} answers sent, {self.copies} copies for "
            f"{self.unknown} unknown attempts, {len(self.faults)} faults"
        )
        return "\n".join([told, *(f"  {fault}" for fault in self.faults[:_SHOWN])])


def sent(database: Path) -> int:
    """How many messages are sent, by the store of a broker that runs."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT count(*) FROM messages WHERE status = 'Sent'")
        return int(found.fetchone()[0])


def judge(database: Path, count: int, taken: Sequence[bytes]) -> Judged:
    """Judge by the store of a broker that has ended.

    Args:
        database: The store.
        count: Mails were numbered from 1 to this.
        taken: What the submission server took.
    """
    with closing(sqlite3.connect(database)) as connection:
        rows = [
            Stored(bool(inbound), conversation, number_in(text or ""), status, talk, unknown)
            for inbound, conversation, text, status, talk, unknown in connection.execute(_MESSAGES)
        ]
    return weighed(rows, count, Counter(number_in(parse(data).text or "") for data in taken))


def weighed(rows: Iterable[Stored], count: int, posted: Mapping[int, int]) -> Judged:
    """Judge messages of the store, and how many mails of each number were posted."""
    stored = list(rows)
    asked = [row for row in stored if row.inbound]
    answers = [row for row in stored if not row.inbound]
    unknown = {row.number: row.unknown for row in answers}
    return Judged(
        received=len({row.number for row in asked}),
        sent=len(posted),
        copies=sum(posted.values()) - len(posted),
        unknown=sum(unknown.values()),
        faults=(
            *_once("mail", asked, count),
            *_once("answer", answers, count),
            *_together(asked, answers),
            *_posted(posted, unknown, count),
        ),
    )


def _once(what: str, rows: Sequence[Stored], count: int) -> Iterator[str]:
    """Each is stored once, in a conversation of its own that is over; answers are sent."""
    found = Counter(row.number for row in rows)
    for number in sorted({*found, *range(1, count + 1)}):
        wanted = 1 if 1 <= number <= count else 0
        if found[number] != wanted:
            yield f"{what} {number} is stored {found[number]} times"
    talks = Counter(row.conversation for row in rows)
    for row in rows:
        if row.conversation is None or talks[row.conversation] != 1:
            yield f"{what} {row.number} is in conversation {row.conversation}, not alone in one"
        if row.conversation_status != "Closed":
            yield f"{what} {row.number}: its conversation is {row.conversation_status}"
        if not row.inbound and row.status != "Sent":
            yield f"{what} {row.number} is {row.status}"


def _together(asked: Sequence[Stored], answers: Sequence[Stored]) -> Iterator[str]:
    """An answer is in the conversation of its mail."""
    talks = {row.number: row.conversation for row in asked}
    for row in answers:
        if talks.get(row.number) != row.conversation:
            yield f"answer {row.number} is in another conversation than its mail"


def _posted(posted: Mapping[int, int], unknown: Mapping[int, int], count: int) -> Iterator[str]:
    """Each answer is one mail; copies are only of attempts that are called unknown."""
    for number in sorted({*posted, *range(1, count + 1)}):
        copies = posted.get(number, 0)
        if not 1 <= copies <= 1 + unknown.get(number, -1):
            allowed = unknown.get(number, 0)
            yield f"answer {number} was posted {copies} times, with {allowed} unknown attempts"
