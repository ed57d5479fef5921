"""The text of a configuration file, as people's tools make files; every refusal names its cause."""

from __future__ import annotations

import codecs
import os
import stat
import unicodedata
from pathlib import Path as FilePath
from typing import Final

from broker.config.diagnostics import ConfigFault, Finding

BOM: Final = "\ufeff"
"""What some editors put in front of UTF-8."""
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


def read_source(path: str | os.PathLike[str]) -> str:
    """Read the text of a file.

    Raises:
        ConfigFault: It cannot be read, or is no UTF-8 text.
    """
    name = os.fspath(path)
    try:
        data = FilePath(path).read_bytes()
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
