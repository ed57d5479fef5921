"""Which parts of an outbound text the far side has taken, and which of them have arrived.

A text may be several messages to the far side, each with an identifier and a receipt of its own, and to
the broker it is one. An attempt that is tried again sends only the parts that were not taken; the text
is delivered when all its parts are, and undelivered as soon as one is. Texts of one part are only here
when an answer for them came late.
"""

import json
from collections.abc import Iterable
from typing import Final

from attrs import evolve, field, frozen

KEPT: Final = 7 * 86_400.0
"""Receipts that come later than this are not put together any more, in seconds."""


@frozen(kw_only=True)
class Record:
    """A text.

    Attributes:
        message_id: Its name at the broker.
        total: How many parts it has.
        ids: How the far side calls those that it took, by their numbers from 1.
        arrived: The numbers of those that have arrived.
        begun: When it was begun, in seconds since 1970.
    """

    message_id: str
    total: int
    ids: dict[int, str] = field(factory=dict)
    arrived: frozenset[int] = frozenset()
    begun: float

    @property
    def is_taken(self) -> bool:
        """Whether the far side has all of it."""
        return len(self.ids) == self.total

    @property
    def has_arrived(self) -> bool:
        """Whether all of it has arrived."""
        return len(self.arrived) == self.total

    def missing(self) -> tuple[int, ...]:
        """The numbers of the parts that the far side does not have."""
        return tuple(number for number in range(1, self.total + 1) if number not in self.ids)

    def number_of(self, id_: str) -> int:
        """Which part the far side calls so."""
        return next(number for number, one in self.ids.items() if one == id_)


class Ledger:
    """The records, by message and by part. Whoever runs it stores what `written` makes of each."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        """Begin with what is stored."""
        self._records = {one.message_id: one for one in records}
        self._by_id = {
            id_: one.message_id for one in self._records.values() for id_ in one.ids.values()
        }

    def __len__(self) -> int:
        """How many there are."""
        return len(self._records)

    def record(self, message_id: str, total: int, now: float) -> Record:
        """The record of a text; a new one if it is not known, or was cut otherwise before."""
        known = self._records.get(message_id)
        if known is None or known.total != total:
            return Record(message_id=message_id, total=total, begun=now)
        return known

    def known(self, message_id: str) -> Record | None:
        """The record of a text that is known."""
        return self._records.get(message_id)

    def of_part(self, id_: str) -> Record | None:
        """The record of the text that a part belongs to."""
        message_id = self._by_id.get(id_)
        return None if message_id is None else self._records[message_id]

    def take(self, record: Record, number: int, id_: str) -> Record:
        """Note that the far side took a part."""
        record = self._records.get(record.message_id, record)
        return self._put(evolve(record, ids={**record.ids, number: id_}))

    def arrive(self, record: Record, id_: str) -> Record:
        """Note that a part has arrived."""
        return self._put(evolve(record, arrived=record.arrived | {record.number_of(id_)}))

    def drop(self, message_id: str) -> None:
        """Let a record go."""
        record = self._records.pop(message_id, None)
        for id_ in record.ids.values() if record is not None else ():
            self._by_id.pop(id_, None)

    def old(self, now: float) -> list[str]:
        """The messages whose records are kept no longer."""
        return [one.message_id for one in self._records.values() if one.begun + KEPT < now]

    def _put(self, record: Record) -> Record:
        self._records[record.message_id] = record
        self._by_id.update(dict.fromkeys(record.ids.values(), record.message_id))
        return record


def written(record: Record) -> str:
    """A record as text for the store."""
    return json.dumps([record.total, record.ids, sorted(record.arrived), record.begun])


def read(message_id: str, text: str) -> Record:
    """The record that a text in the store is."""
    total, ids, arrived, begun = json.loads(text)
    return Record(
        message_id=message_id,
        total=total,
        ids={int(number): id_ for number, id_ in ids.items()},
        arrived=frozenset(arrived),
        begun=begun,
    )
