"""What differs between SQLite and PostgreSQL: nothing outside this file knows which it is.

SQLite runs in WAL mode with a sync at each commit, so that a commit survives a loss of power.
A lock file beside the database keeps a second broker out, while reports and backups may read.
PostgreSQL keeps a second broker out by an advisory lock that lives as long as the connection.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from broker.store.errors import StoreInUseError, StoreUnusableError
from broker.store.files import Files, held, write_anew

Connect = Callable[[], Any]
"""Maker of a DBAPI connection; only tests bring their own."""

_OLDEST_SQLITE: Final = (3, 35)

_STATEMENTS: Final = 512
"""How many prepared statements SQLite's driver keeps."""

_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 5000",
    # For a database that is made now; an existing one stays as it is.
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA foreign_keys",
    "PRAGMA cache_size = -65536",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA synchronous",
    "PRAGMA journal_mode = WAL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    # Readers may be quick or not: see below.
    "PRAGMA busy_timeout = 250",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA busy_timeout = 5000",
)
_ANSWERS: Final[Mapping[str, tuple[object, ...]]] = {
    "PRAGMA foreign_keys": (1,),
    "PRAGMA synchronous": (3,),
    "PRAGMA journal_mode = WAL": ("wal", "memory"),
}
"""What SQLite must say, or it does not do what it was asked."""

_SETTLED: Final = {"synchronous": 2, "temp_store": 2}
"""What SQLite does once the schema is in place: a commit syncs the log alone; and the pages as they were
before a statement of many rows, in case that one is refused in its midst, are kept in memory. In a file
they cost as much as the rows. (What a migration sorts may be too large for the memory.)"""

CONNECT_TIMEOUT: Final = 5
"""Seconds for one attempt to reach PostgreSQL."""

_ADVISORY_LOCK: Final = 0x5061726C6579
"""The name of Parley among PostgreSQL's advisory locks."""


def shown(url: URL) -> str:
    """What a database is called in messages: its file, or its address without the password."""
    if url.get_backend_name() != "sqlite":
        return url.render_as_string(hide_password=True)
    return f"{Path(url.database).resolve()}" if url.database else ":memory:"


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
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT}
    engine = create_engine(url, poolclass=NullPool, paramstyle="format", connect_args=patience)
    event.listen(engine, "connect", _hear_warnings)
    return engine


def _set_pragmas(connection: Any, record: ConnectionPoolEntry) -> None:
    """Make a fresh connection ready, with nothing left over from a sync that failed.

    After such a sync the system may show pages that never reached the disk. So the log is
    written into the database and emptied before anything new rests upon it. While somebody reads
    the log cannot be emptied; then its bytes are written and synced once more where they are.
    """
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
        row = cursor.fetchone()
        cursor.fetchall()
        wanted = _ANSWERS.get(pragma)
        if wanted is not None and (row is None or row[0] not in wanted):
            raise StoreUnusableError(f"SQLite answers {row} to {pragma}")
        if "wal_checkpoint" in pragma and row is not None and row[0] != 0:
            _keep_log(cursor)
            record.info.setdefault("doubts", []).append(
                "readers of the database keep its log from being emptied; it was written once more"
            )
    cursor.close()


def _keep_log(cursor: Any) -> None:
    cursor.execute("PRAGMA database_list")
    file = next(row[2] for row in cursor.fetchall() if row[1] == "main")
    cursor.execute("BEGIN IMMEDIATE")  # nobody writes meanwhile
    try:
        write_anew(f"{file}-wal")
    except OSError as error:
        raise StoreUnusableError(f"{file}-wal cannot be written: {error}") from error
    finally:
        cursor.execute("ROLLBACK")


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


@contextlib.contextmanager
def transaction(connection: Connection) -> Iterator[Any]:
    """One transaction for a cursor of the driver; what SQLAlchemy does around one costs more than its rows.

    Raises:
        Exception: What the driver raises. Nothing was written then, as far as the database can tell.
    """
    driver = connection.connection
    cursor = driver.cursor()
    try:
        if connection.dialect.name == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        yield cursor
        driver.commit()
    except BaseException:
        with contextlib.suppress(Exception):
            driver.rollback()
        raise
    finally:
        with contextlib.suppress(Exception):
            cursor.close()


def _begin(connection: Connection) -> None:
    # The driver's own idea of when a transaction begins leaves schema changes out of it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextlib.contextmanager
