"""The disk: what is left when the process is gone.

The broker's own store on SQLite in memory. Between two lives its content is kept as an image; a
crash keeps what was committed and nothing else, as a real disk would.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from attrs import define, field

from broker.checker.dump import Dump
from broker.core.facts import Fact, SentenceStored
from broker.simulation.dump_reader import dump_of
from broker.store import Store

_template: list[bytes] = []
"""The image of an empty, migrated database: made once in a process, as migrating takes long."""


@define(eq=False)
class Disk:
    """One database over several lives of the broker."""

    image: bytes = b""
    refused: dict[str, None] = field(factory=dict)
    """The IDs of sentences that the database does not take."""
    _store: Store | None = None
    _raw: sqlite3.Connection | None = field(default=None, repr=False)

    @property
    def store(self) -> Store:
        """The open store."""
        assert self._store is not None
        return self._store

    @property
    def is_open(self) -> bool:
        """Whether a store is open."""
        return self._store is not None

    def open(self) -> Store:
        """Open the store on what is left."""
        if not self.image and _template:
            self.image = _template[0]
        self._store = Store.open("sqlite://", connect=self._connect)
        if not _template and self._raw is not None:
            _template.append(self._raw.serialize())
        return self._store

    def power_off(self) -> None:
        """The process is gone; what was committed stays."""
        if self._store is not None and self._raw is not None:
            if self._raw.in_transaction:
                self._raw.rollback()
            self.image = self._raw.serialize()
            self._store.close()
            self._store = self._raw = None

    def refuse(self, key: str) -> None:
        """From now on the database takes no sentence with this ID, however often it is sent."""
        assert self._raw is not None
        if key in self.refused:
            return
        self.refused[key] = None
        name, value = f"refused{len(self.refused)}", key.replace("'", "''")
        self._raw.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON sentences WHEN NEW.id = '{value}'"
            " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )

    def refuses(self, fact: Fact) -> bool:
        """Whether it takes no row of a fact."""
        return isinstance(fact, SentenceStored) and fact.words.id in self.refused

    def dump(self) -> Dump:
        """Everything that the checker wants to know, read by plain SQL."""
        raw = sqlite3.connect(":memory:")
        try:
            raw.deserialize(self._raw.serialize() if self._raw is not None else self.image)
            return dump_of(raw)
        finally:
            raw.close()

    def _connect(self) -> Any:
        raw = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512
        )
        if self.image:
            raw.deserialize(self.image)
        self._raw = raw
        return raw
