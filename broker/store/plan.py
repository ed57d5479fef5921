"""A batch of facts as a short list of statements.

Theory of operation: a batch is one transaction, so nobody sees the steps inside it, and only
the order of writes that bear on each other matters. Three kinds of rows, written in this order:

1. *What changes*: chats, offers, agents and the like. Two records with the same key (the number
   of a chat, or an agent) keep their order. So do the ends and the beginnings of chats, since a
   tracking ID is free for a new chat, or for one that is bound to it, only when the one before
   has ended; a beginning and a later end are of the same chat, or do not bear on each other.
   Within these limits a record
   joins the earliest statement of its kind that takes it, so that a thousand chats that go
   through the same moves need as many statements as one chat.
2. *Histories*, to which rows are only added, in the order of the facts. They refer to chats and
   agents, which are there by now, and nothing refers to them.
3. *Sentences, then confirmations.* A sentence refers to its chat alone. Nothing above reads or
   refers to sentences, so moving them behind it changes no row. A confirmation comes after its
   sentence in the batch, as it did in life, or the sentence is in the store already.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from attrs import Factory, define

from broker.core.facts import Fact, SentenceConfirmed, SentenceStored
from broker.store.blob_rows import NAME, named_rows
from broker.store.commands import Command
from broker.store.row import Record
from broker.store.rows import BIND, CLOSE, CONFIRM, HISTORIES, RECORDS, REOPEN, SENTENCE, START
from broker.store.words import sentence_row


@define
class Step:
    """A statement of the batch: its rows one after the other in one flat list."""

    command: Command
    values: list[Any] = Factory(list)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.values) // len(self.command.columns)

    def column(self, name: str) -> list[Any]:
        """What the rows have in one column."""
        columns = self.command.columns
        return self.values[columns.index(name) :: len(columns)]


@define
class _Changes:
    """The steps of what changes, in order.

    Attributes:
        by_command: Where in `steps` the steps of a command are.
        last: For each key the last step that has a row of it.
        last_end: The last step in which a chat ends.
    """

    steps: list[Step] = Factory(list)
    by_command: dict[Command, list[int]] = Factory(dict)
    last: dict[int | str, int] = Factory(dict)
    last_end: int = -1

    def add(self, record: Record) -> None:
        """Put a record into the earliest step that may have it."""
        command = record.command
        after = self.last.get(record.key, -1)
        if command is START or command is REOPEN or command is BIND:
            after = max(after, self.last_end)
        places = self.by_command.setdefault(command, [])
        found = bisect_right(places, after)
        if found < len(places):
            place = places[found]
        else:
            place = len(self.steps)
            places.append(place)
            self.steps.append(Step(command))
        self.steps[place].values += record.row
        self.last[record.key] = place
        if command is CLOSE:
            self.last_end = max(self.last_end, place)


def plan(facts: Iterable[Fact]) -> list[Step]:
    """Arrange the durable facts of a batch."""
    rows: list[Any] = []
    confirmed: list[Any] = []
    named: list[SentenceStored] = []
    others: list[Fact] = []
    for f in facts:
        if type(f) is SentenceStored:
            rows += (f.no, f.counter, *sentence_row(f.words))
            if f.words.attachments:
                named.append(f)
        elif type(f) is SentenceConfirmed:
            confirmed += (f.no, f.counter, f.at)
        elif f.durable:
            others.append(f)
    steps = _others(others) if others else []
    if named:
        steps.append(Step(NAME, [cell for f in named for row in named_rows(f) for cell in row]))
    if rows:
        steps.append(Step(SENTENCE, rows))
    if confirmed:
        steps.append(Step(CONFIRM, confirmed))
    return steps


def _others(facts: Iterable[Fact]) -> list[Step]:
    """What changes, and the histories."""
    changes = _Changes()
    histories = {command: Step(command) for command in HISTORIES}
    for f in facts:
        for record in RECORDS[type(f)](f):
            history = histories.get(record.command)
            if history is None:
                changes.add(record)
            else:
                history.values += record.row
    return [*changes.steps, *(step for step in histories.values() if step.values)]