def only_user(url: URL, *, create: bool, new: bool) -> Iterator[Files | None]:
    """Hold a SQLite database file for this process alone; make its folder when missing.

    Raises:
        StoreUnusableError: Another process has it, or it is not there and is not to be made.
    """
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        yield None
        return
    with held(Path(url.database).resolve(), create=create, new=new) as files:
        yield files


def claim(connection: Connection) -> None:
    """Keep other brokers away from a PostgreSQL database while the connection lives.

    Raises:
        StoreUnusableError: Another broker uses it, or it cannot hold every text.
    """
    if connection.dialect.name == "sqlite":
        return
    with connection.begin():
        got = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_ADVISORY_LOCK})")
        if not got.scalar_one():
            raise StoreInUseError("the database is in use by another broker")
        encoding = _shown(connection, "server_encoding")
        if encoding != "UTF8":
            raise StoreUnusableError(f"the database has the encoding {encoding}; it must be UTF8")
        if _shown(connection, "synchronous_commit") == "off":
            connection.exec_driver_sql("SET synchronous_commit = on")
        doubts: list[str] = connection.info.setdefault("doubts", [])
        if _shown(connection, "fsync") != "on":
            doubts.append("PostgreSQL runs with fsync = off: a loss of power loses what was stored")


def _shown(connection: Connection, setting: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {setting}").scalar_one())


_LEFT_BEHIND: Final = (
    "DELETE FROM confirmations WHERE sentence > (SELECT coalesce(max(seq), 0) FROM sentences)"
)
"""SQLite gives the numbers of deleted newest rows again, and looks at foreign keys only when it is told to.

So what somebody forgot to delete beside the broker would confirm a sentence before it was said.
"""


def settle(connection: Connection) -> None:
    """The schema is in place: from now on it is all about rows.

    Raises:
        StoreUnusableError: SQLite does not do that.
    """
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        for setting, value in _SETTLED.items():
            cursor.execute(f"PRAGMA {setting} = {value}")
            cursor.execute(f"PRAGMA {setting}")
            if (row := cursor.fetchone()) is None or row[0] != value:
                raise StoreUnusableError(f"SQLite answers {row} to PRAGMA {setting}")
            cursor.fetchall()
        cursor.close()
        with transaction(connection) as writer:
            writer.execute(_LEFT_BEHIND)
            if writer.rowcount > 0:
                connection.info.setdefault("doubts", []).append(
                    f"{writer.rowcount} confirmations of sentences that somebody deleted were left; "
                    "they are gone now"
                )


@contextlib.contextmanager
def reading_once(connection: Connection) -> Iterator[None]:
    """Keep few pages of what is read here: nobody asks for them again, and SQLite would fill its memory."""
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    kept = _asked(cursor, "cache_size")
    cursor.execute("PRAGMA cache_size = -4096")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA cache_size = {kept}")
        cursor.close()


TIDY_PAGES: Final = 256
"""How many free pages of SQLite's are given back in one go: 1 MiB, a few milliseconds."""


def tidy(connection: Connection) -> bool:
    """Give some free pages of the file back to the disk; whether there is more to do.

    PostgreSQL does so by itself; a SQLite database that was made without `auto_vacuum` never does.
    """
    if connection.dialect.name != "sqlite":
        return False
    cursor = connection.connection.cursor()
    try:
        if _asked(cursor, "auto_vacuum") != 2 or not _asked(cursor, "freelist_count"):
            return False
        # The driver leaves this statement after its first page unless it is a script.
        cursor.executescript(f"PRAGMA incremental_vacuum({TIDY_PAGES})")
        if _asked(cursor, "freelist_count"):
            return True
        shorten_log(connection)  # the file itself shrinks when the log is written into it
        return False
    finally:
        cursor.close()


PAGE: Final = 4_096
"""Bytes of a page."""
LOG_PAGES: Final = 3_000
"""Pages in SQLite's log from which on it is written into the database before a commit does so."""


def shorten_log(connection: Connection) -> int:
    """Write SQLite's log into the database as far as readers let it; how many pages it had."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _, pages, _ = cursor.fetchall()[0]
        return max(0, int(pages))
    finally:
        cursor.close()


def _asked(cursor: Any, pragma: str) -> Any:
    cursor.execute(f"PRAGMA {pragma}")
    row = cursor.fetchone()
    cursor.fetchall()
    return row[0]


def rescue(connection: Connection, name: str) -> None:
    """Copy a SQLite database that has lost its place into a file."""
    cursor = connection.connection.cursor()
    cursor.execute("VACUUM INTO ?", (name,))
    cursor.close()
