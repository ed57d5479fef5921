"""The durable store of a channel: what must survive that its program is killed, or that the power goes.

One SQLite file for each channel, written by one thread, in WAL mode with `synchronous=FULL`: what a call has
returned from is on the disk. Calls that come while it writes are the next transaction together. There are
five kinds of things in it.

| table | what |
| --- | --- |
| `names` | the long form of every name that was shortened for the broker |
| `positions` | how far the channel has come, under keys and with values of its own (`INBOX` -> `7:4812`) |
| `notes` | what the channel wants to know of a message later, under keys of its own |
| `received` | what the broker has: inbound messages by gateway and name |
| `outgoing` | each outbound message with its attempts and the outcome of the last |

A file is opened by one program at a time. Notes and messages are forgotten after `KEPT_DAYS`, of those that
are to be sent only such as the broker has heard of or whose outcome nobody knows; the broker, which keeps its
own, knows a repetition even then. Names are forgotten when nobody has used them for `NAMES_DAYS`.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import anyio
import anyio.to_thread
from anyio import CapacityLimiter
from attrs import define, frozen

from connectors.channels.identifiers import shorten
from protocol.values import Guid

T = TypeVar("T")

KEPT_DAYS: Final = 90
"""How long it is remembered what was received and sent."""
NAMES_DAYS: Final = 400
"""How long a long name is remembered after its last use: an answer may come late."""
FRESH: Final = 60.0
"""Seconds for which an attempt is surely open at the broker, which gives it 90 (B-52)."""
VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE names (
    short TEXT PRIMARY KEY, long TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE positions (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE notes (key TEXT PRIMARY KEY, value BLOB NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX notes_at ON notes (at);
CREATE TABLE received (
    gateway TEXT NOT NULL, name TEXT NOT NULL, message_id TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (gateway, name)
) WITHOUT ROWID;
CREATE INDEX received_at ON received (at);
CREATE TABLE outgoing (
    message_id TEXT PRIMARY KEY, gateway TEXT NOT NULL, name TEXT, attempts INTEGER NOT NULL,
    unknown INTEGER NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL, told INTEGER NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX outgoing_name ON outgoing (name);
CREATE INDEX outgoing_at ON outgoing (at);
CREATE INDEX outgoing_untold ON outgoing (told) WHERE told = 0;
"""


class StoreInUseError(Exception):
    """Another program has the file."""


class State(StrEnum):
    """What is known of the last attempt to send a message."""

    TRYING = "Trying"
    """It was begun. In a store that was just opened its outcome is unknown, unless the channel says of each
    message when it is `OFFERED`."""
    OFFERED = "Offered"
    """The far side may have it. In a store that was just opened: its outcome is unknown."""
    SENT = "Sent"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


@frozen(kw_only=True)
class Attempt:
    """An outbound message, as it stands after its last attempt.

    Attributes:
        message_id: Its name at the broker.
        gateway: The gateway that it leaves by.
        state: What is known of the last attempt.
        attempts: How many there were.
        unknown: How many of those before the last have an outcome that nobody knows.
        delivery_id: Its name at the far side as the broker is told it; None: the proposed one.
        text: What the broker is told of a failure.
        told: Whether the broker has heard of the outcome.
    """

    message_id: Guid
    gateway: Guid
    state: State
    attempts: int = 1
    unknown: int = 0
    delivery_id: str | None = None
    text: str = ""
    told: bool = False


_ATTEMPTS: Final = (
    "SELECT message_id, gateway, name, attempts, unknown, state, text, told FROM outgoing"
)


