"""Statements that write any number of rows of one kind in one go.

Theory of operation: the thread that writes shares Python's lock with the event loop. Each call
into the database gives the lock back and has to ask for it again, and a busy loop may keep it
for a whole switch interval each time. So what counts is the number of calls, not the number of
rows: 128 rows by `executemany` are 128 calls, and one statement over `VALUES` is one. SQLite and
PostgreSQL both name the columns of such a list `column1`, `column2` and so on, so the same text
serves both. A statement is padded with rows of NULLs, which it passes over, up to one of a few
sizes: the driver then finds it already prepared. Why these are texts and no expressions of
SQLAlchemy, with figures: docs/adr/0032.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen
from sqlalchemy import Table
from sqlalchemy.engine import Dialect

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 512, 768, 1024)
"""How many rows a statement may have."""

_PARAMETERS: Final = 32_000
"""SQLite takes 32,766 parameters at most, PostgreSQL 65,535."""


@frozen(eq=False, kw_only=True)
class Command:
    """What is written into which table.

    Attributes:
        table: The table.
        columns: The columns of a row in its order; the first one is never null. Of an update the
            first `keys` of them say which row.
        keys: How many columns find the row to update; 0 inserts.
        also: What an update sets besides, as column and SQL.
        only: A further condition on the row to update, as SQL.
        conflict: On an insert: the columns, and a condition if the index has one, by which a
            row that is there already is found and its other columns replaced.
        exact: Whether each given row must change exactly one row of the table.
    """

    table: Table
    columns: tuple[str, ...]
    keys: int = 0
    also: Mapping[str, str] = field(factory=dict)
    only: str | None = None
    conflict: str | None = None
    exact: bool = True

    most_rows: int = field(init=False)
    """The largest size of the statement."""

    @most_rows.default
    def _most_rows(self) -> int:
        return max(n for n in SIZES if n * len(self.columns) <= _PARAMETERS)

    def sql(self, dialect: Dialect, rows: int) -> str:
        """Write the statement for so many rows."""
        marker = "?" if dialect.paramstyle == "qmark" else "%s"
        row = "(" + ", ".join([marker] * len(self.columns)) + ")"
        values = "(VALUES " + ", ".join([row] * rows) + ") AS v"
        given = {c: self._value(dialect, i) for i, c in enumerate(self.columns, 1)}
        return self._update(given, values) if self.keys else self._insert(given, values)

    def _value(self, dialect: Dialect, number: int) -> str:
        value = f"v.column{number}"
        if dialect.name == "sqlite":
            return value
        kind = self.table.c[self.columns[number - 1]].type.compile(dialect)
        return f"CAST({value} AS {kind})"

    def _insert(self, given: Mapping[str, str], values: str) -> str:
        columns = ", ".join(f'"{c}"' for c in given)
        text = (
            f"INSERT INTO {self.table.name} ({columns}) SELECT {', '.join(given.values())}"  # noqa: S608 - names of our own tables only
            f" FROM {values} WHERE v.column1 IS NOT NULL"
        )
        if self.conflict is not None:
            changes = ", ".join(f'"{c}" = excluded."{c}"' for c in given)
            text += f" ON CONFLICT {self.conflict} DO UPDATE SET {changes}"
        return text

    def _update(self, given: Mapping[str, str], values: str) -> str:
        names = list(given)
        changes = [f'"{c}" = {given[c]}' for c in names[self.keys :]]
        changes += [f'"{c}" = {sql}' for c, sql in self.also.items()]
        wanted = [f'{self.table.name}."{c}" = {given[c]}' for c in names[: self.keys]]
        wanted += [self.only] if self.only is not None else []
        return (
            f"UPDATE {self.table.name} SET {', '.join(changes)} FROM {values}"  # noqa: S608 - names of our own tables only
            f" WHERE {' AND '.join(wanted)}"
        )


def padded(rows: int) -> int:
    """The size of the statement that takes so many rows."""
    return next(size for size in SIZES if size >= rows)
