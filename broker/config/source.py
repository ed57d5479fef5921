"""The text of a configuration file, as people's tools make files; every refusal names its cause."""

from __future__ import annotations

import codecs
import os
import select
import stat
import unicodedata
from pathlib import Path as FilePath
from typing import Final

from broker.config.diagnostics import ConfigFault, Finding

BOM: Final = "\ufeff"
"""What some editors put in front of UTF-8."""
PATIENCE: Final = 30.0
"""Seconds for which a pipe may bring nothing."""
PIPE_BYTES: Final = 16 * 1_048_576
"""How much is taken of a pipe, which need not have an end."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CAUSES: Final[dict[type[OSError], str]] = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "is a directory; name the file in it",
    PermissionError: "may not be read by this user",
}


def cause(fault: OSError) -> str:
    """Why a file cannot be read, in words."""
    return _CAUSES.get(type(fault), f"cannot be read: {fault.strerror or fault}")


def refused(path: str, line: int | None, text: str) -> ConfigFault:
    """The refusal of a whole file."""
    return ConfigFault([Finding(file=path, line=line, member="", text=text)])


def is_special(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a pipe, a device or the like, which can be read but once."""
    try:
        mode = FilePath(path).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_source(path: str | os.PathLike[str], patience: float | None = PATIENCE) -> str:
    """Read the text of a file.

    Args:
        path: The file, or a pipe.
        patience: For how many seconds a pipe may bring nothing; None: for ever.

    Raises:
        ConfigFault: It cannot be read, is a device or the like, or is no UTF-8 text.
    """
    name = os.fspath(path)
    try:
        if not is_special(path):
            data = FilePath(path).read_bytes()
        elif FilePath(path).is_fifo():
            data = _read_pipe(name, patience)
        else:
            raise refused(name, None, "is a device or the like, and no file")
    except OSError as fault:
        raise refused(name, None, cause(fault)) from None
    if data.startswith(_UTF_16):
        raise refused(name, 1, "is UTF-16; save it as UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        said = f"is no UTF-8 text: byte {data[fault.start]:#04x}; save it as UTF-8"
        raise refused(name, line, said) from None


def _read_pipe(name: str, patience: float | None) -> bytes:
    """Read all of a pipe; it is opened without waiting for who writes into it, as that may be nobody."""
    parts: list[bytes] = []
    pipe = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        comes = select.poll()
        comes.register(pipe, select.POLLIN)
        while sum(map(len, parts)) <= PIPE_BYTES:
            if not comes.poll(None if patience is None else patience * 1_000):
                raise refused(name, None, f"is a pipe that brought nothing for {patience:g} s")
            part = os.read(pipe, PIPE_BYTES)
            if not part:
                return b"".join(parts)
            parts.append(part)
    finally:
        os.close(pipe)
    raise refused(name, None, f"is a pipe that brings more than {PIPE_BYTES:,} bytes")


def cleaned(text: str, path: str) -> str:
    """A text without the mark in front, and with plain newlines.

    Raises:
        ConfigFault: It has what no text has.
    """
    text = text.removeprefix(BOM).replace("\r\n", "\n")
    for char, said in (
        ("\0", "has a NUL byte: it is no text, or UTF-16; save it as UTF-8"),
        ("\r", "has a carriage return without a line feed; save it with the line ends of Unix"),
    ):
        at = text.find(char)
        if at >= 0:
            raise refused(path, text.count("\n", 0, at) + 1, said)
    return text


def strange(text: str, line: int, column: int) -> str:
    """A remark on a character that a keyboard does not write, such as a typographic quote."""
    lines = text.split("\n")
    found = lines[line - 1][column - 1 : column] if line <= len(lines) else ""
    if not found or found.isascii():
        return ""
    return f"; there is a U+{ord(found):04X}, {unicodedata.name(found, 'without a name')}"