class Store:
    """The store of one channel; made by `opened`."""

    def __init__(
        self, database: sqlite3.Connection, now: Callable[[], datetime], *, threaded: bool
    ) -> None:
        self._database = database
        self._now = now
        self._threaded = threaded
        self._waiting: list[_Job] = []
        self._round: anyio.Event | None = None

    # --- names and positions: for the channel

    async def shorten(self, identifier: str) -> str:
        """The form of a name that the broker is told; what it stands for is kept.

        Raises:
            ValueError: It shows nothing.
        """
        short = shorten(identifier)
        if short != identifier:
            query = "INSERT OR REPLACE INTO names VALUES (?, ?, ?)"
            await self._write(query, short, identifier, self._stamp())
        return short

    async def lengthen(self, short: str) -> str:
        """The name at the far side of what the broker calls so; itself where it was not shortened."""
        found = await self._one("SELECT long FROM names WHERE short = ?", short)
        return str(found[0]) if found else short

    async def position(self, key: str) -> str | None:
        """How far the channel has come, as it noted it last under this key."""
        found = await self._one("SELECT value FROM positions WHERE key = ?", key)
        return str(found[0]) if found else None

    async def positions(self) -> dict[str, str]:
        """All positions by key."""
        return dict(await self._all("SELECT key, value FROM positions ORDER BY key"))

    async def set_position(self, key: str, value: str | None) -> None:
        """Note how far the channel has come; None: forget it."""
        if value is None:
            await self._write("DELETE FROM positions WHERE key = ?", key)
        else:
            await self._write("INSERT OR REPLACE INTO positions VALUES (?, ?)", key, value)

    # --- notes: for the channel

    async def note(self, key: str) -> bytes | None:
        """What the channel noted under a key, as long as it is kept."""
        found = await self._one("SELECT value FROM notes WHERE key = ?", key)
        return bytes(found[0]) if found else None

    async def set_note(self, key: str, value: bytes) -> None:
        """Note something for `KEPT_DAYS`."""
        await self._write(
            "INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", key, value, self._stamp()
        )

    # --- what was received

    async def received(self, gateway: Guid, name: str) -> Guid | None:
        """The broker's name of an inbound message, if it has it.

        Args:
            gateway: Where it came to.
            name: Its name at the far side, of any length.
        """
        found = await self._one(
            "SELECT message_id FROM received WHERE gateway = ? AND name = ?", gateway, shorten(name)
        )
        return Guid(found[0]) if found else None

    async def note_received(self, gateway: Guid, name: str, message_id: Guid) -> None:
        """Note that the broker has an inbound message."""
        await self._write(
            "INSERT OR REPLACE INTO received VALUES (?, ?, ?, ?)",
            gateway,
            shorten(name),
            message_id,
            self._stamp(),
        )

    # --- what is sent

    async def attempt(self, message_id: Guid) -> Attempt | None:
        """What is known of an outbound message."""
        return _attempt(await self._one(f"{_ATTEMPTS} WHERE message_id = ?", message_id))

    async def sent_as(self, delivery_id: str) -> Attempt | None:
        """Find an outbound message by its name at the far side, of any length."""
        query = f"{_ATTEMPTS} WHERE name = ? ORDER BY at DESC LIMIT 1"
        return _attempt(await self._one(query, shorten(delivery_id)))

    async def begin(self, message_id: Guid, gateway: Guid, delivery_id: str) -> Attempt:
        """Note that an attempt begins, before anything is said to the far side.

        An attempt before it whose outcome is not known stays so.

        Args:
            message_id: The message.
            gateway: The gateway that it leaves by.
            delivery_id: The name that the broker proposes.

        Returns:
            The attempt.
        """
        await self._write(
            "INSERT INTO outgoing VALUES (?, ?, ?, 1, 0, 'Trying', '', 0, ?)"
            " ON CONFLICT (message_id) DO UPDATE SET attempts = attempts + 1, text = '', told = 0,"
            " unknown = unknown + (state IN ('Trying', 'Offered', 'Unknown')), state = 'Trying',"
            " at = excluded.at",
            message_id,
            gateway,
            delivery_id,
            self._stamp(),
        )
        begun = await self.attempt(message_id)
        assert begun is not None
        return begun

    async def note_offered(self, message_id: Guid) -> None:
        """Note that the far side may have a message from now on."""
        await self._write(
            "UPDATE outgoing SET state = 'Offered' WHERE message_id = ? AND state = 'Trying'",
            message_id,
        )

    async def give_back(self, text: str) -> None:
        """Call those attempts failed that an earlier life of the program began and did not offer.

        Only those of the last `FRESH` seconds are to be told of: the others the broker has given up by its
        own clock, and may have handed to somebody else.

        Args:
            text: What the broker is to be told of them.
        """
        await self._write(
            "UPDATE outgoing SET state = 'Failed', text = ?, told = at < ? WHERE state = 'Trying'",
            text,
            self._stamp(seconds_ago=FRESH),
        )

    async def finish(
        self, message_id: Guid, state: State, *, delivery_id: str | None = None, text: str = ""
    ) -> None:
        """Note the outcome of the attempt, before the broker is told.

        Args:
            message_id: The message.
            state: What is known.
            delivery_id: Its name at the far side, of any length; None: the one that was proposed.
            text: What the broker is to be told of a failure.
        """
        name = None if delivery_id is None else await self.shorten(delivery_id)
        await self._write(
            "UPDATE outgoing SET state = ?, name = coalesce(?, name), text = ?, told = 0, at = ?"
            " WHERE message_id = ?",
            state,
            name,
            text,
            self._stamp(),
            message_id,
        )

    async def note_told(self, message_id: Guid) -> None:
        """Note that the broker has heard of the outcome."""
        await self._write("UPDATE outgoing SET told = 1 WHERE message_id = ?", message_id)

    async def untold(self) -> list[Attempt]:
        """The messages whose outcome the broker has not heard, those without one too, the oldest first."""
        rows = await self._all(f"{_ATTEMPTS} WHERE told = 0 ORDER BY at")
        return [found for row in rows if (found := _attempt(row)) is not None]

    async def forget_old(self) -> None:
        """Let go what is old and over."""
        before = self._stamp(KEPT_DAYS)
        await self._write("DELETE FROM notes WHERE at < ?", before)
        await self._write("DELETE FROM received WHERE at < ?", before)
        await self._write(
            "DELETE FROM outgoing WHERE (told = 1 OR state IN ('Trying', 'Offered', 'Unknown'))"
            " AND at < ?",
            before,
        )
        await self._write("DELETE FROM names WHERE at < ?", self._stamp(NAMES_DAYS))

    # --- the file

    def _stamp(self, days_ago: int = 0, seconds_ago: float = 0.0) -> str:
        ago = timedelta(days=days_ago, seconds=seconds_ago)
        return (self._now() - ago).astimezone(UTC).isoformat()

    async def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        rows = await self._all(query, *values)
        return rows[0] if rows else None

    async def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._run(lambda: self._database.execute(query, values).fetchall())

    async def _write(self, query: str, *values: object) -> None:
        await self._run(lambda: self._database.execute(query, values))

    async def _run(self, do: Callable[[], T]) -> T:
        """Have something done; what several callers want at the same time is one transaction.

        Whoever comes while nothing is done takes everything that waits to the thread.
        """
        job = _Job(do)
        if not self._threaded:
            self._do([job])
        else:
            self._waiting.append(job)
            try:
                while not job.is_done:
                    await self._next_round()
            finally:
                if job in self._waiting:  # cancelled before it was taken
                    self._waiting.remove(job)
        if job.error is not None:
            raise job.error
        return cast("T", job.result)

    async def _next_round(self) -> None:
        if self._round is not None:
            await self._round.wait()
            return
        jobs, self._waiting = self._waiting, []
        self._round = over = anyio.Event()
        try:
            # Once begun it is finished, whoever is cancelled: others wait for it too.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._do, jobs, limiter=CapacityLimiter(1))
        finally:
            self._round = None
            over.set()

    def _do(self, jobs: list["_Job"]) -> None:
        """Do all of it in one transaction; if that fails each by itself, so that each has its own error."""
        try:
            with self._database:
                for job in jobs:
                    job.result = job.do()
        except sqlite3.Error as error:
            if len(jobs) == 1:
                jobs[0].error = error
            for job in jobs if len(jobs) > 1 else ():
                self._do([job])
        for job in jobs:
            job.is_done = True


