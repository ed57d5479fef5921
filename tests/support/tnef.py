"""A `winmail.dat`, put together byte by byte as Outlook does it (MS-OXTNEF)."""

from __future__ import annotations

from struct import pack

_LEVELS = {"message": 1, "attachment": 2}


def attribute(level: str, name: int, value: bytes, kind: int = 6) -> bytes:
    """One attribute with its sum."""
    total = sum(value) & 0xFFFF
    return pack("<BHHI", _LEVELS[level], name, kind, len(value)) + value + pack("<H", total)


def wide(name: int, text: str) -> bytes:
    """A property that is text in UTF-16."""
    value = f"{text}\0".encode("utf-16-le")
    return pack("<HHII", 0x1F, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def number(name: int, value: int) -> bytes:
    """A property that is a number."""
    return pack("<HHI", 0x03, name, value)


def odd_properties() -> list[bytes]:
    """Properties that nobody needs, of the kinds that are hard to step over."""
    word = "Keywords\0".encode("utf-16-le")
    by_word = pack("<HH", 0x1E, 0x8001) + b"\1" * 16 + pack("<II", 1, len(word)) + word + b"\0\0"
    by_number = pack("<HH", 0x0B, 0x8002) + b"\1" * 16 + pack("<II", 0, 0x8503) + pack("<I", 1)
    return [
        by_word + pack("<II", 1, 5) + b"abcd\0\0\0\0",
        by_number,
        pack("<HHII", 0x1003, 0x0E01, 2, 7) + pack("<I", 8),
        pack("<HHQ", 0x40, 0x3007, 132_000_000_000_000_000),
        pack("<HH", 0x48, 0x0E02) + b"\2" * 16,
        pack("<HHIII", 0x101E, 0x0E03, 2, 2, 0x41) + pack("<I", 2) + b"B\0\0\0",
    ]


def file(title: bytes, data: bytes | None, *properties: bytes) -> bytes:
    """The attributes of one attachment."""
    described = pack("<I", len(properties)) + b"".join(properties)
    return b"".join(
        (
            attribute("attachment", 0x9002, b"\1\0" + b"\xff" * 4 + b"\0" * 8),
            attribute("attachment", 0x8010, title + b"\0", 1),
            b"" if data is None else attribute("attachment", 0x800F, data),
            attribute("attachment", 0x9005, described) if properties else b"",
        )
    )


def winmail(*files: bytes, codepage: int = 1252) -> bytes:
    """The whole."""
    return b"".join(
        (
            pack("<IH", 0x223E9F78, 1),
            attribute("message", 0x9006, pack("<I", 0x10000), 8),
            attribute("message", 0x9007, pack("<II", codepage, 0)),
            attribute("message", 0x8008, b"IPM.Note\0", 7),
            *files,
        )
    )
