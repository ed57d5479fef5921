"""Tokens whose rights have ended before their time: who logged out.

A token says itself how long it holds, so only what ends earlier has to be known, and only until then. All
processes that share the file know it: each adds a line when somebody logs out, and reads what others added.
"""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import anyio
from attrs import define, field

LOOKED_AFTER: Final = 1.0
"""How often a process looks what the others have added, in seconds."""
_LINE: Final = "{until} {key}\n"

_log = logging.getLogger(__name__)


@define(eq=False)
class Revoked:
    """What has ended.

    Attributes:
        now: Seconds since 1970.
        path: The file that processes share; None: this one shares nothing.
        ended: Told the key of each token when it ends, wherever that was.
    """

    now: Callable[[], float]
    path: Path | None = None
    ended: Callable[[str], None] = lambda _key: None
    _until: dict[str, float] = field(factory=dict)
    _file: int | None = None
    """The file that was read; kept open, since the number of a closed one might be another's later."""
    _place: int = 0
    """Up to where."""

    def __contains__(self, key: str) -> bool:
        until = self._until.get(key)
        return until is not None and self.now() < until

    def __len__(self) -> int:
        return len(self._until)

    def end(self, key: str, until: float) -> None:
        """End a token, which would hold until then: here at once, elsewhere when they look."""
        self._take(key, until)
        if self.path is None:
            return
        try:
            with _locked(self.path) as file:
                os.write(file, _LINE.format(until=int(until) + 1, key=key).encode())
        except OSError as error:  # it holds here all the same
            _log.error("%s: who logs out is not known to other processes: %s", self.path, error)

    def look(self) -> None:
        """Read what was added since the last time.

        Raises:
            OSError: It cannot be read.
        """
        if self.path is None:
            return
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return
        if self._file is None or not os.path.samestat(found, os.fstat(self._file)):
            self.close()
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        length = found.st_size - self._place
        if length <= 0:
            return
        # The last line may be half there.
        whole, newline, _ = os.pread(self._file, length, self._place).rpartition(b"\n")
        self._place += len(whole) + len(newline)
        for line in whole.decode("ascii", "replace").splitlines():
            until, _, key = line.partition(" ")
            if until.isdecimal() and key and self.now() < int(until):
                self._take(key, float(until))

    def tidy(self) -> None:
        """Leave out of the file what is over by itself.

        Raises:
            OSError: It can neither be read nor written.
        """
        self.look()
        self._until = {key: until for key, until in self._until.items() if self.now() < until}
        if self.path is None or not self.path.exists():
            return
        fresh = self.path.with_name(f"{self.path.name}.new")
        with _locked(self.path):
            self.look()  # what was added before the lock was ours
            lines = (_LINE.format(until=int(u), key=key) for key, u in self._until.items())
            fresh.write_text("".join(lines), "ascii")
            fresh.chmod(0o600)
            fresh.replace(self.path)

    def close(self) -> None:
        """Let go of the file; it is opened again when it is looked at."""
        if self._file is not None:
            os.close(self._file)
        self._file, self._place = None, 0

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        is_good = True
        while True:
            try:
                self.look()
                is_good = True
            except OSError as error:
                if is_good:
                    _log.error("%s: who logs out elsewhere is not known here: %s", self.path, error)
                is_good = False
            await anyio.sleep(LOOKED_AFTER)

    def _take(self, key: str, until: float) -> None:
        if key not in self._until:
            self._until[key] = until
            self.ended(key)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, open for adding, while nobody else changes it or puts another one in its place."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                is_there = os.stat(path).st_ino == os.fstat(file).st_ino
            except FileNotFoundError:
                is_there = False
            if is_there:
                yield file
                return
        finally:
            os.close(file)