@define(eq=False)
class _Job:
    """Something that is wanted of the database, and what came of it."""

    do: Callable[[], object]
    result: object = None
    error: sqlite3.Error | None = None
    is_done: bool = False


def _attempt(row: Iterable[Any] | None) -> Attempt | None:
    if row is None:
        return None
    message_id, gateway, name, attempts, unknown, state, text, told = row
    return Attempt(
        message_id=Guid(message_id),
        gateway=Guid(gateway),
        state=State(state),
        attempts=attempts,
        unknown=unknown,
        delivery_id=name,
        text=text,
        told=bool(told),
    )


@asynccontextmanager
async def opened(
    path: Path | str,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    threaded: bool = True,
) -> AsyncIterator[Store]:
    """Open the store in a file, which is made when it is not there; `:memory:` is one for tests.

    Args:
        path: The file.
        now: The clock.
        threaded: Whether a thread does the work. Without one the loop waits for the disk, which is for
            virtual time: no thread lives in that.

    Raises:
        StoreInUseError: Another program has it open.
        sqlite3.Error: It is no store, or the disk does not take it.
    """
    open_ = partial(_open, str(path))
    database = await anyio.to_thread.run_sync(open_) if threaded else open_()
    with closing(database):
        yield Store(database, now, threaded=threaded)


def _open(path: str) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path, timeout=0.0, check_same_thread=False)
    except sqlite3.Error as error:
        raise type(error)(f"{path}: {error}") from error
    try:
        # The lock of the first reading is kept until the file is closed: one program at a time.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            database.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
            )
        elif found != VERSION:
            raise sqlite3.DatabaseError(f"a store of version {found}; this program has {VERSION}")
        database.execute("BEGIN IMMEDIATE")
        database.execute("COMMIT")
    except sqlite3.Error as error:
        database.close()
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise StoreInUseError(f"{path} is in use by another program") from error
        raise type(error)(f"{path}: {error}") from error
    except BaseException:
        database.close()
        raise
    return database
