"""The files of a SQLite database: for one broker alone, and still the same ones after each commit.

Theory of operation: SQLite writes into files that it once opened. When somebody deletes or replaces one
of them it goes on writing into what no start will ever find, and says that all is well. So
the store looks at the names after each commit, before that is worth anything to anybody. A start that
would make a database where there was one refuses: `.lock` lies beside a database from its first start
on, and says in its first bytes whether the database was ever complete.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Final

from attrs import Factory, define, field

from broker.store.errors import CommitError, StoreInUseError, StoreUnusableError

_MADE: Final = b"made\n"
"""What the lock file of a complete database begins with."""

BEGIN_ANEW: Final = "put it back, or begin with an empty one: parley serve --new"


@define
class Files:
    """The files of one database, held by this process.

    Attributes:
        path: The database.
        is_made: Whether there was a complete database here at some time.
        known: The device and inode of each file.
        gone: Whether the database is not at its place any more.
    """

    path: Path
    is_made: bool
    _lock: int
    known: list[tuple[str, tuple[int, int]]] = Factory(list)
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


def _identity(name: str) -> tuple[int, int] | None:
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
            raise StoreUnusableError(
                f"the database {path} is gone, though there was one ({left} is left): {BEGIN_ANEW}"
            )
    try:
        _make(path)
        lock = os.open(lock_name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusableError(f"{path} cannot be used: {error}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreInUseError(f"{path} is in use by another broker") from None
        yield Files(path, os.pread(lock, len(_MADE), 0) == _MADE, lock)
    finally:
        os.close(lock)


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


def write_anew(name: str) -> None:
    """Write the bytes of a file once more and sync them, whatever became of earlier syncs."""
    with open(name, "r+b", buffering=0) as file:
        while chunk := file.read(1 << 20):
            file.seek(-len(chunk), os.SEEK_CUR)
            file.write(chunk)
        os.fsync(file.fileno())
