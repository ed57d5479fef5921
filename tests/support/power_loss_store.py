"""The real store on a disk that forgets: apsw behind the face of Python's sqlite3 module.

SQLAlchemy speaks to a connection of `sqlite3`, and only apsw lets a test bring its own file
system. So this is a connection as thin as may be that looks like the one and is the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import apsw

from broker.store import Store
from tests.support.power_loss import Disk, FileSystem

_names = count(1)

CHANGES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.Error as error:
        raise sqlite3.OperationalError(f"{type(error).__name__}: {error}") from error


class Cursor:
    """A cursor with the members that SQLAlchemy and the store use."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor = connection.apsw.cursor()
        self._cursor.exec_trace = self._trace
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid = None
        self.arraysize = 1

    def _trace(self, cursor: apsw.Cursor, _sql: str, _bindings: object) -> bool:
        columns = cursor.get_description()
        empty = (None,) * 5
        self.description = [(column[0], None, *empty) for column in columns] or None
        return True

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        with _as_sqlite3():
            self._cursor.execute(sql, tuple(parameters))
        changes = sql.lstrip().upper().startswith(CHANGES)
        self.rowcount = self._connection.apsw.changes() if changes else -1
        return self

    def fetchall(self) -> list[Any]:
        with _as_sqlite3():
            return self._cursor.fetchall()

    def fetchone(self) -> Any:
        with _as_sqlite3():
            return self._cursor.fetchone()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())

    def close(self) -> None:
        with _as_sqlite3():
            self._cursor.close()


class Connection:
    """A connection with the members that SQLAlchemy and the store use."""

    isolation_level = None

    def __init__(self, disk: Disk) -> None:
        name = f"power-loss-{next(_names)}"
        self._files = FileSystem(name, disk)
        with _as_sqlite3():
            self.apsw = apsw.Connection("store.db", vfs=name)
            # Without this SQLite wants memory that processes share, which apsw does not offer.
            self.apsw.execute("PRAGMA locking_mode = EXCLUSIVE")

    def cursor(self) -> Cursor:
        return Cursor(self)

    def create_function(self, *_args: object, **_more: object) -> None:
        """SQLAlchemy adds one for regular expressions, which the store has no use for."""

    def commit(self) -> None:
        if self.apsw.in_transaction:
            self.cursor().execute("COMMIT")

    def rollback(self) -> None:
        if self.apsw.in_transaction:
            self.cursor().execute("ROLLBACK")

    def close(self) -> None:
        with _as_sqlite3():
            self.apsw.close()
        self._files.unregister()


@contextmanager
def store_on(
    disk: Disk, settle: Callable[[Connection], None] = lambda _c: None
) -> Iterator[tuple[Store, Connection]]:
    """Open the store on a disk.

    Args:
        disk: The disk.
        settle: Called with the connection when the store is open.
    """
    made: list[Connection] = []

    def connect() -> Connection:
        made.append(Connection(disk))
        return made[-1]

    try:
        store = Store.open("sqlite://", connect=connect)
        try:
            settle(made[-1])
            yield store, made[-1]
        finally:
            store.close()
    finally:
        for connection in made:
            connection.apsw.close(True)
