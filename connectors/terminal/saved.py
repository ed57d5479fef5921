"""Files of this machine: those that are attached, and those that attachments are saved to."""

import mimetypes
import os
import re
from pathlib import Path
from typing import Final

from attrs import frozen

from protocol.display import shown

_NAME_LETTERS: Final = 100
_UNSAFE: Final = re.compile(r'[/\\:*?"<>|\ufffd]')


@frozen
class Attached:
    """A file that is to be attached.

    Attributes:
        name: Its name.
        content_type: What its name says of its kind.
        data: What is in it.
    """

    name: str
    content_type: str | None
    data: bytes


def read(path: str, most: int) -> Attached:
    """Read a file that is to be attached.

    Args:
        path: Where it is.
        most: How many bytes it may have.

    Raises:
        ValueError: It cannot be, with the reason.
    """
    try:
        file = Path(path).expanduser()
        if not file.is_file():
            raise ValueError(f"{path} is no file")
        if file.stat().st_size > most:
            raise ValueError(f"{path} is longer than {most // 1024 // 1024} MiB")
        return Attached(file.name, mimetypes.guess_type(file.name)[0], file.read_bytes())
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path}: {_why(error)}") from None


def _why(error: OSError | RuntimeError) -> str:
    """What kept it from being done; a RuntimeError is of a home that nobody has."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def save(data: bytes, name: str | None, where: str) -> Path:
    """Write an attachment into a folder or a new file; one that is there already is left alone.

    Args:
        data: What is in it.
        name: Its name, as the sender has it.
        where: A folder, or a file; empty: the current folder.

    Returns:
        Where it is now.

    Raises:
        ValueError: It cannot be written, with the reason.
    """
    try:
        given = Path(where or ".").expanduser()
        return _written(given / safe_name(name) if given.is_dir() else given, data)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{where or name}: {_why(error)}") from None


def _written(target: Path, data: bytes) -> Path:
    """Write it under the first name that is free."""
    path, count = target, 1
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            count += 1
            path = target.with_name(f"{target.stem}-{count}{target.suffix}")
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return path


def safe_name(name: str | None) -> str:
    """A name for a file, whatever a stranger called it: in no other folder, not hidden, not too long."""
    text = _UNSAFE.sub("_", shown(name)).strip(". ")
    stem, dot, suffix = text.rpartition(".")
    if len(text) > _NAME_LETTERS:
        text = f"{stem[: _NAME_LETTERS - 20]}{dot}{suffix[:19]}"
    return text or "attachment"
