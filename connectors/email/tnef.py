"""The files in a `winmail.dat`, as Outlook packs them for those of whom it believes that they have Outlook.

Theory of operation: TNEF (MS-OXTNEF) is a list of attributes, each with its level, its name, its length and
a sum. Of those of the level of attachments, one that says how it is shown begins a file, and what follows
gives it its title, its data, and properties of MAPI (MS-OXPROPS): the long name, the type, the name by which
HTML shows it. All else, the text in Outlook's own form first, is beside it in the mail or of no use without
Outlook.

Every byte is looked at once, whatever the lengths say, and what is wrong anywhere leaves the whole packed.
The sums are passed over: what carried the mail has brought it as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import error, unpack_from
from typing import Final

from attrs import define

from connectors.channels.channel import Attachment
from connectors.email.charsets import decoded

_SIGNATURE: Final = 0x223E9F78
_OF_ATTACHMENTS: Final = 2
_BEGINS, _TITLE, _DATA, _PROPERTIES, _CODEPAGE = 0x9002, 0x8010, 0x800F, 0x9005, 0x9007
_METHOD, _LONG_NAME, _TYPE, _CONTENT_ID = 0x3705, 0x3707, 0x370E, 0x3712
_BY_VALUE: Final = 1
"""The method of a file whose bytes are there, and which is no mail and no drawing of Outlook's."""
_MULTIPLE: Final = 0x1000
_NAMED: Final = 0x8000
_STRING, _UNICODE = 0x1E, 0x1F
_COUNTED: Final = frozenset({0x0D, _STRING, _UNICODE, 0x102})
"""Types of values that say how long they are."""
_SIZES: Final = {
    **dict.fromkeys((0x02, 0x03, 0x04, 0x0A, 0x0B), 4),
    **dict.fromkeys((0x05, 0x06, 0x07, 0x14, 0x40), 8),
    0x48: 16,
}
"""How long values of the other types are, each filled up to four bytes."""


@define
class _File:
    """What is known of a file so far."""

    title: bytes = b""
    data: bytes | None = None
    method: int = _BY_VALUE
    long_name: str = ""
    content_type: str = ""
    content_id: str = ""


def files_in(data: bytes) -> tuple[list[Attachment], bool]:
    """Unpack a `winmail.dat`.

    Returns:
        The files in it, their names as they are said; and whether they are all that it brings. It is broken,
        has none, or has some that only Outlook can open, where not.
    """
    try:
        files, codepage = _files(data)
    except (error, ValueError):
        return [], False
    whole = [one for one in files if one.data is not None and one.method == _BY_VALUE]
    made = [
        Attachment(
            name=one.long_name or _text(one.title, codepage),
            data=one.data or b"",
            content_type=one.content_type or "application/octet-stream",
            content_id=one.content_id.strip(" <>") or None,
        )
        for one in whole
    ]
    return made, bool(made) and len(whole) == len(files)


def _files(data: bytes) -> tuple[list[_File], str]:
    if unpack_from("<I", data)[0] != _SIGNATURE:
        raise ValueError("no TNEF")
    files: list[_File] = []
    codepage = ""
    for level, name, value in _attributes(data):
        if name == _CODEPAGE:
            codepage = f"cp{unpack_from('<I', value)[0]}"
        elif level != _OF_ATTACHMENTS:
            continue
        elif name == _BEGINS:
            files.append(_File())
        elif not files:
            raise ValueError("something of a file before the first one")
        elif name == _TITLE:
            files[-1].title = value
        elif name == _DATA:
            files[-1].data = value
        elif name == _PROPERTIES:
            _describe(files[-1], value, codepage)
    return files, codepage


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The attributes, each with its level and its name."""
    at = 6
    while at < len(data):
        level, name, _type, length = unpack_from("<BHHI", data, at)
        at += 9
        value = data[at : at + length]
        if len(value) != length:
            raise ValueError("cut off")
        at += length + 2
        yield level, name, value


def _describe(file: _File, data: bytes, codepage: str) -> None:
    """Take what properties say of a file."""
    for name, kind, value in _properties(data):
        if name == _METHOD:
            file.method = unpack_from("<I", value)[0]
        elif name == _LONG_NAME:
            file.long_name = _string(kind, value, codepage)
        elif name == _TYPE:
            file.content_type = _string(kind, value, codepage).lower()
        elif name == _CONTENT_ID:
            file.content_id = _string(kind, value, codepage)


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The properties of MAPI, each with its type and its first value."""
    (count,) = unpack_from("<I", data)
    at = 4
    for _ in range(count):
        kind, name = unpack_from("<HH", data, at)
        at += 4
        if name >= _NAMED:  # a property that has a name of its own, by number or by word
            (by_word,) = unpack_from("<I", data, at + 16)
            (number,) = unpack_from("<I", data, at + 20)
            at += 24 + (_filled(number) if by_word else 0)
        single = kind & ~_MULTIPLE
        values = 1
        if single in _COUNTED or kind & _MULTIPLE:
            (values,) = unpack_from("<I", data, at)
            at += 4
        first = b""
        for number in range(values):
            value, at = _value(data, at, single)
            first = first if number else value
        yield name, single, first


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """One value, and where the next thing begins."""
    length = _SIZES.get(kind, 0)
    if kind in _COUNTED:
        (length,) = unpack_from("<I", data, at)
        at += 4
    if not length and kind not in _COUNTED:
        raise ValueError("a type that nobody knows")
    value = data[at : at + length]
    if len(value) != length:
        raise ValueError("cut off")
    return value, at + _filled(length)


def _filled(length: int) -> int:
    return (length + 3) & ~3


def _string(kind: int, value: bytes, codepage: str) -> str:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    return _text(value, codepage) if kind == _STRING else ""


def _text(value: bytes, codepage: str) -> str:
    return decoded(value.rstrip(b"\0"), codepage)
