"""The store: commits batches of facts and reads the durable state back.

Theory of operation: one connection, used by one thread at a time. A batch is one transaction, so
it is in the store entirely or not at all. The rows are the truth and the schema keeps their
laws; a statement that changes another number of rows than it was given is a broken law as well.
After the first failure the store commits nothing more: the broker throws its state away and loads
what a fresh store reads. One kind of failure is none of the store's: when the database refuses a row
for what is in it, the transaction is rolled back for sure, and the store goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from broker.config.model import Config
from broker.core.effects import StoredKey
from broker.core.facts import Fact
from broker.core.heard import Spans
from broker.core.state import Recovered
from broker.store import dialects, lives, recovery
from broker.store.blob_recovery import read_pieces
from broker.store.blob_rows import PIECE
from broker.store.commands import Command, size_for
from broker.store.errors import (
    CommitError,
    RowRefusedError,
    StoreAwayError,
    StoreError,
    StoreUnusableError,
    plain,
)
from broker.store.files import Files
from broker.store.message_recovery import read_stored
from broker.store.migrate import Around, migrate, untold
from broker.store.plan import Step, plan


class Store:
    """A database of chats; make one with `open`."""

    def __init__(
        self, connection: Connection, resources: ExitStack, files: Files | None = None
    ) -> None:
        self._connection = connection
        self._resources = resources
        self._files = files
        self._texts: dict[tuple[Command, int], str] = {}
        self._failed = False
        self._life: int | None = None
        self._log_rows = 0
        """Rows written since the log was shortened."""
        self._pages_a_row = 4.0

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        new: bool = False,
        connect: dialects.Connect | None = None,
        around: Around = untold,
    ) -> Self:
        """Open a database and bring its schema up to date.

        Args:
            url: An SQLAlchemy URL of SQLite or PostgreSQL.
            create: Whether a missing SQLite file, or the tables of an empty database, are made.
            new: Whether also where there was one that is gone.
            connect: Makes the DBAPI connection in place of the driver.
            around: What is done around an upgrade of its schema, which may take long.

        Raises:
            StoreAwayError: It cannot be reached now, and why.
            StoreUnusableError: It cannot be used, and why.
        """
        try:
            address = make_url(url)
        except SQLAlchemyError as error:
            raise StoreUnusableError(f"no address of a database: {plain(error)}") from error
        named = dialects.shown(address)
        with ExitStack() as resources:
            try:
                files = resources.enter_context(dialects.only_user(address, create=create, new=new))
                engine = dialects.engine_for(address, connect)
                resources.callback(engine.dispose)
                connection = resources.enter_context(engine.connect())
                dialects.claim(connection)
                was_made = files is not None and files.is_made
                migrate(connection, make=new or (create and not was_made), around=around)
                dialects.settle(connection)
                if files is not None:
                    files.remember()
            except OperationalError as error:
                raise StoreAwayError(f"{named} cannot be opened: {plain(error)}") from error
            except SQLAlchemyError as error:
                raise StoreUnusableError(f"{named} cannot be opened: {plain(error)}") from error
            return cls(connection, resources.pop_all(), files)
        raise AssertionError("not reached")

    @property
    def doubts(self) -> tuple[str, ...]:
        """What somebody should know of this database, though it can be used."""
        found: list[str] = self._connection.info.get("doubts", [])
        return (*(self._files.doubts if self._files is not None else ()), *found)

    def commit(self, facts: Sequence[Fact]) -> None:
        """Write the durable ones of some facts in one transaction.

        Raises:
            RowRefusedError: Nothing of it was written, because the database refuses a row.
            CommitError: Nothing of it was written, as far as can be known; the store is closed
                to further commits.
        """
        if self._failed:
            raise CommitError("the store failed before and takes nothing more")
        try:
            steps = plan(facts)
            if not steps:
                return
            with dialects.transaction(self._connection) as cursor:
                rows = self._write_all(cursor, steps)
            if warnings := dialects.doubts(self._connection):
                raise CommitError(f"a commit is in doubt: {'; '.join(warnings)}")
            if self._files is not None:
                self._files.look()
            self._log_rows += rows + _long_rows(steps)
        except Exception as error:
            if (reason := dialects.refused_row(self._connection, error)) is not None:
                raise RowRefusedError(f"a row was refused: {reason}") from error
            self._failed = True
            if isinstance(error, CommitError):
                raise
            raise CommitError(f"a commit failed: {plain(error)}") from error

    def find_refused(self, parts: Sequence[Sequence[Fact]]) -> int | None:
        """Find out which part of a batch has a row that the database refuses.

        Args:
            parts: The batch in parts; they are written one after the other, and nothing of it stays.

        Returns:
            The number of the first such part; None when each is taken.

        Raises:
            StoreError: That cannot be known.
        """
        try:
            attempt = self._connection.begin()
            cursor = self._connection.connection.cursor()
            try:
                dialects.check_at_once(self._connection)
                for number, facts in enumerate(parts):
                    try:
                        self._write_all(cursor, plan(facts))
                    except Exception as error:
                        if dialects.refused_row(self._connection, error) is None:
                            raise
                        return number
            finally:
                cursor.close()
                attempt.rollback()
                dialects.doubts(self._connection)
        except Exception as error:
            self._failed = True
            raise StoreError(f"a batch cannot be looked through: {plain(error)}") from error
        return None

    def recover(self, config: Config, now: int) -> Recovered:
        """Read the durable state: open chats, and those that closed not long ago.

        Raises:
            StoreAwayError: It cannot be read now.
            StoreError: It cannot be read.
        """
        if self._connection.invalidated:
            # SQLAlchemy would connect anew here, without the lock that keeps others out.
            raise StoreAwayError("the connection to the database was lost")
        driver: Any = self._connection.dialect.dbapi  # what is hot is read past SQLAlchemy
        try:
            with self._connection.begin(), dialects.reading_once(self._connection):
                return recovery.recover(self._connection, config, now)
        except (OperationalError, driver.OperationalError) as error:
            raise StoreAwayError(f"the state cannot be read: {plain(error)}") from error
        except (SQLAlchemyError, driver.Error) as error:
            raise StoreError(f"the state cannot be read: {plain(error)}") from error

    def read(self, keys: Sequence[StoredKey]) -> dict[StoredKey, object]:
        """Read what frames lack.

        Raises:
            StoreAwayError: It cannot be read now.
            StoreError: It cannot be read.
        """
        if self._failed or self._connection.invalidated:
            raise StoreAwayError("the store failed before and gives nothing more")
        with self._failing("what frames lack cannot be read"), self._connection.begin():
            pieces = [key for key in keys if key[0] == "blob"]
            others = [key for key in keys if key[0] != "blob"]
            return read_stored(self._connection, others) | read_pieces(self._connection, pieces)

    def begin_life(self, now: int, heard: Spans = ()) -> None:
        """Note that the broker is alive from now on.

        Args:
            now: Since when.
            heard: What recovery found out of when one listened; the end of the last life is kept.

        Raises:
            StoreError: It cannot be written.
        """
        try:
            with self._connection.begin():
                until = heard[0][1] if heard else None
                self._life = lives.begin(self._connection, now, now, until=until)
        except SQLAlchemyError as error:
            raise StoreError(f"the start cannot be noted: {plain(error)}") from error

    def note_life(
        self,
        now: int,
        since: int | None = None,
        until: int | None = None,
        cause: str | None = None,
    ) -> None:
        """Note that the broker is alive still.

        Args:
            now: Until when.
            since: Since when, if it was not until then.
            until: Until when before that, if more is known than what was noted.
            cause: Why it ends now.

        Raises:
            CommitError: It cannot be written, or could not be before; see `commit`.
        """
        if self._life is None:
            return
        if self._failed:
            raise CommitError("the store failed before and takes nothing more")
        try:
            with self._connection.begin():
                if since is not None:
                    self._life = lives.begin(self._connection, since, now, "gap", until)
                lives.note(self._connection, self._life, now, cause)
        except SQLAlchemyError as error:
            self._failed = True
            raise CommitError(f"a commit failed: {plain(error)}") from error

    @property
    def is_local(self) -> bool:
        """Whether a commit waits for a disk of this machine and for nobody else."""
        return self._files is not None

    @property
    def log_is_long(self) -> bool:
        """Whether the log should be written into the database before a commit has to do that."""
        return self._log_rows * self._pages_a_row > dialects.LOG_PAGES

    def shorten_log(self) -> None:
        """Write the log into the database; nothing that is committed waits for that.

        Raises:
            StoreError: That failed, and the store takes nothing more.
        """
        if self._failed:
            return
        with self._failing("the log cannot be written into the database"):
            pages = dialects.shorten_log(self._connection)
        if self._log_rows:
            # A reader may have kept it from being written, so it is not tried again at once.
            self._pages_a_row = max(0.5, pages / self._log_rows)
        self._log_rows = 0

    def tidy(self) -> bool:
        """Give some free room of the database back to the disk; whether there is more to do.

        Raises:
            StoreError: That failed, and the store takes nothing more.
        """
        if self._failed:
            return False
        with self._failing("the database cannot be tidied up"):
            return dialects.tidy(self._connection)

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        """Take nothing more when this fails, and say what did."""
        try:
            yield
        except Exception as error:
            self._failed = True
            raise StoreError(f"{what}: {plain(error)}") from error

    def close(self) -> str | None:
        """Let the database go.

        Returns:
            Where its content was put, if its file is not at its place any more.
        """
        files = self._files
        with self._resources:
            if files is None or not files.is_gone():
                return None
            name = files.rescue_name()
            with suppress(Exception):
                dialects.rescue(self._connection, name)
                files.saved(name)
                return name
        return None

    def _write_all(self, cursor: Any, steps: Sequence[Step]) -> int:
        """Write steps one after the other; gives the number of rows."""
        return sum([self._write(cursor, step) for step in steps])

    def _write(self, cursor: Any, step: Step) -> int:
        command, values = step.command, step.values
        width, left = len(command.columns), step.rows
        while left:
            size = size_for(left)
            rows = min(size, left)
            start = len(values) - left * width
            part = values[start : start + rows * width]
            part += (None, *part[len(part) - width + 1 :]) * (size - rows)
            cursor.execute(self._text(command, size), part)
            if command.exact and cursor.rowcount != rows:
                name = command.table.name
                raise CommitError(f"{name}: {rows} rows to write, {cursor.rowcount} found")
            left -= rows
        return step.rows

    def _text(self, command: Command, size: int) -> str:
        text = self._texts.get((command, size))
        if text is None:
            text = command.sql(self._connection.dialect, size)
            self._texts[command, size] = text
        return text


def _long_rows(steps: Sequence[Step]) -> int:
    """As how many rows more those count that are pieces of attachments: by the pages that they fill."""
    pieces = [piece for step in steps if step.command is PIECE for piece in step.column("data")]
    return sum([len(piece) // dialects.PAGE for piece in pieces])
