"""The files of a SQLite database: for one broker alone, and still the same ones after each commit.

Theory of operation: SQLite writes into files that it once opened. When somebody deletes or replaces one
of them it goes on writing into what no start will ever find, and says that all is well. So
the store looks at the names after each commit, before that is worth anything to anybody. A start that
would make a database where there was one refuses: `.lock` lies beside a database from its first start
on, and says in its first bytes whether the database was ever complete.

A log (`-wal`) says nothing of which database it belongs to, and SQLite plays any into the file beside it.
So `.lock` also remembers which two files belonged together. Where the log is still that one and the
database is another (a backup, a rescued copy), the log is put aside. Where both are others they were
copied together, and where only the log is another it was made by somebody who used the database.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from time import time
from typing import Final

from attrs import Factory, define, field

from broker.store.errors import CommitError, StoreGoneError, StoreInUseError, StoreUnusableError

_MADE: Final = b"made\n"
"""What the lock file of a complete database begins with."""

Identity = tuple[int, int]
"""The device and inode of a file."""

_NONE: Final[Identity] = (0, 0)
_GET_GENERATION: Final = 0x80087601
"""Linux: `FS_IOC_GETVERSION`, which tells two files apart that had one inode after the other."""
_PAIR_BYTES: Final = 96
"""How long the line of the lock file is that remembers a database and its log."""


@define
class Files:
    """The files of one database, held by this process.

    Attributes:
        path: The database.
        is_made: Whether there was a complete database here at some time.
        known: The device and inode of each file.
        doubts: What somebody should know of what was found.
        gone: Whether the database is not at its place any more.
    """

    path: Path
    is_made: bool
    _lock: int
    known: list[tuple[str, Identity]] = Factory(list)
    doubts: list[str] = Factory(list)
    _generation: int = field(default=0, init=False)
    gone: bool = field(default=False, init=False)

    def remember(self) -> None:
        """The database is complete and open: these are its files."""
        if not self.is_made:
            os.pwrite(self._lock, _MADE, 0)
            os.fsync(self._lock)
            self.is_made = True
        self.known.clear()
        for end in ("", "-wal", "-shm", ".lock"):
            name = f"{self.path}{end}"
            if (identity := _identity(name)) is not None:
                self.known.append((name, identity))
        self._remember_pair(_identity(f"{self.path}-wal"))

    def part(self) -> None:
        """Put a log aside that belongs to another database than the one that is here now."""
        log = f"{self.path}-wal"
        # Not while SQLite has the file open: closing a descriptor would take its locks away.
        self._generation = _generation(self.path)
        here, there = _identity(os.fspath(self.path)), _identity(log)
        database, generation, its_log = self._pair()
        other = (database, generation) != (here, self._generation)
        stayed = there == its_log and other
        # SQLite would delete the log of an empty file.
        stray = stayed or not os.path.getsize(self.path)
        if there is not None and stray and os.path.getsize(log):
            aside = _free_name(f"{log}.orphan-{int(time())}")
            os.rename(log, aside)
            Path(f"{self.path}-shm").unlink(missing_ok=True)
            _sync_folder(self.path.parent)
            self.doubts.append(
                f"{log} belonged to another database, which is gone: it is now {aside}"
            )
        if other:
            self._remember_pair(None)

    def is_gone(self) -> bool:
        """Whether the database is not at its place any more; also when nothing was committed since."""
        if not self.gone:
            with contextlib.suppress(CommitError):
                self.look()
        return self.gone

    def saved(self, name: str) -> None:
        """What a lost database held is in this file: sync that, and remove what cannot be used."""
        with open(name, "r+b") as file:
            os.fsync(file.fileno())
        _sync_folder(self.path.parent)
        for known, identity in self.known:
            if known.endswith(("-wal", "-shm")) and _identity(known) == identity:
                with contextlib.suppress(OSError):
                    os.unlink(known)
        _sync_folder(self.path.parent)

    def let_go(self) -> None:
        """Forget a log that is not there any more: its inode may become another file's."""
        database, generation, log = self._pair()
        if log != _NONE and _identity(f"{self.path}-wal") is None:
            self._write_pair(database, generation, _NONE)

    def _pair(self) -> tuple[Identity, int, Identity]:
        """The database, its generation, and the log that belonged to it; zeros when not known."""
        line = os.pread(self._lock, _PAIR_BYTES, len(_MADE)).split()
        if not self.is_made or len(line) != 5 or not all(word.isdigit() for word in line):
            return _NONE, 0, _NONE
        device, inode, generation, log_device, log_inode = map(int, line)
        return (device, inode), generation, (log_device, log_inode)

    def _remember_pair(self, log: Identity | None) -> None:
        database = _identity(os.fspath(self.path))
        if self.is_made and database is not None:
            self._write_pair(database, self._generation, log or _NONE)

    def _write_pair(self, database: Identity, generation: int, log: Identity) -> None:
        if self._pair() != (database, generation, log):
            line = " ".join(map(str, (*database, generation, *log))).ljust(_PAIR_BYTES - 1) + "\n"
            os.pwrite(self._lock, line.encode(), len(_MADE))
            os.fsync(self._lock)

    def look(self) -> None:
        """See that each file is still the one that was opened.

        Raises:
            CommitError: One was deleted or replaced, so nobody will find what was written last.
        """
        for name, identity in self.known:
            try:
                seen = os.stat(name)
            except OSError as error:
                self._miss(name, error.strerror or "")
            else:
                if (seen.st_dev, seen.st_ino) != identity:
                    self._miss(name, "it is another file now")

    def _miss(self, name: str, why: str) -> None:
        self.gone = name == os.fspath(self.path)
        raise CommitError(f"{name} was deleted or replaced while it was in use: {why}")

    def rescue_name(self) -> str:
        """Where what a lost database held is put."""
        return f"{self.path}.rescued-{int(time())}"


