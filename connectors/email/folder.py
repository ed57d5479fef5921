"""Folders of mail as files, in and out: `x.eml` is `x.eml.$$$` while it is worked on."""

from __future__ import annotations

import os
import re
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
QUIET: Final = 1.0
"""Seconds for which a file has not changed before it is taken: its writer may not be done."""


@frozen
class Dropped:
    """A file that is worked on.

    Attributes:
        path: Where it is now.
        data: What is in it.
        received: When it was written.
    """

    path: Path
    data: bytes
    received: datetime


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
    new = [(at, path) for path, at in found if path.suffix.lower() == SUFFIX and at + QUIET <= now]
    return [*begun, *(path for _, path in sorted(new))]


def _found(folder: Path) -> Iterator[tuple[Path, float]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # gone in the meantime
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_mtime


def take(path: Path) -> Dropped | None:
    """Take a file to work on; None when it is gone, or somebody else has it."""
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
        data = at_work.read_bytes()
        written = at_work.stat().st_mtime
    except FileNotFoundError:
        return None
    return Dropped(at_work, data, datetime.fromtimestamp(written, UTC))


def finish(dropped: Dropped, keep: Path | None) -> None:
    """Be done with a file that the broker has: delete it, or put it where it is kept."""
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
    at_work.write_bytes(data)
    return at_work.replace(target)


def _renamed(path: Path, folder: Path, suffix: str) -> Path:
    """Give a file a name that is free there."""
    stem = path.name[: -len(SUFFIX + AT_WORK)]
    target, count = folder / f"{stem}{suffix}", 1
    while target.exists():
        count += 1
        target = folder / f"{stem}-{count}{suffix}"
    path.rename(target)
    return target
