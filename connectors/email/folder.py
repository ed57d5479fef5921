"""Folders of mail as files, in and out: `x.eml` is `x.eml.$$$` while it is worked on."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import frozen

SUFFIX: Final = ".eml"
AT_WORK: Final = ".$$$"
REFUSED: Final = ".bad"
LONGEST: Final = 150
"""Letters of a file's name."""
_UNFIT: Final = re.compile(r"[^A-Za-z0-9.@_-]")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
QUIET: Final = 1.0
"""Seconds for which a file has not changed before it is taken: its writer may not be done."""
AHEAD: Final = 3_600.0
"""Seconds by which clocks may differ: one that is further ahead says nothing of when it was written."""
LONGEST_HEAD: Final = 1 << 20
"""Bytes of a file that is too long in which its headers are looked for."""


@frozen
class Dropped:
    """A file that is worked on.

    Attributes:
        path: Where it is now.
        data: What is in it; only its headers when it is too long.
        size: How many bytes it has.
        received: When it was written.
    """

    path: Path
    data: bytes
    size: int
    received: datetime

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are all of it."""
        return len(self.data) >= self.size


def names(folder: Path, now: float) -> list[Path]:
    """The files that may be taken: first those of a work that was broken off, then the oldest.

    Args:
        folder: The folder.
        now: Seconds since the epoch.

    Raises:
        OSError: The folder cannot be read.
    """
    found = list(_found(folder))
    begun = sorted(path for path, _ in found if path.name.lower().endswith(SUFFIX + AT_WORK))
    new = [(at, path) for path, at in found if path.suffix.lower() == SUFFIX and _is_quiet(at, now)]
    return [*begun, *(path for _, path in sorted(new))]


def _is_quiet(at: float, now: float) -> bool:
    """Whether a file that was written then is written no more."""
    return at + QUIET <= now or at > now + AHEAD


def _found(folder: Path) -> Iterator[tuple[Path, float]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # gone in the meantime
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_mtime


def take(path: Path, most: int) -> Dropped | None:
    """Take a file to work on; None when it is gone, or somebody else has it.

    Args:
        path: The file.
        most: With more bytes only its headers are read.

    Raises:
        OSError: It cannot be taken.
    """
    at_work = path
    if not path.name.endswith(AT_WORK):
        at_work = path.with_name(path.name + AT_WORK)
        if at_work.exists():
            return None  # an earlier one of that name is not done yet
        try:
            path.rename(at_work)
        except FileNotFoundError:
            return None
    try:
        with at_work.open("rb") as file:
            about = os.fstat(file.fileno())
            data = file.read(LONGEST_HEAD if about.st_size > most else most)
    except FileNotFoundError:
        return None
    if about.st_size > most:
        data = _HEAD_END.split(data, maxsplit=1)[0] + b"\r\n\r\n"
    return Dropped(at_work, data, about.st_size, _moment(about.st_mtime))


def _moment(seconds: float) -> datetime:
    """A time of the file system, which knows years that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def finish(dropped: Dropped, keep: Path | None) -> None:
    """Be done with a file that the broker has: delete it, or put it where it is kept.

    Of one that is too long the broker has only the headers: it is kept in any case.
    """
    if keep is None and not dropped.is_whole:
        refuse(dropped)
        return
    if keep is None:
        dropped.path.unlink(missing_ok=True)
        return
    keep.mkdir(parents=True, exist_ok=True)
    _renamed(dropped.path, keep, SUFFIX)


def refuse(dropped: Dropped) -> Path:
    """Set a file aside that is not taken; gives where it is now."""
    return _renamed(dropped.path, dropped.path.parent, SUFFIX + REFUSED)


def put(folder: Path, name: str, data: bytes) -> Path:
    """Write a mail into a folder; the same mail again, by its name, is the same file.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{_UNFIT.sub('_', name).strip('.')[:LONGEST]}{SUFFIX}"
    at_work = target.with_name(target.name + AT_WORK)
    # What is called sent has to be there after a power cut, too.
    with at_work.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    at_work.replace(target)
    _sync(folder)
    return target


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _renamed(path: Path, folder: Path, suffix: str) -> Path:
    """Give a file a name that is free there."""
    stem = path.name[: -len(SUFFIX + AT_WORK)]
    target, count = folder / f"{stem}{suffix}", 1
    while target.exists():
        count += 1
        target = folder / f"{stem}-{count}{suffix}"
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _carry_over(path, target)
    return target


def _carry_over(path: Path, target: Path) -> None:
    """Move a file to another file system, where it is whole under its name or not there at all."""
    half = target.with_name(target.name + AT_WORK)
    shutil.copy2(path, half)
    with half.open("rb") as file:
        os.fsync(file.fileno())
    half.replace(target)
    _sync(target.parent)
    path.unlink()
