"""Statements that write any number of rows of one kind in one go.

Theory of operation: the thread that writes shares Python's lock with the event loop. Each call
into the database gives the lock back and has to ask for it again, and a busy loop may keep it
for a whole switch interval each time. So what counts is the number of calls, not the number of
rows: 128 rows by `executemany` are 128 calls, and one statement over `VALUES` is one. SQLite and
PostgreSQL both name the columns of such a list `column1`, `column2` and so on, so the same text
serves both. A statement has one of a few sizes, for the driver then finds it already prepared: what
is written is cut into such, and padded with a few rows of NULLs, which the statement passes over.
Why these are texts and no expressions of SQLAlchemy, with figures: docs/adr/0032.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen
from sqlalchemy import Table
from sqlalchemy.engine import Dialect

SIZES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
"""How many rows a statement may have."""


@frozen(eq=False, kw_only=True)
class Command:
    """What is written into which table.

    Attributes:
        table: The table.
        columns: The columns of a row in its order; the first one is never null. Of an update the
            first `keys` of them say which row.
        keys: How many columns find the row to update; 0 inserts.
        of: Inserts, and the first `keys` columns are those of a row in this table: the row that is
            written has the number of that one, its primary key, as its own.
        also: What an update sets besides, as column and SQL.
        only: A further condition on the row to update, as SQL.
        conflict: On an insert: the columns, and a condition if the index has one, by which a
            row that is there already is found and its other columns replaced.
        exact: Whether each given row must change exactly one row of the table.
        deletes: Deletes the rows whose first column is among those given; that is the only one.
    """

    table: Table
    columns: tuple[str, ...]
    keys: int = 0
    of: Table | None = None
    also: Mapping[str, str] = field(factory=dict)
    only: str | None = None
    conflict: str | None = None
    exact: bool = True
    deletes: bool = False

    def sql(self, dialect: Dialect, rows: int) -> str:
        """Write the statement for so many rows."""
        marker = "?" if dialect.paramstyle == "qmark" else "%s"
        row = "(" + ", ".join([marker] * len(self.columns)) + ")"
        values = "(VALUES " + ", ".join([row] * rows) + ") AS v"
        given = {c: self._value(dialect, i) for i, c in enumerate(self.columns, 1)}
        if self.deletes:
            return self._delete(given, values)
        if self.of is not None:
            return self._follow(given, values, self.of)
        return self._update(given, values) if self.keys else self._insert(given, values)

    def _value(self, dialect: Dialect, number: int) -> str:
        value = f"v.column{number}"
        if dialect.name == "sqlite":
            return value
        table = self.of if self.of is not None and number <= self.keys else self.table
        kind = table.c[self.columns[number - 1]].type.compile(dialect)
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

    def _delete(self, given: Mapping[str, str], values: str) -> str:
        ((column, value),) = given.items()
        return (
            f'DELETE FROM {self.table.name} WHERE "{column}" IN'  # noqa: S608 - names of our own tables only
            f" (SELECT {value} FROM {values} WHERE v.column1 IS NOT NULL)"
        )

    def _follow(self, given: Mapping[str, str], values: str, of: Table) -> str:
        names = list(given)
        (number,), (source,) = self.table.primary_key.columns.keys(), of.primary_key.columns.keys()
        columns = ", ".join(f'"{c}"' for c in (number, *names[self.keys :]))
        found = ", ".join((f'{of.name}."{source}"', *(given[c] for c in names[self.keys :])))
        wanted = " AND ".join(f'{of.name}."{c}" = {given[c]}' for c in names[: self.keys])
        # CROSS JOIN: SQLite then takes the rows in this order and looks each one up.
        return (
            f"INSERT INTO {self.table.name} ({columns}) SELECT {found}"  # noqa: S608 - names of our own tables only
            f" FROM {values} CROSS JOIN {of.name} WHERE {wanted}"
        )

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


def size_for(rows: int) -> int:
    """The size of the next statement when so many rows are left: a little larger, or else smaller."""
    place = bisect_left(SIZES, rows)
    if place == len(SIZES) or 4 * SIZES[place] > 5 * rows:
        place -= 1
    return SIZES[place]
