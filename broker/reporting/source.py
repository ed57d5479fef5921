"""Where a report reads: the store, read-only beside a running broker, and what things are called.

Theory of operation: SQLite is opened by a read-only address, PostgreSQL in read-only
transactions. Nothing is migrated, no lock of the broker is taken, and everything that one report
reads is of one instant, since it is read in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from attrs import define, field, frozen
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    Pool,
    QueuePool,
    create_engine,
    event,
    inspect,
    make_url,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from broker.config.diagnostics import ConfigFault
from broker.config.load import load
from broker.config.model import Config
from broker.store.errors import plain
from broker.store.schema import HEAD, metadata
from protocol.values import Guid

ROWS: Final = 1_000
"""How many rows are fetched at a time; that is all of a result that memory holds."""


_SQLITE: Final = b"SQLite format 3\x00"
"""How a database file begins."""


class SourceError(Exception):
    """The store or the configuration cannot be read; the text says why and what to do."""


@frozen
class Source:
    """What to read.

    Attributes:
        url: The address of the database.
        config: The configuration, when a file was given.
    """

    url: str
    config: Config | None = None

    def name(self, id: Guid | str | None) -> str:
        """What a gateway, a project, an agent, a language or a bot is called; else its id."""
        if id is None:
            return "-"
        if self.config is not None:
            key = Guid(str(id))
            things = (
                self.config.agents,
                self.config.projects,
                self.config.gateways,
                self.config.message_gateways,
                self.config.languages,
                self.config.bots,
            )
            for known in things:
                if key in known:
                    return known[key].name
        return str(id)


class _NoSecrets(Mapping[str, str]):
    """An environment for reading a configuration whose tokens nobody needs here."""

    def __getitem__(self, name: str) -> str:
        return "not needed"

    def __iter__(self) -> Iterator[str]:
        return iter(("any",))

    def __len__(self) -> int:
        return 1  # an empty one would count as none


def source_of(given: str, option: str = "--store") -> Source:
    """The store that an address names, a file of SQLite, or the one of a configuration file.

    Args:
        given: The address or the file.
        option: Where it was given, for the fault.

    Raises:
        SourceError: It is neither.
    """
    if "://" in given:
        return Source(given)
    if _is_sqlite(Path(given)):
        return Source(f"sqlite:///{given}")
    config = config_of(given, f"{option} takes an address or a configuration file")
    return source_of_config(config, given)


def source_of_config(config: Config, path: str) -> Source:
    """The store of a configuration that was read from a file."""
    return Source(_found(config.store_url, Path(path).parent), config)


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False  # the fault is told as that of a configuration


def _found(url: str, folder: Path) -> str:
    """The address of a configuration, whose path counts from where the broker was started.

    That is here, or else, as with `make run`, where the configuration lies.
    """
    address = make_url(url)
    path = Path(str(address.database or ""))
    beside = folder / path
    if address.get_backend_name() != "sqlite" or path.is_file() or not beside.is_file():
        return url
    return address.set(database=str(beside)).render_as_string(hide_password=False)


def config_of(path: str, said: str) -> Config:
    """Read a configuration whose tokens are not needed.

    Args:
        path: The file.
        said: What stands before the faults.

    Raises:
        SourceError: It has faults or cannot be read.
    """
    try:
        return load(path, _NoSecrets()).config
    except ConfigFault as fault:
        raise SourceError(f"{said}\n{fault}") from None


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """Open a store for reading, in one transaction.

    Raises:
        SourceError: There is no store of this version, or it cannot be read.
    """
    engine = _engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            _check_schema(connection)
            yield connection
    except SQLAlchemyError as error:
        raise SourceError(f"{_shown(url)} cannot be read: {plain(error)}") from error
    finally:
        engine.dispose()


@define
class Session:
    """A store that is read again and again, a transaction each time, over connections that are kept."""

    url: str
    _engine: Engine | None = field(init=False, default=None)
    _file: tuple[int, int] | None = field(init=False, default=None)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction.

        Raises:
            SourceError: There is no store of this version, or it cannot be read.
        """
        file = _file_of(self.url)
        if file != self._file:  # another one lies in its place
            self.close()
        is_new = self._engine is None
        engine = self._engine or _engine(self.url, QueuePool)
        self._engine, self._file = engine, file
        try:
            with engine.connect() as connection, connection.begin():
                if is_new:
                    _check_schema(connection)
                yield connection
        except SourceError:
            self.close()
            raise
        except SQLAlchemyError as error:
            self.close()
            raise SourceError(f"{_shown(self.url)} cannot be read: {plain(error)}") from error

    def close(self) -> None:
        """Let go of the connections."""
        if self._engine is not None:
            self._engine.dispose()
        self._engine = None


def _file_of(url: str) -> tuple[int, int] | None:
    """Which file a database is; None of one that is none, or is not there."""
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            found = Path(str(address.database)).stat()
            return found.st_dev, found.st_ino
    except (ArgumentError, OSError):
        pass
    return None


def _engine(url: str, pool: type[Pool] = NullPool) -> Engine:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
        if backend == "sqlite":
            return _sqlite(address, pool)
        if backend == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            return create_engine(address, poolclass=pool, execution_options=options)
    except (ArgumentError, NoSuchModuleError) as error:
        raise SourceError(f"{url!r} is no address of a database: {plain(error)}") from None
    except ModuleNotFoundError as error:
        raise SourceError(f"PostgreSQL takes the extra `postgres`: {error}") from None
    raise SourceError(f"{_shown(url)}: must begin with sqlite:/// or postgresql://")


def _sqlite(address: URL, pool: type[Pool]) -> Engine:
    if address.database in (None, "", ":memory:"):
        raise SourceError(f"{address}: names no file")
    path = Path(str(address.database)).resolve()
    if not path.is_file():
        raise SourceError(f"there is no database {path}")

    def connect() -> sqlite3.Connection:
        # A pool hands a connection from thread to thread, one after the other.
        return sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro",
            uri=True,
            timeout=5,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=pool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # The driver begins no transaction for what only reads.
    connection.exec_driver_sql("BEGIN")


def _check_schema(connection: Connection) -> None:
    tables = set(inspect(connection).get_table_names())
    version: Any = None
    if "alembic_version" in tables:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version == HEAD and tables >= set(metadata.tables):
        return
    where = _shown(str(connection.engine.url))
    if connection.dialect.name == "sqlite":
        where = "the database"
    if version is None or not tables & set(metadata.tables):
        raise SourceError(f"{where} is no store of Parley")
    if version in _known():
        raise SourceError(
            f"{where} has the older schema {version}; this version reads {HEAD}: "
            "`parley serve` of this version brings it up to date"
        )
    raise SourceError(
        f"{where} is of a newer version of Parley (schema {version}, this version reads {HEAD})"
    )


def _known() -> set[str]:
    from alembic.config import Config as Alembic
    from alembic.script import ScriptDirectory

    from broker.store.migrate import SCRIPTS

    scripts = Alembic()
    scripts.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    found = ScriptDirectory.from_config(scripts).walk_revisions()
    return {script.revision for script in found}


def _shown(url: str) -> str:
    """An address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(url)
