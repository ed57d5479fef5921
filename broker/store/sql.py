"""What differs between SQLite and PostgreSQL: nothing outside this file knows which it is.

SQLite runs in WAL mode with a sync at each commit, so that a commit survives a loss of power.
A lock file beside the database keeps a second broker out, while reports and backups may read.
PostgreSQL keeps a second broker out by an advisory lock that lives as long as the connection.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from broker.store.errors import StoreUnusableError

Connect = Callable[[], Any]
"""Makes a DBAPI connection; only tests bring their own."""

_OLDEST_SQLITE: Final = (3, 35)

_STATEMENTS: Final = 512
"""How many prepared statements SQLite's driver keeps."""

_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA journal_mode = WAL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)

_ADVISORY_LOCK: Final = 0x5061726C6579
"""The name of Parley among PostgreSQL's advisory locks."""


def engine_for(url: URL, connect: Connect | None) -> Engine:
    """Make the engine; it holds no connections of its own.

    Raises:
        StoreUnusableError: The SQLite that Python comes with lacks what the store needs.
    """
    if url.get_backend_name() == "sqlite":
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise StoreUnusableError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer")
        if connect is None:
            arguments = {
                "isolation_level": None,
                "check_same_thread": False,
                "cached_statements": _STATEMENTS,
            }
            engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
        else:
            engine = create_engine(url, poolclass=NullPool, creator=connect)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        return engine
    engine = create_engine(url, poolclass=NullPool, paramstyle="format")
    event.listen(engine, "connect", _hear_warnings)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    """Make a fresh connection ready, with nothing left over from a sync that failed.

    After such a sync the system may show pages that never reached the disk. So the log is
    written into the database and emptied before anything new rests upon it.
    """
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
        cursor.fetchall()
    cursor.close()


def _hear_warnings(connection: Any, record: ConnectionPoolEntry) -> None:
    warnings: list[str] = record.info.setdefault("warnings", [])

    def hear(notice: Any) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.message_primary)

    connection.add_notice_handler(hear)


def doubts(connection: Connection) -> list[str]:
    """Warnings that came since the last time.

    PostgreSQL reports a commit as done, with a warning, when somebody cancelled its wait for the
    standby: it may yet be lost.
    """
    warnings: list[str] = connection.info.get("warnings", [])
    told = warnings.copy()
    warnings.clear()
    return told


_DATA_CLASSES: Final = frozenset({"22", "23", "44", "54", "P0"})
"""Classes of SQLSTATE that are about the rows: values, constraints, limits, what a trigger raises."""


def refused_row(connection: Connection, error: Exception) -> str | None:
    """What the database has against a row, if that is why a statement failed; never what is in it."""
    dbapi: Any = connection.dialect.dbapi
    state = getattr(error, "sqlstate", None)
    of_the_data = isinstance(
        error, (dbapi.IntegrityError, dbapi.DataError, OverflowError, UnicodeError)
    ) or (state is not None and state[:2] in _DATA_CLASSES)
    if connection.invalidated or not of_the_data:
        return None
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None:
        return " ".join(filter(None, (type(error).__name__, state, diagnosis.constraint_name)))
    if isinstance(error, dbapi.IntegrityError):
        return f"{error}"
    return type(error).__name__


def check_at_once(connection: Connection) -> None:
    """Have constraints that are checked at the commit checked by each statement of this transaction."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def _begin(connection: Connection) -> None:
    # The driver's own idea of when a transaction begins leaves schema changes out of it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make(path: Path) -> None:
    """Make an empty file that only its owner reads, so that its name survives a loss of power."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def only_user(url: URL, *, create: bool) -> Iterator[None]:
    """Hold a SQLite database file for this process alone; make its folder when missing.

    Raises:
        StoreUnusableError: Another process has it, or it is not there and is not to be made.
    """
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        yield
        return
    path = Path(url.database).resolve()
    if not create and not path.exists():
        raise StoreUnusableError(f"there is no database {path}")
    try:
        _make(path)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusableError(f"{path} cannot be used: {error}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreUnusableError(f"{path} is in use by another broker") from None
        yield
    finally:
        os.close(lock)


def claim(connection: Connection) -> None:
    """Keep other brokers away from a PostgreSQL database while the connection lives.

    Raises:
        StoreUnusableError: Another broker uses it.
    """
    if connection.dialect.name == "sqlite":
        return
    with connection.begin():
        got = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_ADVISORY_LOCK})")
        if not got.scalar_one():
            raise StoreUnusableError("the database is in use by another broker")


def settle(connection: Connection) -> None:
    """The schema is in place: from now on a commit syncs the log alone."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()