def _generation(path: Path) -> int:
    """The generation of a file's inode; 0 where the file system has none."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int.from_bytes(fcntl.ioctl(file, _GET_GENERATION, bytes(8))[:4], "little")
    except OSError:
        return 0
    finally:
        os.close(file)


def _free_name(name: str) -> str:
    return next(
        n for n in chain([name], (f"{name}.{i}" for i in count(1))) if not os.path.exists(n)
    )


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _identity(name: str) -> Identity | None:
    try:
        seen = os.stat(name)
    except FileNotFoundError:
        return None
    return seen.st_dev, seen.st_ino


@contextlib.contextmanager
def held(path: Path, *, create: bool, new: bool) -> Iterator[Files]:
    """Hold a database file for this process alone; make it, and its folder, when missing.

    Args:
        path: The database.
        create: Whether it may be made.
        new: Whether also where there was one.

    Raises:
        StoreUnusableError: Another process has it, or it is not there and is not to be made.
    """
    lock_name = f"{path}.lock"
    if not path.exists():
        if not create:
            raise StoreUnusableError(f"there is no database {path}")
        left = next((n for n in (lock_name, f"{path}-wal") if os.path.exists(n)), None)
        if left is not None and not new:
            raise StoreGoneError(
                f"the database {path} is gone, though there was one ({left} is left)"
            )
    try:
        was_made = _make(path)
        lock = os.open(lock_name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusableError(f"{path} cannot be used: {error}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreInUseError(f"{path} is in use by another broker") from None
        files = Files(path, os.pread(lock, len(_MADE), 0) == _MADE, lock)
        if was_made and not new:
            files.doubts.append(
                f"there was no database {path}: a new one was made, and it is empty"
            )
        try:
            files.part()
        except OSError as error:
            raise StoreUnusableError(f"{path} cannot be used: {error}") from error
        yield files
        with contextlib.suppress(OSError):
            files.let_go()
    finally:
        os.close(lock)


def _make(path: Path) -> bool:
    """Make an empty file that only its owner reads, so that its name survives a loss of power.

    Returns:
        Whether there was none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    _sync_folder(path.parent)
    return True


def write_anew(name: str) -> None:
    """Write the bytes of a file once more and sync them, whatever became of earlier syncs."""
    with open(name, "r+b", buffering=0) as file:
        while chunk := file.read(1 << 20):
            file.seek(-len(chunk), os.SEEK_CUR)
            file.write(chunk)
        os.fsync(file.fileno())
